"""Reading and writing files so that a crash, a full disk or a stranger's file does no damage."""

from __future__ import annotations

import contextlib
import hashlib
import os
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path

from digit_recognizer.errors import BusyError, DigitRecognizerError, RunError, StorageError


def write_whole(path: Path, content: bytes) -> None:
    """Write `content` to `path`: after a crash at any moment the old file or the new one is there, whole.

    A temporary file in the same folder is written, flushed to the disk and renamed over `path`. A link is followed; a
    pipe or device is written to as it stands. Raises StorageError, with the old file untouched.
    """
    if not _is_plain(path):
        _write_into(path, content)
        return
    path = path.resolve()
    temporary = path.parent / f".{path.name}.{uuid.uuid4().hex[:8]}.tmp"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with temporary.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)  # noqa: PTH105 - the call whose atomicity is documented
        sync_folder(path.parent)
    except OSError as error:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise storage_error(path, error) from error


def check_can_be_written(path: Path) -> None:
    """Raise StorageError now where `write_whole` would later, for what can be told before the work is done."""
    if path.is_dir():
        raise StorageError(f"{path}: cannot be written (it is a folder). Name a file in it.")
    standing = next(folder for folder in path.resolve().parents if folder.exists())
    if not standing.is_dir():
        raise StorageError(f"{path}: cannot be written ({standing} is a file). Name another place.")
    if not os.access(standing, os.W_OK | os.X_OK) or (path.exists() and not os.access(path, os.W_OK)):
        raise StorageError(f"{path}: cannot be written (permission denied). Name another place.")


def _is_plain(path: Path) -> bool:
    """Whether `path` is a file, or nothing yet; not a pipe or a device."""
    return os.path.isfile(path) or os.path.isdir(path) or not os.path.exists(path)  # noqa: PTH112, PTH113, PTH110


def _write_into(path: Path, content: bytes) -> None:
    """Write to a pipe or device, which can't be replaced."""
    try:
        with path.open("wb") as file:
            file.write(content)
    except OSError as error:
        raise storage_error(path, error) from error


def sync_folder(folder: Path) -> None:
    """Flush a folder's entries to the disk, so that a rename survives a power cut. Windows has no such call."""
    if sys.platform == "win32":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def append_line(path: Path, line: str) -> None:
    """Append one line, flushed to the disk, in one write (lines of two processes do not mix). Raises StorageError."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a+b") as file:
            # A line that a crash cut short is closed first, so that it spoils itself alone.
            torn = file.tell() > 0 and (file.seek(-1, os.SEEK_END), file.read(1))[1] != b"\n"
            file.write((b"\n" if torn else b"") + line.encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise storage_error(path, error) from error


@contextlib.contextmanager
def locked_folder(folder: Path, busy: str) -> Iterator[None]:
    """A folder, made where it is absent, and kept from other processes; the lock ends with the block or the process.

    busy: what to tell where another process holds it. Raises BusyError then, RunError for a file, StorageError where
    the folder cannot be made.
    """
    from filelock import FileLock, Timeout

    if folder.exists() and not folder.is_dir():
        raise RunError(f"{folder}: is a file. Name a folder.", see=("out",))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(folder / ".lock")
        lock.acquire(timeout=0)
    except Timeout as error:
        raise BusyError(f"{folder}: {busy}", see=("out",)) from error
    except OSError as error:
        raise storage_error(folder, error) from error
    try:
        yield
    finally:
        lock.release()


def printable(text: str) -> str:
    """The text with what would steer a terminal, or write backwards, shown as an escape; a file's name can hold it."""
    return "".join(each if each.isprintable() else ascii(each)[1:-1] for each in text)


def storable(text: str) -> str:
    """Text that fits any file: bytes of a file's name that are not UTF-8 become escapes, as in JSON."""
    return text.encode("utf-8", "backslashreplace").decode()


def storage_error(path: Path, error: OSError) -> StorageError:
    """What to tell when `path` could not be written."""
    reason = error.strerror or str(error)
    return StorageError(
        f"{path}: cannot be written ({reason}). Free some space or name a folder that you may write to."
    )


def read_bounded(
    path: Path, limit: int, wrong: type[DigitRecognizerError], what: str, called: str | None = None
) -> bytes:
    """The bytes of a stranger's file, of at most `limit` bytes; anything else raises `wrong`.

    what: what the file should have been ("a picture"), for the message. called: how an error names it, if not by its
    path; then no cause is chained to it, which would tell the path.
    """
    name = str(path) if called is None else called
    try:
        if path.is_dir():
            raise wrong(f"{name}: is a folder, not {what}.")
        if not path.is_file() and path.exists():
            raise wrong(f"{name}: is not a regular file, so it is not read. Name {what}.")
        with path.open("rb") as file:
            content = file.read(min(limit, os.fstat(file.fileno()).st_size) + 1)  # room for no more than there is
    except OSError as error:
        message = f"{name}: cannot be read ({error.strerror or error}). Check the name and its permissions."
        raise wrong(message) from (error if name == str(path) else None)
    except ValueError as error:  # a name with a NUL byte
        raise wrong(f"{name!r}: is not a usable file name ({error}).") from error
    if len(content) > limit:
        raise wrong(f"{name}: is larger than {limit // 2**20} MiB, the most that is read of {what}.")
    return content


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal."""
    return hash_of(path, "sha256")


def hash_of(path: Path, method: str) -> str:
    """The hash of a file, in hexadecimal; method: as hashlib names it."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, method).hexdigest()
