"""The actual classes that a file names, as indices of the columns of probabilities beside it."""

from __future__ import annotations

import itertools
import re
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from digit_recognizer.data.class_names import in_order
from digit_recognizer.data.spec import Labels
from digit_recognizer.errors import DataError
from digit_recognizer.statistics.checks import out_of_range

_TRUTH = {"false": 0, "true": 1}
DIGITS = ("0", "1")
_OF_CLASS = re.compile(r"(?:probability|proba|prob|score|p)(?:[-_ .(]+|(?=\d))(.+?)\)?", re.IGNORECASE)  # "P(ill)"


def as_classes(values: NDArray[Any], names: tuple[str, ...], path: Path) -> Labels:
    """Labels (N,) as indices of classes: by name where every one is a name, else as whole numbers from 0.

    True and false stand for 1 and 0, also where the columns are called so, else for the second and the first of two.
    """
    if {name.lower() for name in names} == {*_TRUTH}:
        names = tuple(str(_TRUTH[name.lower()]) for name in names)
    words = [str(each).strip() for each in values.tolist()]
    by_name = {name: place for place, name in enumerate(names)}
    by_number = {str(place): place for place in range(len(names))}
    ways = [(words, by_name)]
    ways += [([_whole(word) for word in words], places) for places in (by_name, by_number)]
    truth = {word: by_name[str(place)] for word, place in _TRUTH.items()} if {*names} == {*DIGITS} else _TRUTH
    ways += [([word.lower() for word in words], truth)] if len(names) == 2 else []
    for told, places in ways:
        if set(told) <= set(places):
            return np.array([places[word] for word in told], np.int64)
    told = ways[1][0]
    wrong = next((word for word in told if word not in by_name | by_number), None) or next(
        word for word in told if word not in by_name
    )
    raise DataError(f"{path}: {wrong!r} is not one of the classes {', '.join(names[:20])}.")


def by_place(values: NDArray[Any], names: tuple[str, ...]) -> bool:
    """Whether `as_classes` takes labels as places of columns, though these have names: some label is none of them."""
    words = set(as_words(values))
    if {name.lower() for name in names} == {*_TRUTH}:
        return False
    return not words <= set(names) and words <= set(map(str, range(len(names))))


def bare_names(names: tuple[str, ...], labels: NDArray[Any]) -> tuple[str, ...]:
    """The names of columns without what all have before the class ("prob_1"), where that makes names of the labels."""
    words = {*as_words(labels)}
    alike = itertools.takewhile(lambda letters: len({*letters}) == 1, zip(*names, strict=False))
    shared = "".join(letters[0] for letters in alike).rstrip("0123456789")  # "p10" and "p11" are 10 and 11
    for start in (shared, shared[: 1 + max(map(shared.rfind, "_- ."))]):
        bare = tuple(_whole(name.removeprefix(start).strip()) for name in names)
        if not words <= {*names} and words <= {*bare} and len({*bare}) == len(names):
            return bare
    return names


def as_words(values: NDArray[Any]) -> list[str]:
    """Labels as text: of whole numbers the same, whether they are written 1, 1.0, "1.0" or 1e0."""
    return [_whole(str(each).strip()) for each in values.tolist()]


def _whole(word: str) -> str:
    """The text of a number without what says only how it was stored."""
    if word.isdecimal():
        return word
    try:
        number = float(word)
    except ValueError:
        return word
    return str(int(number)) if number.is_integer() else word


def of_second(
    column: NDArray[np.float64], header: str | None, labels: NDArray[Any], path: Path, labels_path: Path
) -> tuple[tuple[str, ...], NDArray[np.float64], Labels, str]:
    """One column (N,) as the probability of the second of two classes: names, table (N, 2), labels, and a note of it.

    header: the column's name. Where it is one of the two labels, that is the second class; else these are in their
    natural order: 0 before 1, false before true, benign before malignant. Raises DataError.
    """
    words = as_words(labels)
    found = in_order(set(words))
    if {word.lower() for word in found} <= set(_TRUTH):
        found, words = DIGITS, [str(_TRUTH[word.lower()]) for word in words]
    if set(found) <= set(DIGITS):  # there may be cases of one class alone
        found = DIGITS
    if len(found) != 2:
        raise DataError(
            f"{path}: has one column, the probability of the second of two classes, and {labels_path} has"
            f" {len(found)}: {', '.join(found[:20])}. Give a column for each class."
        )
    said = _OF_CLASS.fullmatch(header.strip()) if header else None
    of_first = header is not None and header.strip() == found[0] != DIGITS[0]  # pandas calls one without a name "0"
    if of_first or (said and said[1] == found[0]):
        found = found[::-1]
    wrong = out_of_range(column[:, None])
    if wrong:
        raise DataError(f"{path}: {wrong}")
    places = np.array([found.index(word) for word in words], np.int64)
    note = f"{path} has one column: it is used as the probability of {found[1]!r}, not of {found[0]!r}."
    return found, np.stack([1 - column, column], axis=1), places, note
