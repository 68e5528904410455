"""Files of tables, opened by content: as they are, or unpacked (gzip, bzip2, xz) within bounds as they are read."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any, BinaryIO

from digit_recognizer.errors import DataError

MAX_BYTES = 2**32  # of a file, and of what it unpacks to
MOST_HELD = 2**31  # bytes of one array in memory
START = 512  # bytes by which a kind is known; MATLAB's HDF5 files have the mark of HDF5 there
HEAD = START + 8
_PACKERS: dict[bytes, Callable[..., Any]] = {
    b"\x1f\x8b": gzip.open,
    b"BZh": bz2.open,
    b"\xfd7zXZ\0": lzma.open,
}
_HIDDEN = re.compile(r"(^|/)(\.|__MACOSX/)")
SUFFIXES = (".gz", ".bz2", ".xz", ".zip")
WRONG = (OSError, EOFError, zlib.error, lzma.LZMAError, zipfile.BadZipFile)  # what damaged bytes raise


class _Bounded(io.RawIOBase):
    """A stream that ends with an error after MAX_BYTES, however much its file unpacks to."""

    def __init__(self, stream: IO[bytes], name: str, limit: int = MAX_BYTES) -> None:
        self.stream, self.name, self.limit, self.seen = stream, name, limit, 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # as io.RawIOBase is used
        try:
            content = self.stream.read(len(buffer))
        except WRONG as error:
            raise damaged(self.name, error) from error
        self.seen += len(content)
        if self.seen > self.limit:
            raise DataError(f"{self.name}: is larger than {self.limit // 2**20:,} MiB, the most that is read.")
        buffer[: len(content)] = content
        return len(content)


def damaged(name: str, error: Exception) -> DataError:
    """What to say of a file that breaks off."""
    return DataError(f"{name}: is damaged or truncated ({error or type(error).__name__}). Download it again.")


@contextmanager
def opened(path: Path, limit: int = MAX_BYTES) -> Iterator[BinaryIO]:
    """A file's content, unpacked where it is packed. Raises DataError, with its name, for what cannot be read.

    A zip archive is read where it holds one file alone, as Kaggle packs a table.
    """
    if path.exists() and not path.is_file():
        raise DataError(f"{path}: is not a regular file, so it is not read.")
    try:
        with path.open("rb") as raw:
            start = raw.read(6)
            raw.seek(0)
            with _unpacked(raw, start, path) as stream, io.BufferedReader(_Bounded(stream, str(path), limit)) as made:
                yield made
    except DataError:
        raise
    except WRONG as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise DataError(f"{path}: cannot be read ({reason}). Check the name and its permissions.") from error


def _unpacked(raw: BinaryIO, start: bytes, path: Path) -> IO[bytes]:
    for mark, packer in _PACKERS.items():
        if start.startswith(mark):
            stream: IO[bytes] = packer(raw)
            return stream
    if not start.startswith(b"PK\x03\x04") or path.suffix.lower() != ".zip":
        return raw
    archive = zipfile.ZipFile(raw)
    names = files_in(archive)
    if len(names) != 1:
        raise DataError(f"{path}: is an archive of {len(names)} files. Unpack it, and name the table.")
    return archive.open(names[0])


def files_in(archive: zipfile.ZipFile) -> list[str]:
    """The visible files of an archive; macOS puts a hidden one beside each."""
    return [each for each in archive.namelist() if not each.endswith("/") and not _HIDDEN.search(each)]


def start_of(path: Path) -> bytes:
    """The first bytes of a file, unpacked; none where it cannot be read."""
    with suppress(DataError), opened(path) as stream:
        return stream.read(HEAD)
    return b""


def bare_name(path: Path) -> str:
    """A file's name in small letters, without the suffix of its packing."""
    low = path.name.lower()
    return next((low.removesuffix(suffix) for suffix in SUFFIXES if low.endswith(suffix)), low)


def whole(path: Path, limit: int = MOST_HELD) -> bytes:
    """All of a file, unpacked. Raises DataError."""
    with opened(path, limit) as stream:
        return stream.read()
