"""KMNIST, QMNIST and EMNIST by name, on small sets in their published formats; none of the real sets is here."""

from __future__ import annotations

import hashlib
import threading
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from torchvision.datasets import EMNIST, KMNIST, QMNIST

from digit_recognizer.data import SPECS, Dataset, list_datasets, load_dataset
from digit_recognizer.data.idx_specs import OTHERS
from digit_recognizer.errors import DataError
from idx_files import images_of, write_idx

COUNTS = {"train": 4, "validation": 1, "calibration": 1, "test": 2}  # of each class
FOLDERS = {"kmnist": "KMNIST", "qmnist": "QMNIST"}
CLOSED = "http://127.0.0.1:9/"  # the discard port: refused at once, on any machine


class Quiet(SimpleHTTPRequestHandler):
    """Serves files, and says nothing."""

    def log_message(self, *_: Any) -> None:
        pass


def place_of(name: str) -> str:
    return f"{FOLDERS.get(name, 'EMNIST')}/raw"


def write_set(folder: Path, name: str, *, packed: bool = True) -> list[Path]:
    """The four files of a set as its authors publish them: EMNIST's transposed, its letters counted from 1."""
    spec, made = SPECS[name], []
    for part, each in (("train", 6), ("test", 2)):
        labels = np.arange(each * len(spec.classes)) % len(spec.classes)
        images = images_of(labels)
        first = {"kmnist": "t10k-" if part == "test" else "train-", "qmnist": f"qmnist-{part}-"}.get(name)
        if name.startswith("emnist"):
            images = images.transpose(0, 2, 1)
        stored = (labels + (name == "emnist-letters")).astype(np.uint8)
        made.append(write_idx(folder, f"{first or f'{name}-{part}-'}images-idx3-ubyte", images, packed=packed))
        if name == "qmnist":
            table = np.stack([labels, *(labels + 100 + column for column in range(7))], axis=1).astype(np.int32)
            made.append(write_idx(folder, f"qmnist-{part}-labels-idx2-int", table, packed=packed))
        else:
            made.append(write_idx(folder, f"{first or f'{name}-{part}-'}labels-idx1-ubyte", stored, packed=packed))
    return made


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sets of eight images a class; no mirror is reachable."""
    for spec in OTHERS:
        counts = {split: each * len(spec.classes) for split, each in COUNTS.items()}
        monkeypatch.setitem(SPECS, spec.name, replace(spec, counts=counts))
    monkeypatch.setattr(KMNIST, "mirrors", [CLOSED])
    monkeypatch.setattr(EMNIST, "url", f"{CLOSED}gzip.zip")
    closed = {
        part: [(f"{CLOSED}{url.rsplit('/', 1)[1]}", md5) for url, md5 in each]
        for part, each in QMNIST.resources.items()
    }
    monkeypatch.setattr(QMNIST, "resources", closed)


def check(dataset: Dataset) -> None:
    """Whether all images came through upright, each with its label."""
    assert {name: len(split) for name, split in dataset.splits.items()} == dict(dataset.spec.counts)
    for split in dataset.splits.values():
        assert np.array_equal(split.take(np.arange(len(split))), images_of(split.labels))
        assert set(split.labels) == set(range(len(dataset.spec.classes)))


@pytest.mark.parametrize("packed", [True, False], ids=["packed", "unpacked"])
@pytest.mark.parametrize("name", [spec.name for spec in OTHERS])
def test_a_set_is_read_from_its_published_files(
    name: str, packed: bool, tmp_path: Path, recwarn: pytest.WarningsRecorder
) -> None:
    files = write_set(tmp_path / place_of(name), name, packed=packed)
    before = [path.read_bytes() for path in files]
    check(load_dataset(name, tmp_path))
    assert len(recwarn) == (4 if packed else 0)  # torchvision knows the md5s of other files than these
    assert all("cannot be verified" in str(each.message) for each in recwarn)
    recwarn.clear()
    check(load_dataset(name, tmp_path))
    assert len(recwarn) == 0
    assert [path.read_bytes() for path in files] == before
    assert next(each.state for each in list_datasets(tmp_path) if each.spec.name == name) == "here, not verified"


def test_the_classes_are_those_of_the_authors() -> None:
    classes = {spec.name: "".join(spec.classes) for spec in OTHERS}
    for name, theirs in EMNIST.classes_split_dict.items():
        ours = classes[f"emnist-{name}"]
        assert ours == ("".join(theirs[1:]).upper() if name == "letters" else "".join(theirs))
    assert [*SPECS["kmnist"].classes] == KMNIST.classes
    assert classes["qmnist"] == "0123456789"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[tuple[Path, str]]:
    """A mirror on this machine, and its folder."""
    folder = tmp_path / "served"
    folder.mkdir()
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder))) as running:
        thread = threading.Thread(target=running.serve_forever)
        thread.start()
        yield folder, f"http://127.0.0.1:{running.server_port}/"
        running.shutdown()
        thread.join()


def md5_of(path: Path) -> str:
    return hashlib.md5(path.read_bytes()).hexdigest()


def test_kmnist_and_qmnist_are_downloaded_by_torchvision(
    server: tuple[Path, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, address = server
    monkeypatch.setattr(KMNIST, "mirrors", [address])
    monkeypatch.setattr(KMNIST, "resources", [(path.name, md5_of(path)) for path in write_set(folder, "kmnist")])
    files = write_set(folder, "qmnist")
    pairs = {"train": files[:2], "test": files[2:]}
    monkeypatch.setattr(
        QMNIST,
        "resources",
        {part: [(f"{address}{path.name}", md5_of(path)) for path in each] for part, each in pairs.items()},
    )
    for name in ("kmnist", "qmnist"):
        check(load_dataset(name, tmp_path / "data"))


def test_emnist_is_downloaded_once_for_all_its_sets(
    server: tuple[Path, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, address = server
    with zipfile.ZipFile(folder / "gzip.zip", "w") as archive:
        for name in ("emnist-letters", "emnist-digits"):
            for path in write_set(tmp_path / "emnist", name):
                archive.write(path, f"gzip/{path.name}")
    monkeypatch.setattr(EMNIST, "url", f"{address}gzip.zip")
    monkeypatch.setattr(EMNIST, "md5", md5_of(folder / "gzip.zip"))
    check(load_dataset("emnist-letters", tmp_path / "data"))
    (folder / "gzip.zip").unlink()
    check(load_dataset("emnist-digits", tmp_path / "data"))


@pytest.mark.parametrize("name", ["kmnist", "qmnist", "emnist-balanced"])
def test_offline_the_error_names_files_and_folder(name: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="is not on this machine and could not be downloaded") as caught:
        load_dataset(name, tmp_path)
    assert str(tmp_path / place_of(name)) in str(caught.value)
    for file in SPECS[name].files:
        assert file in str(caught.value)
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_files_that_cannot_be_the_published_ones_are_refused(tmp_path: Path) -> None:
    images, *_ = write_set(tmp_path / place_of("kmnist"), "kmnist", packed=False)
    good = images.read_bytes()
    images.write_bytes(good[: len(good) // 2])
    with pytest.raises(DataError, match=r"kmnist: its training files in .* are damaged .* Remove them"):
        load_dataset("kmnist", tmp_path)
    images.write_bytes(good[:4] + (9).to_bytes(4, "big") + good[8 : 16 + 9 * 784])
    with pytest.raises(DataError, match=r"9 training and 20 test images .* published were 60 and 20 of 10 classes"):
        load_dataset("kmnist", tmp_path)


def test_emnist_alone_names_its_sets() -> None:
    with pytest.raises(
        DataError, match=r"'emnist' is a group of several sets\. Name one of them: emnist-balanced, emnist-byclass"
    ):
        load_dataset("emnist")
