"""Groups in which digits touch: read as a whole line, where that is surer than any cut (models/line.py)."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from digit_recognizer.models.line_reader import LineReader, load_line_reader
from digit_recognizer.reading.components import Box, box_around, picture_of
from digit_recognizer.reading.grouping import Group
from digit_recognizer.reading.ink import PageInk
from digit_recognizer.reading.line import LineDigit, read_line

WIDE = 0.75  # heights: a component so wide may be two digits that touch
FAINT = 64  # of 255: ink

Found = tuple[int, Box, float]  # label, box in pixels of the picture that is worked on, probability 0..1


def may_touch(group: Group) -> bool:
    """Whether some component of a group is wide enough to be two digits."""
    return any(piece.box[2] >= WIDE * group.height for piece in group.pieces)


@cache
def shipped_reader() -> LineReader:
    """The line reader that comes with the package, loaded when first a page needs it."""
    return load_line_reader()


def read_as_line(group: Group, ink: PageInk, reader: LineReader) -> tuple[list[Found], float]:
    """A group's digits as the line reader tells them, from left to right, and the probability of the whole (0..1)."""
    left, top, _, _ = box_around([piece.box for piece in group.pieces])
    picture = picture_of(group.pieces, ink.strength)
    line = read_line(picture, reader)
    rows, columns = np.nonzero(picture >= FAINT)
    if line.probability is None or not len(rows):
        return [], 0.0
    across, down = left - int(columns.min()), top - int(rows.min())
    return [found(digit, picture, across, down) for digit in line.digits], line.probability


def found(digit: LineDigit, picture: NDArray[np.uint8], across: int, down: int) -> Found:
    """One digit with the box of the ink between its columns."""
    first, last = round(digit.left), max(round(digit.left) + 1, round(digit.right))
    inked = np.flatnonzero((picture[:, first:last] >= FAINT).any(1))
    top, bottom = (int(inked[0]), int(inked[-1]) + 1) if len(inked) else (0, len(picture))
    return digit.label, (first + across, top + down, last - first, bottom - top), digit.probability
