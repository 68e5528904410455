"""Arrays under names, as npz, MATLAB and HDF5 files hold them: which are pictures, which are labels, of which part."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from digit_recognizer.errors import DataError
from digit_recognizer.images.shapes import side_of
from digit_recognizer.tables.columns import SPLIT_NAMES
from digit_recognizer.tables.found import WHOLE, Parts, of_arrays
from digit_recognizer.tables.packed import MOST_HELD

_IMAGES = (
    "images",
    "image",
    "imgs",
    "img",
    "x",
    "data",
    "features",
    "pixels",
    "pictures",
    "digits",
    "samples",
    "inputs",
)
LABELS = ("labels", "label", "y", "targets", "target", "classes", "class", "lbls", "lab")
_SHOWN = 12  # arrays that an error lists
_PART = "|".join(sorted(SPLIT_NAMES, key=len, reverse=True))
_NAME = re.compile(
    rf"(?:({_PART})[-_./ ]?)?({'|'.join(sorted(_IMAGES + LABELS, key=len, reverse=True))})(?:[-_./ ]?({_PART}))?"
)


@dataclass(frozen=True)
class StoredArray:
    """An array in a file, before it is read."""

    shape: tuple[int, ...]
    kind: str  # of its values: "u", "i", "f", "b", "O"...
    itemsize: int = 8  # bytes of a value, 8 where that is not known

    @property
    def in_words(self) -> str:
        kinds = {"u": "whole", "i": "whole", "f": "floats", "b": "truth", "O": "objects", "U": "words", "S": "words"}
        return f"{self.shape} {kinds.get(self.kind, 'other')}"


@dataclass(frozen=True)
class _Choice:
    """The arrays of one part."""

    images: str
    labels: str | None


_Load = Callable[[str], NDArray[Any]]


def read_named(
    name: str, stored: Mapping[str, StoredArray], load: _Load, keys: Sequence[str] = (), *, turned: bool = False
) -> Parts:
    """The tables of the arrays that are meant: those of `keys` (pictures, then perhaps labels), or by their names.

    load: reads one array. Raises DataError, with every name and shape, where it is not clear what is meant.
    """
    chosen = _by_keys(name, stored, keys) if keys else _by_names(stored)
    if not chosen:
        raise DataError(f"{name}: {_nothing_known(stored, name)}")
    wanted = [key for choice in chosen.values() for key in (choice.images, choice.labels) if key is not None]
    for key in wanted:
        if stored[key].kind in "OV":
            raise DataError(f"{name}: {key!r} holds Python objects, which are never unpickled. Save it as numbers.")
        if math.prod(stored[key].shape) * stored[key].itemsize > MOST_HELD:
            raise DataError(f"{name}: {key!r} has shape {stored[key].shape}, more than is read.")
    return {
        part: of_arrays(
            f"{name}[{choice.images}]",
            load(choice.images),
            None if choice.labels is None else load(choice.labels),
            turned=turned,
        )
        for part, choice in chosen.items()
    }


def _by_keys(name: str, stored: Mapping[str, StoredArray], keys: Sequence[str]) -> dict[str, _Choice]:
    """The arrays that someone named."""
    absent = [key for key in keys if key not in stored]
    if absent or len(keys) > 2:
        wrong = f"holds no array {absent[0]!r}" if absent else "takes one or two names: pictures, labels"
        raise DataError(f"{name}: {wrong}. It holds {in_words(stored)}.")
    return {WHOLE: _Choice(keys[0], keys[1] if len(keys) > 1 else None)}


def _by_names(stored: Mapping[str, StoredArray]) -> dict[str, _Choice]:
    """The pictures and labels of each part by the names of the arrays; or by their shapes, where there are only two."""
    roles: dict[tuple[str, str], list[str]] = {}
    for key in stored:
        found = _NAME.fullmatch(key.strip("/ ").lower())
        if found and not (found[1] and found[3]):
            part = SPLIT_NAMES[found[1] or found[3]] if found[1] or found[3] else WHOLE
            roles.setdefault((part, "images" if found[2] in _IMAGES else "labels"), []).append(key)
    parts: dict[str, _Choice] = {}
    for (part, role), keys in roles.items():
        if role == "images" and len(keys) == 1:
            labels = roles.get((part, "labels"), [])
            if len(labels) > 1:  # as "y" beside "classes", the names of these
                labels = [key for key in labels if _is_a_label_each(stored[key].shape, stored[keys[0]].shape)]
                if len(labels) != 1:
                    return {}
            parts[part] = _Choice(keys[0], labels[0] if labels else None)
    if WHOLE in parts and len(parts) > 1:
        return {}
    return parts or _by_shapes(stored)


def _by_shapes(stored: Mapping[str, StoredArray]) -> dict[str, _Choice]:
    """One array of pictures alone, or with one of as many labels."""
    pictures = [key for key, each in stored.items() if _like_pictures(each.shape) and each.kind in "buif"]
    if len(pictures) != 1 or len(stored) > 2:
        return {}
    (images,) = pictures
    others = [key for key in stored if key != images]
    count = stored[images].shape[0]
    if others and not _is_a_label_each(stored[others[0]].shape, (count,)):
        return {}
    return {WHOLE: _Choice(images, others[0] if others else None)}


def _is_a_label_each(shape: tuple[int, ...], pictures: tuple[int, ...]) -> bool:
    """Whether labels of this shape, perhaps one-hot, are as many as the pictures, counted by either end."""
    counts = {*pictures[:1], *pictures[-1:]}
    return math.prod(shape) in counts or (len(shape) == 2 and shape[0] in counts)


def _like_pictures(shape: tuple[int, ...]) -> bool:
    return len(shape) in (3, 4) or (len(shape) == 2 and side_of(shape[1]) is not None)


def in_words(stored: Mapping[str, StoredArray]) -> str:
    """The arrays of a file and their shapes."""
    listed = [f"{key} {each.in_words}" for key, each in [*stored.items()][:_SHOWN]]
    more = f" and {len(stored) - _SHOWN} more" if len(stored) > _SHOWN else ""
    return (", ".join(listed) + more) if listed else "no arrays"


def _nothing_known(stored: Mapping[str, StoredArray], name: str) -> str:
    """What to say where no names are known."""
    first = max(stored, key=lambda key: (len(stored[key].shape), math.prod(stored[key].shape)), default="PICTURES")
    second = next((key for key, each in stored.items() if len(each.shape) < 3 and key != first), "LABELS")
    return (
        f"holds {in_words(stored)}; it is not clear which of these are the pictures and the labels. Name them:"
        f" '{name}[{first},{second}]'"
    )


def stored_array(shape: tuple[int, ...], dtype: np.dtype[Any]) -> StoredArray:
    """What an array of this type is."""
    return StoredArray(tuple(shape), "O" if dtype.hasobject else dtype.kind, dtype.itemsize)
