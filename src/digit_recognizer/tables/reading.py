"""Any table of pictures -> its parts, by content: CSV of pixels, IDX, npy, npz, MATLAB, HDF5, Parquet."""

from __future__ import annotations

import os
import re
import zipfile
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from digit_recognizer.errors import DataError
from digit_recognizer.images.given import as_list
from digit_recognizer.tables import idx, matlab, numpy_files
from digit_recognizer.tables.columns import SPLIT_NAMES
from digit_recognizer.tables.found import WHOLE, Parts, PictureTable, of_arrays
from digit_recognizer.tables.named_arrays import StoredArray, read_named
from digit_recognizer.tables.packed import bare_name, files_in, start_of
from digit_recognizer.tables.parquet import MARK as PARQUET_MARK
from digit_recognizer.tables.parquet import read_parquet
from digit_recognizer.tables.pixels import layout_of, read_pixels

_TEXTS = (".csv", ".tsv", ".txt", ".data", ".tra", ".tes")
LISTED = ".csv of pixels, .npy, .npz, .mat, .h5, .parquet or IDX files"
_KEYS = re.compile(r"(.+)\[([^\[\]]+)\]", re.DOTALL)
TRANSPOSED = "emnist"  # in the name of a file: its pictures lie transposed, and are turned


def split_keys(name: str) -> tuple[str, tuple[str, ...]]:
    """The file in a name, and what in brackets after it says which of its arrays are meant: "set.npz[x,y]"."""
    found = _KEYS.fullmatch(name)
    if found is None or os.path.lexists(name):
        return name, ()
    return found[1], tuple(key.strip() for key in found[2].split(","))


def kind_of(path: Path) -> str | None:
    """Which table of pictures a file may be, by its content; None for any other file. Text is known by its suffix."""
    if not os.path.isfile(path):  # noqa: PTH113 - never raises, whatever the name
        return None
    start = start_of(path)
    marks: tuple[tuple[str, bool], ...] = (
        ("npy", start.startswith(numpy_files.MAGIC)),
        ("npz", start.startswith(b"PK\x03\x04") and path.suffix.lower() == ".npz"),
        ("parquet", start.startswith(PARQUET_MARK)),
        ("mat", matlab.is_mat(start)),
        ("hdf5", matlab.is_hdf5(start)),
        ("idx", idx.header_in(start) is not None),
        ("text", bare_name(path).endswith(_TEXTS) or is_packed_table(path)),
    )
    return next((kind for kind, fits in marks if fits), None)


def sources_in(name: str, parts: Parts) -> list[str]:
    """What the rows of a table are called: by their ids, or by their numbers from 1, "test.csv[1]"."""
    made = []
    for part, table in parts.items():
        numbers = [str(number) if part == WHOLE else f"{part} {number}" for number in range(1, len(table) + 1)]
        made += [f"{name}[{word}]" for word in table.ids or numbers]
    return made


def is_packed_table(path: Path) -> bool:
    """Whether an archive holds one text table and nothing else, as Kaggle packs it: "train.csv.zip"."""
    if path.suffix.lower() != ".zip" or not zipfile.is_zipfile(path):
        return False
    with zipfile.ZipFile(path) as archive:
        names = [each.lower() for each in files_in(archive)]
    return len(names) == 1 and names[0].endswith(_TEXTS)


def check_packed(path: Path) -> None:
    """Raise DataError for a zip archive of several tables and nothing else, as Kaggle gives a whole competition."""
    if path.suffix.lower() != ".zip" or not zipfile.is_zipfile(path):
        return
    with zipfile.ZipFile(path) as archive:
        names = files_in(archive)
    if names and all(name.lower().endswith((*_TEXTS, ".parquet", ".npz", ".npy", ".mat", ".h5")) for name in names):
        raise DataError(f"{path}: is an archive of tables ({', '.join(names[:6])}). Unpack it, and name its folder.")


def holds_pictures(path: Path) -> bool:
    """Whether a file is a table of pictures, without reading it all. Raises DataError for one that cannot be read."""
    kind = kind_of(path)
    return kind is not None and (kind != "text" or layout_of(path)[1] is not None)


def read_tables(name: str | Path, *, alone: bool = False) -> Parts | None:
    """The pictures of a table by split, or as WHOLE where it tells of none; None where the file is no such table.

    name: a file, perhaps with the arrays that are meant: "set.npz[x,y]". alone: of an IDX file its own pictures, not
    the other parts of its set, which lie beside it. Raises DataError, naming the file, for a
    table that cannot be read, or of which it is not clear what is meant.
    """
    file, keys = split_keys(str(name))
    path = Path(file)
    kind = kind_of(path)
    if kind is None:
        return None
    if keys and kind in ("npy", "idx", "text"):
        raise DataError(f"{name}: {path.name} holds no arrays with names; leave out the brackets.")
    if kind == "idx" and alone:
        return _one_idx(path)
    return READERS[kind](path, keys)


