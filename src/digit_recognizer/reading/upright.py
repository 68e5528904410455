"""A page that stands upright -> its groups of pieces, each read; which of them are numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from digit_recognizer.images import Preprocess
from digit_recognizer.images.small_digits import for_small_digits
from digit_recognizer.prediction import Prediction
from digit_recognizer.reading.components import Box, components, picture_of
from digit_recognizer.reading.grouping import Group, find_groups
from digit_recognizer.reading.ink import PageInk
from digit_recognizer.reading.segmentation import (
    LEAST,
    SURE,
    Candidate,
    best_paths,
    candidates,
    cost,
    in_parts,
    whole_pieces,
)
from digit_recognizer.recognizer import BATCH, Recognizer

MOSTLY = 0.66  # of a group's pieces are surely digits: then it is a number
HALF = 0.5  # of the pieces of a pair, which may be a number
SPEAKS = 0.96  # probability of a digit that speaks for a number
TEXT = 0.5  # of the groups on a page are words: then it is a page of text
LONE = 3  # digits: fewer, or doubtful ones, are letters there
CAPTION = 0.6  # of the height of the page's sure digits: a lower group is print, and a number only without any doubt:
PRINTED = 0.99  # probability of each of its digits, and
FAMILIAR = 1.8  # logits by which a number's digits are less strange, in the mean, than the strangest digit: 99 % of
DOUBT = 0.004  # drawn numbers; and nats of their mean doubt: half of them have a quarter of it, most words ten times
SKETCHED = 100  # pieces, about, that tell which way up a page stands
LEVEL = 0.8  # of the highest one's height: printed digits are alike, letters have stems


@dataclass(frozen=True)
class Digit:
    """One digit on a page."""

    label: int  # the digit, as the model's class is named
    box: Box  # left, top, width, height in pixels of the photo; in a Reading of the picture that is worked on
    probability: float  # of the label, 0..1
    status: str  # "ok" or "unsure"; in a Reading the recognizer's own

    @property
    def likely(self) -> bool:
        """Whether it speaks for a number around it: however sure of itself a recognizer must be to answer alone."""
        return self.status in ("ok", "unsure") and self.probability >= SPEAKS


class Seen(NamedTuple):
    """A candidate and what the recognizer says of it."""

    candidate: Candidate
    prediction: Prediction
    strangeness: float


@dataclass(frozen=True)
class Word:
    """What stands together, digits or not."""

    digits: tuple[Digit, ...]  # from left to right, as cutting gives them
    group: Group  # the pieces of ink that it was read from
    whole: bool = True  # no piece of it was left out as dirt


@dataclass(frozen=True)
class Reading:
    """One way up of a page."""

    words: tuple[Word, ...]  # of each group: its pieces, digits or not

    @property
    def words_as_numbers(self) -> list[Word]:
        """The groups that look like numbers, whatever else is on the page.

        Letters in small print beside larger writing are taken for digits more often than any others.
        """
        sure = [digit.box[3] for word in self.words for digit in word.digits if digit.likely]
        caption = CAPTION * float(np.median(sure)) if sure else 0.0
        return [
            word
            for word in self.words
            if is_number(word) and (np.median([digit.box[3] for digit in word.digits]) >= caption or is_printed(word))
        ]

    @property
    def numbers(self) -> list[Word]:
        """The groups that are numbers; words, dirt and what a page of text has of both are left out."""
        numbers = self.words_as_numbers
        if len(numbers) > TEXT * len(self.words):
            return numbers
        return [word for word in numbers if len(word.digits) >= LONE and all_likely(word)]


def read_upright(ink: PageInk, recognizer: Recognizer) -> Reading:
    """All groups on a page that stands upright.

    Each piece is read as one digit first; the groups in which that leaves a doubt are cut and joined in all ways.
    """
    groups = find_groups(components(ink.mask), ink.rules)
    found = read_whole(groups, ink, recognizer, recognizer.model.preprocess)
    costs = [[cost(*each[:2], group.height) for each in seen] for seen, group in zip(found, groups, strict=True)]
    doubtful = [number for number, each in enumerate(costs) if max(each) > SURE]
    parted = [in_parts(groups[number], [each <= SURE for each in costs[number]]) for number in doubtful]
    left_out = set()
    for number, group, path in zip(doubtful, parted, read_parted(parted, ink, recognizer), strict=True):
        found[number] = path
        if sum(each.candidate.stop - each.candidate.start for each in path) < len(group.pieces):
            left_out.add(number)
    words = [as_word(seen, group, recognizer) for seen, group in zip(found, groups, strict=True)]
    words = [replace(word, whole=number not in left_out) for number, word in enumerate(words)]
    return Reading(tuple(word for word in words if word.digits))


def sketched(ink: PageInk, recognizer: Recognizer) -> Reading:
    """Some groups of a page, evenly chosen, each piece read as one digit by its greys: enough to tell the way up."""
    groups = find_groups(components(ink.mask), ink.rules)
    pieces = sum(len(group.pieces) for group in groups)
    some = groups[:: max(1, round(pieces / SKETCHED))]
    found = read_whole(some, ink, recognizer, for_small_digits(recognizer.model.preprocess))
    return Reading(tuple(as_word(*each, recognizer) for each in zip(found, some, strict=True)))


def read_whole(
    groups: Sequence[Group], ink: PageInk, recognizer: Recognizer, preprocess: Preprocess
) -> list[list[Seen]]:
    """Each piece of each group read as one digit."""
    whole = whole_pieces(groups)
    found: list[list[Seen]] = [[] for _ in groups]
    for each, seen in zip(whole, recognized(whole, ink, recognizer, preprocess), strict=True):
        found[each.group].append(seen)
    return found


def read_parted(groups: Sequence[Group], ink: PageInk, recognizer: Recognizer) -> list[list[Seen]]:
    """Groups in parts, read by the best way to join the parts."""
    offered = candidates(groups)
    seen = recognized(offered, ink, recognizer, recognizer.model.preprocess)
    paths = best_paths(groups, offered, [each.prediction for each in seen])
    return [[seen[number] for number in path] for path in paths]


def recognized(
    offered: Sequence[Candidate], ink: PageInk, recognizer: Recognizer, preprocess: Preprocess
) -> list[Seen]:
    """What the recognizer says of each candidate, a batch at a time, so that a reading can be stopped."""
    found: list[Seen] = []
    for start in range(0, len(offered), BATCH):
        recognizer.before_batch()
        some = offered[start : start + BATCH]
        images = np.stack([preprocess.fit_ink(picture_of(each.pieces, ink.strength)) for each in some])
        found += [
            Seen(each, recognizer.answer("a piece", *row), row[-1])
            for each, row in zip(some, recognizer.rows(images), strict=True)
        ]
    return found


def as_word(seen: Sequence[Seen], group: Group, recognizer: Recognizer) -> Word:
    """What was recognised in the pieces of a group; in one of letters no piece is a digit."""
    letters = are_letters(seen, recognizer)
    digits = tuple(as_digit(each, "not a digit" if letters else each.prediction.status) for each in seen)
    return Word(digits, group)


def are_letters(seen: Sequence[Seen], recognizer: Recognizer) -> bool:
    """Whether pieces that may be digits one by one are, taken together, too strange and too doubtful for a number.

    An l is a 1 and an o is a 0, but no word is of these alone.
    """
    if len(seen) < 2:
        return False
    strangeness = float(np.mean([each.strangeness for each in seen]))
    doubt = -float(np.mean(np.log([max(LEAST, each.prediction.probability or 0.0) for each in seen])))
    return strangeness > recognizer.strangest - FAMILIAR and doubt > DOUBT


def as_digit(seen: Seen, status: str) -> Digit:
    """A candidate with what was recognised in it, in pixels of the picture that is worked on."""
    label = seen.prediction.label if seen.prediction.label is not None else 0
    return Digit(label, seen.candidate.box, seen.prediction.probability or 0.0, status)


def is_number(word: Word) -> bool:
    """Whether so many of a group's pieces are surely digits that the others are no letters."""
    sure = sum(digit.likely for digit in word.digits)
    return sure >= (HALF if len(word.digits) == 2 else MOSTLY) * len(word.digits)


def all_likely(word: Word) -> bool:
    """Whether every piece of a group is very probably a digit."""
    return all(digit.likely for digit in word.digits)


def is_printed(word: Word) -> bool:
    """Whether a group in small print is surely a number: its letters are often taken for digits, its digits hardly."""
    heights = [digit.box[3] for digit in word.digits]
    alike = min(heights) >= LEVEL * max(heights)
    return alike and all_likely(word) and all(digit.probability >= PRINTED for digit in word.digits)
