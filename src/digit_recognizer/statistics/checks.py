"""What every figure asks of its arrays, so that a wrong one is named instead of measured."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from digit_recognizer.data.spec import DatasetSpec, Labels
from digit_recognizer.errors import DataError
from digit_recognizer.images import Preprocess

ROUNDING = 1e-3  # how far the probabilities of a case may sum from 1,
_MOST_ROUNDING = 0.5  # and those of a table that is written with few decimals at most
_DECIMALS = range(1, 6)  # such tables have
_STORED = 6e-8  # by so much a decimal between 0 and 1 is off where it is stored as float32

Probabilities = NDArray[np.float64]  # (N, K), 0..1, each row sums to 1


def check_lengths(**arrays: ArrayLike | None) -> None:
    """Raise DataError unless all arrays, named as for people, speak of equally many cases; None is passed over."""
    lengths = {name: len(np.asarray(array)) for name, array in arrays.items() if array is not None}
    if len(set(lengths.values())) > 1:
        told = ", ".join(f"{n:,} {name}" for name, n in lengths.items())
        raise DataError(f"These must have the same cases in the same order: {told}.")


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

    Raises DataError where they are no table of N rows, not finite, outside 0..1, or sum to anything but 1 (by .001, or
    by what rounding K probabilities to a table's decimals makes); or where a label is none of 0..K-1.
    """
    table = np.asarray(probabilities, dtype=np.float64)
    if table.ndim != 2:
        raise DataError(f"Probabilities must be a table (cases, classes); these have the shape {table.shape}.")
    check_lengths(labels=labels, probabilities=table)
    check_classes(table.shape[1], labels=labels)
    wrong = out_of_range(table)
    if wrong:
        raise DataError(wrong)
    sums = table.sum(axis=1, keepdims=True)
    if len(table) and abs(sums - 1).max() > ROUNDING and not is_rounding(table):
        worst = int(abs(sums - 1).argmax())
        raise DataError(
            f"The probabilities of case {worst} sum to {sums[worst, 0]:.4f}, not to 1. Give each case"
            " the probabilities of all classes; scores of several labels are not supported here."
        )
    return table


def _decimals_of(table: NDArray[np.float64]) -> int | None:
    """With how many decimals (1 to 5) a table is written; None for more, and for whole numbers."""
    if (table == np.rint(table)).all():
        return None
    return next((d for d in _DECIMALS if abs(table - table.round(d)).max() <= _STORED), None)


def is_rounding(table: NDArray[np.float64]) -> bool:
    """Whether no row of a table (N, K) sums farther from 1 than K numbers, each rounded to its decimals, can.

    Of a single decimal less than that far: two numbers that are rounded so sum to 1 but for a tie.
    """
    decimals = _decimals_of(table)
    if decimals is None:
        return False
    units = round(float(abs(table.sum(axis=1) - 1).max()) * 10**decimals)  # of the last decimal
    most = table.shape[1] / 2
    return bool((units < most if decimals == 1 else units <= most) and units <= _MOST_ROUNDING * 10**decimals)


def rounded_in_words(table: NDArray[np.float64]) -> str | None:
    """What is to say of a table whose rows sum to 1 but for their rounding; None where they sum to 1."""
    sums = table.sum(axis=1)
    if abs(sums - 1).max() <= ROUNDING:
        return None
    return (
        f"is rounded to {_decimals_of(table)} decimals, so its rows sum to {sums.min():.3g} to {sums.max():.3g};"
        " the figures use the numbers unchanged."
    )


def out_of_range(table: NDArray[np.float64]) -> str | None:
    """What is wrong with values that are not all from 0 to 1, and what they look like; None where nothing is."""
    if not np.isfinite(table).all():
        return "Probabilities must be finite and from 0 to 1; some are nan or infinite."
    low, high = (float(table.min()), float(table.max())) if table.size else (0.0, 0.0)
    if low >= 0 and high <= 1:
        return None
    says = f"Probabilities must be finite and from 0 to 1; these run from {low:.4g} to {high:.4g}"
    sums, one = table.sum(axis=1), table.shape[1] == 1
    if low >= 0 and (high <= 100 if one else abs(sums - 100).max() <= max(1, table.shape[1] / 2)):
        return f"{says}, and look like per cent. Divide them by 100."
    if high <= 0 and not one and abs(np.exp(table).sum(axis=1) - 1).max() <= ROUNDING:
        return f"{says}, and look like logarithms of probabilities. Take their exponentials."
    return f"{says}, and look like logits. Apply {'the sigmoid' if one else 'softmax'} first."


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
