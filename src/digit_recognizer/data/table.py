"""A table of pictures (CSV: file, label, patient, site, ...) as a data set: no patient is in two splits."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from digit_recognizer.data.cache import warn
from digit_recognizer.data.class_names import in_order
from digit_recognizer.data.own_set import own_set
from digit_recognizer.data.patients import check_apart, dicom_patients, has_dicom, numbered, split_of
from digit_recognizer.data.pictures import FolderSplit, content_hash, file_of, sampled
from digit_recognizer.data.spec import PATIENT, SPLITS, Dataset, Labels, Split
from digit_recognizer.errors import DataError
from digit_recognizer.files import read_bounded
from digit_recognizer.images import Preprocess
from digit_recognizer.paging import split_page
from digit_recognizer.tables.columns import SPLIT_NAMES, called, plain_labels
from digit_recognizer.tables.listed import located
from digit_recognizer.tables.text import named_rows

MAX_BYTES = 64 * 2**20
MAX_CLASSES = 1000
SEVERAL = "|"  # between the labels of a picture that bears several
_NEEDED = ("file", "label")
_SPLIT = "split"
_TOLD = 3  # rows that a warning describes


@dataclass(frozen=True)
class Rows:
    """The rows that can be used. files: (N,); columns: (N,) words each, label among them."""

    files: tuple[Path, ...]
    columns: Mapping[str, NDArray[np.str_]]

    def take(self, indices: NDArray[np.int64]) -> Rows:
        return Rows(
            tuple(self.files[i] for i in indices), {name: words[indices] for name, words in self.columns.items()}
        )


def load_table(path: Path, preprocess: Preprocess, keep_ids: bool = False) -> Dataset:
    """Pictures that a CSV file names, with their labels; file names are relative to its folder.

    Columns: `file` (of a frame `cine.dcm[2]`) and `label` (several labels with | between them); `patient` (else those
    that DICOM files state), `split` (train, validation, calibration, test) and any others where known: these become
    groups of an evaluation. Other common names of these columns are known too (tables/columns.py). Without `split`
    patients are dealt by a hash of their names (pictures by their content where no patient is named), so that a new
    one moves no other. Patients' names are kept nowhere: a split has numbers
    for them. Rows that cannot be used are left out, with a warning that names the rows. keep_ids: as for load_dataset.
    Raises DataError for a table of another form, or a patient in two splits.
    """
    rows = _with_patients(usable(path, _read_rows(path)))
    several = any(SEVERAL in label for label in rows.columns["label"])
    classes = class_names(path, rows)
    preprocess = preprocess.for_pictures(sampled(rows.files, preprocess, keep_ids))
    labels = _as_labels(rows, classes, several=several)
    known = {name: words for name, words in rows.columns.items() if name not in ("label", _SPLIT)}
    if PATIENT in known:
        known[PATIENT] = numbered(known[PATIENT])
    whole = FolderSplit(rows.files, labels, preprocess, known, keep_ids)
    splits: dict[str, Split] = {} if _SPLIT in rows.columns else {"all": whole}
    names = _split_names(path, rows)
    splits |= {name: whole.chosen(np.flatnonzero(names == name)) for name in SPLITS if (names == name).any()}
    if PATIENT in known:
        check_apart(path, known[PATIENT], names)
    _check_training(path, splits, classes)
    clinical = PATIENT in known or has_dicom(rows.files)
    title = f"pictures that {path.name} names"
    return own_set(path, path.stem, title, classes, preprocess, splits, clinical=clinical, several=several)


def _read_rows(path: Path) -> list[dict[str, str]]:
    """The rows by column. Raises DataError where the text is no table with the columns that are needed."""
    content = read_bounded(path, MAX_BYTES, DataError, "a table of pictures")
    try:
        rows = named_rows(content)
        names = called(list(rows[0]), rows) if rows else {}
    except ValueError as error:
        raise DataError(f"{path}: cannot be read as a table of pictures: {error}.") from error
    missing = [name for name in _NEEDED if name not in names]
    if missing:
        found = ", ".join(map(repr, [*rows[0]][:10])) if rows else "no rows below it"
        raise DataError(
            f"{path}: has no column {missing[0]!r}; its first line has {found}. That line must name the columns:"
            " file,label and, where known, patient, site, split."
        )
    known = {theirs: ours for ours, theirs in names.items()}
    return [{known.get(name, name): cell for name, cell in row.items()} for row in rows]


def _picture_at(folder: Path, name: str) -> Path:
    """Where a row's picture lies, or the page of one."""
    file, page = split_page(name)
    return located(folder, name) if page is None else Path(f"{located(folder, file)}[{page}]")


