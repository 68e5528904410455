"""Pictures of single characters as phones, scanners and drawing programs make them, each with its ink alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from digit_recognizer.images.opencv import cv2
from digit_recognizer.synthetic.around import stains, surroundings
from digit_recognizer.synthetic.ink import draw_mark
from digit_recognizer.synthetic.lines import Sources
from digit_recognizer.synthetic.shapes import Floats, Shape
from digit_recognizer.synthetic.strokes import DIGITS
from digit_recognizer.synthetic.written import ALIKE, LETTERS, Mark, Source, Style, Written, drawn_style, write
from teaching.camera import as_drawn, recorded_square

SIDE = 64  # pixels of a picture, as the ink network sees it
FILLED = 40  # pixels that a digit's longer side has there, once it has been found
_PEN = 0.11  # width of a stroke in the ink, of a digit's height: about 2.25 of MNIST's 20 pixels
_SMALLEST = 0.3  # of a digit's height: what is drawn smaller, a dot, is not enlarged to fill a picture
_CANVAS = 128  # pixels of the side that pictures are drawn with
# Shares: of all pictures, that the writing fills as it does once it has been found; of drawn ones, with dirt; of all,
# that end before the square does, and that end beside the writing.
_FILLING, _DIRTY, _FRAMED, _TIGHT = 0.65, 0.1, 0.3, 0.1
_KINDS = {"digit": 0.6, "several": 0.09, "letter": 0.15, "word": 0.03, "sign": 0.04, "nothing": 0.09}
SEVERAL, OTHER, UNKNOWN = 10, 11, -1  # what a picture shows, besides a digit, 0 to 9


@dataclass(frozen=True)
class Single:
    """One picture."""

    image: NDArray[np.uint8]  # (SIDE, SIDE), grey
    ink: NDArray[np.uint8]  # (SIDE, SIDE), 255 where the writing is, its strokes PEN wide
    text: str
    shown: int  # 0 to 9, SEVERAL or OTHER; UNKNOWN where nobody could tell, or where it does not fill the picture


def single_picture(sources: Sources, seed: Sequence[int]) -> Single:
    """One picture, which depends on the sources and on the seed, whole numbers, alone."""
    draw = np.random.default_rng(tuple(seed))
    source = sources.somebody(draw)
    written, shown = _some_writing(sources, source, draw)
    return draw_single(written, shown, source, draw)


def _some_writing(sources: Sources, source: Source, draw: Generator) -> tuple[Written, int]:
    """What is written, and what it shows."""
    kind = str(draw.choice(list(_KINDS), p=list(_KINDS.values())))
    style = drawn_style(draw)
    if kind == "letter" and sources.letters is not None:
        label, shape = sources.letters.labelled(draw)
        return _one_shape(shape, style), UNKNOWN if label in ALIKE else OTHER
    if kind == "word":
        return _one_shape(sources.words.shape(draw), style), OTHER
    count = {"several": int(draw.integers(2, 4)), "nothing": 0}.get(kind, 1)
    labels = list("+%()") if kind == "sign" else list(DIGITS)
    text = "".join(str(draw.choice(labels)) for _ in range(count))
    others = {"sign": OTHER, "several": SEVERAL, "nothing": UNKNOWN}
    return write(text, source, style, draw), others[kind] if kind in others else int(text)


def _one_shape(shape: Shape, style: Style) -> Written:
    place = np.array([[style.width, -style.slant * style.width, 0], [0, 1, 0]], np.float32)
    points = shape.outline @ place[:, :2].T
    box = np.concatenate([points.min(0), points.max(0)])
    return Written(LETTERS, (Mark(shape, place),), box[None].astype(np.float32))


def draw_single(written: Written, shown: int, source: Source, draw: Generator) -> Single:
    """A picture of a written text, and its ink."""
    drawn = bool(draw.random() < 0.4)  # by a program, on even paper, alone
    canvas = np.zeros((_CANVAS, _CANVAS), np.float32)
    ideal = np.zeros_like(canvas)
    fills = bool(draw.random() < _FILLING)
    unit, origin = _placed(written, draw, fills=fills)
    pen = float(np.exp(draw.uniform(np.log(0.02), np.log(0.2)))) * unit
    level = draw.uniform(0.25, 0.7)
    for mark in written.marks:
        draw_mark(canvas, mark, unit, origin, pen, level)
        plain = Mark(mark.shape, mark.place)
        draw_mark(ideal, plain, unit, origin, max(1.5, _PEN * unit), 0.5)
    others: list[tuple[Floats, float]] = []
    if not drawn:
        others = surroundings(canvas.shape, source, max(16.0, unit), max(1.0, pen), draw, cell=False)
    elif draw.random() < _DIRTY:
        canvas = np.maximum(canvas, stains(*canvas.shape, draw))
    image = as_drawn(canvas, SIDE, draw) if drawn else recorded_square(canvas, others, SIDE, draw)
    ink = np.asarray(cv2.resize(ideal, (SIDE, SIDE), interpolation=cv2.INTER_AREA), np.float32)
    chance = draw.random()
    if chance < _FRAMED:
        _frame(image, ink, draw)
    elif chance < _FRAMED + _TIGHT and written.text:
        image, ink = _cut_tightly(image, ink, draw)
        shown = UNKNOWN
    levels = np.asarray(np.rint(np.clip(ink, 0, 1) * 255), np.uint8)
    return Single(image, levels, written.text, shown if fills else UNKNOWN)


def _cut_tightly(image: NDArray[np.uint8], ink: Floats, draw: Generator) -> tuple[NDArray[np.uint8], Floats]:
    """A picture that ends beside its writing, enlarged to the size that is seen first."""
    rows, columns = (np.flatnonzero((ink >= 0.5).any(axis)) for axis in (1, 0))
    if not len(rows):
        return image, ink
    margins = draw.integers(0, 6, 4)
    box = np.s_[
        max(0, rows[0] - margins[0]) : rows[-1] + 1 + margins[1],
        max(0, columns[0] - margins[2]) : columns[-1] + 1 + margins[3],
    ]
    height, width = image[box].shape
    size = max(1, round(width * SIDE / max(height, width))), max(1, round(height * SIDE / max(height, width)))
    left, top = ((SIDE - side) // 2 for side in size)
    place = np.s_[top : top + size[1], left : left + size[0]]
    seen = np.full((SIDE, SIDE), _paper_of(image[box]), np.uint8)
    seen[place] = cv2.resize(image[box], size, interpolation=cv2.INTER_CUBIC)
    wanted = np.zeros((SIDE, SIDE), np.float32)
    wanted[place] = cv2.resize(ink[box], size, interpolation=cv2.INTER_LINEAR)
    return seen, wanted


def _paper_of(kept: NDArray[np.uint8]) -> np.uint8:
    """The median of a picture's edge."""
    return np.uint8(np.median(np.concatenate([kept[0], kept[-1], kept[:, 0], kept[:, -1]])))


