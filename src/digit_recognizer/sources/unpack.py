"""A folder or an archive as picture files: an archive is unpacked into a temporary folder of this process."""

from __future__ import annotations

import atexit
import errno
import os
import shutil
import tempfile
from collections.abc import Collection, Iterator
from pathlib import Path

from digit_recognizer.errors import DataError, DigitRecognizerError
from digit_recognizer.files import storage_error
from digit_recognizer.images.pages import UNPACKED
from digit_recognizer.sources.archives import Member, members
from digit_recognizer.sources.kinds import FOLDER, PICTURE
from digit_recognizer.sources.tally import Tally
from digit_recognizer.sources.walk import walk_folder

MOST = 16 * 2**30  # bytes of one archive's pictures


def files_of(place: Path, tally: Tally, wanted: Collection[str] = (PICTURE,)) -> Iterator[Path]:
    """The files of a wanted kind in a folder, as `walk_folder` gives them, or in an archive, unpacked.

    Raises DataError where either can't be read.
    """
    if place.is_dir():
        found = walk_folder(str(place), wanted, tally)
    else:
        found = walk_folder(str(unpacked(place, tally, wanted)), wanted, Tally())  # counted as they came out
    return (Path(path) for path, _ in found)


def unpacked(archive: Path, tally: Tally, wanted: Collection[str] = (PICTURE,)) -> Path:
    """A new folder, named as the archive, with its members of a wanted kind; it is removed as this process ends.

    `shown_name` calls its files as if the archive were a folder. Of members with one name the first counts. Raises
    DataError for an archive that breaks off or holds more than MOST bytes, StorageError where it can't be unpacked.
    """
    try:
        temporary = Path(tempfile.mkdtemp(prefix=UNPACKED))
        atexit.register(shutil.rmtree, temporary, ignore_errors=True)
        root = temporary / archive.name
        root.mkdir()
    except OSError as error:
        raise storage_error(Path(tempfile.gettempdir()), error) from error
    left = MOST
    for member in _read(archive, (*wanted, FOLDER), tally):
        left -= len(member.content)
        if left < 0:
            raise DataError(f"{archive}: unpacks to more than {MOST // 2**30} GiB. Unpack it and name its folder.")
        what = "damaged in the archive" if member.error else _put(root, member)
        if member.kind == FOLDER and not what:
            continue  # a class without pictures is one all the same, and is named where it matters
        counts = tally.left_out if what else tally.taken
        counts[what or member.kind] += 1
    return root


def _read(archive: Path, wanted: Collection[str], tally: Tally) -> Iterator[Member]:
    """The members of an archive's file."""
    count = 0
    try:
        with archive.open("rb") as file:
            for member in members(file, archive.name, wanted, tally.left_out):
                yield member
                count += 1
    except DigitRecognizerError:
        raise
    except Exception as error:  # the readers of archives raise nearly anything on damaged bytes
        after = f"after {count:,} files" if count else "at its beginning"
        raise DataError(f"{archive}: can't be read {after} ({error}). Make the archive again.") from error


def _put(root: Path, member: Member) -> str | None:
    """Write a member's bytes under its name below the folder; what to count it as, where its name does not allow it."""
    target = root / member.name
    if not target.is_relative_to(root) or (os.name == "nt" and ":" in member.name):  # a drive, or a stream of a file
        return "name that leads outside the archive"
    try:
        if member.kind == FOLDER:
            target.mkdir(parents=True, exist_ok=True)
            return None
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("xb") as file:
            file.write(member.content)
    except (FileExistsError, NotADirectoryError):
        return "duplicate name"
    except ValueError:  # a NUL byte
        return "name that no file can have"
    except OSError as error:
        if error.errno == errno.ENAMETOOLONG:
            return "name too long for this machine"
        raise storage_error(target, error) from error
    return None
