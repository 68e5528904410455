"""Pictures of lines without end: who writes, what, and what befalls it, each drawn by chance from a seed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from digit_recognizer.synthetic.pictures import CELLS, Picture, draw_line
from digit_recognizer.synthetic.shapes import Fonts, Hands, Masks, Words
from digit_recognizer.synthetic.strokes import DIGITS
from digit_recognizer.synthetic.texts import some_text
from digit_recognizer.synthetic.written import (
    Source,
    Style,
    Written,
    beside,
    drawn_style,
    struck_out,
    write,
    write_word,
    written_over,
)


@dataclass(frozen=True)
class Shares:
    """Shares (0..1) of the lines."""

    mnist: float = 0.25  # whose digits are MNIST's
    printed: float = 0.06
    struck: float = 0.045  # of which a part or all is struck out
    over: float = 0.02  # with a digit that was written over another
    words: float = 0.015  # with a word beside the number
    words_alone: float = 0.012

    def sound(self) -> bool:
        """Whether lines can be drawn so."""
        each = (self.mnist, self.printed, self.struck, self.over, self.words, self.words_alone)
        return all(0 <= share <= 1 for share in each) and self.mnist + self.printed <= 1


@dataclass(frozen=True)
class Sources:
    """All whose writing lines are made of; without fonts none is printed."""

    hands: Hands
    mnist: Masks
    words: Words
    fonts: Fonts | None = None
    shares: Shares = Shares()
    cells: float = CELLS  # share of clear cells of tables
    letters: Words | None = None  # single ones, for pictures of one character (singles.py)

    def somebody(self, draw: Generator) -> Source:
        """Whose writing it is, by chance."""
        chance = draw.random()
        if chance < self.shares.mnist:
            return self.mnist
        if self.fonts is not None and chance < self.shares.mnist + self.shares.printed:
            return self.fonts
        return self.hands


def line_picture(sources: Sources, seed: Sequence[int]) -> Picture:
    """One picture, which depends on the sources and on the seed, whole numbers, alone."""
    draw = np.random.default_rng(tuple(seed))
    return draw_line(_some_line(sources, draw), sources.hands, draw, sources.cells)


def _some_line(sources: Sources, draw: Generator) -> Written:
    shares, source = sources.shares, sources.somebody(draw)
    style = drawn_style(draw, tight=source is sources.mnist)
    if draw.random() < shares.words_alone:
        return write_word(sources.words, style, draw)
    written = write(some_text(draw), source, style, draw)
    if any(label in DIGITS for label in written.text) and source is not sources.fonts:
        written = _corrected(written, source, style, shares, draw)
    if draw.random() < shares.words:
        word = write_word(sources.words, style, draw)
        first, second = (written, word) if draw.random() < 0.6 else (word, written)
        written = beside(first, second, float(draw.uniform(0.3, 0.8)))
    return written


def _corrected(written: Written, source: Source, style: Style, shares: Shares, draw: Generator) -> Written:
    """Now and then a digit written over another, or a part or all of the line struck out, perhaps written again."""
    if draw.random() < shares.over:
        digits = [at for at, label in enumerate(written.text) if label in DIGITS]
        return written_over(written, int(draw.choice(digits)), source, draw)
    if draw.random() >= shares.struck:
        return written
    length = len(written.text)
    start, stop = np.sort(draw.integers(0, length + 1, 2)).tolist() if draw.random() < 0.5 else (0, length)
    if start == stop:
        start, stop = 0, length
    struck = struck_out(written, start, stop, draw)
    if stop - start == length and draw.random() < 0.4:
        again = write(some_text(draw), source, style, draw)
        return beside(struck, again, float(draw.uniform(0.1, 0.6)))
    return struck
