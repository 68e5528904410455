"""A folder of tables -> the parts of one set: IDX files by their names, tables by the split that their names tell."""

from __future__ import annotations

from pathlib import Path

from digit_recognizer.errors import DataError
from digit_recognizer.tables import idx, numpy_files
from digit_recognizer.tables.found import WHOLE, Parts, PictureTable, joined
from digit_recognizer.tables.named_arrays import read_named
from digit_recognizer.tables.reading import kind_of, read_idx_set, read_tables

_NOTES = (".txt", ".data")  # in a folder these are what somebody wrote about it
_INSIDE = ("raw", "gzip", "data")  # a folder in which the files of a set lie, as torchvision and Hugging Face have it


def tables_in(folder: Path) -> list[Path]:
    """The visible files of a folder that may be tables, sorted; those of its one folder `raw` where it has none.

    None of a folder with several folders inside: these are classes or splits, and what lies beside them is not read.
    """
    visible = [place for place in sorted(folder.iterdir()) if not place.name.startswith((".", "__"))]
    inside = [place for place in visible if place.is_dir()]
    if len(inside) > 1:
        return []
    files = [place for place in visible if place.suffix.lower() not in _NOTES and kind_of(place)]
    return files or [each for place in inside if place.name.lower() in _INSIDE for each in tables_in(place)]


def read_folder(files: list[Path]) -> Parts | None:
    """The set that tables in one folder are; None where none of them holds pictures. Raises DataError for several."""
    folder = files[0].parent
    pairs = idx.pairs_in(folder)
    if len(pairs) > 1:
        images = [pair.images.name for parts in pairs.values() for pair in [*parts.values()][:1]]
        raise DataError(
            f"{folder}: holds the sets {', '.join(name or 'without a name' for name in pairs)}. Name the images of one,"
            f" as {folder / images[0]}"
        )
    if pairs:
        ((name, parts),) = pairs.items()
        return read_idx_set(name, parts)
    if len(files) > 1 and all(kind_of(path) == "npy" for path in files):  # MNIST-C: train_images.npy, train_labels.npy
        return _of_arrays(folder, files)
    found: dict[str, list[PictureTable]] = {}
    for path in files:
        inside = read_tables(path) or {}
        if len(inside) > 1 and len(files) > 1:
            raise DataError(f"{folder}: holds {path.name} and other tables. Name one of them.")
        for part, table in inside.items():
            found.setdefault(idx.set_and_part(path)[1] if part == WHOLE else part, []).append(table)
    if not found:
        return None
    if WHOLE in found and (len(found) > 1 or len(found[WHOLE]) > 1):
        raise DataError(f"{folder}: holds several tables whose names do not say the split. Name one of them.")
    return {part: joined(tables) for part, tables in found.items()}


def _of_arrays(folder: Path, files: list[Path]) -> Parts:
    """The set whose pictures and labels lie in an npy file each, known by their names as the arrays of an npz are."""
    named = {path.stem: path for path in files}
    stored = {key: numpy_files.stored_in(path) for key, path in named.items()}
    return read_named(str(folder), stored, lambda key: numpy_files.read_npy(named[key]))
