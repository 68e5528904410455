"""Lines of digits made from single ones, to teach a line reader and to measure it with.

Each digit is cut out of its 28 x 28 image, bent as its writer might have, and laid beside the one before it, so that
their boxes overlap or leave a gap; then rules and dirt befall the line. What befalls a line depends on the generator
alone. Light ink on black, as everywhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from digit_recognizer.images.opencv import cv2

Images = NDArray[np.uint8]
Line = NDArray[np.uint8]
Box = tuple[int, int]  # first column of the ink, and the one after its last

HEIGHT = 32  # of a line, pixels
_CELL = 48  # width in which a digit is bent, pixels
INK = 64  # of 255: what a digit's box holds
MARGIN = 8  # columns of paper before and after the ink
BLOCK = 8  # widths of a batch are multiples of it, so that few different ones come up


@dataclass(frozen=True)
class Style:
    """What may befall a line. Pairs are the ends of a range that is drawn from evenly."""

    overlap: tuple[float, float] = (0.0, 0.0)  # of neighbouring boxes, share of their mean width; below 0: a gap
    slant: float = 0.0  # degrees: the most that all digits of a line lean to either side together
    shear: float = 0.0  # degrees: the most that a digit leans besides
    rotation: float = 0.0  # degrees: the most that a digit is turned
    scale: tuple[float, float] = (1.0, 1.0)  # of all digits of a line
    stretch: float = 0.0  # a digit is scaled besides, its two sides apart, by up to this share
    shift: float = 0.0  # pixels: the most that a digit stands above or below the line
    rules: float = 0.0  # share (0..1) of the lines on lined or squared paper
    dirt: float = 0.0  # share of the lines with specks and scratches
    broken: float = 0.0  # share of the lines with a thin white scratch through them

    def sound(self) -> bool:
        """Whether lines can be drawn in this style."""
        shares = (self.rules, self.dirt, self.broken)
        degrees = (self.slant, self.shear, self.rotation)
        ranges = (-2 <= self.overlap[0] <= self.overlap[1] <= 0.9, 0 < self.scale[0] <= self.scale[1] <= 2)
        return (
            all(0 <= share <= 1 for share in shares)
            and all(0 <= angle <= 60 for angle in degrees)
            and all(ranges)
            and 0 <= self.stretch < 1
            and 0 <= self.shift <= HEIGHT
        )

    def to_dict(self) -> dict[str, Any]:
        """The fields as JSON keeps them."""
        return {name: list(each) if isinstance(each, tuple) else each for name, each in asdict(self).items()}

    @classmethod
    def from_dict(cls, fields: dict[str, Any]) -> Style:
        """Read back what `to_dict` gave."""
        read: dict[str, Any] = {name: tuple(each) if isinstance(each, list) else each for name, each in fields.items()}
        return cls(**read)


def plain(overlap: float) -> Style:
    """Digits as they are, their boxes overlapping by this share, nothing else: what is reported on."""
    return Style(overlap=(overlap, overlap))


def hard(overlap: float) -> Style:
    """The same overlap, and everything that training knows."""
    return Style((overlap, overlap), 20, 8, 6, (0.85, 1.15), 0.1, 2, 0.3, 0.4, 0.2)


def draw_string(digits: Images, style: Style, draw: Generator) -> tuple[Line, list[Box]]:
    """Digits (n, 28, 28) uint8, n >= 1, as a line (HEIGHT, W) uint8, and the columns of each digit's box."""
    size, slant = draw.uniform(*style.scale), draw.uniform(-style.slant, style.slant)
    cells = [bent(digit, style, size, slant, draw) for digit in digits]
    inks = [box_of(cell) for cell in cells]
    widths = [right - left for left, right in inks]
    starts = [MARGIN]
    for before, width in pairwise(widths):
        shared = round(draw.uniform(*style.overlap) * (before + width) / 2)
        starts.append(starts[-1] + max(1, before - shared))
    boxes = [(start, start + width) for start, width in zip(starts, widths, strict=True)]
    line = np.zeros((HEIGHT, max(end for _, end in boxes) + MARGIN + _CELL), np.uint8)
    padded = np.pad(line, ((0, 0), (_CELL, 0)))
    for cell, (start, _), (left, _) in zip(cells, boxes, inks, strict=True):
        place = padded[:, _CELL + start - left : 2 * _CELL + start - left]
        np.maximum(place, cell, out=place)
    line = padded[:, _CELL:-_CELL]
    return spoilt(line, style, draw), boxes


