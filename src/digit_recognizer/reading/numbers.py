"""A number on a page: its pieces of ink, cut out of the grey page and read as a line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from digit_recognizer.images.opencv import cv2
from digit_recognizer.models.line_reader import LineReader
from digit_recognizer.reading.components import Box, Piece, box_around
from digit_recognizer.reading.grouping import Group
from digit_recognizer.reading.ink import Grey, Mask, PageInk
from digit_recognizer.reading.line import STRANGE, STRUCK, WORDS, Character, Line, read_crops
from digit_recognizer.reading.upright import Digit, Word
from digit_recognizer.recognizer import Recognizer

_Owners = NDArray[np.int32]

_ASIDE, _ABOVE, _BELOW = 0.5, 0.3, 0.35  # of a digit's height: paper around a number that the reader is given
_LEAST_ROWS = 8  # pixels
_BATCH = 32  # numbers between two looks at whether anybody still waits
_SURE = (
    0.995  # of each digit that was cut out: of 100 that were sure and wrong on drawn pages 57 stay below, 3 right ones
)
_AGREES = 0.5  # probability of a line that says the same: no other line can have more
_MIDDLE, _CROSSED = 0.2, 0.7  # of its height, above and below; of its width
_BAR = 0.2  # of its height: no wider
_SPECK = 5  # pixels of ink beside a number that may be a sign
_BLURRED = 2  # pixels around other numbers' ink that are painted over, too


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


class _Cut(NamedTuple):
    """A number cut out of a page."""

    crop: Grey
    corner: tuple[int, int]  # of the crop, on the page: left, top
    left_over: bool  # there is ink in it that belongs to no number, or a rule runs through it
    struck: bool  # a level line as long as the number runs through it


def read_numbers(
    words: Sequence[Word], ink: PageInk, recognizer: Recognizer, reader: LineReader, *, sure: bool
) -> list[Number]:
    """The numbers that stand where words of digits were found, in pixels of the picture that is worked on.

    recognizer: it is stopped as it stops, and of a digit that it has no class for nothing is sure. sure: whether
    anything on this page is.
    """
    owners = _owners(words, ink.mask.shape)
    found = []
    for start in range(0, len(words), _BATCH):
        recognizer.before_batch()
        some = words[start : start + _BATCH]
        cuts = [_cut(word.group, number, owners, ink) for number, word in enumerate(some, start + 1)]
        lines = read_crops([cut.crop for cut in cuts], reader, [""] * len(cuts))
        for word, line, cut in zip(some, lines, cuts, strict=True):
            number = _as_number(word, _agreed(word, line, cut), cut, recognizer)
            found.append(number if sure else _doubtful(number))
    return found


def _agreed(word: Word, line: Line, cut: _Cut) -> Line:
    """A line with what its digits, read one by one, add to it.

    Where all are sure, nothing is left over that may be a sign, and both say the same, it is sure. Where both are sure
    of as many digits, but of others, it is not. Where the line is not sure, the digits say what stands there.
    """
    if cut.struck:
        return replace(line, status="unsure", reason=STRUCK)
    text = "".join(str(digit.label) for digit in word.digits)
    seen = line.reason not in (STRUCK, WORDS, STRANGE)
    plain = seen and word.whole and not cut.left_over and line.text.isdecimal() and not _divided(word)
    if not plain or not all(digit.status == "ok" and digit.probability >= _SURE for digit in word.digits):
        return line
    if line.text == text and line.reason and (line.probability or 0.0) >= _AGREES:
        return replace(line, status="ok", reason=None)
    if line.text != text and line.status != "ok":
        return replace(line, text="", characters=())
    if line.text != text and len(line.text) == len(text):
        return replace(line, status="unsure", reason=f"its digits, one by one, look like {text}")
    return line


def _divided(word: Word) -> bool:
    """Whether a bar stands between digits: a 1, or what divides two numbers, as in 12|05."""
    return any(digit.label == 1 and digit.box[2] <= _BAR * digit.box[3] for digit in word.digits[1:-1])


def _doubtful(number: Number) -> Number:
    """The number of a page of which nothing is sure."""
    digits = tuple(replace(each, status="unsure") for each in number.digits)
    return replace(number, status="unsure", digits=digits, reason=number.reason or "the page may lie turned")


def _owners(words: Sequence[Word], shape: tuple[int, ...]) -> _Owners:
    """Which number's ink each place is, counted from 1; 0: of none. (h, w)."""
    owners = np.zeros(shape, np.int32)
    for number, word in enumerate(words, 1):
        for piece in word.group.pieces:
            left, top, wide, high = piece.box
            owners[top : top + high, left : left + wide][piece.mask] = number
    return owners


