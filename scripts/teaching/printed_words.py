"""Printed words: what a page has besides numbers."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.random import Generator
from PIL import Image, ImageDraw, ImageFont

from digit_recognizer.synthetic.shapes import Shape
from digit_recognizer.synthetic.written import LETTERS, Mark, Written


class PrintedWords:
    """Words of any letters in any of the fonts."""

    def __init__(self, fonts: Sequence[Path], words: Sequence[str]) -> None:
        self._fonts, self._words = list(fonts), list(words)

    def written(self, draw: Generator) -> Written:
        """One word, its letters x as high as a digit at most."""
        word = self._words[int(draw.integers(len(self._words)))]
        word = (str.lower, str.upper, str.title)[int(draw.integers(3))](word)
        shape = _printed(self._fonts[int(draw.integers(len(self._fonts)))], word)
        place = np.eye(2, 3, dtype=np.float32) * np.float32(draw.uniform(0.5, 1.3))
        points = shape.outline @ place[:, :2].T
        box = np.concatenate([points.min(0), points.max(0)])[None].astype(np.float32)
        return Written(LETTERS, (Mark(shape, place),), box)


@lru_cache(maxsize=2000)
def _printed(font: Path, word: str) -> Shape:
    face = _face(font)
    _, top, _, line = face.getbbox("8")
    left, high, right, low = (round(edge) for edge in face.getbbox(word))
    page = Image.new("L", (max(1, right - left), max(1, low - high)))
    ImageDraw.Draw(page).text((-left, -high), word, fill=255, font=face)
    unit = float(line - top)
    corners = np.array([[0, high - line], [right - left, high - line], [right - left, low - line], [0, low - line]])
    return Shape(np.asarray(corners / unit, np.float32), mask=np.asarray(page, np.uint8))


@lru_cache(maxsize=64)
def _face(font: Path) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(font), 40)
