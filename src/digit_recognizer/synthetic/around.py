"""What stands around the writing: frames, rules, pieces of neighbours, print, stains. Masks (H, W) float32, 0..1."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.random import Generator

from digit_recognizer.images.opencv import cv2
from digit_recognizer.synthetic.ink import FRACTION, draw_mark
from digit_recognizer.synthetic.shapes import Floats
from digit_recognizer.synthetic.written import Source, drawn_style, write

_PRINT = (cv2.FONT_HERSHEY_SIMPLEX, cv2.FONT_HERSHEY_DUPLEX, cv2.FONT_HERSHEY_TRIPLEX, cv2.FONT_HERSHEY_COMPLEX)
_WORDS = ("No", "kg", "cm", "Nom", "TOTAL", "Date", "Age", "Poids", "mm", "F", "Sexe", "ref.", "......", "____", "*")


def surroundings(
    shape: tuple[int, int], source: Source, unit: float, pen: float, draw: Generator, *, cell: bool
) -> list[tuple[Floats, float]]:
    """Masks of what is around, each with how dark it is, of the ink's darkness.

    unit: a digit's height, pen: its stroke's width, both in pixels. cell: of a table, whose sides are near the edges.
    """
    rows, columns = shape
    made: list[tuple[Floats, float]] = []

    def maybe(chance: float, mask: Callable[[], Floats], dark: tuple[float, float]) -> None:
        if draw.random() < chance:
            made.append((mask(), float(draw.uniform(*dark))))

    maybe(0.9 if cell else 0.65, lambda: frame(rows, columns, draw, cell=cell), (0.2, 1.1))
    maybe(0.4, lambda: rules(rows, columns, draw), (0.05, 0.6))
    maybe(0.2, lambda: neighbours(rows, columns, source, unit, pen, draw), (0.5, 1.0))
    maybe(0.05, lambda: _print_beside(rows, columns, draw), (0.3, 1.0))
    maybe(0.12, lambda: stains(rows, columns, draw), (0.05, 0.4))
    return made


def frame(rows: int, columns: int, draw: Generator, *, cell: bool = False) -> Floats:
    """Pieces of a cell's frame near the edges, seldom all of it, seldom straight."""
    mask = np.zeros((rows, columns), np.float32)
    thick = int(draw.integers(1, 3 if cell else 5))
    tilt = draw.normal(0, 0.02)
    for side in range(4):
        if draw.random() < (0.25 if cell else 0.45):
            continue
        inset = abs(draw.normal(0.03, 0.06)) * rows
        start, stop = sorted(draw.uniform(-0.2, 1.2, 2)) if draw.random() < 0.35 else (-0.1, 1.1)
        if side < 2:
            y = inset if side == 0 else rows - 1 - inset
            ends = (start * columns, y - tilt * columns / 2), (stop * columns, y + tilt * columns / 2)
        else:
            x = inset if side == 2 else columns - 1 - inset
            lean = draw.normal(0, 0.04) * rows
            ends = (x - lean, start * rows), (x + lean, stop * rows)
        _line(mask, *ends, float(draw.uniform(0.4, 1)), thick)
    return mask


def rules(rows: int, columns: int, draw: Generator) -> Floats:
    """Ruled paper: level lines, sometimes squares."""
    mask = np.zeros((rows, columns), np.float32)
    step = draw.uniform(0.15, 0.9) * rows
    at, tilt = draw.uniform(0, step), draw.normal(0, 0.015) * columns
    while at < rows:
        _line(mask, (0, at - tilt), (columns, at + tilt), 1.0, int(draw.integers(1, 3)))
        at += step
    if draw.random() < 0.3:
        for x in np.arange(draw.uniform(0, step), columns, step):
            _line(mask, (x, 0), (x, rows), 1.0, 1)
    return mask


def neighbours(rows: int, columns: int, source: Source, unit: float, pen: float, draw: Generator) -> Floats:
    """Feet and heads of writing above and below, cut by the edge."""
    mask = np.zeros((rows, columns), np.float32)
    for _ in range(int(draw.integers(1, 3))):
        text = "".join(str(digit) for digit in draw.integers(0, 10, int(draw.integers(1, 4))))
        other = write(text, source, drawn_style(draw), draw)
        seen = draw.uniform(0.03, 0.2) * rows
        y = rows + unit - seen if draw.random() < 0.5 else seen
        origin = np.array([draw.uniform(-0.5, 0.9) * columns, y], np.float32)
        for mark in other.marks:
            draw_mark(mask, mark, unit, origin, pen, 0.5)
    return mask


def _print_beside(rows: int, columns: int, draw: Generator) -> Floats:
    """A printed word at the edge, cut by it: what a form says beside the field."""
    mask = np.zeros((rows, columns), np.uint8)
    word, font = _WORDS[draw.integers(len(_WORDS))], _PRINT[draw.integers(len(_PRINT))]
    scale = draw.uniform(0.15, 0.4) * rows / 21
    (wide, tall), _ = cv2.getTextSize(word, font, scale, 1)
    seen = draw.uniform(0.1, 0.6) * min(wide, columns * 0.3)
    x = columns - seen if draw.random() < 0.5 else seen - wide
    y = draw.uniform(tall, rows)
    cv2.putText(mask, word, (int(x), int(y)), font, scale, 255, 1 + int(draw.integers(2)), cv2.LINE_AA)
    return mask.astype(np.float32) / np.float32(255)


def stains(rows: int, columns: int, draw: Generator) -> Floats:
    """Specks and smears."""
    mask = np.zeros((rows, columns), np.float32)
    for _ in range(int(draw.integers(1, 6))):
        centre = (int(draw.integers(columns)), int(draw.integers(rows)))
        axes = (int(draw.integers(1, 8)), int(draw.integers(1, 5)))
        cv2.ellipse(mask, centre, axes, float(draw.uniform(0, 180)), 0, 360, 1.0, -1)
    return mask


def _line(mask: Floats, first: tuple[float, float], last: tuple[float, float], dark: float, thick: int) -> None:
    ends = [tuple(int(value * 2**FRACTION) for value in end) for end in (first, last)]
    cv2.line(mask, ends[0], ends[1], dark, thick, cv2.LINE_AA, FRACTION)