def _cut(group: Group, number: int, owners: _Owners, ink: PageInk) -> _Cut:
    """A number with paper around it, other numbers' ink painted over."""
    left, top, wide, high = group.box
    tall = max(group.height, _LEAST_ROWS)
    first, last = max(0, round(left - _ASIDE * tall)), round(left + wide + _ASIDE * tall)
    upper, lower = max(0, round(top - _ABOVE * tall)), round(top + high + _BELOW * tall)
    crop, own = ink.grey[upper:lower, first:last].copy(), owners[upper:lower, first:last]
    others = ((own != 0) & (own != number)).astype(np.uint8)
    if others.any():
        near = cv2.dilate(others, np.ones((2 * _BLURRED + 1,) * 2, np.uint8)).astype(bool) & (own != number)
        paper = crop[~near & (own == 0)]
        crop[near] = np.median(paper) if paper.size else 255
    unowned = ink.mask[upper:lower, first:last] & (own == 0)
    crossed, struck = _through(ink.rules, group.box, tall)
    return _Cut(crop, (first, upper), crossed or bool(np.count_nonzero(unowned) >= _SPECK), struck)


def _through(rules: Mask, box: Box, tall: float) -> tuple[bool, bool]:
    """Whether a rule that was erased runs through the middle of a number, and whether it ends soon beside it.

    What strikes a number out is taken for a rule; those of paper and tables go on.
    """
    left, top, wide, high = box
    beside = round(tall)
    first = max(0, left - beside)
    level = rules[top + round(_MIDDLE * high) : top + round((1 - _MIDDLE) * high), first : left + wide + beside]
    columns: NDArray[np.bool_] = np.asarray(level.any(0))
    inside = columns[left - first : left - first + wide]
    crossed = bool(inside.size and inside.mean() >= _CROSSED)
    ends = columns[: (left - first) // 4 + 1], columns[len(columns) - beside // 4 :]
    return crossed, crossed and not any(each.any() for each in ends)


def _as_number(word: Word, line: Line, cut: _Cut, recognizer: Recognizer) -> Number:
    """A line as a number on the page; where it says nothing, what cutting found, which is not sure."""
    box = box_around([digit.box for digit in word.digits])
    if not any(each.text.isdigit() for each in line.characters):
        digits = tuple(replace(each, status="unsure") for each in word.digits)
        characters = tuple(Character(str(each.label), each.box, each.probability) for each in digits)
        text = "".join(each.text for each in characters)
        return Number(text, box, digits, "unsure", 0.0, characters, line.reason or "it is perhaps no number")
    characters = tuple(
        Character(each.text, _tight(each.box, cut.corner, word.group.pieces, box), each.probability)
        for each in line.characters
    )
    characters = _placed(characters, word.digits)
    figures = [each for each in characters if each.text.isdigit()]
    known = recognizer.model.header.knows(int(each.text) for each in figures)
    status = "ok" if line.status == "ok" and known else "unsure"
    digits = tuple(Digit(int(each.text), each.box, each.probability, status) for each in figures)
    whole = box_around([box, *(each.box for each in characters)])
    reason = line.reason or (None if known else "the model has no class for one of its digits")
    return Number(line.text, whole, digits, status, line.probability or 0.0, characters, reason)


def _placed(characters: tuple[Character, ...], digits: Sequence[Digit]) -> tuple[Character, ...]:
    """Characters, their digits where cutting found the same ones: it knows the places better."""
    if [each.text for each in characters if each.text.isdigit()] != [str(digit.label) for digit in digits]:
        return characters
    boxes = iter([digit.box for digit in digits])
    return tuple(replace(each, box=next(boxes)) if each.text.isdigit() else each for each in characters)


def _tight(box: Box, corner: tuple[int, int], pieces: Sequence[Piece], number: Box) -> Box:
    """The box of the ink that a number has between the columns of a character; the number's rows without any."""
    left, right = corner[0] + box[0], corner[0] + box[0] + box[2]
    inked: list[Box] = []
    for piece in pieces:
        first, last = max(left, piece.box[0]), min(right, piece.right)
        part = piece.mask[:, max(0, first - piece.box[0]) : max(0, last - piece.box[0])]
        if part.any():
            rows, columns = np.flatnonzero(part.any(1)), np.flatnonzero(part.any(0))
            high, wide = int(rows[-1] - rows[0]) + 1, int(columns[-1] - columns[0]) + 1
            inked.append((first + int(columns[0]), piece.box[1] + int(rows[0]), wide, high))
    return box_around(inked) if inked else (left, number[1], right - left, number[3])