def bent(digit: Images, style: Style, size: float, slant: float, draw: Generator) -> Images:
    """One digit (28, 28) leaned, turned, scaled and shifted, in the middle of (HEIGHT, CELL)."""
    lean = np.tan(np.radians(slant + draw.uniform(-style.shear, style.shear)))
    angle = np.radians(draw.uniform(-style.rotation, style.rotation))
    across, down = size * draw.uniform(1 - style.stretch, 1 + style.stretch, 2)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    matrix = turn @ np.array([[1, -lean], [0, 1]]) @ np.diag([across, down])
    middle = np.array([13.5, 13.5])
    target = np.array([_CELL / 2 - 0.5, HEIGHT / 2 - 0.5 + draw.uniform(-style.shift, style.shift)])
    whole = np.column_stack([matrix, target - matrix @ middle])
    return np.asarray(cv2.warpAffine(digit, whole, (_CELL, HEIGHT), flags=cv2.INTER_LINEAR), np.uint8)


def box_of(cell: Images) -> Box:
    """The columns of a digit's ink; all of them where there is none."""
    columns = np.flatnonzero((cell >= INK).any(0))
    return (int(columns[0]), int(columns[-1]) + 1) if len(columns) else (0, cell.shape[1])


def spoilt(line: Line, style: Style, draw: Generator) -> Line:
    """A line (HEIGHT, W) with scratches, rules and dirt, where these befall it."""
    chances = draw.random(3)
    marked = line.copy()
    if chances[0] < style.broken:
        for _ in range(draw.integers(1, 3)):
            _scratch(marked, 0, draw)
    if chances[1] < style.rules:
        rule(marked, draw)
    if chances[2] < style.dirt:
        soil(marked, draw)
    return marked


def _scratch(line: Line, grey: int, draw: Generator) -> None:
    """A straight stroke of a pixel's width, anywhere, drawn into the line."""
    height, width = line.shape
    column, row = int(draw.integers(width)), int(draw.integers(height))
    reach = draw.integers(-14, 15, 2)
    cv2.line(line, (column, row), (column + int(reach[0]), row + int(reach[1])), grey, 1, cv2.LINE_AA)


def rule(line: Line, draw: Generator) -> None:
    """Rules along the line, and on squared paper across it, behind the ink."""
    height, width = line.shape
    paper, grey = np.zeros_like(line), int(draw.integers(60, 200))
    pen, between = int(draw.integers(1, 3)), int(draw.integers(12, 33))
    lean = draw.uniform(-0.03, 0.03) * width
    for row in range(int(draw.integers(between)), height + between, between):
        cv2.line(paper, (0, row), (width, round(row + lean)), grey, pen, cv2.LINE_AA)
    if draw.random() < 0.3:
        for column in range(int(draw.integers(between)), width, between):
            cv2.line(paper, (column, 0), (column, height), grey, pen, cv2.LINE_AA)
    np.maximum(line, paper, out=line)


def soil(line: Line, draw: Generator) -> None:
    """Specks, and now and then a scratch of ink."""
    height, width = line.shape
    for _ in range(draw.integers(1, 6)):
        middle = (int(draw.integers(width)), int(draw.integers(height)))
        cv2.circle(line, middle, int(draw.integers(0, 2)), int(draw.integers(80, 256)), -1, cv2.LINE_AA)
    if draw.random() < 0.3:
        _scratch(line, int(draw.integers(80, 256)), draw)


def draw_strings(
    digits: Images, picks: NDArray[np.int64], style: Style, seed: Sequence[int]
) -> tuple[Images, NDArray[np.int64]]:
    """Lines (N, HEIGHT, W) uint8 of the digits (n, 28, 28) that each row of picks (N, length) names, paper after them.

    Also the columns of each digit's box, (N, length, 2). seed: whole numbers from which all draws come.
    """
    draw = np.random.default_rng(tuple(seed))
    lines, boxes = zip(*(draw_string(digits[row], style, draw) for row in picks), strict=True)
    return stacked(lines), np.array(boxes, np.int64)


def stacked(lines: Sequence[Line]) -> Images:
    """Lines (HEIGHT, W), W of any kind, as one array (N, HEIGHT, W), paper after the shorter ones."""
    longest = max(line.shape[1] for line in lines)
    width = -(-longest // BLOCK) * BLOCK
    made = np.zeros((len(lines), lines[0].shape[0], width), np.uint8)
    for row, line in zip(made, lines, strict=True):
        row[:, : line.shape[1]] = line
    return made
