"""A written line -> a grey picture (48, W) uint8 of it: its ink, on paper, among what is around it, as recorded."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from digit_recognizer.images.opencv import cv2
from digit_recognizer.synthetic.around import surroundings
from digit_recognizer.synthetic.camera import recorded
from digit_recognizer.synthetic.ink import draw_mark
from digit_recognizer.synthetic.shapes import Floats
from digit_recognizer.synthetic.written import Source, Written

ROWS = 48  # of a picture that a reader is given
_CANVAS = 64  # rows that it is drawn with
CELLS = 0.4  # share of the pictures that are cells cut out of a table
_NARROWEST = 16  # columns: a sign that is cut off at both sides would leave none
_CUT = 0.08  # share of these cells that cut off a little of the text


@dataclass(frozen=True)
class Picture:
    """A line's picture, ROWS high, and where its characters stand."""

    image: NDArray[np.uint8]  # (ROWS, W)
    text: str
    middles: Floats  # (L,) of the characters, in columns of pixels


def draw_line(written: Written, source: Source, draw: Generator, cells: float = CELLS) -> Picture:
    """One picture of a written text.

    source: whose writing stands above and below. cells: the probability that it is a cell cut out of a table, clear.
    """
    rows, cell = _CANVAS, bool(draw.random() < cells)
    bounds = _bounds(written, draw)
    top, bottom = bounds[1], bounds[3]
    unit = min(rows * draw.uniform(0.3, 0.88), rows * 1.02 / (bottom - top))
    left, right = _margins((bounds[2] - bounds[0]) * unit, unit, cell, draw)
    columns = max(_NARROWEST, int(np.ceil(left + (bounds[2] - bounds[0]) * unit + right)))
    free = rows - (bottom - top) * unit
    down = -top * unit + free * float(np.clip(draw.normal(0.5, 0.22), -0.08, 1.08))
    origin = np.array([left - bounds[0] * unit, down], np.float32)
    ink = np.zeros((rows, columns), np.float32)
    pen, level = draw.uniform(0.05, 0.16) * unit, draw.uniform(0.3, 0.65)
    for mark in written.marks:
        draw_mark(ink, mark, unit, origin, pen, level)
    others = surroundings((rows, columns), source, unit, pen, draw, cell=cell)
    if len(written.boxes) > 1 and draw.random() < 0.04:
        others.append((_combs(ink, written, unit, origin), float(draw.uniform(0.2, 1))))
    image = recorded(ink, others, (ROWS, round(columns * ROWS / _CANVAS)), draw, near=cell)
    middles = ((written.boxes[:, 0] + written.boxes[:, 2]) / 2 * unit + origin[0]) * ROWS / _CANVAS
    return Picture(image, written.text, middles.astype(np.float32))


def _margins(length: float, unit: float, cell: bool, draw: Generator) -> tuple[float, float]:
    """Paper on the left and on the right, pixels; in a cell of a table the text stands somewhere between its sides."""
    if cell and draw.random() < _CUT:
        return float(draw.uniform(-0.1, 0.4) * unit), float(draw.uniform(-0.2, 0.1) * unit)
    if cell:
        room = max(0.2 * unit, _CANVAS * draw.uniform(1.3, 2.4) - length)
        left = room * draw.uniform(0.02, 0.98)
        return float(left), float(room - left)
    widest = 3.0 if draw.random() < 0.3 else 1.1
    left, right = (float(draw.uniform(0.05, 1)) ** 1.5 * widest * unit for _ in range(2))
    return left, right


def _bounds(written: Written, draw: Generator) -> tuple[float, float, float, float]:
    """Left, top, right, bottom of all, the height of a digit at least; of an empty line some width."""
    if not len(written.boxes):
        return 0.0, -1.0, float(draw.uniform(0.5, 2)), 0.0
    (left, top), (right, bottom) = written.boxes[:, :2].min(0), written.boxes[:, 2:].max(0)
    return float(left), min(-0.9, float(top)), float(right), max(0.0, float(bottom))


def _combs(ink: Floats, written: Written, unit: float, origin: Floats) -> Floats:
    """Rules between the characters: a form with a box for each."""
    mask = np.zeros_like(ink)
    for left, right in zip(written.boxes[:-1], written.boxes[1:], strict=True):
        x = round(float((left[2] + right[0]) / 2 * unit + origin[0]))
        cv2.line(mask, (x, 0), (x, ink.shape[0]), 1.0, 2)
    return mask
