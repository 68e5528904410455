"""Figures where an image may bear several labels: each label by itself, their means, and images wholly right."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from digit_recognizer.data.spec import Labels
from digit_recognizer.statistics.auroc import auroc, auroc_interval
from digit_recognizer.statistics.bootstrap import bootstrap
from digit_recognizer.statistics.clustered import proportion_interval
from digit_recognizer.statistics.metrics import ClassFigures, per_class
from digit_recognizer.statistics.summary import RESAMPLES, Figure, auroc_of_counts, of_ranks, precision_of_counts

_THRESHOLD = 0.5  # from which probability on a label is given
_PRESENT = 1  # of the two classes of a label: absent, present


def given(probabilities: NDArray[np.float64]) -> Labels:
    """Which labels are given, (N, K) of 0 and 1."""
    return (probabilities >= _THRESHOLD).astype(np.int64)


def all_right(labels: Labels, predicted: Labels) -> NDArray[np.bool_]:
    """Whether every label of an image is right, (N,); labels and predicted (N, K) of 0 and 1."""
    return np.asarray((labels == predicted).all(axis=1))


def per_label(
    labels: Labels, predicted: Labels, names: tuple[str, ...], groups: ArrayLike | None = None
) -> list[ClassFigures]:
    """Precision, recall (sensitivity), F1 and specificity of each of the K labels against its absence."""
    pairs = (("", name) for name in names)
    return [per_class(labels[:, k], predicted[:, k], pair, groups)[_PRESENT] for k, pair in enumerate(pairs)]


def label_aurocs(labels: Labels, probabilities: NDArray[np.float64]) -> list[Figure]:
    """Each label's AUROC with DeLong's interval; None where every image has the label, or none."""
    values = [auroc(labels[:, k], probabilities[:, k]) for k in range(labels.shape[1])]
    return [
        Figure("auroc", value, None if value is None else auroc_interval(labels[:, k], probabilities[:, k]))
        for k, value in enumerate(values)
    ]


def label_figures(labels: Labels, probabilities: NDArray[np.float64], groups: ArrayLike | None = None) -> list[Figure]:
    """Figures of N images and K labels: labels (N, K) of 0 and 1, probabilities (N, K), groups (N,) where known.

    label_accuracy is the share of all N * K labels that are right, which MedMNIST calls ACC; brier_score the mean
    squared error of a label's probability, 0..1.
    """
    right = all_right(labels, given(probabilities))
    hits = (labels == given(probabilities)).mean(axis=1)
    squares = ((probabilities - labels) ** 2).mean(axis=1)
    means: dict[str, Callable[[NDArray[np.int64]], float | None]] = {
        "label_accuracy": lambda i: float(hits[i].mean()),
        "macro_auroc": of_ranks(labels == _PRESENT, probabilities, auroc_of_counts),
        "macro_average_precision": of_ranks(labels == _PRESENT, probabilities, precision_of_counts),
        "brier_score": lambda i: float(squares[i].mean()),
    }
    everything = np.arange(len(labels))
    found = [Figure("accuracy", float(right.mean()), proportion_interval(right, groups))]
    for name, figure in means.items():
        value = figure(everything)
        spread = bootstrap(figure, len(labels), groups=groups, resamples=RESAMPLES) if value is not None else None
        found.append(Figure(name, value, spread))
    return found


def label_details(
    labels: Labels, probabilities: NDArray[np.float64], groups: ArrayLike | None = None
) -> dict[str, Any]:
    """What `digits evaluate --json` writes of several labels an image; refusals and sets are of single ones alone."""
    return {
        "figures": {each.name: each.to_dict() for each in label_figures(labels, probabilities, groups)},
        "class_auroc": [each.to_dict() for each in label_aurocs(labels, probabilities)],
        "calibration": None,
        "risk_coverage": None,
        "conformal": None,
    }
