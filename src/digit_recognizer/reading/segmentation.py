"""Which pieces of a group are one digit: of all ways to join and part them, the one that the recognizer believes.

Over-segmentation and dynamic programming over the lattice of candidates, as in LeCun et al. 1998, section VII.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from digit_recognizer.prediction import Prediction
from digit_recognizer.reading.components import Box, Piece, box_around, cut
from digit_recognizer.reading.grouping import Group

WIDE = 0.8  # heights: wider components are cut
NARROWEST = 0.22  # heights between two cuts
WIDEST = 1.35  # heights: no digit is wider
APART = 0.12  # heights of paper: pieces farther apart are two digits
AT_MOST = 4  # pieces to a digit
SMALL = 0.45  # heights: a lower piece may be dirt
COST_OF_DIRT = 1.0  # of leaving out a small piece; all costs are in nats
COST_OF_CUT = 0.7  # for each stroke that a cut goes through
COST_OF_STRANGE = 2.5  # of a candidate that is no digit
COST_OF_WIDTH = 3.0  # for each height by which a candidate is wider than it is high
LEAST = 1e-6  # probability
SURE = 0.05  # what costs less is a digit as it is: nothing is gained by other cuts


@dataclass(frozen=True)
class Candidate:
    """Neighbouring pieces of a group that may be one digit."""

    group: int
    start: int  # the first piece, and the one after the last
    stop: int
    pieces: tuple[Piece, ...]

    @property
    def box(self) -> Box:
        return box_around([piece.box for piece in self.pieces])


def whole_pieces(groups: Sequence[Group]) -> list[Candidate]:
    """Each piece of each group as a digit of its own."""
    return [
        Candidate(number, place, place + 1, (piece,))
        for number, group in enumerate(groups)
        for place, piece in enumerate(group.pieces)
    ]


def in_parts(group: Group, sure: Sequence[bool]) -> Group:
    """The group with its wide components, but those that are surely one digit, cut wherever digits may touch."""
    parts: list[Piece] = []
    for piece, so in zip(group.pieces, sure, strict=True):
        wide = piece.box[2] / group.height
        if so or wide < WIDE or piece.box[3] < SMALL * group.height:
            parts.append(piece)
        else:
            parts += cut(piece, NARROWEST * group.height, math.ceil(2.5 * wide))
    return Group(tuple(parts), group.height)


def candidates(groups: Sequence[Group]) -> list[Candidate]:
    """All runs of neighbouring pieces that may be one digit, group by group."""
    found: list[Candidate] = []
    for number, group in enumerate(groups):
        for start in range(len(group.pieces)):
            for stop in range(start + 1, min(start + AT_MOST, len(group.pieces)) + 1):
                pieces = group.pieces[start:stop]
                if stop > start + 1 and not may_be_one(pieces, group.height):
                    break
                found.append(Candidate(number, start, stop, pieces))
    return found


def may_be_one(pieces: tuple[Piece, ...], height: float) -> bool:
    """Whether pieces stand so near together that they may be one digit."""
    if box_around([piece.box for piece in pieces])[2] > WIDEST * height:
        return False
    return pieces[-1].box[0] - max(piece.right for piece in pieces[:-1]) <= APART * height


def best_paths(
    groups: Sequence[Group], offered: Sequence[Candidate], predictions: Sequence[Prediction]
) -> list[list[int]]:
    """For each group the numbers of the candidates that make it at the least cost, from left to right."""
    arriving: dict[tuple[int, int], list[int]] = {}
    for number, candidate in enumerate(offered):
        arriving.setdefault((candidate.group, candidate.stop), []).append(number)
    paths = []
    for number, group in enumerate(groups):
        totals, came = [0.0], [-1]
        for stop in range(1, len(group.pieces) + 1):
            options = [
                (totals[offered[each].start] + cost(offered[each], predictions[each], group.height), each)
                for each in arriving[number, stop]
            ]
            best, chosen = min(options)
            if group.pieces[stop - 1].box[3] < SMALL * group.height and totals[-1] + COST_OF_DIRT < best:
                best, chosen = totals[-1] + COST_OF_DIRT, -1
            totals.append(best)
            came.append(chosen)
        paths.append(traced(came, offered))
    return paths


def traced(came: list[int], offered: Sequence[Candidate]) -> list[int]:
    """The candidates on the way to the last piece; -1: the piece was left out."""
    path, stop = [], len(came) - 1
    while stop > 0:
        chosen = came[stop]
        if chosen >= 0:
            path.append(chosen)
        stop = offered[chosen].start if chosen >= 0 else stop - 1
    return path[::-1]


def cost(candidate: Candidate, prediction: Prediction, height: float) -> float:
    """What it costs to take a candidate for a digit, nats: its doubt, its shape, and the cut on its left."""
    probability = max(LEAST, prediction.probability or 0.0)
    _, _, wide, high = candidate.box
    total = -math.log(probability) + COST_OF_WIDTH * max(0.0, wide / max(high, height) - 1)
    total += COST_OF_CUT * candidate.pieces[0].joined
    if prediction.status not in ("ok", "unsure"):
        total += COST_OF_STRANGE
    if high < SMALL * height:
        total += COST_OF_STRANGE
    return total
