"""Predictions that any tool wrote: probabilities, labels and groups from npy, npz, CSV or Parquet files."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from digit_recognizer.data.spec import Labels
from digit_recognizer.errors import DataError, MissingExtraError, require_extra
from digit_recognizer.evaluation.actual import as_classes, as_words, bare_names, by_place, of_second
from digit_recognizer.evaluation.prediction_columns import (
    CALLED,
    Table,
    as_floats,
    comparable,
    listed,
    with_names,
    without_ids,
    without_name,
)
from digit_recognizer.files import read_bounded
from digit_recognizer.statistics.checks import ROUNDING, check_lengths, checked, rounded_in_words
from digit_recognizer.statistics.clustered import per_group, proportion_interval
from digit_recognizer.statistics.metrics import confusion_matrix, per_class
from digit_recognizer.statistics.multilabel import all_right, given, per_label
from digit_recognizer.tables.columns import plain
from digit_recognizer.tables.text import split_rows

MAX_BYTES = 2**31  # of a file, and of what a packed one unpacks to


@dataclass(frozen=True)
class Predictions:
    """What some model gave for N cases, beside what they are."""

    name: str  # of the model or file
    class_names: tuple[str, ...]  # K
    labels: Labels = field(repr=False)  # (N,) 0..K-1, or (N, K) of 0 and 1
    probabilities: NDArray[np.float64] = field(repr=False)  # (N, K)
    groups: NDArray[Any] | None = field(default=None, repr=False)  # (N,) writer, patient or site of each case
    notes: tuple[str, ...] = ()  # how the files were taken, where that was not plain

    @property
    def predicted(self) -> Labels:
        """The most probable class of each case, (N,); the labels that are given, (N, K), where these are several."""
        return given(self.probabilities) if self.labels.ndim == 2 else np.asarray(self.probabilities.argmax(axis=1))

    @property
    def right(self) -> NDArray[np.bool_]:
        """Whether each case is predicted rightly, (N,): in all its labels, where these are several."""
        several = self.labels.ndim == 2
        return all_right(self.labels, self.predicted) if several else np.asarray(self.predicted == self.labels)

    def with_classes(self, names: tuple[str, ...]) -> Predictions:
        """The same with the classes in another order. Raises DataError where they are not the same classes."""
        if sorted(names) != sorted(self.class_names):
            theirs, ours = ", ".join(names[:20]), ", ".join(self.class_names[:20])
            raise DataError(f"{self.name}: has the classes {ours}, not {theirs}. Compare models of the same classes.")
        order = np.array([self.class_names.index(name) for name in names])
        labels = np.argsort(order)[self.labels]
        return replace(self, class_names=names, labels=labels, probabilities=self.probabilities[:, order])

    def counts(self) -> dict[str, Any]:
        """Totals, accuracy with its interval, the figures of each class and of each group, the confusion matrix."""
        right, several = self.right, self.labels.ndim == 2
        rows = (per_label if several else per_class)(self.labels, self.predicted, self.class_names, self.groups)
        table = None if several else confusion_matrix(self.labels, self.predicted, len(self.class_names)).tolist()
        groups = None if self.groups is None else [each.to_dict() for each in per_group(right, self.groups)]
        return {
            "n": len(right),
            "correct": int(right.sum()),
            "accuracy": float(right.mean()),
            "interval": proportion_interval(right, self.groups).to_dict(),
            "per_class": [each.to_dict() for each in rows],
            "per_group": groups,
            "confusion": table,
        }


def read_predictions(probabilities: Path, labels: Path, groups: Path | None = None) -> Predictions:
    """Probabilities (a column a class, named after it where the format has names), labels and groups (one column).

    One column of probabilities is of the second of two classes (`actual.of_second`). Labels are class names, or numbers
    from 0 in the order of the columns. Raises DataError, with the file's name.
    """
    given = column(labels, "labels")
    table, left_out = without_ids(with_names(read_table(probabilities, "probabilities"), len(given)), as_words(given))
    given = without_name(given, len(table.values))
    shares = numbers(table.values, probabilities)
    notes = [f"{probabilities}: {listed(left_out)} not probabilities. Left out."] if left_out else []
    several = None if groups is None else comparable(column(groups, "groups"))
    with _named(probabilities):
        check_lengths(probabilities=shares, labels=given, groups=several)
    if shares.shape[1] == 1:
        header = table.names[0] if table.names and len(table.names) == 1 else None
        names, shares, found, note = of_second(shares[:, 0], header, given, probabilities, labels)
        notes.append(note)
    else:
        names = table.names or tuple(map(str, range(shares.shape[1])))
        _check_names(names, shares.shape[1], probabilities)
        names = bare_names(names, given)
        found = as_classes(given, names, labels)
        if by_place(given, names):
            notes.append(f"{labels} names no columns: its values are used as column numbers, counted from 0.")
    with _named(probabilities):
        checked(found, shares)
    rounded = rounded_in_words(shares)
    notes += [f"{probabilities} {rounded}"] if rounded else []
    return Predictions(probabilities.stem, names, found, shares, several, tuple(notes))


@contextmanager
def _named(path: Path) -> Iterator[None]:
    """Put a file's name before what is wrong with its numbers."""
    try:
        yield
    except DataError as error:
        raise DataError(f"{path}: {error}") from error