def usable(path: Path, rows: list[dict[str, str]]) -> Rows:
    """The rows with a picture and a label, and a patient where there is such a column; a warning tells of the rest."""
    wanted = [name for name in rows[0] if name and name != "file"]
    needed = [name for name in ("label", PATIENT, _SPLIT) if name in wanted]
    several = any(SEVERAL in row["label"] for row in rows)  # then no label at all is an answer too
    kept, left_out = [], []
    for number, row in enumerate(rows, 2):  # the first line holds the names
        empty = [name for name in needed if not row.get(name) and not (several and name == "label")]
        if empty:
            left_out.append(f"line {number} has no {empty[0]}")
        elif not row["file"] or not file_of(_picture_at(path.parent, row["file"])).is_file():
            left_out.append(f"line {number} names a file that does not exist")
        else:
            kept.append(row)
    if left_out:
        more = f" and {len(left_out) - _TOLD:,} more" if len(left_out) > _TOLD else ""
        if not kept:
            raise DataError(f"{path}: none of its {len(rows):,} rows can be used: {'; '.join(left_out[:_TOLD])}{more}.")
        warn(f"{path}: {len(left_out):,} rows are left out: {'; '.join(left_out[:_TOLD])}{more}.")
    columns = {name: np.array([row.get(name, "") for row in kept], np.str_) for name in wanted}
    if "label" in columns:
        columns["label"] = np.array(plain_labels(columns["label"].tolist()), np.str_)
    return Rows(tuple(_picture_at(path.parent, row["file"]) for row in kept), columns)


def _with_patients(rows: Rows) -> Rows:
    """The rows with the patients that DICOM files state, where the table names none."""
    patients = None if PATIENT in rows.columns else dicom_patients(rows.files)
    return rows if patients is None else Rows(rows.files, {**rows.columns, PATIENT: np.array(patients, np.str_)})


def class_names(path: Path, rows: Rows) -> tuple[str, ...]:
    """The labels that occur, in their natural order (2 before 10). Raises DataError for fewer than two or too many."""
    names = in_order({part.strip() for label in set(rows.columns["label"]) for part in label.split(SEVERAL)} - {""})
    if not 2 <= len(names) <= MAX_CLASSES:
        raise DataError(f"{path}: has {len(names)} different labels in its usable rows; 2 to {MAX_CLASSES} can be.")
    return names


def _as_labels(rows: Rows, classes: tuple[str, ...], *, several: bool) -> Labels:
    """Labels (N,) 0..K-1, or (N, K) of 0 and 1 where a picture may bear several."""
    places = {name: place for place, name in enumerate(classes)}
    if not several:
        return np.array([places[label] for label in rows.columns["label"]], np.int64)
    made = np.zeros((len(rows.files), len(classes)), np.int64)
    for row, label in enumerate(rows.columns["label"]):
        for part in label.split(SEVERAL):
            if part.strip():
                made[row, places[part.strip()]] = 1
    return made


def _split_names(path: Path, rows: Rows) -> NDArray[np.str_]:
    """The split of each row, (N,), as the table has it or as the hashes fall."""
    if _SPLIT not in rows.columns:
        keys = [hashlib.sha256(each.encode()).hexdigest() for each in rows.columns.get(PATIENT, ())]
        return np.array([split_of(key) for key in keys or map(content_hash, rows.files)], np.str_)
    strange = sorted({str(name) for name in rows.columns[_SPLIT] if name.lower() not in SPLIT_NAMES})
    if strange:
        raise DataError(f"{path}: has the split {strange[0]!r}; known are {', '.join(SPLITS)}.")
    return np.array([SPLIT_NAMES[name.lower()] for name in rows.columns[_SPLIT]], np.str_)


def _check_training(path: Path, splits: Mapping[str, Split], classes: tuple[str, ...]) -> None:
    """Raise DataError for no training images and for a class that these lack."""
    if "train" not in splits:
        raise DataError(f"{path}: has no training images. Give some rows the split train.")
    train = splits["train"].labels
    seen = train.any(axis=0) if train.ndim == 2 else np.bincount(train, minlength=len(classes)) > 0
    if not seen.all():
        raise DataError(f"{path}: its training images lack the class {classes[int(np.argmin(seen))]!r}. Add some.")
