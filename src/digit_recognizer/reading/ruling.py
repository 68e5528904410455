"""The rules of lined and squared paper, of tables and of forms, erased; strokes that cross them stay.

A rule is thin, straight or slightly bowed, and long: without paper between, though strokes may cross it. The upright
sides of a form's boxes are shorter, but they run from one level rule to another. Where a stroke crosses a rule, the ink
is not thin, so the stroke keeps its pixels.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from digit_recognizer.reading.ink import Darkness, Floats, Mask
from digit_recognizer.reading.straight import Line, straight_lines

THICKEST = 1 / 180  # of the longer side: thicker lines are no rules
LEAST_THICKEST = 8  # pixels: or no more than so many, blurred edges with them
SHORTEST = 1 / 16  # of the longer side: the shortest rule
SLIM_LEVEL = 7  # times as long as thick is a level rule: no stroke of a digit is so long and straight
SLIM_UPRIGHT = 20  # and an upright rule that runs from no level rule to another: a 1 is shorter
SIDE = 1 / 60  # of the longer side: the shortest side of a box
PART = 0.5  # of the shortest rule: shorter parts of a rule are strokes
UNBROKEN = 0.8  # of a rule has ink; where it has less, its short parts are strokes that chance to stand in line
LEANING = 8.0  # degrees that rules may lean
SQUARE = 2.5  # degrees by which the sides of a box may lean otherwise
SMOOTH = 9  # columns over which a rule is averaged, against the grain
WEAK = 0.7  # of the faintest ink: a rule averaged so is as sure
SHARP = 0.4  # of the darkest ink nearby: what is fainter is the blur between the side of a box and a stroke beside it
PALER = 0.55  # of a rule's own darkness: paler parts of it are its blur
GAP = 3  # columns without ink that do not end a rule
IN_VAIN = 120  # lines in a row that are no rules: then the others, of fewer points, are none either
THIN = 0.4  # of a rule's columns are thin; in the others strokes cross it
CLOSE = 1.0  # pixels beside a rule's edge that are still the rule
REACH = 4  # pixels within which a side ends at a rule
CORE = 80  # percentile of the ink of rules that tells how dark their middle is, apart from blurred edges
DARKER = 1.5  # times as dark as the rule: that is a stroke on it
THICKER = 1.5  # times as thick as the level rules' median, and half a pixel: that is a stroke, no side of a box


@dataclass(frozen=True)
class Ruled:
    """A page as the search for level rules sees it, (H, W) each."""

    away: Floats
    mask: Mask  # ink
    thin: Mask  # of ink and faint rules what is no higher than a rule
    near_weak: Mask  # ink and faint rules, and what lies just above and below
    near_thin: Mask  # the same of what is thin
    near: Floats  # the darkest of a place, averaged, and of those just above and below

    def parts(self, line: Line) -> list[tuple[int, int]]:
        """The columns, first and after the last, between which ink lies on a line without a gap, much of it thin.

        Between a rule and a stroke in line with it the ink is much paler than on them, where they are blurred.
        """
        columns = np.arange(self.mask.shape[1])
        rows = np.clip(np.rint(line.at(columns)).astype(np.int64), 0, len(self.mask) - 1)
        on, thin, level = self.near_weak[rows, columns], self.near_thin[rows, columns], self.near[rows, columns]
        found = []
        for whole, end in runs(on):
            for first, last in runs(level[whole:end] >= PALER * np.median(level[whole:end])):
                if np.count_nonzero(thin[whole + first : whole + last]) > THIN * (last - first):
                    found.append((whole + first, whole + last))
        return found


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
            parts = [part for part in page.parts(line) if part[1] - part[0] >= min(least, PART * alone)]
            long = [(a, b) for a, b in parts if b - a >= max(alone, slim * thickness(page, line, (a, b)))]
            if long:
                unbroken = not sides or sum(b - a for a, b in parts) >= UNBROKEN * (parts[-1][1] - parts[0][0])
                parts = parts if unbroken else long
                rules.leans.append(float(np.degrees(np.arctan(line.slope))))
                rules.thick.extend(thickness(page, line, part) for part in parts)
            else:
                parts = [side for part in parts for side in sides_of(sides, page, line, part)] if sides else []
            for part in parts:
                erase(rules, page, line, part)
            vain = 0 if parts else vain + 1
            if vain > IN_VAIN:
                break
    return rules


def as_ruled(away: Floats, faintest: float, sharp: float) -> Ruled:
    """What the search for level rules needs of a page's darkness (H, W).

    sharp: of the darkest ink within SMOOTH rows; what is fainter does not make a rule thicker.
    """
    away = np.ascontiguousarray(away)
    smooth = cv2.blur(away, (SMOOTH, 1))
    weak = smooth >= WEAK * faintest
    clear = weak & (smooth >= sharp * cv2.dilate(smooth, np.ones((SMOOTH, 1), np.uint8)))
    thin = short_runs(clear, max(LEAST_THICKEST, round(THICKEST * max(away.shape))))
    three_rows = np.ones((3, 1), np.uint8)
    near_weak, near_thin = (cv2.dilate(each.astype(np.uint8), three_rows) > 0 for each in (weak, thin))
    near = np.asarray(cv2.dilate(smooth, three_rows), np.float32)
    return Ruled(away, away >= faintest, thin, np.asarray(near_weak), np.asarray(near_thin), near)


def runs(on: Mask) -> list[tuple[int, int]]:
    """The first column and that after the last of each run of ink (W,); gaps of GAP do not end one."""
    closed = cv2.morphologyEx(np.pad(on, GAP + 1)[None].astype(np.uint8), cv2.MORPH_CLOSE, np.ones((1, GAP + 1)))
    edges = np.clip(np.flatnonzero(np.diff(closed[0].astype(np.int8))) - GAP, 0, len(on))
    pairs = zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True)
    return [(first, last) for first, last in pairs if last > first]


def middles(thin: Mask) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Columns and rows, (N,) each, of the middles of upright runs in ink (H, W)."""
    framed = np.pad(np.ascontiguousarray(thin.T).astype(np.int8), ((0, 0), (1, 1)))
    steps = np.diff(framed, axis=1)
    columns, first = np.nonzero(steps == 1)
    _, after = np.nonzero(steps == -1)
    return columns.astype(np.float64), (first + after - 1) / 2


