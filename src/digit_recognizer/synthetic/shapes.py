"""Shapes of characters: pen strokes of UNIPEN, or masks of ink from MNIST's pictures and from fonts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from digit_recognizer.synthetic.strokes import DIGITS, Characters, Stroke

Floats = NDArray[np.float32]
_Mask = NDArray[np.uint8]  # (h, w), ink 255
CHARACTERS = "0123456789.,-/:+%()"  # that a reader of lines knows
_FONT_SIZE = 48  # pixels
_FULL_HAND = 5  # digits that a writer must have left to write lines
_FLAGGED = 0.5  # share of the lines whose 1 has a long flag
_MNIST_HEIGHT = 20.0  # pixels, of a digit in MNIST's pictures


@dataclass(frozen=True)
class Shape:
    """One character in units of a digit's height, y down, standing on y = 0: strokes, or a mask in a box."""

    outline: Floats  # (n, 2) points whose bounds are the shape's
    strokes: tuple[Stroke, ...] = ()
    mask: _Mask | None = None


class Hands:
    """People who write with a pen: the characters that each has, and what others lend them."""

    def __init__(self, characters: Characters) -> None:
        """A contributor whose people each left too few digits counts as one hand."""
        self.characters = characters
        self._all: dict[str, NDArray[np.int64]] = {}
        for label in sorted(set(characters.labels.tolist())):
            self._all[label] = np.flatnonzero(characters.labels == label)
        people, contributors = _by_label(characters, characters.writers), _by_label(characters, characters.contributors)
        self._own = {writer: own for writer, own in people.items() if _writes(own)}
        full = set(characters.contributors[np.isin(characters.writers, list(self._own))].tolist())
        self._own |= {name: own for name, own in contributors.items() if name not in full and _writes(own)}
        self.writers = sorted(self._own)

    def shapes(self, text: str, draw: Generator) -> list[Shape]:
        """The characters of a text in one hand; what its writer never wrote is lent by another.

        UNIPEN's people mostly write a 1 as a bar. Elsewhere it has a flag, often as long as its stem: some lines
        have such ones.
        """
        own = self._own[self.writers[draw.integers(len(self.writers))]]
        places = [own.get(label) or self._all[label] for label in text]
        made = [_penned(self.characters.strokes[int(each[draw.integers(len(each))])]) for each in places]
        if "1" not in text or draw.random() >= _FLAGGED:
            return made
        length, angle = draw.uniform(0.25, 1.2), np.radians(draw.uniform(35, 75))
        return [
            _flagged_one(length, angle, draw) if label == "1" else each for label, each in zip(text, made, strict=True)
        ]


def _by_label(characters: Characters, names: NDArray[np.str_]) -> dict[str, dict[str, list[int]]]:
    """For each of the names (N,) the places of its characters, by what they are."""
    made: dict[str, dict[str, list[int]]] = {}
    for place, (label, name) in enumerate(zip(characters.labels.tolist(), names.tolist(), strict=True)):
        made.setdefault(name, {}).setdefault(label, []).append(place)
    return made


def _writes(own: dict[str, list[int]]) -> bool:
    """Whether these are enough digits to write lines with."""
    return len(set(DIGITS) & set(own)) >= _FULL_HAND


class Words:
    """Handwritten words, or single letters, which a reader must not take for numbers."""

    def __init__(self, characters: Characters) -> None:
        self.characters = characters

    def shape(self, draw: Generator) -> Shape:
        """One word."""
        return self.labelled(draw)[1]

    def labelled(self, draw: Generator) -> tuple[str, Shape]:
        """One word, and what it says."""
        place = int(draw.integers(len(self.characters)))
        return str(self.characters.labels[place]), _penned(self.characters.strokes[place])


class Masks:
    """MNIST's digits: pictures (N, 28, 28) uint8, light on black; signs are lent by hands."""

    def __init__(self, images: NDArray[np.uint8], labels: NDArray[np.int64], hands: Hands) -> None:
        self.images, self._hands = images, hands
        self._all = [np.flatnonzero(labels == digit) for digit in range(len(DIGITS))]

    def shapes(self, text: str, draw: Generator) -> list[Shape]:
        """The characters of a text; each digit by somebody."""
        signs = iter(self._hands.shapes("".join(label for label in text if label not in DIGITS), draw))
        return [self._digit(int(label), draw) if label in DIGITS else next(signs) for label in text]

    def _digit(self, digit: int, draw: Generator) -> Shape:
        places = self._all[digit]
        image = self.images[int(places[draw.integers(len(places))])]
        rows, columns = (np.flatnonzero(image.max(axis) > 64) for axis in (1, 0))
        tight = image[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
        return _masked(tight, tight.shape[0] / _MNIST_HEIGHT)


class Fonts:
    """Printed characters: each text in one font."""

    def __init__(self, families: Sequence[Sequence[Path]]) -> None:
        """families: the font files of each family; families are drawn equally often."""
        self._families = [[_glyphs(file) for file in files] for files in families]

    def shapes(self, text: str, draw: Generator) -> list[Shape]:
        """The characters of a text."""
        family = self._families[draw.integers(len(self._families))]
        glyphs = family[draw.integers(len(family))]
        return [glyphs[label] for label in text]


def _penned(strokes: tuple[Stroke, ...]) -> Shape:
    return Shape(np.concatenate(strokes), strokes)


def _flagged_one(length: float, angle: float, draw: Generator) -> Shape:
    """A 1 with a flag of this length (of the digit's height) at this angle (radians) to the line, by hand."""
    jitter = draw.normal(0, 0.04, (4, 2))
    flag = length * np.exp(draw.normal(0, 0.1)) * np.array([-np.cos(angle), np.sin(angle)])
    tip = np.array([0.0, -1.0])
    bend = tip + flag * draw.uniform(0.4, 0.6) + draw.normal(0, 0.03, 2)
    corners = np.array([tip + flag, bend, tip, [draw.normal(0, 0.05), 0.0]]) + jitter * np.array([[1], [0], [0.5], [1]])
    strokes: tuple[Stroke, ...] = (corners.astype(np.float32),)
    if draw.random() < 0.08:
        strokes = (*strokes, np.array([[-0.25, 0.0], [0.25, 0.0]], np.float32))
    return _penned(strokes)


def _masked(mask: _Mask, height: float, foot: float = 0.0) -> Shape:
    """A mask of this height (1: a digit's), its lower edge at foot (below 0: under the line)."""
    wide = height * mask.shape[1] / mask.shape[0]
    corners = np.array([[0, -foot - height], [wide, -foot - height], [wide, -foot], [0, -foot]], np.float32)
    return Shape(corners, mask=mask)


def _glyphs(file: Path) -> dict[str, Shape]:
    """A font's characters; the height of its 8 is 1."""
    face = ImageFont.truetype(str(file), _FONT_SIZE)
    _, top, _, line = face.getbbox("8")
    made: dict[str, Shape] = {}
    for label in CHARACTERS:
        left, high, right, low = (round(edge) for edge in face.getbbox(label))
        page = Image.new("L", (max(1, right - left), max(1, low - high)))
        ImageDraw.Draw(page).text((-left, -high), label, fill=255, font=face)
        made[label] = _masked(np.asarray(page, np.uint8), (low - high) / (line - top), (line - low) / (line - top))
    return made