def _frame(image: NDArray[np.uint8], ink: Floats, draw: Generator) -> None:
    """Leave a rectangle of a picture, perhaps cut tightly: outside lies paper of one level, as images/ink.py has it."""
    inked = ink >= 0.5
    edges: list[tuple[int, int]] = []
    for axis in (1, 0):
        places = np.flatnonzero(inked.any(axis))
        first, last = (int(places[0]), int(places[-1]) + 1) if len(places) else (20, 44)
        edges.append((int(draw.integers(0, first + 1)), int(draw.integers(last, SIDE + 1))))
    (top, bottom), (left, right) = edges
    kept = image[top:bottom, left:right]
    outside = np.ones(image.shape, bool)
    outside[top:bottom, left:right] = False
    image[outside], ink[outside] = _paper_of(kept), 0


def _placed(written: Written, draw: Generator, *, fills: bool) -> tuple[float, Floats]:
    """How large a digit's height is, and where the writing begins, both in pixels of the canvas."""
    if not len(written.boxes):
        return 60.0, np.zeros(2, np.float32)
    low, high = written.boxes[:, :2].min(0), written.boxes[:, 2:].max(0)
    longer = max(_SMALLEST, float((high - low).max()))
    factor = _CANVAS / SIDE
    if fills:
        size = draw.uniform(0.88, 1.12) * FILLED * factor
        middle = _CANVAS / 2 + draw.normal(0, 2.0 * factor, 2)
    else:
        size = float(np.exp(draw.uniform(np.log(6), np.log(70)))) * factor
        free = max(0.0, _CANVAS - size) / 2 + 4
        middle = _CANVAS / 2 + draw.uniform(-1, 1, 2) * free
    unit = size / longer
    return unit, np.asarray(middle - (low + high) / 2 * unit, np.float32)