def sides_of(sides: Sides, page: Ruled, line: Line, part: tuple[int, int]) -> list[tuple[int, int]]:
    """The stretches of a part that run from one rule across it to the next, and are no darker and no thicker."""
    columns = np.arange(max(0, part[0] - REACH), min(page.mask.shape[1], part[1] + REACH))
    rows = np.clip(np.rint(line.at(columns)).astype(np.int64), 0, len(page.mask) - 1)
    steps = np.diff(sides.ends[rows, columns].astype(np.int8))
    edges = np.flatnonzero(steps)
    pairs = zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True)
    inner = [(first + 1, after + 1) for first, after in pairs if steps[first] < 0]
    stretches = [
        (int(columns[first]), int(columns[after]))
        for first, after in inner
        if after - first >= sides.least
        and np.count_nonzero(page.near_thin[rows[first:after], columns[first:after]]) > THIN * (after - first)
        and float(np.median(page.away[rows[first:after], columns[first:after]])) <= sides.darkest
    ]
    return [each for each in stretches if thickness(page, line, each) <= sides.thickest]


def thickness(page: Ruled, line: Line, part: tuple[int, int]) -> float:
    """How many rows a part of a line is thick: the median over the columns in which it is thin; 0 without any."""
    columns = np.arange(*part)
    rows = np.rint(line.at(columns)).astype(np.int64) + np.arange(-REACH, REACH + 1)[:, None]
    on = page.thin[np.clip(rows, 0, len(page.thin) - 1), columns]
    seen = on[REACH - 1 : REACH + 2].any(0)
    return float(np.median(on.sum(0)[seen])) if seen.any() else 0.0


def erase(rules: Rules, page: Ruled, line: Line, part: tuple[int, int]) -> None:
    """Add a part of a line to the rules, and the ink on it that is neither higher nor darker than the rule."""
    columns = np.arange(max(0, part[0] - REACH), min(page.mask.shape[1], part[1] + REACH))
    curve = line.at(columns)
    top = max(0, int(curve.min()) - 12)
    rows = slice(top, max(top, int(curve.max()) + 14))
    block = rows, slice(int(columns[0]), int(columns[-1]) + 1)
    beside = np.abs(np.arange(rows.start, rows.start + len(page.mask[block]))[:, None] - curve)
    own = page.thin[block] & page.mask[block] & (beside <= 1.5)
    if not own.any():
        return
    thick = thickness(page, line, part)
    darkest = DARKER * float(np.median(page.away[block][own]))
    thin = short_runs(page.mask[block], round(thick) + 2)
    band = beside <= thick / 2 + CLOSE
    rules.bands[block] |= band
    rules.erased[block] |= thin & band & (page.away[block] <= darkest)


def short_runs(mask: Mask, longest: int) -> Mask:
    """Ink (H, W) whose upright runs are no longer than `longest` pixels."""
    ink = np.pad(mask.astype(np.uint8), ((longest, longest), (0, 0)))
    opened = cv2.morphologyEx(ink, cv2.MORPH_OPEN, np.ones((longest + 1, 1), np.uint8))
    return np.asarray((ink - opened)[longest:-longest] > 0)
