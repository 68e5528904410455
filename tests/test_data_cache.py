"""The unpacked files are made, checked at each load and repaired, by one process or two, wherever one may write."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from digit_recognizer.data import SPECS, Dataset, list_datasets, load_dataset
from digit_recognizer.data.cache import damaged, default_data_dir
from digit_recognizer.errors import DataError, DigitRecognizerWarning

IMAGES, LABELS = "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"
RAW = Path("MNIST", "raw")
TOGETHER = """
import sys, warnings
warnings.simplefilter("error")
import torchvision
from digit_recognizer.data import load_dataset
print("ready", flush=True)
sys.stdin.readline()
print(load_dataset("mnist", sys.argv[1]).split("train").sha256)
"""
FULL = """
import sys
from digit_recognizer.data import load_dataset
from digit_recognizer.errors import StorageError
try:
    load_dataset("mnist", sys.argv[1])
except StorageError as error:
    print(error)
"""


def load_and_hear(data_dir: Path) -> tuple[Dataset, list[str]]:
    """MNIST from a data folder, and our warnings on the way."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        dataset = load_dataset("mnist", data_dir)
    return dataset, [str(each.message) for each in caught if issubclass(each.category, DigitRecognizerWarning)]


def same(one: Dataset, other: Dataset) -> bool:
    return all(one.split(name).sha256 == other.split(name).sha256 for name in one.splits)


@pytest.fixture
def own_copy(mnist: Dataset, mnist_dir: Path, tmp_path: Path) -> Path:
    """A data folder of this test's own, with MNIST whole in it."""
    assert len(mnist.splits) == 4
    return Path(shutil.copytree(mnist_dir, tmp_path / "data"))


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


