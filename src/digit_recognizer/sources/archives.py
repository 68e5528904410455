"""The members of zip and tar archives, one after another, each bounded before it is read."""

from __future__ import annotations

import stat
import tarfile
import zipfile
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import partial
from typing import IO, Self

from digit_recognizer.errors import require_extra
from digit_recognizer.images.decode import MAX_BYTES
from digit_recognizer.images.formats import FIRST
from digit_recognizer.sources.kinds import ARCHIVES, FOLDER, HIDDEN, OTHER, is_hidden, kind_of

_TOO_LARGE = f"is larger than {MAX_BYTES // 2**20} MiB, the most that is read of a picture"
_LOCKED = 1  # zip: bit 0 of a member's flags says that it is encrypted


@dataclass(frozen=True)
class Member:
    """A file of an archive, of a wanted kind."""

    name: str  # with / between folders
    kind: str  # as `kinds.kind_of` has it
    content: bytes = b""
    error: str | None = None  # why its bytes could not be had


@dataclass(frozen=True)
class _Entry:
    """What an archive says of a member."""

    name: str
    size: int
    open: Callable[[], IO[bytes]]
    refused: str | None = None  # what to count it as, where it is not a file that can be read
    is_folder: bool = False


def is_archive(name: str) -> bool:
    """Whether a file's name is that of an archive that is read: .zip, .tar, .tar.gz, .tar.bz2, .tar.xz, .tar.zst."""
    return ARCHIVES.search(name) is not None


def members(file: IO[bytes], name: str, wanted: Collection[str], left_out: Counter[str]) -> Iterator[Member]:
    """The members of an archive that are of a wanted kind, in its order; left_out counts the others by kind.

    file: the archive; a zip must be seekable. name: of the archive; its suffix tells how it is packed. A damaged member
    of a zip is given with its error. Where folders are wanted, so is each that holds nothing of a wanted kind. Raises
    what zipfile, tarfile, zlib, lzma and pyarrow raise where the archive itself is damaged, MissingExtraError for .zst
    without pyarrow.
    """
    in_zip = name.lower().endswith(".zip")
    for entry in _zip_entries(file) if in_zip else _tar_entries(file, name):
        parts = entry.name.split("/")
        passed_over = "name with .." if ".." in parts else HIDDEN if any(map(is_hidden, parts)) else None
        if entry.is_folder:
            yield from () if passed_over else _folder(parts, wanted)
        elif passed_over or entry.refused:
            left_out[entry.refused or passed_over or OTHER] += 1
            yield from () if passed_over else _folder(parts[:-1], wanted)
        else:
            try:
                found = _member(entry, wanted)
            except Exception as error:  # the decompressors raise nearly anything
                if not in_zip:
                    raise  # what follows in the stream is unknown
                found = Member(entry.name, "", error=f"is damaged in the archive ({error})")
            if found.error or found.kind in wanted:
                yield found
            else:
                left_out[found.kind] += 1
                yield from _folder(parts[:-1], wanted)


def _folder(parts: list[str], wanted: Collection[str]) -> Iterator[Member]:
    """A folder, where folders are wanted and it is not the archive's own."""
    if FOLDER in wanted and any(parts):
        yield Member("/".join(parts), FOLDER)


def _member(entry: _Entry, wanted: Collection[str]) -> Member:
    """A member with its bytes, where its kind is wanted."""
    with entry.open() as stream:
        start = stream.read(FIRST)
        kind = kind_of(entry.name.rpartition("/")[2], lambda: start)
        if kind not in wanted:
            return Member(entry.name, kind)
        if entry.size > MAX_BYTES:
            return Member(entry.name, kind, error=_TOO_LARGE)
        content = start + stream.read(MAX_BYTES - len(start) + 1)
    if len(content) > MAX_BYTES:
        return Member(entry.name, kind, error=_TOO_LARGE)
    if len(content) < entry.size:
        raise tarfile.ReadError(f"{entry.name} has {len(content)} of its {entry.size} bytes")
    return Member(entry.name, kind, content)


def _zip_entries(file: IO[bytes]) -> Iterator[_Entry]:
    with zipfile.ZipFile(file) as archive:
        for info in archive.infolist():
            is_folder = info.filename.endswith(("/", "\\"))  # info.is_dir() raises for a name of no characters
            refused = "protected by a password" if info.flag_bits & _LOCKED and not is_folder else None
            if stat.S_ISLNK(info.external_attr >> 16):
                refused = "link"
            yield _Entry(_cleaned(info.filename), info.file_size, partial(archive.open, info), refused, is_folder)


def _tar_entries(file: IO[bytes], name: str) -> Iterator[_Entry]:
    """The stream is read in its order, so an entry must be read before the next one is asked for."""
    zstd = name.lower().endswith("zst")
    plain = _unpacked_zstd(file, name) if zstd else nullcontext(file)
    mode = "r|" if zstd else "r|*"
    with plain as packed, tarfile.open(fileobj=packed, mode=mode, tarinfo=_Checked) as archive:  # type: ignore[call-overload]
        for info in archive:
            known = info.isfile() or info.isdir()
            refused = None if known else "link" if info.issym() or info.islnk() else "pipe or device"
            yield _Entry(_cleaned(info.name), info.size, partial(_opened, archive, info), refused, info.isdir())


class _Checked(tarfile.TarInfo):
    """A header, as tarfile reads it, but for a bad one: tarfile takes that for the archive's end, in silence."""

    @classmethod
    def fromtarfile(cls, tarfile_: tarfile.TarFile) -> Self:
        try:
            return super().fromtarfile(tarfile_)
        except tarfile.EOFHeaderError:  # type: ignore[attr-defined]  # the mark at the end
            raise
        except tarfile.HeaderError as error:
            raise tarfile.ReadError(f"no mark of its end; {error}") from error


def _opened(archive: tarfile.TarFile, info: tarfile.TarInfo) -> IO[bytes]:
    stream = archive.extractfile(info)
    if stream is None:
        raise tarfile.ReadError(f"{info.name} holds no bytes")
    return stream


def _unpacked_zstd(file: IO[bytes], name: str) -> AbstractContextManager[IO[bytes]]:
    """Python before 3.14 has no Zstandard of its own."""
    require_extra("parquet", f"{name}: reading a .zst archive")
    import pyarrow

    return pyarrow.CompressedInputStream(file, "zstd")  # type: ignore[no-any-return]


def _cleaned(name: str) -> str:
    """A member's name with / between its parts, as some Windows programs do not write it, and none that is empty."""
    return "/".join(part for part in name.replace("\\", "/").split("/") if part not in ("", "."))
