"""A photo of a page -> the numbers that stand on it, each digit with its box and probability."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from digit_recognizer.images import Picture, Preprocess, read_picture
from digit_recognizer.images.preprocess import crop
from digit_recognizer.reading.components import LEAST_HEIGHT, Box, box_around, components, picture_of
from digit_recognizer.reading.grouping import find_groups
from digit_recognizer.reading.ink import PageInk, darkness, strokes
from digit_recognizer.reading.ruling import find_rules
from digit_recognizer.reading.segmentation import Candidate, best_paths, candidates, in_parts
from digit_recognizer.recognizer import Prediction, Recognizer

QUARTERS = (0, 2, 1, 3)  # in the order in which they are tried
CLEAR = 0.7  # of what stands on the page as large as digits reads as such: then it is not turned
CLEARER = 0.15  # so much more must read as digits on a turned page
MOSTLY = 0.75  # of a group's pieces are surely digits, or else it is a word
TEXT = 0.5  # of the groups on a page are words: then it is a page of text
LONE = 3  # digits: fewer, or doubtful ones, are letters there


@dataclass(frozen=True)
class Digit:
    """One digit on a page."""

    label: int
    box: Box  # left, top, width, height in pixels of the photo
    probability: float  # of the label, 0..1
    status: str  # "ok" or "unsure"; in a Reading the recognizer's own


@dataclass(frozen=True)
class Number:
    """Digits that stand together."""

    text: str
    box: Box
    digits: tuple[Digit, ...]  # from left to right


@dataclass(frozen=True)
class Page:
    """What stands on a page."""

    source: str
    numbers: tuple[Number, ...]  # in reading order
    turned: int  # degrees, clockwise, that the digits stand turned in the photo: 0, 90, 180 or 270
    size: tuple[int, int]  # width and height of the photo in pixels


@dataclass(frozen=True)
class Reading:
    """One way up of a page."""

    words: tuple[tuple[Digit, ...], ...]  # of each group: its pieces, digits or not
    clarity: float  # share of the pieces that are digits


def read_page(picture: Picture, recognizer: Recognizer) -> Page:
    """The numbers on a page; none where there are none.

    picture: as for `read_picture`. Boxes are in pixels of the photo as its EXIF orientation turns it. A page whose
    digits read clearly better turned by 90, 180 or 270 degrees is read so, and says it.
    Raises ImageError for what is no picture.
    """
    source = os.fspath(picture) if isinstance(picture, str | os.PathLike) else "the picture"
    grey = read_picture(picture)
    size = grey.shape[1], grey.shape[0]
    if min(size) < LEAST_HEIGHT:
        return Page(source, (), 0, size)
    dark = darkness(grey)
    quarter, reading = best_turn(strokes(dark, find_rules(dark)), recognizer)
    numbers = tuple(as_number(digits, quarter, dark.factor, size) for digits in numbers_among(reading.words))
    return Page(source, numbers, 90 * quarter, size)


def best_turn(ink: PageInk, recognizer: Recognizer) -> tuple[int, Reading]:
    """The quarters, clockwise, by which the page is turned, and its reading turned back."""
    chosen, best = 0, read_upright(ink, recognizer)
    if best.clarity >= CLEAR or not best.words:
        return chosen, best
    for quarter in QUARTERS[1:]:
        found = read_upright(ink.turned(quarter), recognizer)
        if found.clarity > best.clarity + CLEARER * (chosen == 0):
            chosen, best = quarter, found
    return chosen, best


def read_upright(ink: PageInk, recognizer: Recognizer) -> Reading:
    """All groups on a page that stands upright, read by one call of the recognizer."""
    groups = [in_parts(group) for group in find_groups(components(ink.mask), ink.rules)]
    offered = candidates(groups)
    if not offered:
        return Reading((), 0.0)
    preprocess = recognizer.model.preprocess
    predictions = recognizer.predict([prepared(picture_of(each.pieces, ink.strength), preprocess) for each in offered])
    paths = best_paths(groups, offered, predictions)
    words = tuple(tuple(as_digit(offered[each], predictions[each]) for each in path) for path in paths if path)
    pieces = [digit for word in words for digit in word]
    return Reading(words, sum(digit.status == "ok" for digit in pieces) / max(1, len(pieces)))


def prepared(ink: NDArray[np.uint8], preprocess: Preprocess) -> NDArray[np.uint8]:
    """Ink cut out of a page in the network's form: what is ink is known, so it is not looked for again."""
    return preprocess.centre(preprocess.scale(crop(ink)))


def as_digit(candidate: Candidate, prediction: Prediction) -> Digit:
    """A candidate with what was recognised in it, in pixels of the picture that is worked on."""
    label = prediction.label if prediction.label is not None else 0
    return Digit(label, candidate.box, prediction.probability or 0.0, prediction.status)


def numbers_among(words: Sequence[tuple[Digit, ...]]) -> list[tuple[Digit, ...]]:
    """The groups that are numbers; words, dirt and what a page of text has of both are left out."""
    numbers = [word for word in words if is_number(word)]
    if len(numbers) > TEXT * len(words):
        return numbers
    return [word for word in numbers if len(word) >= LONE and all(digit.status == "ok" for digit in word)]


def is_number(word: tuple[Digit, ...]) -> bool:
    """Whether a group's pieces are digits, most of them surely: a letter among them makes it a word."""
    if any(digit.status == "not a digit" for digit in word):
        return False
    return sum(digit.status == "ok" for digit in word) >= MOSTLY * len(word)


def as_number(digits: tuple[Digit, ...], quarter: int, factor: float, size: tuple[int, int]) -> Number:
    """Digits as a number, in pixels of the photo."""
    placed = tuple(
        replace(
            digit,
            box=in_photo(digit.box, quarter, factor, size),
            status="ok" if digit.status == "ok" else "unsure",  # its neighbours say that it is a digit
        )
        for digit in digits
    )
    text = "".join(str(digit.label) for digit in digits)
    return Number(text, box_around([digit.box for digit in placed]), placed)


def in_photo(box: Box, quarter: int, factor: float, size: tuple[int, int]) -> Box:
    """A box of the picture that is worked on, turned back by `quarter` quarters, in the photo (width, height)."""
    left, top, wide, high = (length / factor for length in box)
    width, height = size
    if quarter == 1:
        left, top, wide, high = width - top - high, left, high, wide
    elif quarter == 2:
        left, top = width - left - wide, height - top - high
    elif quarter == 3:
        left, top, wide, high = top, height - left - wide, high, wide
    return max(0, round(left)), max(0, round(top)), round(wide), round(high)
