"""What stands in a table of probabilities or labels beside them: names, columns that number the rows, text."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from digit_recognizer.statistics.checks import ROUNDING, is_rounding, out_of_range
from digit_recognizer.tables.columns import NAMES, plain
from digit_recognizer.tables.layout import IDS

LABELS = (*NAMES["label"], "y_true", "true_label", "actual", "ground_truth", "digit")
CALLED = {"labels": LABELS}  # what the column is called that is meant
_NOT_SHARES = (*IDS, *NAMES["file"], *LABELS, "__index_level_0__")  # columns beside those of probabilities
_WHOLE = re.compile(r"\d{1,4}(\.0*)?")


@dataclass(frozen=True)
class Table:
    """A file's columns. values: (N, C)."""

    names: tuple[str, ...] | None  # of the columns; None where the file tells none
    values: NDArray[Any]


def with_names(table: Table, cases: int) -> Table:
    """A table of text that has a line more than there are cases, of whole numbers: these are the classes' names."""
    first = [str(each) for each in table.values[0].tolist()]
    whole = len({*first}) == len(first) and all(_WHOLE.fullmatch(word) for word in first)
    if table.names is None and table.values.dtype.kind == "U" and len(table.values) == cases + 1 and whole:
        return Table(tuple(word.split(".")[0] for word in first), table.values[1:])
    return table


def without_name(labels: NDArray[Any], cases: int) -> NDArray[Any]:
    """Labels of text. The first line is left out as a header if there is one line too many and no other case has it."""
    named = labels.dtype.kind == "U" and len(labels) == cases + 1 and labels[0] not in labels[1:]
    return labels[1:] if named else labels


def without_ids(table: Table, labels: list[str]) -> tuple[Table, list[str]]:
    """A table without the columns that number or name its rows, as pandas and Kaggle write them, and their names.

    labels: a column that has the name of one stays. Where all columns together sum to 1, they are classes' own.
    """
    names = table.names or ()
    places = [place for place, name in enumerate(names) if plain(name) in _NOT_SHARES and name.strip() not in labels]
    if not places or len(names) != table.values.shape[1] or len(places) == len(names) or _are_shares(table.values):
        return table, []
    kept = [place for place in range(len(names)) if place not in places]
    made = Table(tuple(names[place] for place in kept), table.values[:, kept])
    return made, [names[place] for place in places]


def _are_shares(values: NDArray[Any]) -> bool:
    """Whether the columns are the probabilities of classes."""
    try:
        table = as_floats(values)
    except (TypeError, ValueError):
        return False
    return out_of_range(table) is None and (abs(table.sum(axis=1) - 1).max() <= ROUNDING or is_rounding(table))


def listed(names: list[str]) -> str:
    """Columns in words."""
    said = " and ".join(repr(name) for name in names)
    return f"the column {said} is" if len(names) == 1 else f"the columns {said} are"


def as_floats(values: NDArray[Any]) -> NDArray[np.float64]:
    """Values as float64, also with the decimal commas of German spreadsheets. Raises ValueError, TypeError."""
    if values.dtype.kind == "U" and not any("." in word for word in values.flat):
        values = np.char.replace(values, ",", ".")
    return values.astype(np.float64)


def comparable(values: NDArray[Any]) -> NDArray[Any]:
    """Groups of any kind as what can be sorted: mixed ones as text."""
    return np.array([str(each) for each in values.tolist()]) if values.dtype == object else values
