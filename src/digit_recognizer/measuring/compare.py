"""Is one model really better than the other? Two or more models on the same cases, and what chance explains."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from digit_recognizer.data.spec import Labels
from digit_recognizer.measuring.auroc import delong, interval_of, smaller_class
from digit_recognizer.measuring.checks import check_lengths
from digit_recognizer.measuring.intervals import LEVEL, Interval
from digit_recognizer.measuring.paired import Paired, mcnemar, square_and_add, tango

NO_SPREAD = 1e-15  # a variance that is nothing but rounding


@dataclass(frozen=True)
class Verdict:
    """What may be said of two models: which is the better one, or that chance explains their difference."""

    better: str | None  # None where they differ only by chance
    worse: str | None
    p_value: float

    @property
    def by_chance(self) -> bool:
        """No difference is shown; nor is it shown that they are equal: the interval tells how far they may differ."""
        return self.better is None


@dataclass(frozen=True)
class Comparison:
    """Two models' predictions of the same cases. Without cases the difference is None and the p-value 1."""

    first: str
    second: str
    counts: Paired
    interval: Interval  # of the difference
    p_value: float  # exact McNemar: how often chance alone parts two equally good models as far
    adjusted_p_value: float  # Holm's, among the comparisons made together; the same for a single one
    disagreement: NDArray[np.int64] = field(
        repr=False
    )  # (D,) indices of cases for which they predict different classes

    @property
    def n(self) -> int:
        return sum(self.counts)

    @property
    def difference(self) -> float | None:
        """Accuracy of the first minus that of the second."""
        return (self.counts.only_first - self.counts.only_second) / self.n if self.n else None

    @property
    def verdict(self) -> Verdict:
        """Decided by the adjusted p-value, so that many comparisons make no discovery out of chance."""
        if self.adjusted_p_value > 1 - self.interval.level:
            return Verdict(None, None, self.adjusted_p_value)
        if self.counts.only_first > self.counts.only_second:
            return Verdict(self.first, self.second, self.adjusted_p_value)
        return Verdict(self.second, self.first, self.adjusted_p_value)

    def to_dict(self) -> dict[str, Any]:
        return {
            "first": self.first,
            "second": self.second,
            "n": self.n,
            "counts": self.counts._asdict(),
            "difference": self.difference,
            "interval": self.interval.to_dict(),
            "p_value": self.p_value,
            "adjusted_p_value": self.adjusted_p_value,
            "better": self.verdict.better,
            "by_chance": self.verdict.by_chance,
            "disagreement": self.disagreement.tolist(),
        }


@dataclass(frozen=True)
class AurocComparison:
    """Two scores of the same cases. Undefined is None: a class is empty, or has too few cases for a test."""

    first: float | None
    second: float | None
    difference: float | None  # first minus second
    interval: Interval
    z: float | None
    p_value: float | None  # DeLong's test, two-sided


def compare(
    labels: Labels,
    first: Labels,
    second: Labels,
    names: tuple[str, str] = ("first", "second"),
    level: float = LEVEL,
) -> Comparison:
    """Two models' predicted classes (N,) of the same N cases.

    The interval is Tango's (benchmarks/coverage.py shows why), the test McNemar's exact one. Both take cases as
    independent; where they come in groups, `bootstrap` the difference with `groups`.
    """
    check_lengths(labels=labels, first=first, second=second)
    actual, one, other = (np.asarray(each) for each in (labels, first, second))
    a, b = one == actual, other == actual
    counts = Paired(*(int(each.sum()) for each in (a & b, a & ~b, ~a & b, ~a & ~b)))
    p = mcnemar(counts)
    return Comparison(*names, counts, tango(counts, level), p, p, np.flatnonzero(one != other))


def compare_all(labels: Labels, predictions: Mapping[str, Labels], level: float = LEVEL) -> list[Comparison]:
    """Every pair of models, by name; their p-values adjusted by Holm's step-down, their intervals each for itself."""
    pairs = [compare(labels, predictions[a], predictions[b], (a, b), level) for a, b in combinations(predictions, 2)]
    adjusted = holm([each.p_value for each in pairs])
    return [replace(each, adjusted_p_value=p) for each, p in zip(pairs, adjusted, strict=True)]


def holm(p_values: Sequence[float]) -> list[float]:
    """p-values adjusted for their number (Holm, Scandinavian Journal of Statistics 6, 1979), in the order given.

    Rejecting those at most alpha keeps the chance of any false discovery at most alpha, whatever depends on what.
    """
    given = np.asarray(p_values, float)
    order = np.argsort(given, kind="stable")
    stepped = np.maximum.accumulate(given[order] * np.arange(len(given), 0, -1))
    adjusted = np.empty_like(given)
    adjusted[order] = np.minimum(stepped, 1.0)
    return [float(each) for each in adjusted]


def compare_aurocs(positive: ArrayLike, first: ArrayLike, second: ArrayLike, level: float = LEVEL) -> AurocComparison:
    """Two models' AUROCs on the same cases: DeLong's test, and an interval of the difference by square-and-add.

    positive: (N,) bool; first, second: (N,) scores, higher for positive. The test needs two cases of each class, and
    some spread: where both AUROCs vary by nothing, z and p are None unless the two are equal (then 0 and 1).
    """
    from scipy.stats import norm

    values, covariance = delong(positive, first, second)
    if np.isnan(values).any():
        return AurocComparison(None, None, None, Interval(level, "square-and-add", -1.0, 1.0), None, None)
    p, q = (float(each) for each in values)
    interval = difference_interval(p, q, covariance, smaller_class(positive), level)
    if covariance is None:
        return AurocComparison(p, q, p - q, interval, None, None)
    variance = float(covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1])
    if variance < NO_SPREAD:
        return AurocComparison(p, q, p - q, interval, *((0.0, 1.0) if p == q else (None, None)))
    z = (p - q) / math.sqrt(variance)
    return AurocComparison(p, q, p - q, interval, z, float(2 * norm.sf(abs(z))))


def difference_interval(
    p: float, q: float, covariance: NDArray[np.float64] | None, pairs: int, level: float
) -> Interval:
    """The interval of p - q, two AUROCs, from the interval of each and their correlation.

    covariance: (2, 2), None where it is unknown; pairs: the size of the smaller class.
    """
    own = (None, None) if covariance is None else (float(covariance[0, 0]), float(covariance[1, 1]))
    correlation = 0.0
    if covariance is not None and own[0] and own[1]:
        correlation = float(covariance[0, 1]) / math.sqrt(own[0] * own[1])
    sides = ((p, interval_of(p, own[0], pairs, level)), (q, interval_of(q, own[1], pairs, level)))
    return Interval(level, "square-and-add", *square_and_add(*sides, correlation))
