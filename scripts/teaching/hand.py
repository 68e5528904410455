"""Who writes on a page, and what stands at which place on it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from digit_recognizer.synthetic.lines import Sources
from digit_recognizer.synthetic.shapes import Floats
from digit_recognizer.synthetic.strokes import DIGITS
from digit_recognizer.synthetic.texts import some_text
from digit_recognizer.synthetic.written import (
    ALIKE,
    LETTERS,
    Mark,
    Source,
    Style,
    Written,
    struck_out,
    write,
    write_word,
)
from teaching.printed_words import PrintedWords

Box = tuple[float, float, float, float]  # left, top, right, bottom in pixels of the canvas
_STRUCK = 0.02  # share of the numbers


@dataclass(frozen=True)
class Item:
    """A number or other writing at its place."""

    written: Written
    unit: float  # pixels of a digit's height
    origin: Floats  # (2,) where its line begins
    rise: float  # rows for each column
    number: bool

    def corners(self) -> Floats | None:
        """The four corners (4, 2) of its box, whose height is that of its digits; None of what has no extent."""
        boxes = self.written.boxes
        if not len(boxes):
            return None
        digits = [place for place, label in enumerate(self.written.text) if label in DIGITS] if self.number else []
        some = boxes[digits] if digits else boxes
        middles = (some[:, 0] + some[:, 2]) / 2 * self.rise
        top, bottom = float((some[:, 1] - middles).min()), float((some[:, 3] - middles).max())
        left, right = float(boxes[:, 0].min()), float(boxes[:, 2].max())
        flat = np.array([[left, top], [right, top], [right, bottom], [left, bottom]], np.float32)
        flat[:, 1] += flat[:, 0] * self.rise
        return np.asarray(flat * self.unit + self.origin, np.float32)


@dataclass(frozen=True)
class Layout:
    """What stands on a part of a page."""

    items: tuple[Item, ...]
    unit: float  # pixels of a digit's height
    rows: tuple[float, ...]  # where lines of writing stand, pixels from above
    cells: tuple[Box, ...]  # boxes that a form or a table may have around its writing
    boxed: bool = False  # it has them for sure


@dataclass
class Hand:
    """Who writes on this page, and how."""

    sources: Sources
    words: PrintedWords
    source: Source
    style: Style
    unit: float
    wordy: float  # share of the writing on the page that is not a number
    ones: float  # share of the single digits that are a 1, besides those by chance: a bare stroke is hard to tell
    draw: Generator

    def item(self, written: Written, left: float, foot: float, *, number: bool, size: float = 1.0) -> Item:
        """Something written, its left and its foot at a place."""
        unit = self.unit * size * float(np.exp(self.draw.normal(0, 0.05)))
        start = float(written.boxes[:, 0].min()) if len(written.boxes) else 0.0
        return Item(written, unit, np.array([left - start * unit, foot], np.float32), self.style.rise, number)

    def number(self, text: str | None = None) -> Written:
        """A number, seldom struck out."""
        written = write(text or some_text(self.draw) or "0", self.source, self.style, self.draw)
        if text is None and self.draw.random() < _STRUCK:
            return struck_out(written, 0, len(written.text), self.draw)
        return written

    def digit(self) -> Written:
        """A single digit."""
        return self.number("1" if self.draw.random() < self.ones else str(self.draw.integers(10)))

    def word(self) -> Written:
        """Other writing: by hand or printed."""
        if self.draw.random() < 0.5:
            return self.words.written(self.draw)
        if self.draw.random() < 0.3 and self.sources.letters is not None:
            label, shape = self.sources.letters.labelled(self.draw)
            if label in ALIKE:
                return self.words.written(self.draw)
            box = np.concatenate([shape.outline.min(0), shape.outline.max(0)])[None]
            return Written(LETTERS, (Mark(shape, np.eye(2, 3, dtype=np.float32)),), box.astype(np.float32))
        return write_word(self.sources.words, self.style, self.draw)

    def token(self) -> tuple[Written, bool]:
        """Something, and whether it is a number."""
        number = bool(self.draw.random() >= self.wordy)
        written = self.number() if number else self.word()
        return written, number and any(label in DIGITS or label == "#" for label in written.text)