def read_table(path: Path, what: str) -> Table:
    """A file as a table of C columns; what: the array of an npz file that is meant."""
    reader = READERS.get(path.suffix.lower())
    if reader is None:
        raise DataError(f"{path}: is not one of {', '.join(READERS)}. Write the {what} as one of these.")
    content = read_bounded(path, MAX_BYTES, DataError, "a table")
    try:
        table = reader(content, what)
    except MissingExtraError:
        raise
    except Exception as error:  # untrusted bytes: the decoders raise nearly anything
        reason = str(error) or type(error).__name__
        raise DataError(f"{path}: cannot be read as {path.suffix} ({reason}).") from error
    if table.values.ndim not in (1, 2) or not table.values.size or not table.values.itemsize:
        raise DataError(f"{path}: holds no table of {what}; its shape is {table.values.shape}.")
    return Table(table.names, table.values.reshape(len(table.values), -1))


def read_npy(content: bytes, _what: str) -> Table:
    """One array. Pickled objects are refused."""
    return Table(None, np.load(io.BytesIO(content), allow_pickle=False))


def read_npz(content: bytes, what: str) -> Table:
    """The array named `what`, or the only one."""
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        if sum(each.file_size for each in packed.infolist()) > MAX_BYTES:
            raise ValueError(f"it unpacks to more than {MAX_BYTES:,} bytes")
    with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
        if what not in arrays and len(arrays.files) != 1:
            raise ValueError(f"it holds {', '.join(arrays.files) or 'nothing'}, and no {what!r}")
        names = arrays.get("class_names")
        if names is not None and np.ndim(names) != 1:
            raise ValueError(f"its class_names have the shape {np.shape(names)}, not one name a class")
        return Table(
            None if names is None else tuple(map(str, names)), arrays[what if what in arrays else arrays.files[0]]
        )


def _read_csv(content: bytes, what: str) -> Table:
    """A text table (its encoding and separator are found), with a first line of names or without."""
    rows = split_rows(content)
    if len({len(row) for row in rows}) > 1:
        raise ValueError("its lines differ in their number of columns")
    named = bool(rows) and _is_header(rows[0], what)
    return Table(tuple(rows[0]) if named else None, np.array(rows[1:] if named else rows))


def _is_header(row: list[str], what: str) -> bool:
    """Whether a first line holds names: for probabilities anything that is none, else the word itself."""
    if what != "probabilities":
        return any(plain(each) in CALLED.get(what, (what, what.rstrip("s"))) for each in row)
    if row == [str(number) for number in range(len(row))]:  # what pandas writes for columns without names
        return True
    try:
        shares = [float(each.replace(",", ".")) for each in row]
    except ValueError:
        return True
    written = any(
        "." in each or "," in each or "e" in each.lower() for each in row
    )  # names that are numbers are whole ones
    return not written and abs(sum(shares) - 1) > ROUNDING


def read_parquet(content: bytes, _what: str) -> Table:
    """All columns of a Parquet file."""
    require_extra("parquet", "Reading Parquet")
    import pyarrow
    from pyarrow import parquet

    try:
        stated = parquet.ParquetFile(io.BytesIO(content)).metadata
        if 8 * stated.num_rows * stated.num_columns > MAX_BYTES:
            raise ValueError(f"it unpacks to more than {MAX_BYTES:,} bytes")
        table = parquet.read_table(io.BytesIO(content))
    except pyarrow.ArrowException as error:
        raise ValueError(str(error).splitlines()[0]) from error
    values = [each.to_numpy(zero_copy_only=False) for each in table.columns]
    return Table(tuple(table.column_names), np.stack(values, axis=1) if values else np.zeros((0, 0)))


READERS: dict[str, Callable[[bytes, str], Table]] = {
    ".npz": read_npz,
    ".npy": read_npy,
    ".csv": _read_csv,
    ".tsv": _read_csv,
    ".parquet": read_parquet,
}


def column(path: Path, what: str) -> NDArray[Any]:
    """The only column of a file, (N,)."""
    table = read_table(path, what)
    words = [plain(name) for name in table.names or ()]
    named = [place for place, word in enumerate(words) if word in CALLED.get(what, (what.rstrip("s"), what))]
    if len(named) != 1 and table.values.shape[1] != 1:
        has = f" ({', '.join(table.names[:20])})" if table.names else ""
        raise DataError(
            f"{path}: must hold one column of {what}; it holds {table.values.shape[1]}{has}."
            f" Call that one {what.rstrip('s')!r} in the first line."
        )
    return np.asarray(table.values[:, named[0] if named else 0])


def _check_names(names: tuple[str, ...], columns: int, path: Path) -> None:
    """Raise DataError for names that are not one, and another one, for each column."""
    if len(names) != columns:
        raise DataError(f"{path}: has {columns} columns of probabilities and {len(names)} class names.")
    if len(set(names)) < len(names) or not all(name.strip() for name in names):
        raise DataError(f"{path}: names a class twice, or leaves a name empty: {', '.join(names[:20])}.")


def numbers(values: NDArray[Any], path: Path) -> NDArray[np.float64]:
    """Values as float64."""
    if values.dtype.kind not in "biufOUS":
        raise DataError(f"{path}: holds {values.dtype}, not numbers.")
    try:
        return as_floats(values)
    except (ValueError, TypeError) as error:
        raise DataError(f"{path}: holds something that is not a number ({error}).") from error
