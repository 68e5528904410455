"""What every figure asks of its arrays, so that a wrong one is named instead of measured."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from digit_recognizer.data.spec import DatasetSpec, Labels
from digit_recognizer.errors import DataError
from digit_recognizer.images import Preprocess

ROUNDING = 1e-3  # how far the probabilities of a case may sum from 1: tables are written with few digits

Probabilities = NDArray[np.float64]  # (N, K), 0..1, each row sums to 1


def check_lengths(**arrays: ArrayLike | None) -> None:
    """Raise DataError unless all arrays, named as for people, speak of equally many cases; None is passed over."""
    lengths = {name: len(np.asarray(array)) for name, array in arrays.items() if array is not None}
    if len(set(lengths.values())) > 1:
        told = ", ".join(f"{n:,} {name}" for name, n in lengths.items())
        raise DataError(f"These must speak of the same cases in the same order: {told}.")


def check_classes(classes: int, **arrays: Labels) -> None:
    """Raise DataError unless all values are whole numbers from 0 to classes - 1."""
    for name, array in arrays.items():
        values = np.asarray(array)
        if values.size and not np.issubdtype(values.dtype, np.integer):
            raise DataError(f"The {name} must be whole numbers, and are {values.dtype}.")
        if values.size and not (values.min() >= 0 and values.max() < classes):
            raise DataError(f"The {name} run from {values.min()} to {values.max()}; known are 0 to {classes - 1}.")


def checked(labels: Labels, probabilities: ArrayLike) -> Probabilities:
    """The probabilities (N, K) as float64, as they were given: scaling a row would part scores that are tied.

    Raises DataError where they are no table of N rows, not finite, outside 0..1, or sum to anything but 1 (by .001);
    or where a label is none of 0..K-1.
    """
    table = np.asarray(probabilities, dtype=np.float64)
    if table.ndim != 2:
        raise DataError(f"Probabilities must be a table (cases, classes); these have the shape {table.shape}.")
    check_lengths(labels=labels, probabilities=table)
    check_classes(table.shape[1], labels=labels)
    if not np.isfinite(table).all() or table.min(initial=0) < 0 or table.max(initial=0) > 1:
        raise DataError("Probabilities must be finite and from 0 to 1.")
    sums = table.sum(axis=1, keepdims=True)
    if len(table) and abs(sums - 1).max() > ROUNDING:
        worst = int(abs(sums - 1).argmax())
        raise DataError(f"The probabilities of case {worst} sum to {sums[worst, 0]:.4f}, not to 1.")
    return table


def checked_scores(positive: ArrayLike, *scores: ArrayLike) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
    """Which cases are positive, (N,) bool, and the scores of M models, (M, N) float64.

    Raises DataError for lengths that differ, a class that is neither 0 nor 1, and scores that are no numbers.
    """
    check_lengths(labels=positive, **{f"scores {i + 1}": each for i, each in enumerate(scores)})
    given, table = np.asarray(positive), np.asarray(scores, dtype=np.float64)
    if not np.isin(given, (0, 1)).all():
        raise DataError("For an AUROC each label must be 0 (negative) or 1 (positive).")
    if np.isnan(table).any():
        raise DataError("A score is not a number (nan).")
    return given.astype(bool), table


def check_form(spec: DatasetSpec, preprocess: Preprocess) -> None:
    """Raise DataError where a set's images are not in the form that a model takes."""
    ours, theirs = (preprocess.size, preprocess.channels), (spec.size, spec.channels)
    if ours != theirs:
        told = [f"{size} pixels in {'colour' if channels == 3 else 'grey'}" for size, channels in (theirs, ours)]
        raise DataError(f"{spec.name}: has images of {told[0]}, and the model takes {told[1]}.")


def as_model_labels(labels: Labels, classes: Sequence[str], known: Sequence[str], name: str) -> Labels:
    """A set's labels (N,) as indices into the model's classes, or (N, K) as a column for each of these, by name."""
    if tuple(classes) == tuple(known):
        return labels
    strange = [each for each in classes if each not in known]
    if strange:
        raise DataError(
            f"{name}: has the class {strange[0]!r}, which the model does not know (it knows {', '.join(known)})."
        )
    places = np.array([known.index(each) for each in classes], dtype=np.int64)
    if labels.ndim == 1:
        return places[labels]
    made = np.zeros((len(labels), len(known)), np.int64)
    made[:, places] = labels
    return made
