"""The rules of lined and squared paper and of forms, erased; strokes that cross them stay.

A rule is thin, and a long chain of thin pixels that runs along one smooth curve. Where a stroke crosses it, the ink is
not thin, so the stroke keeps its pixels. A short side of a form's box is a straight line from rule to rule.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from digit_recognizer.reading.ink import Floats, Mask

Indices = NDArray[np.int64]

THICKEST = 1 / 220  # of the longer side
LONG = 1 / 12  # of the longer side: the shortest rule
FLAT = 5  # times as long as it is high, so that it leans up to 11 degrees
CLOSE = 1.5  # pixels beside a rule's curve that are still the rule
FOLLOWED = 0.7  # of a chain's columns must lie on its curve
DARKER = 1.5  # times as dark as the rule: that is a stroke on it


def without_rules(mask: Mask, strength: Floats) -> tuple[Mask, Mask]:
    """Ink (H, W) without rules, and the rules that were there, (H, W): they part a form's boxes."""
    thickest = max(3, round(THICKEST * max(mask.shape)))
    shortest = max(24, round(LONG * max(mask.shape)))
    level = level_rules(mask, strength, thickest, shortest, None)
    upright = level_rules(mask.T, strength.T, thickest, shortest, None).T
    sides = level_rules(mask.T & ~upright.T, strength.T, thickest, 3 * thickest, level.T).T if level.any() else level
    caps = level_rules(mask & ~level, strength, thickest, 3 * thickest, upright) if upright.any() else upright
    rules = level | upright | sides | caps
    return mask & ~rules, rules


def level_rules(mask: Mask, strength: Floats, thickest: int, shortest: int, between: Mask | None) -> Mask:
    """The level rules in ink (H, W); where `between` is given, those that run from one of its rules to another."""
    ink = np.ascontiguousarray(mask, np.uint8)
    strength = np.ascontiguousarray(strength)
    thin = ink - cv2.morphologyEx(ink, cv2.MORPH_OPEN, np.ones((thickest + 1, 1), np.uint8))
    chains = cv2.morphologyEx(thin, cv2.MORPH_CLOSE, np.ones((1, 2 * thickest + 1), np.uint8))
    count, labels, stats, _ = cv2.connectedComponentsWithStats(chains, connectivity=8)
    rules = np.zeros(mask.shape, bool)
    likely = (stats[:, 2] >= shortest) & (stats[:, 2] >= FLAT * stats[:, 3])
    for number in (np.flatnonzero(likely[1:]) + 1).tolist():
        left, top, wide, high, _ = stats[number].tolist()
        if between is not None and not joins(between, left, top, wide, high, thickest):
            continue
        reach = thickest + 2
        part = slice(max(0, top - reach), top + high + reach), slice(left, left + wide)
        chain = (labels[part] == number) & (thin[part] > 0)
        rules[part] |= on_the_rule(chain, mask[part], strength[part], thickest)
    return rules


def joins(rules: Mask, left: int, top: int, wide: int, high: int, reach: int) -> bool:
    """Whether there are upright rules at both ends of a level chain."""
    rows = slice(max(0, top - reach), top + high + reach)
    before = rules[rows, max(0, left - reach) : left + reach]
    after = rules[rows, max(0, left + wide - reach) : left + wide + reach]
    return bool(before.any() and after.any())


def on_the_rule(chain: Mask, mask: Mask, strength: Floats, thickest: int) -> Mask:
    """The ink (h, w) around a chain that lies on its curve and is no darker than it; none where it follows no curve."""
    nothing = np.zeros(mask.shape, bool)
    thickness = chain.sum(0)
    columns = np.flatnonzero(thickness)
    rows = (np.arange(len(chain)) @ chain)[columns] / thickness[columns]
    curve, followed = smooth_curve(columns, rows)
    half = float(np.median(thickness[columns])) / 2 + CLOSE
    if followed < FOLLOWED or len(columns) < FOLLOWED * chain.shape[1] or half > thickest:
        return nothing
    beside = np.abs(np.arange(len(chain))[:, None] - curve(np.arange(chain.shape[1]))) <= half
    thin = short_runs(mask, round(2 * half) + 1)
    darkest = DARKER * float(np.median(strength[chain]))
    return np.asarray(beside & thin & (strength <= darkest))


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
