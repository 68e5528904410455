"""A page that stands upright -> its groups of pieces, each read; which of them are numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from digit_recognizer.images import Preprocess
from digit_recognizer.images.preprocess import crop
from digit_recognizer.reading.components import Box, components, picture_of
from digit_recognizer.reading.grouping import Group, find_groups
from digit_recognizer.reading.ink import PageInk
from digit_recognizer.reading.segmentation import SURE, Candidate, best_paths, candidates, cost, in_parts, whole_pieces
from digit_recognizer.reading.touching import may_touch, read_as_line, shipped_reader
from digit_recognizer.recognizer import Prediction, Recognizer

MOSTLY = 0.66  # of a group's pieces are surely digits: then it is a number
HALF = 0.5  # of the pieces of a pair, which may be a number
LIKELY = 0.5  # probability of a whole line: no other string can have more
TEXT = 0.5  # of the groups on a page are words: then it is a page of text
LONE = 3  # digits: fewer, or doubtful ones, are letters there
CAPTION = 0.6  # of the height of the page's sure digits: a lower group is a number only without any doubtful piece


@dataclass(frozen=True)
class Digit:
    """One digit on a page."""

    label: int
    box: Box  # left, top, width, height in pixels of the photo; in a Reading of the picture that is worked on
    probability: float  # of the label, 0..1
    status: str  # "ok" or "unsure"; in a Reading the recognizer's own


Word = tuple[Digit, ...]  # what stands together, digits or not, from left to right


@dataclass(frozen=True)
class Reading:
    """One way up of a page."""

    words: tuple[Word, ...]  # of each group: its pieces, digits or not

    @property
    def words_as_numbers(self) -> list[Word]:
        """The groups that look like numbers, whatever else is on the page.

        Letters in small print beside larger writing are taken for digits more often than any others.
        """
        sure = [digit.box[3] for word in self.words for digit in word if digit.status == "ok"]
        caption = CAPTION * float(np.median(sure)) if sure else 0.0
        return [
            word
            for word in self.words
            if is_number(word) and (max(digit.box[3] for digit in word) >= caption or all_sure(word))
        ]

    @property
    def numbers(self) -> list[Word]:
        """The groups that are numbers; words, dirt and what a page of text has of both are left out."""
        numbers = self.words_as_numbers
        if len(numbers) > TEXT * len(self.words):
            return numbers
        return [word for word in numbers if len(word) >= LONE and all_sure(word)]


def read_upright(ink: PageInk, recognizer: Recognizer) -> Reading:
    """All groups on a page that stands upright.

    Each piece is read as one digit first; the groups in which that leaves a doubt are cut and joined in all ways.
    """
    groups = find_groups(components(ink.mask), ink.rules)
    whole = whole_pieces(groups)
    costs: list[list[float]] = [[] for _ in groups]
    words: list[list[Digit]] = [[] for _ in groups]
    for each, prediction in zip(whole, recognized(whole, ink, recognizer), strict=True):
        costs[each.group].append(cost(each, prediction, groups[each.group].height))
        words[each.group].append(as_digit(each, prediction))
    doubtful = [number for number, found in enumerate(costs) if max(found) > SURE]
    parted = [in_parts(groups[number], [each <= SURE for each in costs[number]]) for number in doubtful]
    for number, word in zip(doubtful, read_parted(parted, ink, recognizer), strict=True):
        words[number] = word
    for number, group in enumerate(groups):
        if may_touch(group) and is_number(tuple(words[number])):
            words[number] = likelier(words[number], group, ink, recognizer)
    return Reading(tuple(tuple(word) for word in words if word))


def read_parted(groups: Sequence[Group], ink: PageInk, recognizer: Recognizer) -> list[list[Digit]]:
    """Groups in parts, read by the best way to join the parts."""
    offered = candidates(groups)
    predictions = recognized(offered, ink, recognizer)
    paths = best_paths(groups, offered, predictions)
    return [[as_digit(offered[each], predictions[each]) for each in path] for path in paths]


def likelier(word: list[Digit], group: Group, ink: PageInk, recognizer: Recognizer) -> list[Digit]:
    """A number's digits as its cuts gave them, or as a line where that is probable and finds more, or the cuts doubt.

    Two digits that touch are often surely one other digit to a network that knows single ones: 18 is an 8.
    """
    found, probability = read_as_line(group, ink, shipped_reader())
    doubted = any(digit.status != "ok" for digit in word)
    if probability < LIKELY or not (doubted or len(found) > len(word)):
        return word
    least = recognizer.answers.threshold if recognizer.answers else 0.0
    return [Digit(label, box, share, "ok" if share >= least else "unsure") for label, box, share in found]


def recognized(offered: Sequence[Candidate], ink: PageInk, recognizer: Recognizer) -> list[Prediction]:
    """What the recognizer says of each candidate, in one call."""
    preprocess = recognizer.model.preprocess
    return recognizer.predict([prepared(picture_of(each.pieces, ink.strength), preprocess) for each in offered])


def prepared(ink: NDArray[np.uint8], preprocess: Preprocess) -> NDArray[np.uint8]:
    """Ink cut out of a page in the network's form: what is ink is known, so it is not looked for again."""
    return preprocess.centre(preprocess.scale(crop(ink)))


def as_digit(candidate: Candidate, prediction: Prediction) -> Digit:
    """A candidate with what was recognised in it, in pixels of the picture that is worked on."""
    label = prediction.label if prediction.label is not None else 0
    return Digit(label, candidate.box, prediction.probability or 0.0, prediction.status)


def is_number(word: Word) -> bool:
    """Whether so many of a group's pieces are surely digits that the others are no letters."""
    sure = sum(digit.status == "ok" for digit in word)
    return sure >= (HALF if len(word) == 2 else MOSTLY) * len(word)


def all_sure(word: Word) -> bool:
    """Whether every piece of a group is surely a digit."""
    return all(digit.status == "ok" for digit in word)