def alter(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[-5] ^= 1
    path.write_bytes(content)


def empty(path: Path) -> None:
    path.write_bytes(b"")


def half_write(path: Path) -> None:
    """As a process leaves it that unpacked in place and was killed: half of one file, and none of the next."""
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    path.with_name("train-images-idx3-ubyte").unlink()


@pytest.mark.parametrize(("harm", "name"), [(cut, IMAGES), (alter, LABELS), (empty, LABELS), (half_write, IMAGES)])
def test_a_damaged_cache_is_repaired_with_one_line(
    mnist: Dataset, own_copy: Path, harm: Callable[[Path], None], name: str
) -> None:
    harm(own_copy / RAW / name)
    repaired, heard = load_and_hear(own_copy)
    assert same(repaired, mnist)
    assert heard == [f"{own_copy / RAW}: {name} was damaged and has been repaired."]
    assert load_and_hear(own_copy)[1] == []
    assert [p.name for p in own_copy.iterdir()] == ["MNIST"]


def test_only_what_is_damaged_is_written_again(own_copy: Path) -> None:
    before = {path.name: path.stat().st_ino for path in (own_copy / RAW).iterdir()}
    cut(own_copy / RAW / LABELS)
    load_and_hear(own_copy)
    after = {path.name: path.stat().st_ino for path in (own_copy / RAW).iterdir()}
    assert {name for name in before if before[name] != after[name]} == {LABELS}


def test_the_first_load_unpacks_without_a_word_and_leaves_the_files_alone(tmp_path: Path, mnist: Dataset) -> None:
    unpacked, heard = load_and_hear(tmp_path / "new" / "data")
    assert same(unpacked, mnist)
    assert heard == []
    assert {p.name for p in (tmp_path / "new" / "data").rglob("*") if p.is_file()} == set(SPECS["mnist"].sha256)


@pytest.mark.slow
def test_two_processes_that_start_together_both_succeed(tmp_path: Path, mnist: Dataset) -> None:
    command = [sys.executable, "-c", TOGETHER, str(tmp_path / "data")]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    running = [subprocess.Popen(command, text=True, **pipes) for _ in range(2)]
    for process in running:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in running:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    answers = [process.communicate(timeout=120) for process in running]
    assert [out for out, _ in answers] == [mnist.split("train").sha256 + "\n"] * 2, answers
    assert [p.name for p in (tmp_path / "data").iterdir()] == ["MNIST"]


def test_where_nothing_may_be_written_a_temporary_folder_serves(
    tmp_path: Path, mnist: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "temporary"
    place.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(place))
    (tmp_path / "file").write_bytes(b"kept")
    read, heard = load_and_hear(tmp_path / "file" / "data")
    assert same(read, mnist)
    (line,) = heard
    assert line.startswith(f"{tmp_path / 'file' / 'data'}: cannot be written (")
    assert line.endswith("; mnist is unpacked for this run only. Name a folder that can.")
    assert (tmp_path / "file").read_bytes() == b"kept"
    assert [*place.iterdir()] == []


def test_what_lies_whole_is_only_read(own_copy: Path, mnist: Dataset) -> None:
    before = {path: path.stat().st_mtime_ns for path in own_copy.rglob("*")}
    read, heard = load_and_hear(own_copy)
    assert same(read, mnist)
    assert heard == []
    assert {path: path.stat().st_mtime_ns for path in own_copy.rglob("*")} == before


def test_a_full_disk_is_told(
    small_disk: tuple[Path, tuple[str, ...]], run_python: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    folder, before = small_disk
    done = run_python(FULL, folder, before=before)
    assert done.stdout.startswith(f"{folder}: cannot be written (No space left on device)."), done.stderr


def test_a_pickled_copy_is_never_read(own_copy: Path) -> None:
    pickled = own_copy / "MNIST" / "processed"
    pickled.mkdir()
    for name in ("training.pt", "test.pt"):  # what torchvision would load in place of the images
        (pickled / name).write_bytes(b"cos\nsystem\n(S'true'\ntR.")
    with pytest.raises(DataError, match=r"processed: holds pickled files .* never read\. Remove them"):
        load_dataset("mnist", own_copy)


def test_the_list_says_what_lies_where(own_copy: Path, tmp_path: Path) -> None:
    def state(data_dir: Path) -> tuple[Path, str]:
        (found,) = [each for each in list_datasets(data_dir) if each.spec.name == "mnist"]
        return found.place, found.state

    assert state(tmp_path / "nowhere") == (tmp_path / "nowhere" / RAW, "not unpacked yet")
    assert state(own_copy) == (own_copy / RAW, "verified")
    alter(own_copy / RAW / LABELS)
    assert state(own_copy)[1] == "damaged"
    assert damaged(SPECS["mnist"], own_copy / RAW) == [LABELS]
    assert not (tmp_path / "nowhere").exists()


def test_the_default_place_is_the_users_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if sys.platform.startswith("linux"):
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
        assert default_data_dir() == tmp_path / "digit_recognizer" / "data"
    kept = [each for each in list_datasets() if each.spec.sha256]  # the others are drawn, not kept
    assert {each.place.parent.parent for each in kept} == {default_data_dir()}


def test_the_embedded_files_hold_what_the_shared_ones_hold(mnist: Dataset, shared_file: Callable[[str], Path]) -> None:
    import gzip

    packed = gzip.decompress((shared_file("mnist") / f"{IMAGES}.gz").read_bytes())
    published = np.frombuffer(packed, np.uint8, offset=16).reshape(-1, 28, 28)
    assert np.array_equal(mnist.split("test").take(np.arange(10_000)), published)


def test_what_a_killed_unpacking_left_is_removed_once_it_is_old(tmp_path: Path) -> None:
    old, young = tmp_path / ".unpacking-old", tmp_path / ".unpacking-young"
    for left in (old, young):
        (left / "MNIST").mkdir(parents=True)
    os.utime(old, (0, 0))
    load_dataset("mnist", tmp_path)
    assert not old.exists()
    assert young.exists()  # another process may be at work in it
