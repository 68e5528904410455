"""The interval of any figure, by resampling its cases, or whole groups of them."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from digit_recognizer.errors import ConfigError, DataError
from digit_recognizer.statistics.intervals import LEVEL, Interval

METHODS = ("percentile", "BCa")
_MOSTLY = 0.95  # share of the resamples in which a figure must be defined

_AT_ONCE = 1_000_000  # indices drawn at a time: all resamples of a large set would fill the memory

Indices = NDArray[np.int64]
ROUNDING = 1e-12  # relative; resamples that differ by no more are the same


def bootstrap(
    figure: Callable[[Indices], float | None],
    n: int,
    *,
    groups: ArrayLike | None = None,
    level: float = LEVEL,
    method: Literal["percentile", "BCa"] = "percentile",
    resamples: int = 2000,
    seed: int = 0,
) -> Interval | None:
    """The bootstrap interval of a figure of n cases (Efron and Tibshirani 1993, chapters 13 and 14), by scipy.

    figure: takes indices of cases, (n,) int64 with repeats, and gives their figure, None where it is undefined.
    groups: (n,); where given, whole groups are drawn (the cluster bootstrap; Field and Welsh 2007), as they must be
        where cases of one writer or patient are alike.
    method: "percentile", or "BCa" (bias-corrected and accelerated), which calls `figure` once more for each case.
    None where the resamples say nothing: fewer than two cases or groups, a figure that is undefined in more than one of
    twenty resamples, or one that is the same in all (no mistake among the cases: nothing to resample).
    """
    from scipy.stats import bootstrap as resample

    if method not in METHODS:
        raise ConfigError(f"The bootstrap {method!r} is unknown. Known: {', '.join(METHODS)}.")
    if groups is not None and len(np.asarray(groups)) != n:
        raise DataError(f"There are {len(np.asarray(groups)):,} groups for {n:,} cases.")
    members = _cases_of(groups, n)
    if len(members) < 2:
        return None

    def of_units(units: Indices) -> float:
        value = figure(np.concatenate([members[i] for i in units]) if groups is not None else units)
        return np.nan if value is None else float(value)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # of undefined or equal resamples: below they give None
        found = resample(
            (np.arange(len(members)),),
            of_units,
            n_resamples=resamples,
            vectorized=False,
            batch=max(1, _AT_ONCE // len(members)),
            confidence_level=level,
            method=method,
            rng=seed,
        )
    low, high = limits(found, method, level)
    name = f"bootstrap, {method}" + (", clustered" if groups is not None else "")
    return Interval(level, name, low, high) if np.isfinite([low, high]).all() else None


def limits(found: Any, method: str, level: float) -> tuple[float, float]:
    """The limits in scipy's result; nan where the resamples say nothing."""
    every = found.bootstrap_distribution
    known = every[np.isfinite(every)]
    if len(known) < _MOSTLY * len(every) or np.ptp(known) <= ROUNDING * np.abs(known).max():
        return np.nan, np.nan
    if method == "percentile":  # as scipy has it, but for the undefined ones
        low, high = np.percentile(known, [50 * (1 - level), 50 * (1 + level)])
        return float(low), float(high)
    return float(found.confidence_interval.low), float(found.confidence_interval.high)


def _cases_of(groups: ArrayLike | None, n: int) -> list[Indices]:
    """What is drawn: each case by itself, or the indices of each group's cases."""
    if groups is None:
        return [np.array([i]) for i in range(n)]
    _, places = np.unique(np.asarray(groups), return_inverse=True)
    order = np.argsort(places, kind="stable")
    return np.split(order, np.cumsum(np.bincount(places))[:-1]) if n else []
