"""IDX files, MNIST's own format, known by their content: a magic number, the sizes, the values."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from digit_recognizer.errors import DataError
from digit_recognizer.tables.packed import MOST_HELD, bare_name, opened, start_of

_TYPES = {8: ">u1", 9: ">i1", 11: ">i2", 12: ">i4", 13: ">f4", 14: ">f8"}
_MOST_AXES = 4
_WORDS = re.compile(r"(?:^|[-_. ])(images?|labels?|idx\d?|ubyte|ubytes|int|byte|x|y)(?=[-_. ]|$)", re.IGNORECASE)
_PARTS = (("train", "train"), ("t10k", "test"), ("test", "test"), ("val", "validation"))


@dataclass(frozen=True)
class _IdxHeader:
    """What an IDX file says of itself."""

    shape: tuple[int, ...]
    dtype: np.dtype[Any]

    @property
    def of_images(self) -> bool:
        return len(self.shape) >= 3


def header_in(start: bytes) -> _IdxHeader | None:
    """The header in the first bytes of a file; None where they are of another format."""
    if len(start) < 4 or start[:2] != b"\0\0" or start[2] not in _TYPES or not 1 <= start[3] <= _MOST_AXES:
        return None
    if len(start) < 4 + 4 * start[3]:
        return None
    sizes = np.frombuffer(start, ">u4", start[3], 4)
    return _IdxHeader(tuple(map(int, sizes)), np.dtype(_TYPES[start[2]]))


def header_of(path: Path) -> _IdxHeader | None:
    """The header of an IDX file, packed or not; None for any other file."""
    return header_in(start_of(path))


def read_idx(path: Path) -> NDArray[Any]:
    """The array of an IDX file, its values in the machine's byte order. Raises DataError, with the name."""
    with opened(path) as stream:
        header = _read_header(stream, path)
        wanted = math.prod(header.shape) * header.dtype.itemsize
        if wanted > MOST_HELD:
            raise DataError(f"{path}: states {header.shape}, more than is read.")
        content = stream.read(wanted)
        if len(content) < wanted or stream.read(1):
            than = "fewer" if len(content) < wanted else "more"
            raise DataError(f"{path}: holds {than} values than the {header.shape} that it states. Download it again.")
    values = np.frombuffer(content, header.dtype).reshape(header.shape)
    return values.astype(header.dtype.newbyteorder("="), copy=False)


def _read_header(stream: BinaryIO, path: Path) -> _IdxHeader:
    start = stream.read(4)
    header = header_in(start + stream.read(4 * start[3])) if len(start) == 4 and start[3] <= _MOST_AXES else None
    if header is None:
        raise DataError(f"{path}: is not an IDX file: it begins with {start!r}.")
    return header


def set_and_part(path: Path) -> tuple[str, str]:
    """Of which set a file is and of which part, by its name: ("emnist-letters", "train"); "all" without a part."""
    bare = _WORDS.sub("", bare_name(path)).strip("-_. ")
    for word, part in _PARTS:
        found = re.search(rf"(^|[-_. ]){word}\w*", bare)
        if found:
            return (bare[: found.start()] + bare[found.end() :]).strip("-_. "), part
    return bare, "all"


@dataclass(frozen=True)
class IdxPair:
    """The files of one part of a set."""

    images: Path
    labels: Path | None


def pairs_in(folder: Path) -> dict[str, dict[str, IdxPair]]:
    """The IDX files of a folder by set and part. Raises DataError for two files of one part."""
    images: dict[tuple[str, str], Path] = {}
    labels: dict[tuple[str, str], Path] = {}
    for path in sorted(folder.iterdir()):
        header = header_of(path) if path.is_file() and not path.name.startswith(".") else None
        if header is None:
            continue
        places, key = images if header.of_images else labels, set_and_part(path)
        if key in places and bare_name(places[key]) != bare_name(path):
            raise DataError(f"{folder}: {places[key].name} and {path.name} could be the same split. Keep one of them.")
        if key not in places or places[key].suffix.lower() == ".gz":  # the unpacked file is read instead
            places[key] = path
    found: dict[str, dict[str, IdxPair]] = {}
    for (name, part), path in images.items():
        found.setdefault(name, {})[part] = IdxPair(path, labels.get((name, part)))
    return found


def read_labels(path: Path, images: Path, count: int) -> NDArray[np.int64]:
    """Labels (N,) of a file of labels; of QMNIST's, with more columns, the first. Raises DataError for another N."""
    values = read_idx(path)
    if values.dtype.kind not in "ui" or values.ndim > 2:
        raise DataError(f"{path}: holds {values.dtype} of shape {values.shape}, not labels.")
    if len(values) != count:
        raise DataError(f"{path}: holds {len(values):,} labels; {images.name} holds {count:,} images.")
    return (values if values.ndim == 1 else values[:, 0]).astype(np.int64)


def mapping_of(images: Path, name: str) -> dict[str, str]:
    """The classes' names by label that EMNIST's mapping file beside the images tells: a line "label code [code]"."""
    place = images.parent / f"{name}-mapping.txt"
    if not place.is_file() or place.stat().st_size > 2**16:
        return {}
    rows = [line.split() for line in place.read_text("ascii", errors="replace").splitlines()]
    usable = [row for row in rows if len(row) >= 2 and all(word.isdigit() for word in row)]
    return {row[0]: chr(int(row[1])) for row in usable if int(row[1]) < 0x110000}
