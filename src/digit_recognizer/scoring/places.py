"""Where the output goes: a folder here or in an object store, whose files are there whole or not at all."""

from __future__ import annotations

import os
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from typing import IO

from digit_recognizer.errors import StorageError
from digit_recognizer.files import storage_error, sync_folder

_TEMPORARY = ".part-*.tmp"


def is_local(out: str) -> bool:
    """Whether the folder of the parts is one of this machine."""
    return "://" not in out


def place_of(out: str, name: str) -> str:
    """A file's place in the folder."""
    return f"{out.rstrip('/')}/{name}"


def reading(place: str) -> AbstractContextManager[IO[bytes]]:
    """A file, opened to be read. One of this machine is called as it is: fsspec takes "a.png::b.png" for a chain."""
    if is_local(place):
        return Path(place).open("rb")
    from fsspec.core import open as open_place

    return open_place(place, "rb")  # type: ignore[no-any-return]


@contextmanager
def written_whole(out: str, name: str) -> Iterator[Path]:
    """The path to write a file's content to, which stands under its name once the block has ended well.

    After a crash at any moment it is there whole, or not at all: a local file lies beside its place, is flushed to the
    disk and renamed; an object store gets it in one piece. Raises StorageError.
    """
    folder = Path(out) if is_local(out) else Path(tempfile.gettempdir())
    temporary = folder / f".part-{name}.{uuid.uuid4().hex[:8]}.tmp"
    try:
        yield temporary
        if is_local(out):
            with temporary.open("r+b") as file:  # Windows flushes only what may be written
                os.fsync(file.fileno())
            os.replace(temporary, folder / name)  # noqa: PTH105 - the call whose atomicity is documented
            sync_folder(folder)
        else:
            send(temporary, place_of(out, name))
    except OSError as error:
        raise storage_error(Path(out) / name, error) from error
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)


def send(path: Path, place: str) -> None:
    """Put a file where fsspec says."""
    from fsspec.core import url_to_fs

    filesystem, target = url_to_fs(place)
    try:
        filesystem.put_file(str(path), target)
    except OSError:
        raise
    except Exception as error:  # object stores raise errors of their own
        raise StorageError(f"{place}: cannot be written ({error}). Check your rights and the connection.") from error


def drop_temporary(out: str) -> None:
    """Remove what a killed run left half written."""
    if is_local(out):
        for left in Path(out).glob(_TEMPORARY):
            with suppress(OSError):
                left.unlink()
