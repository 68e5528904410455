"""Two models on the same cases: the difference of their accuracies with its interval, and the exact McNemar test."""

from __future__ import annotations

import math
from typing import NamedTuple

from digit_recognizer.statistics.intervals import LEVEL, Interval


class Paired(NamedTuple):
    """How many cases both models, only one of them, or neither read rightly."""

    both: int
    only_first: int
    only_second: int
    neither: int


def mcnemar(counts: Paired) -> float:
    """The exact two-sided p-value of equal accuracies (McNemar 1947): a sign test of the cases that one alone reads."""
    from scipy.stats import binomtest

    _, b, c, _ = counts
    return float(binomtest(b, b + c, 0.5).pvalue) if b + c else 1.0


def tango(counts: Paired, level: float = LEVEL) -> Interval:
    """The score interval of the difference, first minus second (Tango, Statistics in Medicine 17, 1998, 891-908)."""
    from scipy.stats import norm

    n, (_, b, c, _) = sum(counts), counts
    if not n:
        return Interval(level, "tango", -1.0, 1.0)
    z = float(norm.ppf((1 + level) / 2))
    return Interval(level, "tango", tango_low(b, c, n, z), -tango_low(c, b, n, z))


def tango_low(b: float, c: float, n: float, z: float) -> float:
    """The lower limit of (b - c) / n: where the score statistic is the quantile z."""
    from scipy.optimize import brentq

    def misfit(d: float) -> float:
        linear = -b - c + (2 * n - b + c) * d
        # The share of cases that only the second reads, estimated under the difference d.
        share = (math.sqrt(max(0.0, linear**2 + 8 * n * c * d * (1 - d))) - linear) / (4 * n)
        return (b - c - n * d) - z * math.sqrt(max(0.0, n * (2 * share + d * (1 - d))))

    found = (b - c) / n - 1e-12  # at the difference found itself the variance can be nothing, and the equation idle
    return float(brentq(misfit, -1.0, found, xtol=1e-14)) if c < n else -1.0


def square_and_add(
    first: tuple[float, Interval], second: tuple[float, Interval], correlation: float
) -> tuple[float, float]:
    """Limits of a difference of two figures in 0..1 from the interval of each (Zou and Donner 2008, "MOVER")."""
    (p, of_p), (q, of_q) = first, second

    def reach(one: float, other: float) -> float:
        return math.sqrt(max(0.0, one**2 - 2 * correlation * one * other + other**2))

    low = p - q - reach(p - of_p.low, of_q.high - q)
    high = p - q + reach(of_p.high - p, q - of_q.low)
    return max(-1.0, low), min(1.0, high)
