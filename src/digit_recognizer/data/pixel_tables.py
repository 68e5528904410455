"""A table of pictures with their pixels (CSV, IDX, npz, MATLAB, HDF5, Parquet) as a data set in memory."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from digit_recognizer.data.cache import warn
from digit_recognizer.data.class_names import in_order
from digit_recognizer.data.own_set import own_set
from digit_recognizer.data.patients import SHARES, check_apart, numbered, split_of
from digit_recognizer.data.spec import PATIENT, SPLITS, ArraySplit, Dataset, Images, Split
from digit_recognizer.errors import DataError, ImageError
from digit_recognizer.images import Preprocess, read_picture
from digit_recognizer.images.given import wide
from digit_recognizer.images.levels import range_note
from digit_recognizer.images.notes import gathered, tell
from digit_recognizer.tables.found import WHOLE, Parts, PictureTable, content_of
from digit_recognizer.tables.orientation import looks_transposed

MAX_CLASSES = 1000
_TOLD = 3  # rows that a warning describes
_SAMPLED = 200  # pictures, about, that tell in which form a set's are


def load_pixels(name: str, parts: Parts, preprocess: Preprocess) -> Dataset:
    """The pictures and labels of a table as a data set.

    Every picture is prepared as `predict` prepares it, and lies in memory. Rows that cannot be used are left out, with
    a warning. A table that tells of no splits is dealt by its patients, or by the content of each picture, as a folder
    of class folders is; of one with training pictures alone, or with training and test pictures, validation and
    calibration pictures are held out in the same way. Raises DataError, naming the file.
    """
    labelled = {part: table for part, table in parts.items() if table.labels is not None}
    if not labelled:
        raise DataError(
            f"{name}: has pictures but no labels, so it cannot be used for training or evaluation. A table of pixels"
            " needs a column 'label', arrays an npz with images and labels."
            " A model can give each picture a class.",
            see=("predict",),
        )
    for part in parts.keys() - labelled.keys():
        warn(f"{name}: its {part} pictures have no labels, and are left out.")
    for note in dict.fromkeys(note for table in labelled.values() for note in table.notes):
        warn(f"{name}: {note}.")
    preprocess = preprocess.for_pictures(_samples(labelled, preprocess))
    read = {part: _prepared(f"{name}: {part}", table, preprocess) for part, table in labelled.items()}
    classes = class_names(name, read)
    ready = {part: _as_split(name, part, each, classes) for part, each in read.items()}
    if preprocess.form == "digit" and any(looks_transposed(split.images) for split in ready.values()):
        warn(
            f"{name}: its pictures look transposed, rows for columns: their ink is wider than it is tall. EMNIST's"
            " files are like that; put 'emnist' into the file's name to have them turned."
        )
    splits = _dealt(name, ready, {part: each.keys for part, each in read.items()})
    path, clinical = Path(name), any(PATIENT in split.columns for split in splits.values())
    return own_set(path, path.stem, f"pictures in {path.name}", classes, preprocess, splits, clinical=clinical)


class _Read:
    """The rows of a part that can be used."""

    def __init__(self, images: Images, table: PictureTable, rows: Sequence[int]) -> None:
        self.images = images
        self.words = [(table.labels or ())[row] for row in rows]
        self.classes = table.classes
        known = {name: words for name, words in table.columns.items() if name not in ("split", "file")}
        self.columns = {name: np.array([words[row] for row in rows], np.str_) for name, words in known.items()}
        self.keys = [hashlib.sha256(content_of(table.pictures, row)).hexdigest() for row in rows]


def _samples(tables: Mapping[str, PictureTable], preprocess: Preprocess) -> Iterator[NDArray[np.uint8]]:
    """Some pictures of the table that is learned from, those that can be read."""
    table = tables.get("train") or tables.get(WHOLE) or next(iter(tables.values()))
    for row in range(0, len(table), max(1, len(table) // _SAMPLED)):
        with suppress(ImageError), gathered():
            yield read_picture(table.pictures[row], channels=preprocess.channels, form=preprocess.form)


def _prepared(name: str, table: PictureTable, preprocess: Preprocess) -> _Read:
    """Every row with a picture and a label (and a patient, where there is such a column), prepared."""
    needed = {"label": table.labels or (), **{key: table.columns[key] for key in (PATIENT,) if key in table.columns}}
    images: list[NDArray[np.uint8]] = []
    rows: list[int] = []
    left_out: list[str] = []
    highest: set[int] = set()
    for row in range(len(table)):
        empty = [key for key, words in needed.items() if not words[row]]
        if empty:
            left_out.append(f"row {row + 1} has no {empty[0]}")
            continue
        try:
            given = table.pictures[row]
            called = f"row {row + 1}"
            picture = read_picture(given, channels=preprocess.channels, source=called, form=preprocess.form)
        except ImageError as error:
            left_out.append(str(error))
            continue
        fitted = preprocess.fit(picture)
        images.append(np.zeros(preprocess.shape, np.uint8) if fitted is None else fitted)
        rows.append(row)
        highest |= wide([given])
    tell([note for note in (range_note(each, preprocess.form, name) for each in sorted(highest)) if note])
    if left_out:
        more = f" and {len(left_out) - _TOLD:,} more" if len(left_out) > _TOLD else ""
        said = f"{name}: {len(left_out):,} of {len(table):,} rows cannot be used: {'; '.join(left_out[:_TOLD])}{more}."
        if not rows:
            raise DataError(said)
        warn(said)
    return _Read(np.stack(images), table, rows)


def class_names(name: str, read: dict[str, _Read]) -> tuple[str, ...]:
    """The classes in the order that the file tells, else with numbers in their order. Raises DataError for too few."""
    train = read.get("train") or read.get(WHOLE) or next(iter(read.values()))
    found = {*train.words}
    told = next((each.classes for each in read.values() if each.classes), None)
    names = tuple(each for each in told or in_order(found) if each in found)
    if not 2 <= len(names) <= MAX_CLASSES:
        raise DataError(f"{name}: has {len(names)} different labels; 2 to {MAX_CLASSES} can be learned.")
    return names


def _as_split(name: str, part: str, read: _Read, classes: tuple[str, ...]) -> ArraySplit:
    """A part as arrays. Raises DataError for a label that the training pictures have not."""
    places = {each: place for place, each in enumerate(classes)}
    strange = next((word for word in read.words if word not in places), None)
    if strange is not None:
        raise DataError(f"{name}: its {part} pictures have the class {strange!r}, which its training pictures lack.")
    return ArraySplit(read.images, np.array([places[word] for word in read.words], np.int64), read.columns)


def _dealt(name: str, ready: dict[str, ArraySplit], keys: dict[str, list[str]]) -> dict[str, Split]:
    """The four splits, as far as there are pictures for them; `all` too of a table that tells of none."""
    by_patient = all(PATIENT in split.columns for split in ready.values())
    if by_patient:
        ready, keys = _numbered(name, ready)
    if set(ready) == {WHOLE}:
        whole = ready[WHOLE]
        names = np.array([split_of(key) for key in keys[WHOLE]], np.str_)
        made: dict[str, Split] = {WHOLE: whole}
        return made | {
            split: whole.chosen(np.flatnonzero(names == split)) for split in SPLITS if (names == split).any()
        }
    made = {split: ready[split] for split in SPLITS if split in ready}
    if "train" in ready and not {"validation", "calibration"} & {*ready}:
        names = np.array([held_out(key) for key in keys["train"]], np.str_)
        for split in SPLITS[:-1]:
            made[split] = ready["train"].chosen(np.flatnonzero(names == split))
        made = {split: made[split] for split in SPLITS if split in made and len(made[split])}
    return made


def _numbered(name: str, ready: dict[str, ArraySplit]) -> tuple[dict[str, ArraySplit], dict[str, list[str]]]:
    """The splits with numbers for their patients, and what deals each row: a hash of its patient."""
    names = np.concatenate([split.columns[PATIENT] for split in ready.values()])
    where = np.repeat(list(ready), [len(split) for split in ready.values()])
    numbers = numbered(names)
    check_apart(Path(name), numbers, where)
    keys = {
        part: [hashlib.sha256(each.encode()).hexdigest() for each in split.columns[PATIENT]]
        for part, split in ready.items()
    }
    made = {
        part: ArraySplit(split.images, split.labels, {**split.columns, PATIENT: numbers[where == part]})
        for part, split in ready.items()
    }
    return made, keys


def held_out(key: str) -> str:
    """The split of a published training picture that a hash (hexadecimal) falls to: train, or one of those held out."""
    shares = SHARES[:-1]
    first = int(key[:8], 16) % sum(share for _, share in shares)
    for name, share in shares:
        first -= share
        if first < 0:
            return name
    return shares[0][0]
