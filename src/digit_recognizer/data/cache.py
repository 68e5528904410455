"""The files of a set on disk: made, checked at each load, repaired."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import platformdirs

from digit_recognizer.data.spec import DatasetSpec
from digit_recognizer.errors import DataError, DigitRecognizerWarning
from digit_recognizer.files import hash_of, storage_error, sync_folder

# Given an empty folder, fills DataFolder/inside with the unpacked files of the set, or raises DataError.
_Unpack = Callable[[Path], None]

_UNPACKING = ".unpacking-"  # how temporary folders begin
FULL = (errno.ENOSPC, errno.EDQUOT)


def default_data_dir() -> Path:
    """Where sets are kept: the user's cache folder of this system."""
    return Path(platformdirs.user_cache_dir("digit_recognizer")) / "data"


def damaged(spec: DatasetSpec, folder: Path) -> list[str]:
    """The files of the set that are absent from `folder` or differ from what was published, as far as that is known."""
    wrong = [name for name, sha256 in spec.sha256.items() if not _intact(folder / name, sha256, "sha256")]
    wrong += [name for name, md5 in spec.md5.items() if not _intact(folder / name, md5, "md5")]
    return wrong + [name for name in spec.files if not (folder / name).is_file()]


def _intact(path: Path, published: str, method: str) -> bool:
    """Whether a file is there with this content; method: of the hash, sha256 or md5."""
    return path.is_file() and hash_of(path, method) == published


@contextmanager
def unpacked(spec: DatasetSpec, data_dir: Path | None, inside: str, unpack: _Unpack) -> Iterator[Path]:
    """A data folder in which the set lies whole under `inside`, for as long as the block runs.

    Whatever is absent or damaged is made anew. Two processes may do so at once: each file is unpacked apart and
    renamed into place whole. Where nothing may be written a temporary folder serves, with a warning.
    """
    root = data_dir or default_data_dir()
    try:
        repair(spec, root, inside, unpack)
    except OSError as error:
        if error.errno in FULL:
            raise storage_error(root, error) from error
        warn(
            f"{root}: cannot be written ({error.strerror}); {spec.name} is unpacked for this run only. Name a folder"
            " that can.",
            "data_dir",
        )
    else:
        yield root
        return
    with tempfile.TemporaryDirectory(prefix="digit_recognizer-") as temporary:
        repair(spec, Path(temporary), inside, unpack)
        yield Path(temporary)


def repair(spec: DatasetSpec, root: Path, inside: str, unpack: _Unpack) -> None:
    """Make the set whole under root/inside, touching only what is absent or damaged."""
    folder = root / inside
    wrong = damaged(spec, folder)
    if not wrong:
        return
    present = [name for name in wrong if (folder / name).exists()]
    folder.mkdir(parents=True, exist_ok=True)
    _drop_abandoned(root)
    with tempfile.TemporaryDirectory(dir=root, prefix=_UNPACKING) as temporary:
        unpack(Path(temporary))
        fresh = Path(temporary) / inside
        unfit = damaged(spec, fresh)
        if unfit:
            raise DataError(f"{spec.name}: {', '.join(unfit)} is not the published file. Fetch the set again.")
        for name in wrong:
            os.replace(fresh / name, folder / name)  # noqa: PTH105 - the call whose atomicity is documented
    sync_folder(folder)
    if present:
        warn(f"{folder}: {', '.join(present)} was damaged and has been repaired.")


def _drop_abandoned(root: Path) -> None:
    """Remove what processes that were killed while unpacking have left; an hour is more than any of them takes."""
    for left in root.glob(f"{_UNPACKING}*"):
        with contextlib.suppress(OSError):  # another process may be done with its own just now
            if time.time() - left.stat().st_mtime > 3600:
                shutil.rmtree(left, ignore_errors=True)


def warn(message: str, *see: str) -> None:
    """Tell the caller in one line that something was done another way. see: names of what helps."""
    warnings.warn(DigitRecognizerWarning(message, see=see), stacklevel=3)
