"""The rules of lined and squared paper, of tables and of forms, erased; strokes that cross them stay.

A rule is thin, straight or slightly bowed, and long: without paper between, though strokes may cross it. The upright
sides of a form's boxes are shorter, but they run from one level rule to another. Where a stroke crosses a rule, the ink
is not thin, so the stroke keeps its pixels.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from digit_recognizer.reading.ink import Darkness, Floats, Mask
from digit_recognizer.reading.ruled import THIN, Ruled, as_ruled, middles, short_runs
from digit_recognizer.reading.straight import Line, median, straight_lines

SHORTEST = 1 / 16  # of the longer side: the shortest rule
SLIM_LEVEL = 7  # times as long as thick is a level rule: no stroke of a digit is so long and straight
SLIM_UPRIGHT = 20  # and an upright rule that runs from no level rule to another: a 1 is shorter
SIDE = 1 / 60  # of the longer side: the shortest side of a box
PART = 0.5  # of the shortest rule: shorter parts of a rule are strokes
UNBROKEN = 0.8  # of a rule has ink; where it has less, its short parts are strokes that chance to stand in line
LEANING = 8.0  # degrees that rules may lean
SQUARE = 2.5  # degrees by which the sides of a box may lean otherwise
SHARP = 0.4  # of the darkest ink nearby: what is fainter is the blur between the side of a box and a stroke beside it
IN_VAIN = 40  # lines in a row that are no rules, or hardly more than was erased: then the others, fainter, are none
CLOSE = 1.0  # pixels beside a rule's edge that are still the rule
REACH = 4  # pixels within which a side ends at a rule
CORE = 80  # percentile of the ink of rules that tells how dark their middle is, apart from blurred edges
DARKER = 1.5  # times as dark as the rule: that is a stroke on it
THICKER = 1.5  # times as thick as the level rules' median, and half a pixel: that is a stroke, no side of a box


@dataclass(frozen=True)
class Sides:
    """What the sides of boxes are like."""

    least: int  # pixels
    ends: Mask  # (H, W): the rules across them, from one of which to another they run
    lean: float  # degrees, about
    darkest: float  # share of the paper's light that is missing, as of those rules
    thickest: float  # pixels, as of those rules


@dataclass(frozen=True)
class Rules:
    """Where the rules of one direction lie, (H, W) each, and what each of them is like."""

    bands: Mask  # all along them
    erased: Mask  # ink that is theirs alone
    leans: list[float]  # degrees
    thick: list[float]  # pixels


def find_rules(dark: Darkness) -> Mask:
    """Where the rules of a page lie, (h, w)."""
    longer = max(dark.away.shape)
    shortest, side = max(24, round(SHORTEST * longer)), max(12, round(SIDE * longer))
    level = rules_along(dark.away, dark.faintest, shortest, None, SLIM_LEVEL)
    sides = sides_between(level, dark.away, side) if level.leans and level.erased.any() else None
    upright = rules_along(dark.away.T, dark.faintest, shortest, sides, SLIM_UPRIGHT)
    return level.erased | upright.erased.T | level.bands & upright.bands.T


def sides_between(level: Rules, away: Floats, least: int) -> Sides:
    """What the sides of boxes are like that run between these level rules."""
    darkest = DARKER * float(np.percentile(away[level.erased], CORE))
    thickest = THICKER * float(np.median(level.thick)) + 0.5
    return Sides(least, level.bands.T, -float(np.median(level.leans)), darkest, thickest)


def rules_along(away: Floats, faintest: float, shortest: int, sides: Sides | None, slim: int) -> Rules:
    """The level rules.

    shortest: pixels of a rule that stands alone; slim: so many times as long as thick it is.
    """
    rules = Rules(np.zeros(away.shape, bool), np.zeros(away.shape, bool), [], [])
    ranges = [(-LEANING, LEANING, shortest, shortest, 0.0)]
    if sides:
        ranges.append((sides.lean - SQUARE, sides.lean + SQUARE, sides.least, 10**9, SHARP))
    for lowest, highest, least, alone, sharp in ranges:
        page = as_ruled(away, faintest, sharp)
        x, y = middles(page.thin & ~rules.erased)
        vain = 0
        for line in straight_lines(x, y, away.shape[1], round(0.8 * THIN * least), (lowest, highest)):
            parts = page.parts(line, min(least, PART * alone))
            likely = [(a, b) for a, b in parts if b - a >= alone]
            if long := [(a, b) for a, b in likely if b - a >= slim * thickness(page, line, (a, b))]:
                parts = long if sides and not unbroken(parts) else parts
                rules.leans.append(float(np.degrees(np.arctan(line.slope))))
                rules.thick.extend(thickness(page, line, part) for part in parts)
            else:
                parts = [side for part in parts for side in sides_of(sides, page, line, part)] if sides else []
            new = sum(erase(rules, page, line, part) for part in parts)
            vain = 0 if new >= least / 2 else vain + 1
            if vain > IN_VAIN:
                break
    return rules


def unbroken(parts: list[tuple[int, int]]) -> bool:
    """Whether there is hardly any paper between the parts of a rule."""
    return sum(last - first for first, last in parts) >= UNBROKEN * (parts[-1][1] - parts[0][0])


def sides_of(sides: Sides, page: Ruled, line: Line, part: tuple[int, int]) -> list[tuple[int, int]]:
    """The stretches of a part that run from one rule across it to the next, and are no darker and no thicker."""
    columns = np.arange(max(0, part[0] - REACH), min(page.mask.shape[1], part[1] + REACH))
    rows = line.rows(columns, len(page.mask))
    steps = np.diff(sides.ends[rows, columns].astype(np.int8))
    edges = np.flatnonzero(steps)
    pairs = zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True)
    inner = [(first + 1, after + 1) for first, after in pairs if steps[first] < 0]
    stretches = [
        (int(columns[first]), int(columns[after]))
        for first, after in inner
        if after - first >= sides.least
        and np.count_nonzero(page.near_thin[rows[first:after], columns[first:after]]) > THIN * (after - first)
        and median(page.away[rows[first:after], columns[first:after]]) <= sides.darkest
    ]
    return [each for each in stretches if thickness(page, line, each) <= sides.thickest]


def thickness(page: Ruled, line: Line, part: tuple[int, int]) -> float:
    """How many rows a part of a line is thick: the median over the columns in which it is thin; 0 without any."""
    columns = np.arange(*part)
    rows = np.rint(line.at(columns)).astype(np.int64) + np.arange(-REACH, REACH + 1)[:, None]
    on = page.thin[np.minimum(np.maximum(rows, 0), len(page.thin) - 1), columns]
    thick = on.sum(0)[on[REACH - 1 : REACH + 2].any(0)]
    return median(thick) if len(thick) else 0.0


def erase(rules: Rules, page: Ruled, line: Line, part: tuple[int, int]) -> int:
    """Add a part of a line to the rules, and the ink on it that is neither higher nor darker than the rule.

    Returns how many pixels of ink were not erased before.
    """
    columns = np.arange(max(0, part[0] - REACH), min(page.mask.shape[1], part[1] + REACH))
    curve = line.at(columns)
    top = max(0, int(curve.min()) - 12)
    rows = slice(top, max(top, int(curve.max()) + 14))
    block = rows, slice(int(columns[0]), int(columns[-1]) + 1)
    beside = np.abs(np.arange(rows.start, rows.start + len(page.mask[block]))[:, None] - curve)
    own = page.thin[block] & page.mask[block] & (beside <= 1.5)
    if not own.any():
        return 0
    thick = thickness(page, line, part)
    darkest = DARKER * median(page.away[block][own])
    thin = short_runs(page.mask[block], round(thick) + 2)
    band = beside <= thick / 2 + CLOSE
    rules.bands[block] |= band
    found = thin & band & (page.away[block] <= darkest) & ~rules.erased[block]
    rules.erased[block] |= found
    return int(np.count_nonzero(found))
