"""Does one model rank cases really better than the other? AUROCs of two or more models on the same cases."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from digit_recognizer.data.spec import Labels
from digit_recognizer.statistics.auroc import delong, interval_of, smaller_class
from digit_recognizer.statistics.compare import holm
from digit_recognizer.statistics.intervals import LEVEL, Interval
from digit_recognizer.statistics.paired import square_and_add

_NO_SPREAD = 1e-15  # a variance that is nothing but rounding


@dataclass(frozen=True)
class _AurocComparison:
    """Two scores of the same cases. Undefined is None: a class is empty, or has too few cases for a test."""

    first: float | None
    second: float | None
    difference: float | None  # first minus second
    interval: Interval
    z: float | None
    p_value: float | None  # DeLong's test, two-sided
    adjusted_p_value: float | None = None  # Holm's, among the comparisons made together

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def compare_all_aurocs(
    labels: Labels, probabilities: Mapping[str, NDArray[np.float64]], classes: tuple[str, ...], level: float = LEVEL
) -> list[dict[str, Any]]:
    """Every pair of models, and every class against the others: rows of models, class and AurocComparison's fields.

    labels: (N,) 0..K-1; probabilities: (N, K) of each model by name. Of two classes the second alone is compared: the
    first gives the same. p-values are adjusted by Holm's step-down over all rows. Cases are taken as independent.
    """
    chosen = [1] if len(classes) == 2 else range(len(classes))
    keys = [(a, b, label) for a, b in combinations(probabilities, 2) for label in chosen]
    found = [
        compare_aurocs(labels == label, probabilities[a][:, label], probabilities[b][:, label], level)
        for a, b, label in keys
    ]
    tested = [i for i, each in enumerate(found) if each.p_value is not None]
    for i, p in zip(tested, holm([found[i].p_value or 0.0 for i in tested]), strict=True):
        found[i] = replace(found[i], adjusted_p_value=p)
    return [
        {"models": [a, b], "class": classes[label], **each.to_dict()}
        for (a, b, label), each in zip(keys, found, strict=True)
    ]


def compare_aurocs(positive: ArrayLike, first: ArrayLike, second: ArrayLike, level: float = LEVEL) -> _AurocComparison:
    """Two models' AUROCs on the same cases: DeLong's test, and an interval of the difference by square-and-add.

    positive: (N,) bool; first, second: (N,) scores, higher for positive. The test needs two cases of each class, and
    some spread: where both AUROCs vary by nothing, z and p are None unless the two are equal (then 0 and 1).
    """
    from scipy.stats import norm

    values, covariance = delong(positive, first, second)
    if np.isnan(values).any():
        return _AurocComparison(None, None, None, Interval(level, "square-and-add", -1.0, 1.0), None, None)
    p, q = (float(each) for each in values)
    interval = _difference_interval(p, q, covariance, smaller_class(positive), level)
    if covariance is None:
        return _AurocComparison(p, q, p - q, interval, None, None)
    variance = float(covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1])
    if variance < _NO_SPREAD:
        return _AurocComparison(p, q, p - q, interval, *((0.0, 1.0) if p == q else (None, None)))
    z = (p - q) / math.sqrt(variance)
    return _AurocComparison(p, q, p - q, interval, z, float(2 * norm.sf(abs(z))))


def _difference_interval(
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
