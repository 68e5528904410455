"""Everything that labels and probabilities tell of a model, each figure with its interval."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from digit_recognizer.data.spec import Labels
from digit_recognizer.statistics.auroc import auroc_interval
from digit_recognizer.statistics.bootstrap import Indices, bootstrap
from digit_recognizer.statistics.clustered import proportion_interval
from digit_recognizer.statistics.intervals import LEVEL, Interval
from digit_recognizer.statistics.metrics import accuracy, balanced_accuracy, cohen_kappa
from digit_recognizer.statistics.reliability import BINS, bin_edges, expected_calibration_error, reliability_bins
from digit_recognizer.statistics.scores import (
    auroc_per_class,
    average_precision_per_class,
    brier_score,
    confidence_and_right,
    in_top,
    macro,
    negative_log_likelihood,
    top_k_accuracy,
)

_Counts = NDArray[np.int64]  # (S,)

RESAMPLES = 1000
TOP_K = 3


@dataclass(frozen=True)
class Figure:
    """One figure. The value is None where it is undefined; the interval too where the cases tell nothing of it."""

    name: str
    value: float | None
    interval: Interval | None

    def to_dict(self) -> dict[str, Any]:
        return {"value": self.value, "interval": self.interval.to_dict() if self.interval else None}


def summary(
    labels: Labels, probabilities: NDArray[np.float64], groups: ArrayLike | None = None, level: float = LEVEL
) -> list[Figure]:
    """Figures of N cases: labels (N,) 0..K-1, probabilities (N, K), groups (N,) where cases belong together.

    Shares have Wilson's interval (clustered where groups are known), everything else the percentile bootstrap's.
    """
    classes = probabilities.shape[1]
    predicted = probabilities.argmax(axis=1)
    confidence, right = confidence_and_right(labels, probabilities)

    def of(name: str, value: float | None, figure: Callable[[Indices], float | None]) -> Figure:
        found = bootstrap(figure, len(labels), groups=groups, level=level, resamples=RESAMPLES)
        return Figure(name, value, found if value is not None else None)

    cells = labels * classes + predicted
    top = top_k_accuracy(labels, probabilities, TOP_K) if classes > TOP_K else None
    ranked = in_top(labels, probabilities, TOP_K)
    squares, logs = squared_errors(labels, probabilities), log_losses(labels, probabilities)
    bins = expected_calibration_error(reliability_bins(confidence, right))
    members = labels[:, None] == np.arange(classes)
    areas = of_ranks(members, probabilities, auroc_of_counts)
    precisions = of_ranks(members, probabilities, precision_of_counts)
    return [
        Figure("accuracy", accuracy(labels, predicted), proportion_interval(right, groups, level)),
        of("balanced_accuracy", balanced_accuracy(labels, predicted), lambda i: mean_recall(cells[i], classes)),
        of("cohen_kappa", cohen_kappa(labels, predicted, classes), lambda i: kappa(cells[i], classes)),
        Figure(f"top_{TOP_K}_accuracy", top, proportion_interval(ranked, groups, level) if top is not None else None),
        of("macro_auroc", macro(auroc_per_class(labels, probabilities)), areas),
        of("macro_average_precision", macro(average_precision_per_class(labels, probabilities)), precisions),
        of("brier_score", brier_score(labels, probabilities), lambda i: float(squares[i].mean())),
        of("negative_log_likelihood", negative_log_likelihood(labels, probabilities), lambda i: float(logs[i].mean())),
        of("expected_calibration_error", bins, calibration_error(confidence, right)),
    ]


def class_aurocs(labels: Labels, probabilities: NDArray[np.float64], level: float = LEVEL) -> list[Figure]:
    """Each class's AUROC against all others, with DeLong's interval."""
    values = auroc_per_class(labels, probabilities)
    return [
        Figure("auroc", value, auroc_interval(labels == k, probabilities[:, k], level) if value is not None else None)
        for k, value in enumerate(values)
    ]


def squared_errors(labels: Labels, probabilities: NDArray[np.float64]) -> NDArray[np.float64]:
    """Each case's part of the Brier score, (N,)."""
    return np.asarray(((probabilities - np.eye(probabilities.shape[1])[labels]) ** 2).sum(axis=1))


def log_losses(labels: Labels, probabilities: NDArray[np.float64]) -> NDArray[np.float64]:
    """Each case's part of the negative log-likelihood, (N,), nats."""
    actual = probabilities[np.arange(len(labels)), labels]
    return -np.log(np.maximum(actual, np.finfo(np.float64).eps))


def _confusion_of(cells: Indices, classes: int) -> NDArray[np.float64]:
    """The confusion matrix (K, K) of cases given as actual * K + predicted class."""
    return np.bincount(cells, minlength=classes**2).reshape(classes, classes).astype(np.float64)


def mean_recall(cells: Indices, classes: int) -> float | None:
    """Balanced accuracy, from cells."""
    counts = _confusion_of(cells, classes)
    there = counts.sum(axis=1) > 0
    return float((counts.diagonal()[there] / counts.sum(axis=1)[there]).mean()) if there.any() else None


def kappa(cells: Indices, classes: int) -> float | None:
    """Cohen's kappa, from cells."""
    shares = _confusion_of(cells, classes) / max(1, len(cells))
    chance = float(shares.sum(axis=0) @ shares.sum(axis=1))
    return (float(shares.trace()) - chance) / (1 - chance) if chance < 1 else None


def of_ranks(
    members: NDArray[np.bool_], probabilities: NDArray[np.float64], figure: Callable[[_Counts, _Counts], float | None]
) -> Callable[[Indices], float | None]:
    """A figure of each class's ranking, mean of the classes, for resampled cases: ranked once, then only counted.

    members: (N, K), whether a case is of a class. figure: of the numbers of positive and negative cases at each score,
    the lowest score first; both (S,), not empty.
    """
    classes = probabilities.shape[1]
    places = [np.unique(probabilities[:, k], return_inverse=True)[1] for k in range(classes)]

    def of_class(k: int, indices: Indices) -> float | None:
        positive, at = members[indices, k], places[k][indices]
        size = int(at.max()) + 1
        yes, no = np.bincount(at[positive], minlength=size), np.bincount(at[~positive], minlength=size)
        return figure(yes, no)

    return lambda indices: macro([of_class(k, indices) for k in range(classes)])


def auroc_of_counts(yes: _Counts, no: _Counts) -> float | None:
    """The AUROC, ties counting one half; None where either side is empty."""
    below = no.cumsum() - no / 2
    pairs = int(yes.sum()) * int(no.sum())
    return float(yes @ below) / pairs if pairs else None


def precision_of_counts(yes: _Counts, no: _Counts) -> float | None:
    """The average precision: each positive's precision at its own score; None without positives."""
    found, listed = yes[::-1].cumsum(), (yes + no)[::-1].cumsum()
    there = listed > 0
    total = int(found[-1])
    return float(yes[::-1][there] @ (found[there] / listed[there])) / total if total else None


def calibration_error(confidence: NDArray[np.float64], right: NDArray[np.bool_]) -> Callable[[Indices], float | None]:
    """The expected calibration error of resampled cases, in the bins of `reliability_bins`."""
    edges = bin_edges(confidence, BINS, "equal-width")
    places = np.clip(np.searchsorted(edges, confidence, side="left") - 1, 0, len(edges) - 2)
    gaps = confidence - right

    def figure(indices: Indices) -> float | None:
        return float(np.abs(np.bincount(places[indices], gaps[indices])).sum() / len(indices))

    return figure
