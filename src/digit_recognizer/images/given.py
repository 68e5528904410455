"""What a caller hands over: one picture or many, what each is called, and whether it states a turn."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import replace
from numbers import Number
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from digit_recognizer.errors import ImageError
from digit_recognizer.images.arrays import InBatch, Refused, as_array, as_numbers
from digit_recognizer.images.encoded import DecodedPicture, EncodedPicture, as_encoded
from digit_recognizer.images.levels import range_note
from digit_recognizer.images.notes import tell
from digit_recognizer.images.pages import TURNED, shown_name, states_turn
from digit_recognizer.images.ranges import BYTES, UNIT, Range, Stated, common, stated
from digit_recognizer.images.shapes import USUAL, parted, side_of


def as_list(pictures: Any, channels: int = 1, form: str = "digit") -> list[Any]:
    """One picture or many as a list of pictures, of which all arrays are in one range of values.

    An array or tensor, or a list of numbers, is parted by the rules of images/shapes.py; one that cannot be parted is
    one picture with an error. channels, form: of Preprocess. Warns of 16 bits of which the upper ones are empty.
    """
    made = _listed(pictures, channels)
    tell([note for note in (range_note(highest, form, "the array") for highest in sorted(wide(made))) if note])
    return made


def wide(pictures: Iterable[Any]) -> set[int]:
    """The highest values of the batches in 16 bits that the pictures are of."""
    ranges = (each.range for each in pictures if isinstance(each, InBatch))
    return {own.highest for own in ranges if own is not None and own.highest}


def _listed(pictures: Any, channels: int) -> list[Any]:
    pictures = as_encoded(pictures)
    if isinstance(pictures, str | os.PathLike | EncodedPicture | DecodedPicture | Image.Image | InBatch):
        return [pictures]
    if hasattr(pictures, "shape") or hasattr(pictures, "__array__"):
        return _of_array(pictures, channels)
    if not hasattr(pictures, "__iter__"):
        return [pictures]
    several = list(map(as_encoded, pictures))
    rows = _stacked(several)
    if rows is not None and hasattr(several[0], "shape") and (refused := _unclear_rows(rows)):
        return [refused]
    return _of_array(rows, channels) if rows is not None else _in_one_range(several, channels)


def _of_array(thing: Any, channels: int) -> list[Any]:
    """The pictures of an array; names, and arrays of several sizes, that stand in one as they are."""
    try:
        array = as_array(thing, "")
    except ImageError:
        return [thing]  # its error comes when it is read
    if array.dtype.kind in "OUS" and array.ndim == 1:
        return _in_one_range(array.tolist(), channels)
    if array.ndim > 1 and not len(array):
        return []
    parts = _parts(array, channels, hasattr(thing, "columns"))
    if isinstance(parts, Refused):
        return [parts]
    return in_batch(parts, array)


def in_batch(parts: Sequence[NDArray[Any]] | NDArray[Any], array: NDArray[Any]) -> list[InBatch]:
    """Pictures of one size with the range of the array that they are parts of, which holds nothing else."""
    plain = len(parts) == 1 and array.dtype == np.uint8  # its own range is its batch's
    known = _stated(array) if len(parts) and not plain else None
    own = common([replace(known, count=parts[0].size)]).get(known.whole) if known else None
    return [InBatch(part, own) for part in parts]


def _parts(array: NDArray[Any], channels: int, of_columns: bool = False) -> list[NDArray[Any]] | Refused:
    """The pictures of an array, or why it cannot be parted. of_columns: it is a table with named columns."""
    if not array.size:
        return Refused(f"has shape {array.shape}, which holds no pixels.")
    if of_columns and array.ndim == 2 and not side_of(array.shape[1]):
        return Refused(
            f"is a table of {array.shape[1]} columns, which is not a square picture (784 would be)."
            " Leave out the columns that are not pixels."
        )
    if of_columns and array.ndim == 2 and (side := side_of(array.shape[1])):
        return list(array.reshape(-1, side, side))
    try:
        return parted(array, channels)
    except ImageError as error:
        return Refused(str(error))


def _stacked(several: list[Any]) -> NDArray[Any] | None:
    """Rows of numbers, however deep, as one array; None for a list of pictures."""
    first = several[0] if several else None
    while isinstance(first, list | tuple) and first:
        first = first[0]
    if isinstance(first, Number) and (several[0] is not first or side_of(len(several))):
        try:
            return as_numbers(np.asarray(several))
        except ValueError:  # rows of several lengths
            return None
    if not all(getattr(each, "ndim", None) == 1 and hasattr(each, "shape") for each in several) or not several:
        return None
    try:
        rows = [as_array(each, "the row") for each in several]
    except ImageError:
        return None
    return np.stack(rows) if len({row.shape for row in rows}) == 1 and rows[0].dtype.kind in "buif" else None


def _unclear_rows(rows: NDArray[Any]) -> Refused | None:
    """Why a list of arrays (K,), stacked, may be K small pictures, or one; None where it is clear."""
    count, values = rows.shape
    side = side_of(values)
    if side is None or values in (USUAL, count):
        return None
    return Refused(
        f"is a list of {count:,} rows of {values:,} values, which can be read in two ways: as pictures of"
        f" {side} x {side} give an array of the shape ({count}, {side}, {side}); as one picture (1, {count}, {values})."
    )


def _in_one_range(several: list[Any], channels: int) -> list[Any]:
    """A list of pictures in which each array is given with the range of all."""
    made = [_one(each, channels) if _is_array(each) else each for each in several]
    known = [_stated(each.array) if isinstance(each, InBatch) and each.range is None else None for each in made]
    ranges = common(each for each in known if each)
    return [
        InBatch(each.array, _range_of(each.array, found, ranges)) if isinstance(each, InBatch) and found else each
        for each, found in zip(made, known, strict=True)
    ]


def _range_of(array: Any, found: Stated, ranges: dict[bool, Range]) -> Range | None:
    """The range of all; parts of 1 among levels of 0..255 are in 0..1 all the same, as whole levels never are."""
    own = ranges.get(found.whole)
    if own is BYTES and UNIT.holds(found.low, found.high) and not (array == np.rint(array)).all():
        return UNIT
    return own


def _is_array(thing: Any) -> bool:
    return isinstance(thing, np.ndarray) or hasattr(thing, "detach")


def _one(thing: Any, channels: int) -> Any:
    """The picture of an array in a list, which must hold one."""
    if isinstance(thing, InBatch):
        return thing
    try:
        array = as_array(thing, "")
    except ImageError:
        return thing
    parts = _parts(array, channels)
    if isinstance(parts, Refused) or len(parts) == 1:
        return parts if isinstance(parts, Refused) else InBatch(parts[0], None)
    return Refused(
        f"has shape {array.shape}, which is {len(parts):,} pictures. Give such an array by itself, not in a list."
    )


def _stated(array: Any) -> Stated | None:
    """What an array's finite values are; None where they are no levels."""
    try:
        if array.dtype.kind == "f" and array.size:
            array = array[np.isfinite(array)]
        return stated(array, "") if array.size else None
    except ImageError:
        return None


def is_turned(picture: Any) -> bool:
    """Whether a picture, a file or a PIL image, states an orientation other than upright."""
    if isinstance(picture, DecodedPicture):
        return picture.orientation in TURNED
    return isinstance(picture, str | os.PathLike | EncodedPicture | Image.Image) and states_turn(picture)


def source_name(picture: Any, other: str, keep_ids: bool = False) -> str:
    """What to call a picture: a file as `shown_name` has it, anything else by the other name."""
    return shown_name(picture, keep_ids) if isinstance(picture, str | os.PathLike) else other
