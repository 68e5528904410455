"""Files are written whole or not at all, and a stranger's file is bounded before it is read."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digit_recognizer.errors import ImageError, RunError, StorageError
from digit_recognizer.files import append_line, locked_folder, read_bounded, sha256_of, write_whole
from platforms import linux, posix

OVERWRITE = """
import sys
from pathlib import Path
from digit_recognizer.errors import StorageError
from digit_recognizer.files import write_whole
path = Path(sys.argv[1]) / "kept.bin"
write_whole(path, b"old")
try:
    write_whole(path, bytes(4 * 2**20))
except StorageError as error:
    print(error)
print([p.name for p in path.parent.iterdir()], path.read_bytes())
"""
WITH_LIMIT = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (2**20, 2**20))\n"
LOCK = """
import sys
from pathlib import Path
from digit_recognizer.files import locked_folder
with locked_folder(Path(sys.argv[1]), "busy"):
    print("held", flush=True)
    sys.stdin.read()
"""
APPEND = """
import sys
from pathlib import Path
from digit_recognizer.files import append_line
for number in range(40):
    append_line(Path(sys.argv[1]), sys.argv[2] * 3000)
"""
READ = """
import sys
from pathlib import Path
from digit_recognizer.errors import ImageError
from digit_recognizer.files import read_bounded
try:
    read_bounded(Path(sys.argv[1]), 10, ImageError, "a picture")
except ImageError as error:
    print(error)
