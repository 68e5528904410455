"""Whether a page stands on its head: some of its numbers are read both ways up."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from digit_recognizer.models.line_reader import LineReader
from digit_recognizer.reading.crops import cut_out
from digit_recognizer.reading.line import STRUCK, WORDS, Line, read_crops
from digit_recognizer.reading.regions import Grey, Region, Regions, upside_down

_ASKED = 8  # numbers: the longest
_LEAST = 1e-4  # probability: a line that cannot be read says no more than this against a way up
_BEFOREHAND = 4.0  # nats: pages that lie as they are read are more frequent
_SURE = 3.0  # nats between the two ways up
_ONE_DIGIT = 1.2  # heights: a shorter region has room for one digit, and many digits are one on their heads, too
_OF_ONE = 1.5  # nats: so much one digit tells at most
_TURNED = str.maketrans("01689", "01986")  # what digits become on their heads


def upright(regions: Regions, reader: LineReader) -> Regions:
    """The regions of a page whose lines are level, turned by 180 degrees where its numbers read better so."""
    longest = sorted(zip(regions.places, cut_out(regions), strict=True), key=lambda each: -_digits(each[0]))[:_ASKED]
    crops = [cut.crop for _, cut in longest]
    turned = [np.ascontiguousarray(np.rot90(crop, 2)) for crop in crops]
    ways: list[Grey] = [*crops, *turned]
    lines = read_crops(ways, reader, [""] * len(ways))
    pairs = zip(lines[: len(crops)], lines[len(crops) :], strict=True)
    told = [
        evidence_of_way_up(one, other, single=_digits(place) < _ONE_DIGIT)
        for (one, other), (place, _) in zip(pairs, longest, strict=True)
    ]
    odds = sum(told) + (0 if regions.quarters else _BEFOREHAND)
    chosen = upside_down(regions) if odds < 0 else regions
    return replace(chosen, sure=regions.sure and (abs(odds) >= _SURE or not crops))


def _digits(place: Region) -> float:
    """About how many digits a region has room for."""
    return place.length / place.height


def evidence_of_way_up(one: Line, other: Line, *, single: bool) -> float:
    """By how many nats a number reads better as it stands (one) than on its head (other)."""
    if _is_turned(one.text, other.text):
        return 0.0
    most = _OF_ONE if single else -math.log(_LEAST)
    return min(most, max(-most, _evidence(one) - _evidence(other)))


def _is_turned(text: str, other: str) -> bool:
    """Whether a text on its head is the other: 1, 808 and 69 tell nothing of the way up."""
    return bool(text) and set(text) <= set("01689") and text[::-1].translate(_TURNED) == other


def _evidence(line: Line) -> float:
    """How well a line reads, nats."""
    readable = line.reason not in (STRUCK, WORDS) and line.characters
    return math.log(max(_LEAST, line.probability or 0.0)) if readable else math.log(_LEAST)
