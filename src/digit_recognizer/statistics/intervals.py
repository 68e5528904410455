"""Confidence intervals of a proportion of independent cases.

One rule wherever the data say nothing: an interval is all that its figure can be, 0 to 1 for a proportion or an AUROC
and -1 to 1 for a difference of two. Only `bootstrap` knows no such range; it gives None.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

LEVEL = 0.95


@dataclass(frozen=True)
class Interval:
    """A confidence interval; low and high in the unit of the figure, 0..1 for a proportion."""

    level: float
    method: str
    low: float
    high: float

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def wilson(correct: int, n: int, level: float = LEVEL) -> Interval:
    """The score interval of a proportion (Wilson, JASA 22, 1927), as scipy computes it; 0 to 1 where n is 0.

    The default for a proportion: over p its coverage is nearest to the level (benchmarks/coverage.py), though it can
    fall below it where p is very near 0 or 1.
    """
    from scipy.stats import binomtest

    if n == 0:
        return Interval(level, "wilson", 0.0, 1.0)
    found = binomtest(correct, n).proportion_ci(confidence_level=level, method="wilson")
    return Interval(level, "wilson", float(found.low), float(found.high))


def student_interval(mean: float, deviation: float, n: int, level: float, over: str) -> Interval:
    """Student's interval of the mean of n >= 2 values of this deviation; over: what the values are of, in words."""
    from scipy.stats import t

    margin = float(t.ppf((1 + level) / 2, n - 1)) * deviation / n**0.5
    return Interval(level, f"student t over {over}", mean - margin, mean + margin)


def score_limits(share: float, size: float, quantile: float) -> tuple[float, float]:
    """Wilson's limits of a share among `size` > 0 cases, for a size that is no whole number (scipy's takes counts).

    quantile: of the normal or of Student's distribution, above 0.
    """
    middle = share + quantile**2 / (2 * size)
    half = quantile * (share * (1 - share) / size + quantile**2 / (4 * size**2)) ** 0.5
    scale = 1 + quantile**2 / size
    low, high = max(0.0, (middle - half) / scale), min(1.0, (middle + half) / scale)
    return low if share > 0 else 0.0, high if share < 1 else 1.0  # in floats the two halves need not cancel
