"""The numbers on a page: each region cut out of it and read, as a line, or as the one digit that it has room for."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from digit_recognizer.models.line_reader import LineReader
from digit_recognizer.prediction import Prediction
from digit_recognizer.reading.agreement import agreed, ink_of_crop
from digit_recognizer.reading.crops import Cut, cut_out
from digit_recognizer.reading.line import STRUCK, WORDS, Box, Character, Line, read_crops
from digit_recognizer.reading.regions import Grey, Region, Regions
from digit_recognizer.recognizer import Recognizer

_ONE_DIGIT = 0.95  # heights: a shorter region has room for one digit
_BATCH = 32  # numbers between two looks at whether anybody still waits
_INKED = 0.5  # probability
_SURELY = 0.75  # score of a region: of one with less nothing is sure
_REACH = 0.4  # of the narrower character's width: so far from the middle between two they may part
_SMOOTH, _ASIDE = 0.01, 0.5  # of a crop's width; places of ink that going as far aside as may be costs
_SPREAD = 0.75  # places of the map around ink that may be ink, too
_OF_LINE = 0.75  # of a number's height: so far from the middle of its line its ink may be


@dataclass(frozen=True)
class Digit:
    """One digit on a page."""

    label: int  # 0 to 9
    box: Box  # left, top, width, height in pixels of the photo
    probability: float  # of the label, 0..1
    status: str  # "ok" or "unsure", as its number's


@dataclass(frozen=True)
class Number:
    """Characters that stand together."""

    text: str  # as it is written, signs and leading zeros too
    box: Box
    digits: tuple[Digit, ...]  # the digits among them, from left to right
    status: str = "unsure"  # "ok" or "unsure", of the whole
    probability: float = 0.0  # 0..1, that all of `text` is right
    characters: tuple[Character, ...] = ()  # all of them, from left to right
    reason: str | None = None  # why it is not sure


def read_numbers(regions: Regions, recognizer: Recognizer, reader: LineReader) -> list[Number]:
    """The numbers on a page, in its pixels; regions in which no digit is read are left out.

    recognizer: reads single digits; it is stopped as it stops, and of a digit that it has no class for nothing is sure.
    """
    found: list[Number] = []
    crops = cut_out(regions)
    for start in range(0, len(regions.places), _BATCH):
        recognizer.raise_if_stopped()
        some = regions.places[start : start + _BATCH]
        cuts = crops[start : start + _BATCH]
        lines = read_crops([cut.crop for cut in cuts], reader, [""] * len(cuts))
        inked = [_ink_of(place, cut, regions) for place, cut in zip(some, cuts, strict=True)]
        spread = math.ceil(_SPREAD / regions.scale)
        inks = [ink_of_crop(cut.crop, places[:, :2], spread) for cut, places in zip(cuts, inked, strict=True)]
        lines = agreed(_with_single_digits(some, cuts, lines, recognizer), inks, recognizer)
        for place, cut, line, ink in zip(some, cuts, lines, inked, strict=True):
            if any(each.text.isdigit() for each in line.characters):
                number = _as_number(line, cut, ink, recognizer)
                found.append(_doubted(number, place, sure=regions.sure, divided=_divided(line, cut.crop.shape[1], ink)))
    return found


def _with_single_digits(
    places: Sequence[Region], cuts: Sequence[Cut], lines: Sequence[Line], recognizer: Recognizer
) -> list[Line]:
    """Lines; of doubtful regions with room for one digit what the recognizer says, who reads single digits better."""
    short = [
        number
        for number, (place, line) in enumerate(zip(places, lines, strict=True))
        if place.length < _ONE_DIGIT * place.height and line.status != "ok" and line.reason not in (STRUCK, WORDS)
    ]
    found = recognizer.predict_batch([cuts[number].crop for number in short], [""] * len(short))
    read = list(lines)
    for number, (prediction, _) in zip(short, found, strict=True):
        read[number] = _one_digit(lines[number], cuts[number].crop, prediction)
    return read


def _one_digit(line: Line, crop: Grey, prediction: Prediction) -> Line:
    """A doubtful line of a character at most as the recognizer reads it: it is sure where both read the same."""
    if prediction.status not in ("ok", "unsure") or prediction.name is None or len(line.characters) > 1:
        return line
    sure = prediction.status == "ok" and line.text == prediction.name
    share = prediction.probability or 0.0
    return replace(
        line,
        status="ok" if sure else "unsure",
        text=prediction.name,
        probability=share,
        characters=(Character(prediction.name, (0, 0, crop.shape[1], crop.shape[0]), share),),
        reason=None if sure else prediction.reason or line.reason or "the line reader does not see it",
    )


def _doubted(number: Number, place: Region, *, sure: bool, divided: bool) -> Number:
    """A number, or the same not sure, where its place or its shape leaves a doubt; sure: of the page's way up;
    divided: a bar may divide it."""
    reason = number.reason
    if not sure:
        reason = reason or "the page may be turned"
    elif place.score < _SURELY:
        reason = reason or "it is perhaps not a number"
    elif divided:
        reason = reason or "one of its 1s may be a bar between two numbers"
    else:
        return number
    digits = tuple(replace(each, status="unsure") for each in number.digits)
    return replace(number, status="unsure", digits=digits, reason=reason)


def _divided(line: Line, columns: int, inked: NDArray[np.float64]) -> bool:
    """Whether a 1 between other characters may be a bar that divides two numbers, as in 12|05: no ink of a number."""
    boxes = _parted([each.box for each in line.characters], columns, inked[:, 0])
    inner = list(zip(line.characters, boxes, strict=True))[1:-1]
    places = [box for each, box in inner if each.text == "1"]
    return any(not ((inked[:, 0] >= left) & (inked[:, 0] < left + wide)).any() for left, _, wide, _ in places)


def _as_number(line: Line, cut: Cut, inked: NDArray[np.float64], recognizer: Recognizer) -> Number:
    """A line as a number on the page."""
    boxes = _parted([each.box for each in line.characters], cut.crop.shape[1], inked[:, 0])
    characters = tuple(
        replace(each, box=_tight(box, cut, inked)) for each, box in zip(line.characters, boxes, strict=True)
    )
    figures = [each for each in characters if each.text.isdigit()]
    known = recognizer.model.header.knows(int(each.text) for each in figures)
    status = "ok" if line.status == "ok" and known else "unsure"
    digits = tuple(Digit(int(each.text), each.box, each.probability, status) for each in figures)
    reason = line.reason or (None if known else "the model has no class for one of its digits")
    box = box_around([each.box for each in characters])
    return Number(line.text, box, digits, status, line.probability or 0.0, characters, reason)


def _ink_of(place: Region, cut: Cut, regions: Regions) -> NDArray[np.float64]:
    """Where the ink of a number is, (n, 4): x and y in its crop, and on the page."""
    reach = (place.length + place.height) / 2 + place.height
    scale = regions.scale
    first, last = ((np.array(place.middle) + side * reach) * scale for side in (-1, 1))
    (left, top), (right, bottom) = np.maximum(0, first).astype(int), np.ceil(last).astype(int)
    y, x = np.nonzero(regions.ink[top:bottom, left:right] >= _INKED)
    page = np.stack([x + left + 0.5, y + top + 0.5], 1) / scale
    to_crop = np.linalg.inv(cut.to_page[:, :2]).T
    crop = (page - cut.to_page[:, 2]) @ to_crop
    line = float(((np.array(place.middle) - cut.to_page[:, 2]) @ to_crop)[1])
    near = np.abs(crop[:, 1] - line) <= _OF_LINE * place.height
    return np.asarray(np.hstack([crop, page])[near], np.float64)


def _parted(boxes: Sequence[Box], columns: int, inked: NDArray[np.float64]) -> list[Box]:
    """Boxes of characters that part where least ink is between two; the outer ones go as far as the crop does.

    inked: the columns of the places of ink.
    """
    counts = np.bincount(np.clip(inked, 0, columns - 1).astype(np.int64), minlength=columns).astype(np.float64)
    width = max(1, round(columns * _SMOOTH))
    smooth = np.convolve(counts, np.ones(width) / width, "same")
    edges = [0]
    for before, after in pairwise(boxes):
        middle, reach = after[0], max(1, round(_REACH * min(before[2], after[2])))
        first, last = max(edges[-1] + 1, middle - reach), min(columns - 1, middle + reach)
        near = np.arange(first, max(first, last) + 1)
        cost = smooth[np.minimum(near, columns - 1)] + _ASIDE * np.abs(near - middle) / reach
        edges.append(int(near[cost.argmin()]))
    edges.append(columns)
    return [
        (left, box[1], max(1, right - left), box[3]) for box, (left, right) in zip(boxes, pairwise(edges), strict=True)
    ]


def _tight(box: Box, cut: Cut, inked: NDArray[np.float64]) -> Box:
    """The box, on the page, of the ink between the columns of a character; without any, of its line between them."""
    left, _, wide, _ = box
    points = inked[(inked[:, 0] >= left) & (inked[:, 0] < left + wide), 2:]
    if not len(points):
        corners = [[x, y, 1] for x in (left, left + wide) for y in cut.rows]
        points = np.array(corners) @ cut.to_page.T
    (first, upper), (last, lower) = points.min(0).tolist(), points.max(0).tolist()
    return round(first), round(upper), max(1, round(last - first)), max(1, round(lower - upper))


def box_around(boxes: Sequence[Box]) -> Box:
    """The smallest box that holds some boxes."""
    left, top = min(box[0] for box in boxes), min(box[1] for box in boxes)
    right, bottom = max(box[0] + box[2] for box in boxes), max(box[1] + box[3] for box in boxes)
    return left, top, right - left, bottom - top