"""


@given(old=st.none() | st.binary(), new=st.binary(max_size=5000))
def test_what_is_written_is_read_and_nothing_else_is_left(old: bytes | None, new: bytes) -> None:
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / "new" / "folder" / "file.bin"
        if old is not None:
            write_whole(path, old)
        write_whole(path, new)
        assert path.read_bytes() == new
        assert [*path.parent.iterdir()] == [path]


@posix("replacing a file that is open")
def test_a_reader_of_the_old_file_keeps_it_whole(tmp_path: Path) -> None:
    path = tmp_path / "file.bin"
    write_whole(path, b"old" * 100)
    with path.open("rb", buffering=0) as reader:
        assert reader.read(3) == b"old"
        write_whole(path, b"new")
        assert reader.read() == b"old" * 99


@linux("unshare")
def test_a_full_disk_leaves_the_old_file_alone(
    small_disk: tuple[Path, tuple[str, ...]], run_python: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    folder, before = small_disk
    done = run_python(OVERWRITE, folder, before=before)
    assert f"{folder / 'kept.bin'}: cannot be written (No space left on device)" in done.stdout, done.stderr
    assert done.stdout.endswith("['kept.bin'] b'old'\n")


@posix("limits on the size of a file")
def test_a_write_that_is_cut_off_leaves_the_old_file_alone(
    tmp_path: Path, run_python: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    done = run_python(WITH_LIMIT + OVERWRITE, tmp_path)
    assert "cannot be written (File too large)" in done.stdout, done.stderr
    assert done.stdout.endswith("['kept.bin'] b'old'\n")


def test_a_folder_in_the_way_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "taken" / "inside").mkdir(parents=True)
    with pytest.raises(StorageError, match="taken: cannot be written"):
        write_whole(tmp_path / "taken", b"new")
    assert [p.name for p in tmp_path.iterdir()] == ["taken"]
    assert (tmp_path / "taken" / "inside").is_dir()


def test_no_folder_can_be_made_below_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"kept")
    with pytest.raises(StorageError, match="name a folder that you may write to"):
        write_whole(tmp_path / "file" / "below", b"new")
    with pytest.raises(StorageError, match="name a folder that you may write to"):
        append_line(tmp_path / "file" / "below", "line")
    assert (tmp_path / "file").read_bytes() == b"kept"


@given(lines=st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\r\n")), min_size=1, max_size=5))
def test_appended_lines_are_read_back(lines: list[str]) -> None:
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / "new" / "lines"
        for line in lines:
            append_line(path, line)
        assert path.read_bytes().decode().split("\n") == [*lines, ""]


def test_a_line_that_was_cut_short_spoils_itself_alone(tmp_path: Path) -> None:
    path = tmp_path / "lines"
    path.write_bytes(b"whole\nto")
    append_line(path, "next")
    append_line(path, "last")
    assert path.read_bytes() == b"whole\nto\nnext\nlast\n"


def test_lines_of_two_processes_do_not_mix(tmp_path: Path) -> None:
    path = tmp_path / "lines"
    running = [subprocess.Popen([sys.executable, "-c", APPEND, str(path), letter]) for letter in "ab"]
    assert [process.wait(120) for process in running] == [0, 0]
    # One that looks while the other writes may take its line for torn, and leave an empty line.
    lines = [line for line in path.read_text("ascii").splitlines() if line]
    assert sorted(lines) == ["a" * 3000] * 40 + ["b" * 3000] * 40


@linux("/dev/full")
def test_a_full_device_is_told() -> None:
    with pytest.raises(StorageError, match=r"/dev/full: cannot be written \(No space left on device\)"):
        append_line(Path("/dev/full"), "line")


@given(content=st.binary(max_size=40), limit=st.integers(0, 40))
def test_a_file_is_read_up_to_its_limit(content: bytes, limit: int) -> None:
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / "file"
        path.write_bytes(content)
        if len(content) <= limit:
            assert read_bounded(path, limit, ImageError, "a picture") == content
        else:
            with pytest.raises(ImageError, match="is larger than 0 MiB, the most that is read of a picture"):
                read_bounded(path, limit, ImageError, "a picture")


@pytest.mark.parametrize(
    ("name", "cause"),
    [
        ("absent.png", "cannot be read"),
        ("nul\0.png", "is not a usable file name"),
        ("half\ud800.png", "is not a usable file name"),
        ("long" * 1000, "cannot be read"),
        ("", "is a folder, not a picture"),
    ],
    ids=["absent", "nul", "surrogate", "long", "folder"],
)
def test_what_is_no_file_is_refused_by_name(tmp_path: Path, name: str, cause: str) -> None:
    with pytest.raises(ImageError, match=cause) as caught:
        read_bounded(tmp_path / name, 10, ImageError, "a picture")
    assert name[:4].rstrip("\0") in str(caught.value)


@posix("named pipes and devices among files")
@pytest.mark.parametrize("kind", ["pipe", "device"])
def test_what_never_ends_is_not_read(
    tmp_path: Path, kind: str, run_python: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    path = Path("/dev/zero") if kind == "device" else tmp_path / "pipe.png"
    if kind == "pipe":
        os.mkfifo(path)
    done = run_python(READ, path)
    assert done.stdout == f"{path}: is not a regular file, so it is not read. Name a picture.\n", done.stderr


def test_sha256_is_the_published_one(tmp_path: Path) -> None:
    (tmp_path / "abc").write_bytes(b"abc")  # FIPS 180-2, appendix B.1
    assert sha256_of(tmp_path / "abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_a_folder_is_held_as_long_as_its_process_lives(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "run"
    command = [sys.executable, "-c", LOCK, str(folder)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert process.stdout.readline() == "held\n"
        with pytest.raises(RunError, match="run: busy"), locked_folder(folder, "busy"):
            pass
        process.kill()
    for _ in range(2):  # after a kill, and after an end
        with locked_folder(folder, "busy"), pytest.raises(RunError, match="run: busy"), locked_folder(folder, "busy"):
            pass


def test_what_is_no_folder_is_not_held(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"kept")
    with pytest.raises(RunError, match="is a file"), locked_folder(file, "busy"):
        pass
    with pytest.raises(StorageError, match="cannot be written"), locked_folder(file / "run", "busy"):
        pass
    assert file.read_bytes() == b"kept"
