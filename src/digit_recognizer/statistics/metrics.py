"""Figures of labels and predictions: pure functions of arrays, by scikit-learn. Undefined is None, never nan."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from digit_recognizer.data.spec import Labels
from digit_recognizer.statistics.checks import check_classes, check_lengths
from digit_recognizer.statistics.clustered import proportion_interval
from digit_recognizer.statistics.intervals import LEVEL, Interval


@dataclass(frozen=True)
class ClassFigures:
    """How one class fared. A figure is None where it is undefined: no image of the class, or never predicted."""

    name: str
    n: int  # images of this class
    precision: float | None
    recall: float | None  # sensitivity
    f1: float | None
    specificity: float | None  # share of the other classes' images that are not taken for this one
    precision_interval: Interval  # 0 to 1 where the figure is undefined
    recall_interval: Interval

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def confusion_matrix(labels: Labels, predicted: Labels, classes: int) -> NDArray[np.int64]:
    """Counts (K, K): row the actual class, column the predicted one."""
    from sklearn.metrics import confusion_matrix as count

    check_lengths(labels=labels, predictions=predicted)
    check_classes(classes, labels=labels, predictions=predicted)
    if not len(labels):
        return np.zeros((classes, classes), np.int64)
    return np.asarray(count(labels, predicted, labels=np.arange(classes)), dtype=np.int64)


def accuracy(labels: Labels, predicted: Labels) -> float | None:
    """Share of cases whose class is predicted; None without cases."""
    from sklearn.metrics import accuracy_score

    check_lengths(labels=labels, predictions=predicted)
    return float(accuracy_score(labels, predicted)) if len(labels) else None


def balanced_accuracy(labels: Labels, predicted: Labels) -> float | None:
    """Mean recall of the classes that have cases (Brodersen et al. 2010): the accuracy, were all as frequent."""
    from sklearn.metrics import recall_score

    check_lengths(labels=labels, predictions=predicted)
    if not len(labels):
        return None
    # scikit-learn's balanced_accuracy_score is this, and warns of each class that is predicted and has no case.
    return float(recall_score(labels, predicted, labels=np.unique(labels), average="macro", zero_division=0))


def cohen_kappa(
    labels: Labels, predicted: Labels, classes: int, weights: Literal["linear", "quadratic"] | None = None
) -> float | None:
    """Agreement beyond chance, -1..1 (Cohen 1960).

    weights: for classes that have an order, how much a confusion of distant ones weighs (Cohen 1968).
    None where chance alone agrees always: no cases, or one class on both sides.
    """
    from sklearn.metrics import cohen_kappa_score

    check_lengths(labels=labels, predictions=predicted)
    check_classes(classes, labels=labels, predictions=predicted)
    if len(np.union1d(labels, predicted)) < 2:
        return None
    return float(cohen_kappa_score(labels, predicted, labels=np.arange(classes), weights=weights))


def per_class(
    labels: Labels,
    predicted: Labels,
    names: tuple[str, ...],
    groups: ArrayLike | None = None,
    level: float = LEVEL,
) -> list[ClassFigures]:
    """Precision, recall, F1, specificity of each of the K classes; intervals clustered where groups (N,) are given."""
    from sklearn.metrics import precision_recall_fscore_support

    counts = confusion_matrix(labels, predicted, len(names))
    check_lengths(labels=labels, groups=groups)
    if not len(labels):
        nothing = proportion_interval([], level=level)
        return [ClassFigures(name, 0, None, None, None, None, nothing, nothing) for name in names]
    figures = precision_recall_fscore_support(
        labels, predicted, labels=np.arange(len(names)), average=None, zero_division=np.nan
    )

    def interval(k: int, among: Labels) -> Interval:
        chosen = among == k
        right = (labels == predicted)[chosen]
        return proportion_interval(right, None if groups is None else np.asarray(groups)[chosen], level)

    return [
        ClassFigures(
            name,
            int(n),
            defined(precision),
            defined(recall),
            defined(f1) if n else None,
            specificity(counts, k),
            interval(k, predicted),
            interval(k, labels),
        )
        for k, (name, precision, recall, f1, n) in enumerate(zip(names, *figures, strict=True))
    ]


def specificity(counts: NDArray[np.int64], k: int) -> float | None:
    """Share of the images of other classes that are not taken for class k; counts: a confusion matrix (K, K)."""
    others = int(counts.sum() - counts[k].sum())
    taken = int(counts[:, k].sum() - counts[k, k])
    return 1 - taken / others if others else None


def defined(value: float) -> float | None:
    """A figure, or None where it is 0/0."""
    return None if np.isnan(value) else float(value)
