"""A grey crop of a line -> the number that is written on it, read as a whole, and how sure that is."""

from __future__ import annotations

import math
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from digit_recognizer.decoding import read_apart
from digit_recognizer.errors import ConfigError, ImageError, ModelFileError
from digit_recognizer.images import Picture
from digit_recognizer.images.given import source_name
from digit_recognizer.images.lines import ROWS, scaled_line
from digit_recognizer.models.ctc import Logs, String, align, digit_probabilities, most_probable
from digit_recognizer.models.line_reader import (
    CHARACTERS,
    COLUMN,
    LETTERS,
    STRUCK_OUT,
    LineReader,
    Seen,
    log_probabilities,
    shipped_reader,
)
from digit_recognizer.prediction import answered_in_words
from digit_recognizer.reading.ink import light_on_dark
from digit_recognizer.statistics.selective import AnswerTable, SelectiveThreshold

Grey = NDArray[np.uint8]
Box = tuple[int, int, int, int]  # left, top, width, height in pixels

_TARGET_ERROR = 0.01  # share of the lines with status "ok" that may be wrong
_FEWEST = 50  # sure lines of a calibration that can show nothing else
_LONGEST = 64  # largest ratio of width to height of a line's picture
_SHORTEST = 4  # pixels
STRUCK = "something on it is struck out"
WORDS = "it has letters too"
UNLIKE = "it looks unlike the training lines"
_UNCALIBRATED = "the reader is not calibrated; calibrate it on labelled lines"


@dataclass(frozen=True)
class Character:
    """One character of a line."""

    text: str  # one of 0-9 . , - / : + % ( )
    box: Box  # left, top, width, height in pixels of the crop; its height is the crop's
    probability: float  # 0..1, against every other character and none in its place, the others being as they are


@dataclass(frozen=True)
class Line:
    """What a line says."""

    source: str
    status: str  # "ok", "unsure", "empty" (surely nothing is written there) or "error"
    text: str = ""  # as it is written, leading zeros too; what is struck out and letters are left out
    probability: float | None = None  # 0..1, that all of `text` is right; None for an error
    characters: tuple[Character, ...] = ()  # from left to right
    reason: str | None = None  # why the status is "unsure"
    error: str | None = None  # what was wrong with the picture


def read_line(picture: Picture, reader: LineReader | None = None, source: str | None = None) -> Line:
    """Read a crop of one line: numbers with their signs, in dark ink on lighter paper or light on dark.

    picture: as for `read_picture`; what is around the line (a frame, pieces of neighbours) may stay.
    reader: the shipped one by default. source: what to call a picture that is not a file.
    Raises ImageError if it cannot be read as a picture, is less than 4 pixels high, or is more than 64 times as wide as
    high.
    """
    grey = read_apart(picture, source=source)
    name = source_name(picture, source or "the picture", keep_ids=False)
    _check_crop(grey, name)
    return read_crops([grey], reader or shipped_reader(), [name])[0]


def read_lines(
    pictures: Sequence[Picture], reader: LineReader | None = None, sources: Sequence[str] | None = None
) -> list[Line]:
    """`read_line` of several pictures, in order; one that cannot be read has the status "error" and stops no other."""
    names = sources or [source_name(each, f"picture {place}", keep_ids=False) for place, each in enumerate(pictures)]
    found: dict[int, Line] = {}
    crops: dict[int, Grey] = {}
    for place, (picture, name) in enumerate(zip(pictures, names, strict=True)):
        try:
            grey = read_apart(picture, source=name)
            _check_crop(grey, name)
            crops[place] = grey
        except ImageError as error:
            found[place] = Line(name, "error", error=str(error))
    read = read_crops(list(crops.values()), reader or shipped_reader(), [names[place] for place in crops])
    found |= dict(zip(crops, read, strict=True))
    return [found[place] for place in range(len(pictures))]


def _check_crop(crop: Grey, name: str) -> None:
    """Raise ImageError if a crop (H, W) is too low or too wide to be one line."""
    height, width = crop.shape
    if height < _SHORTEST or width > _LONGEST * height:
        raise ImageError(
            f"{name}: {width} x {height} pixels are not a line of numbers. Cut out one line with some paper around it."
        )