def _text(path: Path, _keys: tuple[str, ...]) -> Parts | None:
    form, layout = layout_of(path)
    if layout is None:
        return None
    return _by_column(path, _turned(path, read_pixels(path, form, layout)))


def _npy(path: Path, _keys: tuple[str, ...]) -> Parts:
    return {WHOLE: PictureTable(as_list(numpy_files.read_npy(path)))}


def _npz(path: Path, keys: tuple[str, ...]) -> Parts:
    stored = numpy_files.arrays_of(path)
    return read_named(str(path), stored, partial(numpy_files.load_from, path), keys, turned=_is_transposed(path))


def _mat(path: Path, keys: tuple[str, ...]) -> Parts:
    return _of_paths(path, keys, matlab.arrays_of_mat(path), matlab.load_mat)


def _hdf5(path: Path, keys: tuple[str, ...]) -> Parts:
    return _of_paths(path, keys, matlab.arrays_of_hdf5(path), matlab.load_hdf5)


def _of_paths(
    path: Path, keys: tuple[str, ...], stored: dict[str, StoredArray], load: Callable[[Path, str], NDArray[Any]]
) -> Parts:
    """The tables of arrays with paths, "dataset/train/images": known by what follows the folders that all share."""
    full = matlab.short_names(stored)
    wanted = tuple(full.get(key, key) for key in keys)
    shown = stored if keys else {short: stored[key] for short, key in full.items()}
    return read_named(str(path), shown, lambda key: load(path, full.get(key, key)), wanted, turned=_is_transposed(path))


def _parquet(path: Path, keys: tuple[str, ...]) -> Parts:
    return _by_column(path, read_parquet(path, keys[0] if keys else None))


def _idx(path: Path, _keys: tuple[str, ...]) -> Parts:
    """An IDX file of pictures, with its labels where these lie beside it, and with the other parts of its set."""
    _check_images(path)
    name, _ = idx.set_and_part(path)
    return read_idx_set(name, idx.pairs_in(path.parent)[name])


def _one_idx(path: Path) -> Parts:
    """An IDX file of pictures by itself."""
    _check_images(path)
    return {WHOLE: of_arrays(str(path), idx.read_idx(path), None, turned=_is_transposed(path))}


def _check_images(path: Path) -> None:
    header = idx.header_of(path)
    if header is None or not header.of_images:
        raise DataError(f"{path}: is an IDX file of labels. Name that of the images, or their folder.")


READERS: dict[str, Callable[[Path, tuple[str, ...]], Parts | None]] = {
    "text": _text,
    "npy": _npy,
    "npz": _npz,
    "mat": _mat,
    "hdf5": _hdf5,
    "parquet": _parquet,
    "idx": _idx,
}


def read_idx_set(name: str, pairs: dict[str, idx.IdxPair]) -> Parts:
    """The parts of a set of IDX files. name: what their names have in common."""
    made: Parts = {}
    for part, pair in pairs.items():
        images = idx.read_idx(pair.images)
        labels = None if pair.labels is None else idx.read_labels(pair.labels, pair.images, len(images))
        table = of_arrays(str(pair.images), images, labels, turned=_is_transposed(pair.images))
        mapping = idx.mapping_of(pair.images, name)
        if mapping and table.labels is not None and {*table.labels} <= {*mapping}:
            named = tuple(mapping[label] for label in table.labels)
            table = PictureTable(table.pictures, named, classes=tuple(mapping.values()))
        made[part] = table
    return made


def _is_transposed(path: Path) -> bool:
    """Whether the pictures of a file lie transposed: EMNIST's do, as its authors and Kaggle publish them."""
    return TRANSPOSED in path.name.lower()


def _turned(path: Path, table: PictureTable) -> PictureTable:
    """A text table's pictures turned, where they lie transposed."""
    if not _is_transposed(path):
        return table
    pictures = [replace(each, array=each.array.swapaxes(0, 1)) for each in table.pictures]
    return replace(table, pictures=pictures, notes=(*table.notes, "its pictures are transposed, as EMNIST's do"))


def _by_column(path: Path, table: PictureTable) -> Parts:
    """A table by its own column of splits, where it has one."""
    words = table.columns.get("split")
    if words is None:
        return {WHOLE: table}
    strange = sorted({word for word in words if word.lower() not in SPLIT_NAMES})
    if strange:
        known = ", ".join(dict.fromkeys(SPLIT_NAMES.values()))
        raise DataError(f"{path}: has the split {strange[0]!r}; known are {known}.")
    rows: dict[str, list[int]] = {}
    for row, word in enumerate(words):
        rows.setdefault(SPLIT_NAMES[word.lower()], []).append(row)
    return {split: table.chosen(those) for split, those in rows.items()}
