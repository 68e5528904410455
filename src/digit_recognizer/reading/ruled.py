"""A page as the search for its level rules sees it: ink that is thin, and the stretches of a line on which it lies."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from digit_recognizer.images.opencv import cv2
from digit_recognizer.reading.ink import Floats, Mask
from digit_recognizer.reading.straight import Line, median

THICKEST = 1 / 180  # of the longer side: thicker lines are no rules
LEAST_THICKEST = 8  # pixels: or no more than so many, blurred edges with them
SMOOTH = 9  # columns over which a rule is averaged, against the grain
WEAK = 0.7  # of the faintest ink: a rule averaged so is as sure
PALER = 0.55  # of a rule's own darkness: paler parts of it are its blur
GAP = 3  # columns without ink that do not end a rule
THIN = 0.4  # of a rule's columns are thin; in the others strokes cross it


@dataclass(frozen=True)
class Ruled:
    """A page as the search for level rules sees it, (H, W) each."""

    away: Floats
    mask: Mask  # ink
    thin: Mask  # of ink and faint rules what is no higher than a rule
    near_weak: Mask  # ink and faint rules, and what lies just above and below
    near_thin: Mask  # the same of what is thin
    near: Floats  # the darkest of a place, averaged, and of those just above and below

    def parts(self, line: Line, least: float) -> list[tuple[int, int]]:
        """The columns, first and after the last, between which ink lies on a line without a gap, much of it thin.

        least: columns of a part; shorter ones are left out.

        Between a rule and a stroke in line with it the ink is much paler than on them, where they are blurred.
        """
        columns = np.arange(self.mask.shape[1])
        rows = line.rows(columns, len(self.mask))
        on, thin, level = self.near_weak[rows, columns], self.near_thin[rows, columns], self.near[rows, columns]
        found = []
        for whole, end in runs(on, least):
            for first, last in runs(level[whole:end] >= PALER * median(level[whole:end]), least):
                if np.count_nonzero(thin[whole + first : whole + last]) > THIN * (last - first):
                    found.append((whole + first, whole + last))
        return found


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


def runs(on: Mask, least: float) -> list[tuple[int, int]]:
    """The first column and that after the last of each run of ink (W,) so long; gaps of GAP do not end one."""
    columns = np.flatnonzero(on)
    if len(columns) < max(1, least) / (GAP + 1):
        return []
    ends = np.flatnonzero(np.diff(columns) > GAP + 1)
    first, last = columns[np.concatenate([[0], ends + 1])], columns[np.concatenate([ends, [-1]])] + 1
    long = last - first >= max(1, least)
    return list(zip(first[long].tolist(), last[long].tolist(), strict=True))


def middles(thin: Mask) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Columns and rows, (N,) each, of the middles of upright runs in ink (H, W)."""
    framed = np.pad(np.ascontiguousarray(thin.T).astype(np.int8), ((0, 0), (1, 1)))
    steps = np.diff(framed, axis=1)
    columns, first = np.nonzero(steps == 1)
    _, after = np.nonzero(steps == -1)
    return columns.astype(np.float64), (first + after - 1) / 2


def short_runs(mask: Mask, longest: int) -> Mask:
    """Ink (H, W) whose upright runs are no longer than `longest` pixels."""
    ink = np.pad(mask.astype(np.uint8), ((longest, longest), (0, 0)))
    opened = cv2.morphologyEx(ink, cv2.MORPH_OPEN, np.ones((longest + 1, 1), np.uint8))
    return np.asarray((ink - opened)[longest:-longest] > 0)
