"""What a page is besides its writing: rules, squares, frames, dirt, drawings, a sheet's edge."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from digit_recognizer.images.opencv import cv2
from digit_recognizer.synthetic.shapes import Floats
from teaching.hand import Layout

_FINE = 4  # bits of a pixel, for OpenCV's smooth lines


@dataclass(frozen=True)
class _Sheet:
    """A page without its writing."""

    masks: tuple[tuple[Floats, float], ...]  # (side, side) 0..1, each with how dark it is, of the ink's darkness
    beyond: Floats | None  # (side, side) 1 beyond the sheet


def sheet(layout: Layout, side: int, draw: Generator) -> _Sheet:
    """What is on and around a part of a page whose sides have `side` pixels."""
    masks: list[tuple[Floats, float]] = []
    faint, strong = (float(each) for each in (draw.uniform(0.05, 0.6), draw.uniform(0.3, 1.1)))
    if draw.random() < 0.3:
        masks.append((_ruled(layout, side, draw), faint))
    if layout.boxed or (layout.cells and draw.random() < 0.6):
        masks.append((_cells(layout, side, draw), strong if draw.random() < 0.7 else faint))
    if draw.random() < 0.12:
        masks.append((_drawing(side, draw), strong))
    if draw.random() < 0.15:
        masks.append((_dirt(side, draw), float(draw.uniform(0.1, 0.9))))
    if draw.random() < 0.12:
        masks.append((_long_lines(layout, side, draw), strong))
    return _Sheet(tuple(masks), _beyond(side, draw) if draw.random() < 0.3 else None)


def _line(mask: Floats, first: Sequence[float], last: Sequence[float], thick: int) -> None:
    ends = [(round(x * 2**_FINE), round(y * 2**_FINE)) for x, y in (first, last)]
    cv2.line(mask, ends[0], ends[1], 1.0, thick, cv2.LINE_AA, _FINE)


def _empty(side: int) -> Floats:
    return np.zeros((side, side), np.float32)


def _ruled(layout: Layout, side: int, draw: Generator) -> Floats:
    """Level lines, below the writing or anywhere, or squares."""
    mask, thick = _empty(side), int(draw.integers(1, 3))
    step = max(6.0, layout.unit * float(np.exp(draw.uniform(np.log(0.3), np.log(2.5)))))
    feet = list(layout.rows) if layout.rows and draw.random() < 0.4 else np.arange(draw.uniform(0, step), side, step)
    down = float(draw.uniform(0, 0.3)) * layout.unit
    for foot in feet:
        _line(mask, (0, foot + down), (side, foot + down), thick)
    if draw.random() < 0.45:
        for x in np.arange(draw.uniform(0, step), side, step):
            _line(mask, (x, 0), (x, side), thick)
    return mask


def _cells(layout: Layout, side: int, draw: Generator) -> Floats:
    """The boxes of a form or a table: whole, or their level or upright sides alone."""
    mask, thick = _empty(side), int(draw.integers(1, 2 + round(max(1.0, layout.unit * 0.08))))
    level, upright = draw.choice([True, False], 2, p=[0.8, 0.2])
    upright = upright or layout.boxed
    for left, top, right, bottom in layout.cells:
        if level:
            _line(mask, (left, top), (right, top), thick)
            _line(mask, (left, bottom), (right, bottom), thick)
        if upright:
            _line(mask, (left, top), (left, bottom), thick)
            _line(mask, (right, top), (right, bottom), thick)
    return mask


def _long_lines(layout: Layout, side: int, draw: Generator) -> Floats:
    """A few lines drawn across, down, or below something."""
    mask = _empty(side)
    for _ in range(int(draw.integers(1, 4))):
        place, length = draw.uniform(0, side, 2), float(draw.uniform(2, 20)) * layout.unit
        angle = float(draw.choice([0.0, np.pi / 2, draw.uniform(0, np.pi)])) + draw.normal(0, 0.02)
        end = place + length * np.array([np.cos(angle), np.sin(angle)])
        _line(mask, place.tolist(), end.tolist(), int(draw.integers(1, 5)))
    return mask


def _drawing(side: int, draw: Generator) -> Floats:
    """Circles, arcs, polygons, scribbles."""
    mask, thick = _empty(side), int(draw.integers(1, 6))
    for _ in range(int(draw.integers(1, 7))):
        x, y = draw.uniform(0, side, 2).tolist()
        size = float(np.exp(draw.uniform(np.log(6), np.log(150))))
        if draw.random() < 0.5:
            axes = (round(size), round(size * draw.uniform(0.2, 1)))
            stop = 360.0 if draw.random() < 0.5 else float(draw.uniform(60, 300))
            filled = -1 if draw.random() < 0.15 else thick
            cv2.ellipse(
                mask, (round(x), round(y)), axes, float(draw.uniform(0, 360)), 0, stop, 1.0, filled, cv2.LINE_AA
            )
        else:
            steps = draw.normal(0, size / 2, (int(draw.integers(3, 12)), 2)).cumsum(0)
            points = np.rint(np.add(steps, (x, y)) * 2**_FINE).astype(np.int32)
            cv2.polylines(mask, [points], bool(draw.random() < 0.3), 1.0, thick, cv2.LINE_AA, _FINE)
    return mask


def _dirt(side: int, draw: Generator) -> Floats:
    """Specks, hairs and smears."""
    mask = _empty(side)
    for _ in range(int(draw.integers(3, 60))):
        x, y = draw.uniform(0, side, 2).tolist()
        if draw.random() < 0.4:
            end = (x + draw.normal(0, 14), y + draw.normal(0, 14))
            _line(mask, (x, y), end, 1)
        else:
            axes = (int(draw.integers(1, 5)), int(draw.integers(1, 4)))
            cv2.ellipse(mask, (round(x), round(y)), axes, float(draw.uniform(0, 180)), 0, 360, 1.0, -1, cv2.LINE_AA)
    return mask


def _beyond(side: int, draw: Generator) -> Floats:
    """1 beyond the edge of the sheet, one side of a line; sometimes beyond two."""
    y, x = np.mgrid[:side, :side].astype(np.float32) / side - 0.5
    mask = _empty(side)
    for _ in range(1 if draw.random() < 0.7 else 2):
        angle = float(draw.integers(4)) * np.pi / 2 + draw.normal(0, 0.1)
        across = (x * np.cos(angle) + y * np.sin(angle) - draw.uniform(0.0, 0.45)) * side
        mask = np.maximum(mask, 1 / (1 + np.exp(-np.clip(across / draw.uniform(0.4, 2), -30, 30))))
    return np.asarray(mask, np.float32)
