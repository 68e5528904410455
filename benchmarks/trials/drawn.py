"""Letters, scribbles and signs, drawn as ink on paper (Pillow)."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from trials.letter_fonts import LETTERS

_Points = NDArray[np.float64]  # (n, 2): across, down

SIDE = 224  # pixels, of the page
FINER = 2  # drawn so much finer and averaged, so that strokes have no steps
_PEN = (0.09, 0.15)  # of a drawing's size; MNIST's strokes are 2 to 3 pixels of 20


def circle(across: float, down: float, radius: float, start: float = 0, end: float = 360) -> _Points:
    """A part of a circle as points; angles in degrees, from the right and downwards."""
    angles = np.radians(np.linspace(start, end, 33))
    return np.stack([across + radius * np.cos(angles), down + radius * np.sin(angles)], axis=1)


def line(*points: tuple[float, float]) -> _Points:
    return np.array(points, float)


_WAVE = np.stack([np.linspace(0, 1, 33), 0.5 + 0.18 * np.sin(np.linspace(0, 4 * np.pi, 33))], axis=1)
_STAR_POINTS = circle(0.5, 0.5, 0.5)[::-1][np.rint(np.arange(6) * 2 * 32 / 5).astype(int) % 32]

# Signs and small drawings that are no digit in any position near to theirs, as strokes in a square of 0..1.
SIGNS: dict[str, tuple[_Points, ...]] = {
    "dash": (line((0, 0.5), (1, 0.5)),),
    "cross": (line((0, 0), (1, 1)), line((1, 0), (0, 1))),
    "plus": (line((0.5, 0), (0.5, 1)), line((0, 0.5), (1, 0.5))),
    "tick": (line((0, 0.6), (0.35, 1), (1, 0)),),
    "circle with dot": (circle(0.5, 0.5, 0.5), circle(0.5, 0.5, 0.03)),
    "equals": (line((0, 0.35), (1, 0.35)), line((0, 0.7), (1, 0.7))),
    "divided": (line((0, 0.5), (1, 0.5)), circle(0.5, 0.2, 0.03), circle(0.5, 0.8, 0.03)),
    "hash": tuple(line(*ends) for ends in (
        ((0.3, 0), (0.25, 1)), ((0.75, 0), (0.7, 1)), ((0, 0.33), (1, 0.33)), ((0, 0.68), (1, 0.68)))),
    "arrow": (line((0, 0.5), (1, 0.5)), line((0.65, 0.2), (1, 0.5), (0.65, 0.8))),
    "star": (_STAR_POINTS,),
    "asterisk": (line((0.5, 0), (0.5, 1)), line((0.07, 0.25), (0.93, 0.75)), line((0.93, 0.25), (0.07, 0.75))),
    "house": (line((0.1, 1), (0.1, 0.45), (0.5, 0), (0.9, 0.45), (0.9, 1), (0.1, 1)), line((0.4, 1), (0.4, 0.65),
              (0.6, 0.65), (0.6, 1))),
    "face": (circle(0.5, 0.5, 0.5), circle(0.32, 0.35, 0.03), circle(0.68, 0.35, 0.03),
             circle(0.5, 0.5, 0.28, 20, 160)),
    "wave": (_WAVE,),
    "box with cross": (line((0, 0), (1, 0), (1, 1), (0, 1), (0, 0)), line((0, 0), (1, 1)), line((1, 0), (0, 1))),
    "envelope": (line((0, 0.15), (1, 0.15), (1, 0.85), (0, 0.85), (0, 0.15), (0.5, 0.55), (1, 0.15)),),
    "stairs": (line((0, 1), (0, 0.7), (0.33, 0.7), (0.33, 0.4), (0.67, 0.4), (0.67, 0.1), (1, 0.1)),),
    "triangle": (line((0, 0.9), (0.5, 0.05), (1, 0.9), (0, 0.9)),),
    "three dots": (circle(0.05, 0.5, 0.04), circle(0.5, 0.5, 0.04), circle(0.95, 0.5, 0.04)),
}  # fmt: skip


def sign(draw: Generator) -> NDArray[np.uint8]:
    """A sign by a hand that is not quite steady: turned by up to 12 degrees, stretched, shaken."""
    strokes = SIGNS[draw.choice(list(SIGNS))]
    angle, stretch = np.radians(draw.uniform(-12, 12)), draw.uniform(0.8, 1.2)
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    shaken = [((dense(stroke) - 0.5) * (stretch, 1 / stretch)) @ turn for stroke in strokes]
    return _inked([stroke + _tremor(draw, len(stroke)) for stroke in shaken], draw)


def scribble(draw: Generator) -> NDArray[np.uint8]:
    """One or two strokes that wander smoothly: points drawn at random, joined by a curve (Catmull-Rom)."""
    strokes = [curve(draw.uniform(0, 1, (draw.integers(6, 10), 2))) for _ in range(draw.integers(1, 3))]
    return _inked(strokes, draw)


def curve(points: _Points) -> _Points:
    """A smooth curve through all points: Catmull and Rom's spline, 12 steps from point to point."""
    around = np.concatenate([points[:1], points, points[-1:]])
    t = np.linspace(0, 1, 12, endpoint=False)[:, None]
    before, start, end, after = (around[i : len(around) - 3 + i, None] for i in range(4))
    bends = 2 * before - 5 * start + 4 * end - after, 3 * start - before - 3 * end + after
    smooth = 0.5 * (2 * start + (end - before) * t + bends[0] * t**2 + bends[1] * t**3)
    return np.concatenate([smooth.reshape(-1, 2), points[-1:]])


