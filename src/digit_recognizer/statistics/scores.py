"""Figures of probabilities: how well they rank, how near they are to what happened. Undefined is None, never nan."""

from __future__ import annotations

import statistics

import numpy as np
from numpy.typing import ArrayLike, NDArray

from digit_recognizer.data.spec import Labels
from digit_recognizer.statistics.auroc import auroc
from digit_recognizer.statistics.checks import Probabilities, checked, checked_scores


def top_k_accuracy(labels: Labels, probabilities: ArrayLike, k: int) -> float | None:
    """Share of cases whose class is among the k most probable; of equal ones the lower class counts, as argmax has it.

    Not scikit-learn's, whose ties go to the higher class, so that its top 1 is not the accuracy.
    """
    table = checked(labels, probabilities)
    if not len(table):
        return None
    return float(in_top(labels, table, k).mean())


def in_top(labels: Labels, probabilities: Probabilities, k: int) -> NDArray[np.bool_]:
    """Whether each case's class is among its k most probable, (N,)."""
    likely = np.argsort(-probabilities, axis=1, kind="stable")[:, :k]
    return np.asarray((likely == np.asarray(labels)[:, None]).any(axis=1))


def surest_mistakes(right: NDArray[np.bool_], probabilities: Probabilities, count: int) -> NDArray[np.int64]:
    """Indices of the mistakes that the model was surest of, the worst first; right: (N,)."""
    wrong = np.flatnonzero(~right)
    order = np.argsort(-probabilities[wrong].max(axis=1), kind="stable")
    return np.asarray(wrong[order[:count]])


def brier_score(labels: Labels, probabilities: ArrayLike) -> float | None:
    """Mean over cases of the squared errors of all K probabilities, 0..2 (Brier, Monthly Weather Review 78, 1950).

    The original sum over classes: for two classes, twice the score of the positive class alone. 0 is best.
    """
    from sklearn.metrics import brier_score_loss

    table = checked(labels, probabilities)
    if not len(table):
        return None
    if table.shape[1] == 1:
        return 0.0  # one class only is always rightly foretold
    return float(brier_score_loss(labels, scaled(table), labels=np.arange(table.shape[1]), scale_by_half=False))


def negative_log_likelihood(labels: Labels, probabilities: ArrayLike) -> float | None:
    """Mean of -log of the actual class's probability, in nats; 0 is best.

    A probability of 0 for what happened counts as 2.2e-16 (36 nats), as scikit-learn has it, and not as infinite.
    """
    from sklearn.metrics import log_loss

    table = checked(labels, probabilities)
    if not len(table):
        return None
    if table.shape[1] == 1:
        return 0.0
    return float(log_loss(labels, scaled(table), labels=np.arange(table.shape[1])))


def scaled(table: Probabilities) -> Probabilities:
    """Probabilities (N, K) whose rows sum to 1 to the last digit, as scikit-learn asks; tables are written with few."""
    return np.asarray(table / table.sum(axis=1, keepdims=True))


def average_precision(positive: ArrayLike, score: ArrayLike) -> float | None:
    """Mean of the precision over the recall, 0..1, by scikit-learn; None without a positive case.

    Chance is the share of positive cases.
    """
    from sklearn.metrics import average_precision_score

    actual, (values,) = checked_scores(positive, score)
    places = np.unique(values, return_inverse=True)[1]  # infinite scores too have an order
    return float(average_precision_score(actual, places)) if actual.any() else None


def auroc_per_class(labels: Labels, probabilities: ArrayLike) -> list[float | None]:
    """The AUROC of each of the K classes against all others; None for a class with no case, or with all of them."""
    table = checked(labels, probabilities)
    return [auroc(np.asarray(labels) == k, table[:, k]) for k in range(table.shape[1])]


def average_precision_per_class(labels: Labels, probabilities: ArrayLike) -> list[float | None]:
    """The average precision of each of the K classes against all others; None for a class without cases."""
    table = checked(labels, probabilities)
    return [average_precision(np.asarray(labels) == k, table[:, k]) for k in range(table.shape[1])]


def macro(figures: list[float | None]) -> float | None:
    """The mean over the classes for which a figure is defined; None where it is for none."""
    known = [each for each in figures if each is not None]
    return statistics.fmean(known) if known else None


def confidence_and_right(labels: Labels, probabilities: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """The highest probability of each case, (N,) float64, and whether it is the actual class's, (N,) bool."""
    table = checked(labels, probabilities)
    return table.max(axis=1), table.argmax(axis=1) == np.asarray(labels)
