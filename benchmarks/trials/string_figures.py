"""How well a line reader reads strings made of a split's digits, by their length and by how far their boxes overlap."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from digit_recognizer.data import Dataset
from digit_recognizer.data.spec import Images, Labels
from digit_recognizer.evaluation.evaluate import take_to_score
from digit_recognizer.images.lines import scaled_line
from digit_recognizer.models.ctc import most_probable
from digit_recognizer.models.line_reader import LineReader, log_probabilities
from digit_recognizer.statistics.intervals import wilson
from trials.strings import Style, draw_strings, plain

LENGTHS = tuple(range(1, 13))
_OVERLAPS = (0.0, 0.1, 0.25)  # of the mean width of two neighbours' boxes
EACH = 500  # strings of a length and an overlap
SEED = 5
_Styled = Callable[[float], Style]


@dataclass(frozen=True)
class StringFigures:
    """How the strings of one length and one overlap were read."""

    length: int
    overlap: float
    n: int  # strings
    right: int  # read wholly right
    errors: int  # digits to change, add or leave out until all strings are right
    sha256: str  # of the lines and what they say

    def to_dict(self) -> dict[str, Any]:
        """The figures with their 95 % interval; digit errors as a share of the digits (it can pass 1)."""
        return {
            **vars(self),
            "share_right": self.right / self.n,
            "interval": wilson(self.right, self.n).to_dict(),
            "digit_error_rate": self.errors / (self.n * self.length),
        }


@dataclass(frozen=True)
class Cell:
    """The strings of one length and one overlap: lines (N, 32, W) uint8, and what they say, (N, length)."""

    length: int
    overlap: float
    lines: Images
    labels: Labels

    @property
    def sha256(self) -> str:
        """Of shape, lines and labels."""
        digest = hashlib.sha256(str(self.lines.shape).encode() + np.ascontiguousarray(self.lines).data)
        digest.update(np.ascontiguousarray(self.labels).data)
        return digest.hexdigest()


def made_strings(
    digits: Images,
    labels: Labels,
    lengths: Sequence[int] = LENGTHS,
    overlaps: Sequence[float] = _OVERLAPS,
    each: int = EACH,
    styled: _Styled = plain,
) -> Iterator[Cell]:
    """The strings of digits (n, 28, 28) with labels (n,): the same ones at each call.

    Digits are drawn evenly, with replacement, by numpy.random.default_rng((SEED, length)): the strings of one length
    say the same at each overlap. styled: the style for an overlap.
    """
    for length in lengths:
        picks = np.random.default_rng((SEED, length)).integers(0, len(labels), (each, length))
        for overlap in overlaps:
            lines, _ = draw_strings(digits, picks, styled(overlap), (SEED, length, round(100 * overlap)))
            yield Cell(length, overlap, lines, labels[picks])


def score_strings(
    reader: LineReader, dataset: Dataset, split: str = "validation", **strings: Any
) -> tuple[list[StringFigures], int | None]:
    """How a line reader fares on strings of a split's digits; strings: as for made_strings.

    The second value: evaluations at this test split by this reader, with this one, which is noted; None for other
    splits.
    """
    indices = np.arange(len(dataset.split(split)))
    digits, labels, test_evaluations = take_to_score(reader.model, dataset, split, indices)
    return [_figures_of(reader, cell) for cell in made_strings(digits, labels, **strings)], test_evaluations


def _figures_of(reader: LineReader, cell: Cell) -> StringFigures:
    """One cell's figures."""
    seen = reader.observe([scaled_line(np.asarray(255 - line, np.uint8)) for line in cell.lines])
    read = [most_probable(log_probabilities(each.logits, reader.model.header.temperature))[0] for each in seen]
    errors = [edit_distance(found, wanted) for found, wanted in zip(read, cell.labels.tolist(), strict=True)]
    right = sum(error == 0 for error in errors)
    return StringFigures(cell.length, cell.overlap, len(read), right, sum(errors), cell.sha256)


def edit_distance(found: Sequence[int], wanted: Sequence[int]) -> int:
    """The fewest digits to change, add or leave out to make one string of the other (Levenshtein 1966)."""
    row: NDArray[np.int64] = np.arange(len(wanted) + 1)
    for number, digit in enumerate(found, 1):
        best = [number]
        for place, other in enumerate(wanted):
            best.append(min(row[place] + (digit != other), row[place + 1] + 1, best[-1] + 1))
        row = np.array(best)
    return int(row[-1])
