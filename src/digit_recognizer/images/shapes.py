"""Arrays of every accepted shape -> pictures, by one rule that never depends on what an array holds.

784 columns are 28 x 28 pixels, a row a picture. Otherwise two axes are one picture (H, W). Of three axes the last is
colour where it is 3 or 4; else the first counts pictures. Of four axes the first counts pictures, the second or the
last is colour (1, 3 or 4). Shapes that could be two things, as 785 columns, are refused, and the error says how to give
each.
"""

from __future__ import annotations

import math
from typing import Any

from numpy.typing import NDArray

from digit_recognizer.errors import ImageError

USUAL = 784  # MNIST's pixels; 784 columns are rows of pixels
LEAST = 8  # pixels, the side of the smallest pictures that are counted out of an array
LONGEST = 4  # times its other side, that a picture's side may have where its columns may be pixels
_WIDEST = 32**2  # columns that may be the pixels of small pictures
_LARGER = (
    64**2,
    96**2,
    128**2,
    224**2,
    256**2,
)  # of which sets have pictures too; no picture is just so wide by chance
COLOURS = (3, 4)
SHAPES = "(H, W), (1, H, W), (H, W, 1), (H, W, 3), (H, W, 4) or (784,)"
SEVERAL = "(N, 784), (N, H, W), (N, 1, H, W), (N, 3, H, W), (N, H, W, 1) or (N, H, W, 3)"


def side_of(values: int) -> int | None:
    """The side of a square picture with this number of pixels; None where it is not a square number."""
    side = math.isqrt(values)
    return side if side * side == values and side >= LEAST else None


def parted(array: NDArray[Any], channels: int = 1) -> list[NDArray[Any]]:
    """The pictures of an array, each (H, W), (H, W, 3) or (H, W, 4). Raises ImageError for a shape that is not clear.

    channels: what the network sees; for colour (3, H, W) is one picture.
    """
    if array.ndim == 5 and array.shape[1] == 1:  # a list of batches of one
        array = array[:, 0]
    readers = {1: _of_row, 2: _of_two, 3: _of_three, 4: _of_four}
    if array.ndim not in readers:
        raise _unknown(array.shape)
    return readers[array.ndim](array, channels)


def _of_row(array: NDArray[Any], _channels: int) -> list[NDArray[Any]]:
    side = side_of(len(array))
    if side is None:
        raise _unknown(array.shape)
    return [array.reshape(side, side)]


def _of_two(array: NDArray[Any], _channels: int) -> list[NDArray[Any]]:
    rows, columns = array.shape
    if columns == 1 and side_of(rows):
        return _of_row(array[:, 0], _channels)
    if columns == USUAL and rows != USUAL:
        return list(array.reshape(-1, 28, 28))
    other = _other_reading(rows, columns)
    if other:
        raise _unclear(array.shape, other, (f"one of {rows} x {columns} pixels", f"(1, {rows}, {columns})"))
    return [array]


def _other_reading(rows: int, columns: int) -> tuple[str, str] | None:
    """What two axes may be beside one picture, and the shape to give then; None where they are a picture."""
    side, long = side_of(columns), rows > LONGEST * columns or columns > LONGEST * rows
    if side and (columns == USUAL or (long and (columns <= _WIDEST or columns in _LARGER))):
        return f"{rows} pictures of {side} x {side}", f"({rows}, {side}, {side})"
    if columns == USUAL + 1:
        return f"{rows} pictures of 28 x 28, without their labels", f"({rows}, {USUAL}), by array[:, 1:]"
    if long and columns in (3 * USUAL, *(3 * each for each in _LARGER)):
        side = math.isqrt(columns // 3)
        return (
            f"{rows} pictures of {side} x {side} in colour",
            f"({rows}, 3, {side}, {side}) or ({rows}, {side}, {side}, 3)",
        )
    if rows == USUAL and long:
        return f"{columns} pictures of 28 x 28", f"({columns}, {USUAL}), by array.T"
    return None


def _of_three(array: NDArray[Any], channels: int) -> list[NDArray[Any]]:
    first, second, last = array.shape
    if last == 1:
        return _of_two(array[..., 0], channels)
    if first == 1:
        return [array[0]] if second > 1 or last != USUAL else _of_two(array[0], channels)
    if last in COLOURS:
        return [array]
    if second == 1 and last == USUAL:
        return _of_two(array[:, 0], channels)
    if first in COLOURS:
        if first == channels:
            return [array.transpose(1, 2, 0)]
        raise _unclear(
            array.shape,
            (f"{first} grey pictures", f"({first}, 1, {second}, {last})"),
            (f"one with {first} channels", f"(1, {first}, {second}, {last})"),
        )
    if first == second != last and min(array.shape) >= LEAST:
        raise _unclear(
            array.shape,
            (f"{first} pictures of {second} x {last}", f"({first}, 1, {second}, {last})"),
            (f"{last} of {first} x {second}", f"({last}, {first}, {second}), by numpy.moveaxis(array, -1, 0)"),
        )
    if min(second, last) < LEAST:
        raise _unknown(array.shape)
    return list(array)


def _of_four(array: NDArray[Any], _channels: int) -> list[NDArray[Any]]:
    _, second, _, last = array.shape
    known = (1, *COLOURS)
    if (second in known) == (last in known):
        raise _unknown(array.shape)
    if 1 in (second, last):
        grey = array[:, 0] if second == 1 else array[..., 0]
        return list(grey) if grey.shape[1:] != (1, USUAL) else list(grey.reshape(-1, 28, 28))
    return list(array.transpose(0, 2, 3, 1) if second in COLOURS else array)


def one(array: NDArray[Any], name: str, channels: int = 1) -> NDArray[Any]:
    """The picture of an array that holds one. Raises ImageError, with its name, for several and none."""
    try:
        pictures = parted(array, channels)
    except ImageError as error:
        raise ImageError(f"{name}: {error}") from None
    if len(pictures) != 1:
        raise ImageError(
            f"{name}: has shape {array.shape}, which is {len(pictures):,} pictures. One picture has shape {SHAPES};"
            " give an array of several by itself, not in a list."
        )
    return pictures[0]


def _unknown(shape: tuple[int, ...]) -> ImageError:
    return ImageError(
        f"has shape {shape}. One picture has shape {SHAPES}, several {SEVERAL}; or give several as a list."
    )


def _unclear(shape: tuple[int, ...], *readings: tuple[str, str]) -> ImageError:
    ways = "; ".join(f"as {what} give the shape {how}" for what, how in readings)
    return ImageError(f"has shape {shape}, which can be read in two ways: {ways}.")
