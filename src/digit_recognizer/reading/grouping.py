"""Pieces of ink -> groups that may be numbers, in reading order: lines follow their own slope, gaps part numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from digit_recognizer.images.opencv import cv2
from digit_recognizer.reading.components import LEAST_HEIGHT, Box, Piece, box_around, typical_height
from digit_recognizer.reading.ink import Mask

FAR = 2.2  # heights: what is farther apart is not chained
OVERLAP = 0.4  # of the lower one's height: neighbours in a line overlap so far
UNLIKE = 2.0  # times as high: such two are not chained
NARROW = 0.45  # heights of paper between digits: below, no number ends
BROAD = 1.2  # and from here on it does
BOXED = 1.8  # heights from middle to middle: farther apart are no two boxes of one form field
BETWEEN = 0.6  # of the rows that two digits share: so much of an upright rule is seen there
LOW = 0.4  # of the page's typical height: lower groups are print, or dirt
HIGH = 3  # of it: higher ones are edges and shadows
ASIDE = 0.5  # heights beside a group, and
NEAR = 0.2  # above and below it: small pieces within may be parts of its digits
FLAT = 1.8  # times as long as high: a dash
LONGEST_DASH = 1.0  # heights
BESIDE_DASH = 0.7  # heights of paper at either side of a dash within a number
SAME_LINE = 0.5  # heights between middles


@dataclass(frozen=True)
class Group:
    """Pieces that stand together as a number does, from left to right."""

    pieces: tuple[Piece, ...]
    height: float  # of its digits, pixels: the median of the pieces that were chained

    @property
    def box(self) -> Box:
        return box_around([piece.box for piece in self.pieces])


def find_groups(pieces: list[Piece], rules: Mask) -> list[Group]:
    """Groups of pieces in reading order. rules: (H, W), what was erased: between boxes a number goes on."""
    mains = [piece for piece in pieces if piece.box[3] >= LEAST_HEIGHT]
    if not mains:
        return []
    parts = split(chains(mains), rules, [piece for piece in pieces if is_dash(piece)])
    heights = [float(np.median([piece.box[3] for piece in part])) for part in parts]
    typical = typical_height(mains)
    likely = [LOW * typical <= high <= HIGH * typical for high in heights]
    groups = [Group(tuple(part), high) for part, high, so in zip(parts, heights, likely, strict=True) if so]
    kept = {id(piece) for group in groups for piece in group.pieces}
    small = [piece for piece in pieces if id(piece) not in kept]
    return in_reading_order([with_parts(group, small) for group in groups])


def chains(pieces: list[Piece]) -> list[list[Piece]]:
    """Pieces chained to their nearest neighbour on the right, each chain from left to right."""
    boxes = np.array([piece.box for piece in pieces], np.float64)
    after = next_in_line(boxes)
    starts = sorted(set(range(len(pieces))) - set(after.tolist()))
    found = []
    for start in starts:
        chain = [start]
        while after[chain[-1]] >= 0:
            chain.append(int(after[chain[-1]]))
        found.append([pieces[number] for number in chain])
    return found


def next_in_line(boxes: NDArray[np.float64]) -> NDArray[np.int64]:
    """For each box (N, 4) the number of the one that follows it in its line, -1 where none does; none follows two."""
    left, top, wide, high = boxes.T
    middle = left + wide / 2
    lower, higher = np.minimum(high[:, None], high), np.maximum(high[:, None], high)
    overlap = np.minimum((top + high)[:, None], top + high) - np.maximum(top[:, None], top)
    gap = left - (left + wide)[:, None]  # [i, j]: from the right of i to the left of j
    follows = (middle > middle[:, None]) & (gap <= FAR * higher) & (gap > -0.8 * wide[:, None])
    follows &= (overlap >= OVERLAP * lower) & (higher <= UNLIKE * lower)
    distance = np.where(follows, middle - middle[:, None], np.inf)
    after = np.full(len(boxes), -1)
    nearest = distance.argmin(1)
    for number in np.flatnonzero(follows.any(1)).tolist():
        other = int(nearest[number])
        if distance[:, other].argmin() == number:
            after[number] = other
    return after


def split(found: list[list[Piece]], rules: Mask, dashes: Sequence[Piece] = ()) -> list[list[Piece]]:
    """Chains in parts, where the gaps are wide for this page and no dash joins what stands beside them."""
    heights = [float(np.median([piece.box[3] for piece in chain])) for chain in found]
    gaps = [
        gap_between(*pair) / height for chain, height in zip(found, heights, strict=True) for pair in pairwise(chain)
    ]
    widest = widest_empty(gaps)
    parts: list[list[Piece]] = []
    for chain, height in zip(found, heights, strict=True):
        parts.append([chain[0]])
        for before, after in pairwise(chain):
            wide = gap_between(before, after) > widest * height
            if wide and not boxed(before, after, height, rules) and not dashed(before, after, height, dashes):
                parts.append([])
            parts[-1].append(after)
    return parts


def is_dash(piece: Piece) -> bool:
    """Whether ink is level and far longer than high."""
    return piece.box[2] >= FLAT * piece.box[3]


def dashed(before: Piece, after: Piece, height: float, dashes: Sequence[Piece]) -> bool:
    """Whether a short dash stands between two pieces, at half their height: 5-3 is one number."""
    top, bottom = max(before.box[1], after.box[1]), min(before.bottom, after.bottom)
    return any(
        before.right <= dash.box[0] + dash.box[2] / 2 <= after.box[0]
        and dash.box[2] <= LONGEST_DASH * height
        and top + (bottom - top) / 4 <= dash.box[1] + dash.box[3] / 2 <= bottom - (bottom - top) / 4
        and after.box[0] - before.right <= dash.box[2] + 2 * BESIDE_DASH * height
        for dash in dashes
    )


def boxed(before: Piece, after: Piece, height: float, rules: Mask) -> bool:
    """Whether two pieces stand in neighbouring boxes of a form: one upright rule lies between them, not two sides."""
    if after.box[0] + after.box[2] / 2 - before.box[0] - before.box[2] / 2 > BOXED * height:
        return False
    top, bottom = max(before.box[1], after.box[1]), min(before.bottom, after.bottom)
    between = rules[top:bottom, before.right : after.box[0]].astype(np.uint8)
    if not between.size:
        return False
    upright = cv2.dilate(between, np.ones((1, 5), np.uint8)).mean(0) > BETWEEN  # it may lean
    return bool(np.count_nonzero(np.diff(upright.astype(np.int8), prepend=0) == 1) == 1)


def widest_empty(gaps: Sequence[float]) -> float:
    """Where numbers part: the middle of the widest interval without gaps (heights) between NARROW and BROAD."""
    inside = sorted([NARROW, BROAD, *(gap for gap in gaps if NARROW < gap < BROAD)])
    return max((right - left, (left + right) / 2) for left, right in pairwise(inside))[1]


def gap_between(before: Piece, after: Piece) -> float:
    """The least paper between two neighbours along their common rows, so that digits may lean; pixels."""
    top, bottom = max(before.box[1], after.box[1]), min(before.bottom, after.bottom)
    if top >= bottom:
        return float(after.box[0] - before.right)
    first = before.mask[top - before.box[1] : bottom - before.box[1]]
    second = after.mask[top - after.box[1] : bottom - after.box[1]]
    both = first.any(1) & second.any(1)
    if not both.any():
        return float(after.box[0] - before.right)
    right = before.right - first[both][:, ::-1].argmax(1)
    left = after.box[0] + second[both].argmax(1)
    return float((left - right).min())


def with_parts(group: Group, small: list[Piece]) -> Group:
    """The group with the small pieces that stand in it: broken strokes."""
    left, top, wide, high = group.box
    near, aside = NEAR * group.height, ASIDE * group.height
    inside = [
        piece
        for piece in small
        if left - aside <= piece.box[0]
        and piece.right <= left + wide + aside
        and top - near <= piece.box[1]
        and piece.bottom <= top + high + near
    ]
    ordered = sorted([*group.pieces, *inside], key=lambda piece: piece.box[0] + piece.box[2] / 2)
    return Group(tuple(ordered), group.height)


def in_reading_order(groups: list[Group]) -> list[Group]:
    """Groups line by line, each from left to right; all lines slope alike."""
    if not groups:
        return []
    slope = common_slope(groups)
    level = [group.box[1] + group.box[3] / 2 - slope * (group.box[0] + group.box[2] / 2) for group in groups]
    lines: list[list[int]] = []
    for number in np.argsort(level, kind="stable").tolist():
        last = lines[-1][-1] if lines else None
        near = last is not None and level[number] - level[last] <= SAME_LINE * groups[number].height
        if near:
            lines[-1].append(number)
        else:
            lines.append([number])
    return [groups[number] for line in lines for number in sorted(line, key=lambda each: groups[each].box[0])]


def common_slope(groups: list[Group]) -> float:
    """Rows that lines sink for each column: the median over neighbours in groups."""
    slopes = [0.0]
    for group in groups:
        first, last = group.pieces[0], group.pieces[-1]
        across = last.box[0] - first.box[0]
        if across > 2 * group.height:
            slopes.append((last.bottom - first.bottom) / across)
    return float(np.median(slopes))
