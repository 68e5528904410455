"""Images of one split that stand in the training split too: exact copies alone, at little cost."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from digit_recognizer.data import ArraySplit, Split
from digit_recognizer.data.pictures import FolderSplit, content_hash, file_of
from digit_recognizer.data.spec import pixel_hashes
from digit_recognizer.errors import DataError


def found_in(part: Split, train: Split) -> NDArray[np.bool_] | None:
    """Whether `train` holds an exact copy of each image of `part`, (N,); None where they cannot be compared.

    Splits in memory are compared by their pixels, pictures on disk by the bytes of their files.
    """
    if isinstance(part, ArraySplit) and isinstance(train, ArraySplit):
        if part.images.shape[1:] != train.images.shape[1:]:
            return None
        learned = set(pixel_hashes(train.images))
        return np.array([each in learned for each in pixel_hashes(part.images)], bool)
    if isinstance(part, FolderSplit) and isinstance(train, FolderSplit):
        return _found_among_files(part, train)
    return None


def _found_among_files(part: FolderSplit, train: FolderSplit) -> NDArray[np.bool_]:
    """Whether a file of `train` is equal to each file of `part`, (N,); only files of one length are read."""
    asked, learned = [length(file) for file in part.files], [length(file) for file in train.files]
    wanted, there = set(asked), set(learned)
    candidates = [file for file, size in zip(train.files, learned, strict=True) if size in wanted]
    hashes = {_hash_if_readable(file) for file in candidates} - {None}
    pairs = zip(part.files, asked, strict=True)
    return np.array([size in there and _hash_if_readable(file) in hashes for file, size in pairs], bool)


def length(file: Path) -> int | None:
    """A file's bytes; None where that cannot be told, of which whoever reads the file complains."""
    try:
        return file_of(file).stat().st_size
    except OSError:
        return None


def _hash_if_readable(file: Path) -> str | None:
    """The hash of a file's content; None where it cannot be read, of which whoever reads the picture complains."""
    try:
        return content_hash(file)
    except DataError:
        return None
