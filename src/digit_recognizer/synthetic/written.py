"""A text as it stands on its line: characters side by side in one hand, some struck out, some written over."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.random import Generator

from digit_recognizer.synthetic.shapes import Floats, Shape, Words
from digit_recognizer.synthetic.strokes import DIGITS, Stroke

STRUCK, LETTERS = "#", "@"  # what a run of struck-out characters, and of letters, is called in a text
ALIKE = "oOlIizZsS|"  # letters that may be digits
# Where signs stand: of a digit's height, the height that they have at most, and the middle or foot above the line.
_RAISED = {
    "-": (0.35, 0.65),
    "+": (0.3, 0.6),
    ":": (0.25, 0.55),
    ".": (0.0, 0.04),
    ",": (-0.2, 0.05),
    "/": (-0.3, 0.05),
}
_LARGEST = {"-": 0.3, "+": 0.7, ".": 0.22, ",": 0.42, ":": 0.75, "(": 1.4, ")": 1.4, "%": 1.3}

_LEAST = {",": 0.2, ":": 0.3}  # heights
_POINTS = ".,:"
_HIGH_POINT = 0.3  # share of the points that stand above the line


class Source(Protocol):
    """Whoever has shapes of characters: people, MNIST, fonts."""

    def shapes(self, text: str, draw: Generator) -> list[Shape]:
        """One shape a character of the text."""


@dataclass(frozen=True)
class Mark:
    """Ink: a shape, where a matrix (2, 3) puts it, and how hard it was pressed (0..1)."""

    shape: Shape
    place: Floats
    pressed: float = 1.0
    thicker: float = 1.0  # than the line's pen


@dataclass(frozen=True)
class Written:
    """A text on its line: digits are 1 high and stand on y = 0, y down. boxes: (L, 4) left, top, right, bottom."""

    text: str
    marks: tuple[Mark, ...]
    boxes: Floats


@dataclass(frozen=True)
class Style:
    """How one line is written. Lengths are shares of a digit's height."""

    gap: float  # between characters; below 0 they touch
    unevenness: float  # its deviation
    slant: float  # x moved by so much a unit of y
    width: float  # by which all is stretched
    bounce: float  # deviation of the foot of a character
    size: float  # deviation of the logarithm of a character's size
    rise: float  # y moved by so much a unit of x


def drawn_style(draw: Generator, tight: bool = False) -> Style:
    """A style by chance; tight: characters overlap rather."""
    gap = draw.uniform(-0.25, 0.3) if tight else draw.uniform(-0.14, 0.35)
    if not tight and draw.random() < 0.15:
        gap = draw.uniform(0.35, 1.0)
    return Style(
        gap=float(gap),
        unevenness=float(draw.uniform(0.0, 0.08)),
        slant=float(draw.normal(0, 0.18)),
        width=float(np.exp(draw.normal(0, 0.18))),
        bounce=float(draw.uniform(0, 0.08)),
        size=float(draw.uniform(0.02, 0.12)),
        rise=float(draw.normal(0, 0.03)),
    )


def write(text: str, source: Source, style: Style, draw: Generator) -> Written:
    """A text in one hand and style."""
    at, marks, boxes = 0.0, list[Mark](), list[tuple[float, ...]]()
    for label, shape in zip(text, source.shapes(text, draw), strict=True):
        place = _placed(shape, label, style, draw)
        left, top, right, bottom = _bounds(shape, place)
        gap = style.gap + style.unevenness * float(draw.normal())
        if label in _POINTS:
            gap = max(gap, 0.02) * 0.8
        if label in _POINTS or (marks and text[len(marks) - 1] in _POINTS):
            gap += draw.uniform(-0.02, 0.3)
        elif shape.mask is not None and gap > 0:
            gap = max(gap, 0.04)
        move = np.array([at - left + (gap if marks else 0.0), 0.0], np.float32)
        move[1] = style.rise * (left + move[0])
        place[:, 2] += move
        pressed, thicker = (0.85, draw.uniform(1.0, 2.0)) if label in _POINTS else (0.7, draw.uniform(0.9, 1.1))
        marks.append(Mark(shape, place, float(draw.uniform(pressed, 1.0)), float(thicker)))
        boxes.append((left + move[0], top + move[1], right + move[0], bottom + move[1]))
        at = max(at, float(boxes[-1][2]))
    return Written(text, tuple(marks), np.array(boxes, np.float32).reshape(-1, 4))


def write_word(words: Words, style: Style, draw: Generator) -> Written:
    """A word."""
    shape = words.shape(draw)
    place = np.array([[style.width, -style.slant, 0], [0, 1, 0]], np.float32) * np.float32(draw.uniform(0.7, 1.2))
    place[0, 2] -= _bounds(shape, place)[0]
    return Written(LETTERS, (Mark(shape, place),), np.array([_bounds(shape, place)], np.float32))


def beside(first: Written, second: Written, gap: float) -> Written:
    """Two written texts as one, side by side."""
    move = float(first.boxes[:, 2].max()) + gap if len(first.boxes) else 0.0
    marks = tuple(_moved(mark, move) for mark in second.marks)
    boxes = np.concatenate([first.boxes, second.boxes + np.array([move, 0, move, 0], np.float32)])
    return Written(first.text + second.text, first.marks + marks, boxes)


