"""Figures of labels and predictions: pure functions of arrays, computed by scikit-learn."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from digit_recognizer.data.spec import Labels


@dataclass(frozen=True)
class ClassFigures:
    """How one class fared. A figure is None where it is undefined: no image of the class, or never predicted."""

    name: str
    n: int  # images of this class
    precision: float | None
    recall: float | None
    f1: float | None

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def confusion_matrix(labels: Labels, predicted: Labels, classes: int) -> NDArray[np.int64]:
    """Counts (K, K): row the actual class, column the predicted one."""
    from sklearn.metrics import confusion_matrix as count

    if not len(labels):
        return np.zeros((classes, classes), np.int64)
    return np.asarray(count(labels, predicted, labels=np.arange(classes)), dtype=np.int64)


def per_class(labels: Labels, predicted: Labels, names: tuple[str, ...]) -> list[ClassFigures]:
    """Precision, recall and F1 of each of the K classes."""
    from sklearn.metrics import precision_recall_fscore_support

    if not len(labels):
        return [ClassFigures(name, 0, None, None, None) for name in names]
    figures = precision_recall_fscore_support(
        labels, predicted, labels=np.arange(len(names)), average=None, zero_division=np.nan
    )
    return [
        ClassFigures(name, int(n), defined(precision), defined(recall), defined(f1) if n else None)
        for name, precision, recall, f1, n in zip(names, *figures, strict=True)
    ]


def defined(value: float) -> float | None:
    """A figure, or None where it is 0/0."""
    return None if np.isnan(value) else float(value)