def read_crops(crops: Sequence[Grey], reader: LineReader, names: Sequence[str]) -> list[Line]:
    """What crops (H, W) uint8 say, each by itself."""
    if not crops:
        return []
    dark = [np.asarray(255 - each, np.uint8) if light_on_dark(each) else each for each in crops]
    seen = reader.observe([scaled_line(each) for each in dark])
    judge = _Judge(reader)
    return [judge.line(*each) for each in zip(crops, seen, names, strict=True)]


class _Judge:
    """Decides what is sure, by a reader's calibration."""

    def __init__(self, reader: LineReader) -> None:
        self.classes = reader.classes
        if self.classes[: len(CHARACTERS)] != tuple(CHARACTERS):
            raise ModelFileError(f"{reader.model.path}: its classes are not the characters of lines.")
        calibration = reader.model.header.calibration or {}
        self.temperature = reader.model.header.temperature
        self.answers = threshold_of(calibration.get("answers"))
        self.ood_limit = float(calibration.get("ood_limit") or np.inf)

    def line(self, crop: Grey, seen: Seen, name: str) -> Line:
        """What one crop says."""
        logs = log_probabilities(seen.logits, self.temperature)
        string, probability = most_probable(logs)
        said = [self.classes[label] for label in string]
        characters = tuple(
            Character(text, box, share)
            for text, box, share in zip(
                said, _boxes(logs, string, crop.shape), digit_probabilities(logs, string), strict=True
            )
            if text in CHARACTERS
        )
        reason = self.reason(said, probability, seen.energy)
        status = "unsure" if reason else "ok" if characters else "empty"
        return Line(name, status, "".join(each.text for each in characters), probability, characters, reason)

    def reason(self, said: Sequence[str], probability: float, energy: float) -> str | None:
        """Why a line is not sure; None where it is."""
        if STRUCK_OUT in said:
            return STRUCK
        if LETTERS in said:
            return WORDS
        if energy > self.ood_limit:
            return UNLIKE
        if self.answers is None:
            return _UNCALIBRATED
        if probability < self.answers.threshold:
            return f"it has {100 * probability:.3g} %; {answered_in_words(self.answers)}"
        return None


def threshold_of(table: dict[str, object] | None) -> SelectiveThreshold | None:
    """From which probability on a line is sure; None without calibration, or where the surest hold too many mistakes.

    The lowest from which on at most TARGET_ERROR of the calibration lines were wrong: where they are enough, of all
    lines like them with 95 % confidence (`AnswerTable.threshold`); otherwise of these, within half a line, and
    `max_error` is the bound.
    """
    if table is None:
        return None
    answers = AnswerTable.from_dict(table)
    with suppress(ConfigError):
        return answers.threshold(_TARGET_ERROR)
    kept = [row for row in answers.rows if row[1] >= _FEWEST and row[2] - 0.5 <= _TARGET_ERROR * row[1]]
    if not kept:
        return None
    threshold, answered, wrong, bound = kept[-1]
    return SelectiveThreshold(math.ceil(1000 * bound) / 1000, threshold, answers.n, answered, wrong, bound)


def _boxes(logs: Logs, string: String, shape: tuple[int, ...]) -> list[Box]:
    """Where each character of a string stands in a crop of a shape (H, W): half-way to its neighbours, its own width
    beyond at the ends."""
    spans = align(logs, string)
    if not spans:
        return []
    middles = [(first + last) / 2 for first, last in spans]
    edges = [(left + right) / 2 for left, right in pairwise(middles)]
    reach = max([2.0, *(right - left for left, right in pairwise(middles))]) / 2
    edges = [max(0.0, middles[0] - reach), *edges, min(float(len(logs)), middles[-1] + reach)]
    columns = [min(shape[1], round(edge * COLUMN * shape[0] / ROWS)) for edge in edges]
    return [(left, 0, max(1, right - left), shape[0]) for left, right in pairwise(columns)]
