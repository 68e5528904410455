"""Confidence intervals."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Interval:
    """A confidence interval of a proportion; low and high in 0..1."""

    level: float
    method: str
    low: float
    high: float

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def wilson(correct: int, n: int, level: float = 0.95) -> Interval:
    """The score interval of a proportion (Wilson, JASA 22, 1927), as scipy computes it; 0 to 1 where n is 0."""
    from scipy.stats import binomtest

    if n == 0:
        return Interval(level, "wilson", 0.0, 1.0)
    found = binomtest(correct, n).proportion_ci(confidence_level=level, method="wilson")
    return Interval(level, "wilson", float(found.low), float(found.high))
