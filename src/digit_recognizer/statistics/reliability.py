"""How far stated probabilities can be believed: a reliability diagram's bins, the expected calibration error."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from digit_recognizer.errors import ConfigError, DataError
from digit_recognizer.statistics.checks import check_lengths
from digit_recognizer.statistics.clustered import proportion_interval
from digit_recognizer.statistics.intervals import LEVEL, Interval

BINS = 15  # Guo et al. 2017
_WIDTHS = ("equal-width", "equal-mass")


@dataclass(frozen=True)
class _Bin:
    """The cases whose confidence is above `low` and at most `high` (a confidence of 0 is in the first bin)."""

    low: float
    high: float
    n: int
    confidence: float | None  # mean; None without cases
    accuracy: float | None
    interval: Interval  # of the accuracy; 0 to 1 without cases

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def reliability_bins(
    confidence: ArrayLike,
    right: ArrayLike,
    bins: int = BINS,
    width: Literal["equal-width", "equal-mass"] = "equal-width",
    groups: ArrayLike | None = None,
    level: float = LEVEL,
) -> list[_Bin]:
    """The bins of a reliability diagram (DeGroot and Fienberg 1983).

    confidence: (N,) 0..1, the probability of the predicted class; right: (N,) bool, whether that class is actual.
    width: "equal-width" splits 0..1 evenly; "equal-mass" gives each bin as many cases as ties allow: equal confidences
        are never parted, so that there can be fewer bins than asked for, and the order of cases is of no account.
    """
    stated, hit = np.asarray(confidence, np.float64), np.asarray(right, bool)
    check_lengths(confidences=stated, outcomes=hit, groups=groups)
    if stated.size and not (stated.min() >= 0 and stated.max() <= 1):
        raise DataError("Confidences must be from 0 to 1.")
    edges = bin_edges(stated, bins, width)
    places = np.clip(np.searchsorted(edges, stated, side="left") - 1, 0, len(edges) - 2)
    known = None if groups is None else np.asarray(groups)
    made = []
    for i, (low, high) in enumerate(pairwise(edges)):
        inside = places == i
        n = int(inside.sum())
        interval = proportion_interval(hit[inside], None if known is None else known[inside], level)
        confidence_here, accuracy = (float(each[inside].mean()) if n else None for each in (stated, hit))
        made.append(_Bin(float(low), float(high), n, confidence_here, accuracy, interval))
    return made


def bin_edges(confidence: NDArray[np.float64], bins: int, width: str) -> NDArray[np.float64]:
    """Edges from 0 to 1, rising."""
    if bins < 1 or width not in _WIDTHS:
        raise ConfigError(f"Bins are counted from 1 and are {' or '.join(_WIDTHS)}, not {bins} of {width!r}.")
    even = np.linspace(0, 1, bins + 1)
    if width == "equal-width" or not len(confidence):
        return even
    last = -(-np.arange(1, bins) * len(confidence) // bins) - 1  # of each bin but the final one, in rising order
    return np.unique(np.concatenate([[0.0], np.sort(confidence)[last], [1.0]]))


def expected_calibration_error(bins: list[_Bin]) -> float | None:
    """The mean gap between confidence and accuracy, weighted by the cases of each bin, 0..1; None without cases.

    Naeini, Cooper and Hauskrecht (AAAI 2015), Guo et al. (ICML 2017). It is above 0 by chance alone: even a perfectly
    calibrated model has a positive one, the more so the fewer the cases in a bin.
    """
    n = sum(each.n for each in bins)
    gaps = [
        each.n * abs(each.confidence - each.accuracy)
        for each in bins
        if each.accuracy is not None and each.confidence is not None
    ]
    return sum(gaps) / n if n else None
