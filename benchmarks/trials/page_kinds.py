"""What a drawn page is: the kinds of pages there are, and what is known of one."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

HEIGHT, WIDTH = 1200, 900  # pixels of a page before it is turned

Box = tuple[int, int, int, int]  # left, top, width, height in pixels


@dataclass(frozen=True)
class DrawnNumber:
    """A number on a page, and where its digits stand."""

    text: str
    boxes: tuple[Box, ...]


@dataclass(frozen=True)
class DrawnPage:
    """A page and what it says, in reading order; a turned page's boxes are those in its picture."""

    picture: NDArray[np.uint8]  # (H, W)
    numbers: tuple[DrawnNumber, ...]


@dataclass(frozen=True)
class Kind:
    """What a kind of page is like."""

    gap: tuple[float, float] = (0.08, 0.35)  # between digits of a number, of their height
    lines: tuple[bool, bool] = (False, False)  # level and upright rules
    boxes: bool = False  # each digit in a box of a form
    light: bool = False  # a lamp to one side and a shadow
    perspective: float = 0.0  # how far corners move, of the page
    slope: float = 1.0  # degrees that the page is turned, at most
    slant: float = 0.15  # columns that a digit leans for each of its rows, at most
    blur: float = 0.7  # pixels
    quality: int = 90  # of JPEG
    dirt: int = 0  # specks and hairs
    words: bool = False  # printed, between the numbers
    broken: bool = False  # digits with gaps in their strokes
    inverted: bool = False  # chalk on a board
    quarters: int = 0  # turned anticlockwise


PLAIN = Kind()
KINDS: dict[str, Kind] = {
    "white": PLAIN,
    "lined": replace(PLAIN, lines=(True, False)),
    "squared": replace(PLAIN, lines=(True, True)),
    "boxes": replace(PLAIN, boxes=True),
    "uneven light": replace(PLAIN, light=True),
    "perspective": replace(PLAIN, perspective=0.05, slope=4.0),
    "blurred": replace(PLAIN, blur=2.5, quality=40),
    "slanted": replace(PLAIN, slant=0.5),
    "dirty": replace(PLAIN, dirt=60),
    "words": replace(PLAIN, words=True),
    "touching": replace(PLAIN, gap=(-0.12, 0.02)),
    "broken": replace(PLAIN, broken=True),
    "board": replace(PLAIN, inverted=True),
    "turned 90": replace(PLAIN, quarters=1),
    "turned 180": replace(PLAIN, quarters=2),
    "everything": replace(PLAIN, lines=(True, True), light=True, perspective=0.03, slope=3.0, dirt=20, blur=1.2),
}
