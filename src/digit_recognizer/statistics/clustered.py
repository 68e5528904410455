"""Intervals for cases that come in groups: images of one writer, scans of one patient, are more alike than others."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from digit_recognizer.statistics.checks import check_lengths
from digit_recognizer.statistics.intervals import LEVEL, Interval, score_limits, wilson
from digit_recognizer.statistics.paired import tango_low

_METHOD, _PAIRED_METHOD = "wilson, clustered", "tango, clustered"


@dataclass(frozen=True)
class _GroupFigures:
    """How one group (a writer, a patient, a site) fared."""

    name: str
    n: int
    correct: int
    accuracy: float
    interval: Interval  # Wilson's, of this group's cases alone

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def per_group(right: ArrayLike, groups: ArrayLike) -> list[_GroupFigures]:
    """The accuracy of each group, in the order of their names. right: (N,) bool; groups: (N,)."""
    check_lengths(cases=right, groups=groups)
    correct, sizes = _counts_by_group(right, groups)
    names = np.unique(np.asarray(groups)).tolist()
    return [
        _GroupFigures(str(name), size, int(hits), hits / size, wilson(int(hits), size))
        for name, hits, size in zip(names, correct.tolist(), sizes.tolist(), strict=True)
    ]


def proportion_interval(right: ArrayLike, groups: ArrayLike | None = None, level: float = LEVEL) -> Interval:
    """The default interval of a proportion: Wilson's, and clustered where the groups are known.

    right: (N,) bool. groups: (N,) of anything comparable, equal for cases of one writer or patient.
    """
    if groups is not None:
        return clustered_wilson(right, groups, level)
    return wilson(int(np.sum(right)), len(np.asarray(right)), level)


def clustered_wilson(right: ArrayLike, groups: ArrayLike, level: float = LEVEL) -> Interval:
    """Wilson's interval with N divided by the design effect (Rao and Scott, Biometrics 48, 1992), Student's quantile.

    right: (N,) bool; groups: (N,). The share is a ratio estimate over C groups, its variance that of Cochran (1977,
    section 3.12); Saha, Miller and Wang (2016) find such an interval the best of its kind. The design effect is not let
    below 1, and C - 1 degrees of freedom stand in place of the normal. Where all cases are right, or all wrong, nothing
    tells how alike a group is, and each group counts as one case. 0 to 1 where there are fewer than two groups.
    """
    from scipy.stats import t

    check_lengths(cases=right, groups=groups)
    correct, sizes = _counts_by_group(right, groups)
    clusters, n = len(sizes), int(sizes.sum())
    if clusters < 2:
        return Interval(level, _METHOD, 0.0, 1.0)
    share = float(correct.sum() / n)
    spread = share * (1 - share) / n  # the variance, were all cases independent
    variance = clusters / (clusters - 1) * float(((correct - share * sizes) ** 2).sum()) / n**2
    effect = max(1.0, variance / spread) if spread else n / clusters
    low, high = score_limits(share, n / effect, float(t.ppf((1 + level) / 2, clusters - 1)))
    return Interval(level, _METHOD, low, high)


def clustered_difference(
    first: ArrayLike, second: ArrayLike, groups: ArrayLike, level: float = LEVEL
) -> tuple[Interval, float]:
    """The interval of a difference of accuracies on cases that come in groups, and the p-value of no difference.

    first, second: (N,) bool, whether each model is right; groups: (N,). Tango's interval with N divided by the design
    effect, as `clustered_wilson`; the test is Obuchowski's (Statistics in Medicine 17, 1998, 1495-1507) with Student's
    quantile: the sum of the groups' differences against what it would vary by, were each as likely negative. Neither is
    let be surer than cases that are independent would be. -1 to 1, and 1, where there are fewer than two groups.
    """
    from scipy.stats import t

    check_lengths(first=first, second=second, groups=groups)
    one, other = np.asarray(first, bool), np.asarray(second, bool)
    only_first, sizes = _counts_by_group(one & ~other, groups)
    only_second, _ = _counts_by_group(other & ~one, groups)
    clusters, n = len(sizes), int(sizes.sum())
    if clusters < 2:
        return Interval(level, _PAIRED_METHOD, -1.0, 1.0), 1.0
    b, c, away = float(only_first.sum()), float(only_second.sum()), only_first - only_second
    difference, small = (b - c) / n, clusters / (clusters - 1)
    spread = (b + c) / n**2 - difference**2 / n  # the variance, were all cases independent
    variance = small * float(((away - difference * sizes) ** 2).sum()) / n**2
    effect = max(1.0, variance / spread) if spread > 0 else n / clusters
    quantile = float(t.ppf((1 + level) / 2, clusters - 1))
    low = tango_low(b / effect, c / effect, n / effect, quantile)
    high = -tango_low(c / effect, b / effect, n / effect, quantile)
    unlike = small * max(float((away**2).sum()), b + c)
    p_value = float(2 * t.sf(abs(b - c) / np.sqrt(unlike), clusters - 1)) if unlike else 1.0
    return Interval(level, _PAIRED_METHOD, low, high), p_value


def _counts_by_group(right: ArrayLike, groups: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """For each of the C groups, how many cases are right, (C,), and how many there are, (C,)."""
    _, places = np.unique(np.asarray(groups), return_inverse=True)
    correct, sizes = np.bincount(places, np.asarray(right, np.float64)), np.bincount(places)
    return correct.astype(np.float64), sizes.astype(np.int64)
