"""Intervals that those of the package are compared with."""

from __future__ import annotations

import math

from scipy.optimize import brentq
from scipy.stats import binomtest, norm

from digit_recognizer.statistics.intervals import LEVEL, Interval, wilson
from digit_recognizer.statistics.paired import Paired, square_and_add


def clopper_pearson(correct: int, n: int, level: float = LEVEL) -> Interval:
    """The exact interval of a proportion (Clopper and Pearson, Biometrika 26, 1934), by scipy; 0 to 1 where n is 0.

    Its coverage is never below the level, and mostly well above.
    """
    if n == 0:
        return Interval(level, "clopper-pearson", 0.0, 1.0)
    found = binomtest(correct, n).proportion_ci(confidence_level=level, method="exact")
    return Interval(level, "clopper-pearson", float(found.low), float(found.high))


def newcombe_auroc(value: float, positives: int, negatives: int, level: float = LEVEL) -> Interval:
    """The interval of an AUROC by the size of the classes alone (Newcombe, Statistics in Medicine 25, 2006, method 5).

    value: 0..1. A score interval: the variance is Hanley and McNeil's (1982) at each limit, so that few cases and an
    AUROC near 1 do not shorten it; where the scores of one class spread much wider than the other's it is too short.
    """
    if not positives or not negatives:
        return Interval(level, "newcombe", 0.0, 1.0)
    z, more = float(norm.ppf((1 + level) / 2)), (positives + negatives) / 2 - 1

    def misfit(area: float, sign: float) -> float:
        spread = area * (1 - area) * (1 + more * ((1 - area) / (2 - area) + area / (1 + area)))
        return sign * (value - area) - z * math.sqrt(spread / (positives * negatives))

    edge = 1e-12  # at 0 and at 1 itself the spread is nothing, and the equation holds without meaning
    low = float(brentq(misfit, 0.0, min(value, 1 - edge), args=(1.0,))) if value > 0 else 0.0
    high = float(brentq(misfit, max(value, edge), 1.0, args=(-1.0,))) if value < 1 else 1.0
    return Interval(level, "newcombe", low, high)


def newcombe(counts: Paired, level: float = LEVEL) -> Interval:
    """The difference, first minus second, from two Wilson intervals (Newcombe, Stat. Med. 17, 1998, 2635-2650).

    His method 10: square-and-add, with the correlation of the two corrected for continuity.
    """
    n, (both, b, c, neither) = sum(counts), counts
    if not n:
        return Interval(level, "newcombe, paired", -1.0, 1.0)
    first, second = both + b, both + c
    margins = first * second * (n - first) * (n - second)
    cross = both * neither - b * c
    corrected = max(cross - n / 2, 0) if cross > 0 else cross
    correlation = corrected / math.sqrt(margins) if margins else 0.0
    sides = ((first / n, wilson(first, n, level)), (second / n, wilson(second, n, level)))
    return Interval(level, "newcombe, paired", *square_and_add(*sides, correlation))
