"""Every file below a folder of this machine, once: the one walk behind train, predict, read, score and audit."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator
from pathlib import Path

from digit_recognizer.dicom.names import first_bytes
from digit_recognizer.errors import DataError
from digit_recognizer.images.formats import FIRST
from digit_recognizer.sources.kinds import HIDDEN, is_hidden, kind_of
from digit_recognizer.sources.tally import Tally

Found = tuple[str, str]  # a file's path and its kind
_READ_ALREADY = "link to a folder that was read already"
_UPWARDS = "link to a folder around this one"


def walk_folder(root: str, wanted: Collection[str], tally: Tally) -> Iterator[Found]:
    """The files below a folder that are of a wanted kind (`kinds.kind_of`); the tally counts these and all others.

    A folder's files come sorted, before the folders inside it. What programs hide is not entered. A link to a file is
    that file. Links to folders come last: one is followed once, and not at all where its folder is read anyway, so
    that nothing is read twice and no loop is entered. Raises DataError where the folder itself can't be listed.
    """
    for folder, names in _folders(root, tally):
        for name in names:
            path = f"{folder}/{name}"
            kind = _kind_of_file(path, name)
            if kind in wanted:
                tally.taken[kind] += 1
                yield path, kind
            else:
                tally.left_out[kind] += 1


def _folders(root: str, tally: Tally) -> Iterator[tuple[str, list[str]]]:
    """Each folder with the names of its files, sorted."""
    seen: set[tuple[int, int]] = set()
    pending, links = [root], list[str]()
    while pending or links:
        if pending:
            place = pending.pop()
        else:
            place = links.pop(0)
            if _holds(place, root):
                tally.left_out[_UPWARDS] += 1
                continue
        known = _identity(place)
        if known in seen:
            tally.left_out[_READ_ALREADY] += 1
            continue
        seen.add(known)
        inside = _listed(place, root, tally)
        if inside is None:
            continue
        names, folders, linked = inside
        pending += reversed(folders)
        links += linked
        yield place, names


def _listed(place: str, root: str, tally: Tally) -> tuple[list[str], list[str], list[str]] | None:
    """A folder's files (names), folders and links to folders (paths), sorted; None where it can't be listed."""
    try:
        with os.scandir(place) as entries:
            inside = sorted(entries, key=lambda entry: entry.name)
    except OSError as error:
        if isinstance(error, NotADirectoryError) and not os.path.isfile(place):  # noqa: PTH113 - never raises
            raise DataError(f"{root}: is a pipe or a device, not a file or a folder. Name one.") from error
        if place == root:
            raise DataError(
                f"{root}: can't be listed ({error.strerror}). Check the name and its permissions."
            ) from error
        tally.left_out["folder without permission"] += 1
        return None
    names, folders, links = list[str](), list[str](), list[str]()
    for entry in inside:
        if is_hidden(entry.name):
            tally.left_out[HIDDEN] += 1
        elif entry.is_dir():
            (links if entry.is_symlink() else folders).append(f"{place}/{entry.name}")
        else:
            names.append(entry.name)
    return names, folders, links


def _kind_of_file(path: str, name: str) -> str:
    """A file's kind; of what can't be read as one, why."""
    if not os.path.isfile(path):  # noqa: PTH113 - never raises, whatever the name
        return "broken link" if os.path.islink(path) else "pipe or device"  # noqa: PTH114 - the same
    return kind_of(name, lambda: first_bytes(path, FIRST))


def _identity(place: str) -> tuple[int, int]:
    """What tells a folder from any other, however it is reached."""
    found = os.stat(place)  # noqa: PTH116 - a string, many times
    return found.st_dev, found.st_ino


def _holds(place: str, root: str) -> bool:
    """Whether a folder is around `root`, or is it."""
    inner, outer = Path(root).resolve(), Path(place).resolve()
    return outer == inner or outer in inner.parents
