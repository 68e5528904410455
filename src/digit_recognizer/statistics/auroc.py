"""The AUROC of two classes with its interval, and the covariance of several on the same cases.

scikit-learn has the area and no interval; DeLong's variance is computed here, by the midranks of Sun and Xu.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from digit_recognizer.statistics.checks import checked_scores
from digit_recognizer.statistics.intervals import LEVEL, Interval

_METHOD = "delong, logit"


def delong(positive: ArrayLike, *scores: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64] | None]:
    """AUROCs (M,) of M models on the same N cases and their covariance (M, M).

    positive: (N,) bool, or 0 and 1; scores: M of (N,), higher for positive. Ties count one half. DeLong, DeLong and
    Clarke-Pearson (Biometrics 44, 1988), by the algorithm of Sun and Xu (IEEE Signal Processing Letters 21, 2014).
    The AUROCs are nan where a class is empty (`auroc` says None); the covariance is None with fewer than two of one.
    """
    from scipy.stats import rankdata

    actual, table = checked_scores(positive, *scores)
    m, n = int(actual.sum()), int((~actual).sum())
    if not m or not n:
        return np.full(len(table), np.nan), None
    ranks = rankdata(table, axis=1)
    # Each positive's share of negatives below it, (M, m), and each negative's share of positives above it, (M, n).
    above = (ranks[:, actual] - rankdata(table[:, actual], axis=1)) / n
    below = 1 - (ranks[:, ~actual] - rankdata(table[:, ~actual], axis=1)) / m
    if m < 2 or n < 2:
        return above.mean(axis=1), None
    return above.mean(axis=1), np.atleast_2d(np.cov(above)) / m + np.atleast_2d(np.cov(below)) / n


def auroc(positive: ArrayLike, score: ArrayLike) -> float | None:
    """The area under the ROC curve, 0..1, by scikit-learn: the chance that a positive case scores above a negative one.

    None where either class is empty.
    """
    from sklearn.metrics import roc_auc_score

    actual, (values,) = checked_scores(positive, score)
    # Ranks: scikit-learn takes no infinite score, and log odds can be infinite.
    places = np.unique(values, return_inverse=True)[1]
    return float(roc_auc_score(actual, places)) if 0 < actual.sum() < len(actual) else None


def auroc_interval(positive: ArrayLike, score: ArrayLike, level: float = LEVEL) -> Interval:
    """DeLong's interval of an AUROC, computed of its log odds (Pepe 2003, section 5.2.4) and so within 0..1.

    The logit is the default because its coverage is nearer to the level than that of the plain interval wherever the
    AUROC is above .9 (benchmarks/coverage.py). It still is too short with few cases of one class and an AUROC near 1.
    0 to 1 where a class is empty.
    """
    (value,), covariance = delong(positive, score)
    if np.isnan(value):
        return Interval(level, _METHOD, 0.0, 1.0)
    variance = None if covariance is None else float(covariance[0, 0])
    return interval_of(float(value), variance, smaller_class(positive), level)


def smaller_class(positive: ArrayLike) -> int:
    """How many cases the class with fewer has."""
    actual = np.asarray(positive, bool)
    return min(int(actual.sum()), int((~actual).sum()))


def interval_of(value: float, variance: float | None, pairs: int, level: float) -> Interval:
    """The interval of an AUROC by its variance; pairs: the size of the smaller class.

    A variance of nothing (perfect separation, all scores tied) or none at all (one case of a class) would claim a
    certainty that is not there. No AUROC varies more than a share of so many disjoint pairs (Birnbaum and Klose 1957),
    so that the exact interval of that share stands in.
    """
    from scipy.stats import norm

    if not variance or not 0 < value < 1:
        low, high = _exact_limits(value, pairs, level)
        return Interval(level, "clopper-pearson of disjoint pairs", low, high)
    middle = math.log(value / (1 - value))
    half = float(norm.ppf((1 + level) / 2)) * math.sqrt(variance) / (value * (1 - value))
    return Interval(level, _METHOD, 1 / (1 + math.exp(half - middle)), 1 / (1 + math.exp(-half - middle)))


def _exact_limits(share: float, size: int, level: float) -> tuple[float, float]:
    """Clopper and Pearson's limits of a share of `size` cases whose count need not be whole."""
    from scipy.stats import beta

    tail, count = (1 - level) / 2, share * size
    low = float(beta.ppf(tail, count, size - count + 1)) if share > 0 else 0.0
    return low, float(beta.ppf(1 - tail, count + 1, size - count)) if share < 1 else 1.0