def struck_out(written: Written, start: int, stop: int, draw: Generator) -> Written:
    """Characters start to stop - 1 struck out: one STRUCK stands for them."""
    low, high = written.boxes[start:stop, :2].min(0), written.boxes[start:stop, 2:].max(0)
    strokes = _strike(low, high, draw)
    shape = Shape(np.concatenate(strokes), strokes)
    ink = Mark(shape, np.eye(2, 3, dtype=np.float32), float(draw.uniform(0.6, 1)), float(draw.uniform(0.7, 1.6)))
    box = np.concatenate([np.minimum(low, shape.outline.min(0)), np.maximum(high, shape.outline.max(0))])
    boxes = np.concatenate([written.boxes[:start], box[None], written.boxes[stop:]])
    text = written.text[:start] + STRUCK + written.text[stop:]
    return Written(text, (*written.marks, ink), boxes.astype(np.float32))


def written_over(written: Written, at: int, source: Source, draw: Generator) -> Written:
    """A digit corrected: another one lies under it, and it is pressed harder."""
    (below,) = source.shapes(str(draw.choice(DIGITS)), draw)
    size = written.boxes[at, 2:] - written.boxes[at, :2]
    low, high = below.outline.min(0), below.outline.max(0)
    factor = float(size[1]) / max(0.2, float(high[1] - low[1]))
    shift = written.boxes[at, :2] + size / 2 - (low + high) / 2 * factor
    under = Mark(
        below, np.array([[factor, 0, shift[0]], [0, factor, shift[1]]], np.float32), float(draw.uniform(0.4, 0.8))
    )
    over = written.marks[at]
    over = Mark(over.shape, over.place, 1.0, over.thicker * float(draw.uniform(1.2, 1.9)))
    marks = (*written.marks[:at], under, over, *written.marks[at + 1 :])
    return Written(written.text, marks, written.boxes)


def _strike(low: Floats, high: Floats, draw: Generator) -> tuple[Stroke, ...]:
    """A line or two, a zigzag, a cross or a scribble over a box."""
    (left, top), (right, bottom) = low - 0.1, high + 0.1
    middle = top + (bottom - top) * draw.uniform(0.35, 0.65)
    kind = draw.integers(4)
    if kind == 0:
        lines = [middle + spread for spread in ((0.0,), (-0.1, 0.1))[int(draw.integers(2))]]
        ends = [np.array([[left, y + draw.normal(0, 0.05)], [right, y + draw.normal(0, 0.05)]]) for y in lines]
    elif kind == 1:
        ends = [np.array([[left, bottom], [right, top]])]
        if draw.random() < 0.6:
            ends.append(np.array([[left, top], [right, bottom]]))
    else:
        count = int(draw.integers(5, 9) + 4 * (right - left) * (kind - 1))
        x = np.linspace(left, right, count) + draw.normal(0, 0.04, count)
        reach = (bottom - top) / 2 * draw.uniform(0.4, 1.0)
        y = (top + bottom) / 2 + reach * np.where(np.arange(count) % 2, 1, -1) * draw.uniform(0.6, 1, count)
        ends = [np.stack([x, y], 1)]
    return tuple(each.astype(np.float32) for each in ends)


def _placed(shape: Shape, label: str, style: Style, draw: Generator) -> Floats:
    """The matrix (2, 3) by which a character stands on its line: its size, its slant, its foot."""
    low, high = shape.outline.min(0), shape.outline.max(0)
    height, wide = float(high[1] - low[1]), float(high[0] - low[0])
    scale, largest = np.exp(draw.normal(0, style.size)), _LARGEST.get(label)
    if label in DIGITS:
        scale *= min(max(0.75 / max(height, 1e-3), 1.0), 1.25 / max(height, 1e-3), 3.0) if height else 1.0
        if label != "1" and wide > 1.3:
            scale *= 1.3 / wide
    elif label == "/" and shape.mask is None:
        scale *= draw.uniform(0.9, 1.5) / max(height, 0.4)
    elif largest and shape.mask is None:
        extent = max(height, wide if label in "-.,:" else 0.0, 1e-3)
        scale *= min(1.0, largest * draw.uniform(0.6, 1.0) / extent)
        scale *= max(1.0, _LEAST.get(label, 0.0) / (scale * max(height, 0.02)))
    turn = draw.normal(0, 0.05)
    matrix = np.array([[scale * style.width, -style.slant * scale, 0], [turn * scale, scale, 0]], np.float32)
    foot = style.bounce * draw.normal()
    if shape.mask is not None and label not in DIGITS:  # a font puts its signs where they belong
        matrix[1, 2] = -foot
        return matrix
    middle = label in "-+"
    _, top, _, bottom = _bounds(shape, matrix)
    foot += draw.uniform(*_RAISED.get(label, (-0.05, 0.05)))
    if label == "." and draw.random() < _HIGH_POINT:
        foot += draw.uniform(0.05, 0.4)
    matrix[1, 2] = -foot - ((bottom + top) / 2 if middle else bottom)
    return matrix


def _bounds(shape: Shape, place: Floats) -> tuple[float, float, float, float]:
    """Left, top, right, bottom of a shape where a matrix puts it."""
    points = shape.outline @ place[:, :2].T + place[:, 2]
    (left, top), (right, bottom) = points.min(0), points.max(0)
    return float(left), float(top), float(right), float(bottom)


def _moved(mark: Mark, right: float) -> Mark:
    place = mark.place.copy()
    place[0, 2] += right
    return Mark(mark.shape, place, mark.pressed, mark.thicker)