def dense(stroke: _Points) -> _Points:
    """The same stroke with a point every hundredth or so, so that it can be shaken."""
    pieces = [np.linspace(a, b, max(2, int(100 * np.hypot(*(b - a))))) for a, b in pairwise(stroke)]
    return np.concatenate(pieces)


def _tremor(draw: Generator, n: int) -> _Points:
    """Small slow wanderings of a pen, (n, 2)."""
    knots = np.linspace(0, 1, 6)
    steps = draw.normal(0, 0.02, (2, len(knots)))
    return np.stack([np.interp(np.linspace(0, 1, n), knots, each) for each in steps], axis=1)


def _inked(strokes: list[_Points], draw: Generator) -> NDArray[np.uint8]:
    """Strokes in dark ink on light paper, in the middle of a page, with a round pen of one width."""
    side = SIDE * FINER
    points = np.concatenate(strokes)
    low, size = points.min(0), max(np.ptp(points, axis=0).max(), 1e-6)
    length = 0.6 * side
    width = max(1, round(draw.uniform(*_PEN) * length))
    paper, ink = int(draw.integers(200, 256)), int(draw.integers(0, 90))
    page = Image.new("L", (side, side), paper)
    pen = ImageDraw.Draw(page)
    offset = (side - length * np.ptp(points, axis=0) / size) / 2
    for stroke in strokes:
        places = (stroke - low) / size * length + offset
        pen.line([tuple(place) for place in places.tolist()], fill=ink, width=width, joint="curve")
        for across, down in places[[0, -1]].tolist():
            pen.ellipse((across - width / 2, down - width / 2, across + width / 2, down + width / 2), fill=ink)
    return np.asarray(page.reduce(FINER))


def letter(draw: Generator, fonts: list[Path]) -> NDArray[np.uint8]:
    """A letter that looks like no digit, in one of the fonts, turned by up to 10 degrees."""
    text = str(draw.choice(list(LETTERS)))
    font = ImageFont.truetype(str(fonts[draw.integers(len(fonts))]), SIDE // 2)
    page = Image.new("L", (SIDE, SIDE), 255)
    ImageDraw.Draw(page).text((SIDE / 2, SIDE / 2), text, fill=0, font=font, anchor="mm")
    return np.asarray(page.rotate(draw.uniform(-10, 10), Image.Resampling.BICUBIC, fillcolor=255))
