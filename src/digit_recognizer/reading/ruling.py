"""The rules of lined and squared paper and of forms, erased; strokes that cross them stay.

A rule is thin, and a long chain of thin pixels that runs along one smooth curve. Where a stroke crosses it, the ink is
not thin, so the stroke keeps its pixels. A form's box is what surrounds a rectangle of paper.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from digit_recognizer.reading.ink import Darkness, Floats, Mask

Indices = NDArray[np.int64]

THICKEST = 1 / 220  # of the longer side: a rule of lined or squared paper
THICKEST_SIDE = 1 / 150  # of the longer side: a side of a form's box
LONG = 1 / 12  # of the longer side: the shortest rule
FLAT = 5  # times as long as it is high, so that it leans up to 11 degrees
CLOSE = 1.5  # pixels beside a rule's curve that are still the rule
FOLLOWED = 0.7  # of a chain's columns must lie on its curve
ACROSS = 0.5  # of the page: rules of squared paper are seen so far in both directions
LEAST_BOX = 3  # times as wide as a rule is thick
RECTANGULAR = 0.9  # of its rectangle: the hull of a box's inside covers so much, that of a digit's loop less
OPEN = 0.4  # of its rectangle: so much of a box is paper
FOUND = 0.45  # of a box's inner edge are rules that are already found: then it is no box
DARKER = 1.5  # times as dark as the rule: that is a stroke on it


def find_rules(dark: Darkness) -> Mask:
    """Where the rules of a page lie, (h, w)."""
    mask, away = dark.away >= dark.faintest, dark.away
    thickest = max(3, round(THICKEST * max(mask.shape)))
    shortest = max(24, round(LONG * max(mask.shape)))
    level = level_rules(mask, away, thickest, shortest)
    upright = level_rules(mask.T, away.T, thickest, shortest).T
    if level.any(0).mean() >= ACROSS and upright.any(1).mean() >= ACROSS:  # squared paper, whose squares are no boxes
        return level | upright
    return level | upright | box_sides(mask, level | upright, max(4, round(THICKEST_SIDE * max(mask.shape))))


def box_sides(mask: Mask, rules: Mask, thickest: int) -> Mask:
    """The sides of boxes in ink (H, W): what surrounds a hole whose convex hull is a rectangle, a digit in it or not.

    What lies between two rules and two upright strokes is none.
    """
    ink = mask.astype(np.uint8)
    contours, hierarchy = cv2.findContours(ink, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE)
    sides = np.zeros(mask.shape, bool)
    for contour, (_, _, _, parent) in zip(contours, hierarchy[0] if contours else [], strict=True):
        if parent < 0 or min(cv2.boundingRect(contour)[2:]) < LEAST_BOX * thickest:
            continue
        hull = np.asarray(cv2.convexHull(contour), np.int32)
        _, (length, width), _ = cv2.minAreaRect(hull)
        if cv2.contourArea(hull) < RECTANGULAR * length * width or cv2.contourArea(contour) < OPEN * length * width:
            continue
        edge, rows, columns = ring_around(hull, mask.shape, 2)
        if np.count_nonzero(edge & rules[rows, columns]) < FOUND * np.count_nonzero(edge):
            ring, rows, columns = ring_around(hull, mask.shape, thickest)
            sides[rows, columns] |= ring & mask[rows, columns]
    return sides


def ring_around(hull: NDArray[np.int32], shape: tuple[int, ...], reach: int) -> tuple[Mask, slice, slice]:
    """What lies at most `reach` pixels around a convex polygon, and the rows and columns where that is."""
    left, top, wide, high = cv2.boundingRect(hull)
    border = reach + 3
    inside = np.zeros((high + 2 * border, wide + 2 * border), np.uint8)
    cv2.fillConvexPoly(inside, hull - (left - border, top - border), 1)
    around = cv2.dilate(inside, np.ones((2 * reach + 1,) * 2, np.uint8))
    ring = (around - cv2.erode(inside, np.ones((3, 3), np.uint8))) > 0
    rows = slice(max(0, top - border), min(shape[0], top + high + border))
    columns = slice(max(0, left - border), min(shape[1], left + wide + border))
    y, x = rows.start - top + border, columns.start - left + border
    return ring[y : y + rows.stop - rows.start, x : x + columns.stop - columns.start], rows, columns


def level_rules(mask: Mask, away: Floats, thickest: int, shortest: int) -> Mask:
    """The level rules in ink (H, W)."""
    ink = np.ascontiguousarray(mask, np.uint8)
    away = np.ascontiguousarray(away)
    thin = ink - cv2.morphologyEx(ink, cv2.MORPH_OPEN, np.ones((thickest + 1, 1), np.uint8))
    chains = cv2.morphologyEx(thin, cv2.MORPH_CLOSE, np.ones((1, 2 * thickest + 1), np.uint8))
    _, labels, stats, _ = cv2.connectedComponentsWithStats(chains, connectivity=8)
    rules = np.zeros(mask.shape, bool)
    likely = (stats[:, 2] >= shortest) & (stats[:, 2] >= FLAT * stats[:, 3])
    for number in (np.flatnonzero(likely[1:]) + 1).tolist():
        left, top, wide, high, _ = stats[number].tolist()
        aside = thickest + 2 + high
        part = slice(max(0, top - aside), top + high + aside), slice(max(0, left - shortest), left + wide + shortest)
        chain = (labels[part] == number) & (thin[part] > 0)
        rules[part] |= on_the_rule(chain, mask[part], away[part], thickest)
    return rules


def on_the_rule(chain: Mask, mask: Mask, away: Floats, thickest: int) -> Mask:
    """The ink (h, w) that lies on a chain's curve, drawn on to both sides, and is no darker than the chain.

    A rule is faint beside a dark stroke and may be lost there, so its parts may be shorter than it. None where the
    chain follows no curve.
    """
    nothing = np.zeros(mask.shape, bool)
    thickness = chain.sum(0)
    columns = np.flatnonzero(thickness)
    rows = (np.arange(len(chain)) @ chain)[columns] / thickness[columns]
    curve, followed = smooth_curve(columns, rows)
    thick = float(np.median(thickness[columns]))
    half = thick / 2 + CLOSE
    if followed < FOLLOWED or len(columns) < FOLLOWED * np.ptp(columns) or thick > thickest:
        return nothing
    beside = np.abs(np.arange(len(chain))[:, None] - curve(np.arange(chain.shape[1]))) <= half
    thin = short_runs(mask, round(thick) + 2)
    darkest = DARKER * float(np.median(away[chain]))
    return np.asarray(beside & thin & (away <= darkest))


def smooth_curve(columns: Indices, rows: NDArray[np.float64]) -> tuple[np.polynomial.Polynomial, float]:
    """A parabola through most of the points (n,), and the share of them that lies on it."""
    kept = np.ones(len(columns), bool)
    curve = np.polynomial.Polynomial([float(np.median(rows))])
    for _ in range(3):
        if kept.sum() < 3:
            break
        curve = np.polynomial.Polynomial.fit(columns[kept], rows[kept], 2)
        away = np.abs(rows - curve(columns))
        kept = away <= max(CLOSE, 1.5 * float(np.median(away)))
    return curve, float(np.mean(np.abs(rows - curve(columns)) <= CLOSE))


def short_runs(mask: Mask, longest: int) -> Mask:
    """Ink (H, W) whose upright runs are no longer than `longest` pixels."""
    ink = np.pad(mask.astype(np.uint8), ((longest, longest), (0, 0)))
    opened = cv2.morphologyEx(ink, cv2.MORPH_OPEN, np.ones((longest + 1, 1), np.uint8))
    return np.asarray((ink - opened)[longest:-longest] > 0)
