"""Is one model really better than the other? Two or more models on the same cases, and what chance explains."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from digit_recognizer.data.spec import Labels
from digit_recognizer.statistics.checks import check_lengths
from digit_recognizer.statistics.clustered import clustered_difference
from digit_recognizer.statistics.intervals import LEVEL, Interval
from digit_recognizer.statistics.paired import Paired, mcnemar, tango

TESTS = ("mcnemar, exact", "obuchowski, clustered")


@dataclass(frozen=True)
class _Verdict:
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
    p_value: float  # how often chance alone parts two equally good models as far
    adjusted_p_value: float  # Holm's, among the comparisons made together; the same for a single one
    test: str  # behind the p-value: one of TESTS
    disagreement: NDArray[np.int64] = field(repr=False)  # (D,) indices of cases that are predicted differently

    @property
    def n(self) -> int:
        return sum(self.counts)

    @property
    def difference(self) -> float | None:
        """Accuracy of the first minus that of the second."""
        return (self.counts.only_first - self.counts.only_second) / self.n if self.n else None

    @property
    def verdict(self) -> _Verdict:
        """Decided by the adjusted p-value, so that many comparisons make no discovery out of chance."""
        if self.adjusted_p_value > 1 - self.interval.level:
            return _Verdict(None, None, self.adjusted_p_value)
        if self.counts.only_first > self.counts.only_second:
            return _Verdict(self.first, self.second, self.adjusted_p_value)
        return _Verdict(self.second, self.first, self.adjusted_p_value)

    def to_dict(self) -> dict[str, Any]:
        return {
            "first": self.first,
            "second": self.second,
            "n": self.n,
            "counts": self.counts._asdict(),
            "difference": self.difference,
            "interval": self.interval.to_dict(),
            "test": self.test,
            "p_value": self.p_value,
            "adjusted_p_value": self.adjusted_p_value,
            "better": self.verdict.better,
            "by_chance": self.verdict.by_chance,
            "disagreement": self.disagreement.tolist(),
        }


def compare(
    labels: Labels,
    first: Labels,
    second: Labels,
    names: tuple[str, str] = ("first", "second"),
    level: float = LEVEL,
    groups: ArrayLike | None = None,
) -> Comparison:
    """Two models' predicted classes (N,) of the same N cases.

    The interval is Tango's (benchmarks/coverage.py shows why), the test McNemar's exact one. Both take cases as
    independent; where they come in groups (N,) (writers, patients), `clustered_difference` gives both.
    """
    check_lengths(labels=labels, first=first, second=second, groups=groups)
    actual, one, other = (np.asarray(each) for each in (labels, first, second))
    a, b = one == actual, other == actual
    counts = Paired(*(int(each.sum()) for each in (a & b, a & ~b, ~a & b, ~a & ~b)))
    if groups is None:
        interval, p, test = tango(counts, level), mcnemar(counts), TESTS[0]
    else:
        (interval, p), test = clustered_difference(a, b, groups, level), TESTS[1]
    return Comparison(*names, counts, interval, p, p, test, np.flatnonzero(one != other))


def compare_all(
    labels: Labels, predictions: Mapping[str, Labels], level: float = LEVEL, groups: ArrayLike | None = None
) -> list[Comparison]:
    """Every pair of models, by name; their p-values adjusted by Holm's step-down, their intervals each for itself."""
    named = combinations(predictions, 2)
    pairs = [compare(labels, predictions[a], predictions[b], (a, b), level, groups) for a, b in named]
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
