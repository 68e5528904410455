"""Two models on the same cases: the difference of their accuracies with its interval, and the exact McNemar test.

All take the four counts of cases that both, only the first, only the second, or neither read rightly.
"""

from __future__ import annotations

import math

from digit_recognizer.measuring.intervals import LEVEL, Interval, wilson


def mcnemar(only_first: int, only_second: int) -> float:
    """The exact two-sided p-value of equal accuracies (McNemar 1947): a sign test of the cases read rightly by one only."""
    from scipy.stats import binomtest

    return float(binomtest(only_first, only_first + only_second, 0.5).pvalue) if only_first + only_second else 1.0


def tango(both: int, only_first: int, only_second: int, neither: int, level: float = LEVEL) -> Interval:
    """The score interval of the difference, first minus second (Tango, Statistics in Medicine 17, 1998)."""
    n = both + only_first + only_second + neither
    if not n:
        return Interval(level, "tango", -1.0, 1.0)
    low, turned = (tango_low(*pair, n, level) for pair in ((only_first, only_second), (only_second, only_first)))
    return Interval(level, "tango", low, -turned)


def tango_low(b: int, c: int, n: int, level: float) -> float:
    """The lower limit of (b - c) / n: where the score statistic is the normal quantile."""
    from scipy.optimize import brentq
    from scipy.stats import norm

    z = float(norm.ppf((1 + level) / 2))

    def misfit(d: float) -> float:
        linear = -b - c + (2 * n - b + c) * d
        # The share of cases that only the second reads, estimated under the difference d.
        share = (math.sqrt(max(0.0, linear**2 + 8 * n * c * d * (1 - d))) - linear) / (4 * n)
        return (b - c - n * d) - z * math.sqrt(max(0.0, n * (2 * share + d * (1 - d))))

    return -1.0 if c == n else float(brentq(misfit, -1.0, (b - c) / n, xtol=1e-14))


def newcombe(both: int, only_first: int, only_second: int, neither: int, level: float = LEVEL) -> Interval:
    """The difference, first minus second, from two Wilson intervals (Newcombe, Statistics in Medicine 17, 1998, 2635-2650).

    His method 10: square-and-add, with the correlation of the two corrected for continuity.
    """
    n = both + only_first + only_second + neither
    if not n:
        return Interval(level, "newcombe, paired", -1.0, 1.0)
    right = (both + only_first, both + only_second)
    margins = math.prod(right) * (n - right[0]) * (n - right[1])
    cross = both * neither - only_first * only_second
    corrected = max(cross - n / 2, 0) if cross > 0 else cross
    correlation = corrected / math.sqrt(margins) if margins else 0.0
    low, high = square_and_add(*((count / n, wilson(count, n, level)) for count in right), correlation=correlation)
    return Interval(level, "newcombe, paired", low, high)


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
