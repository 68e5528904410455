"""Parquet files of pictures: one column of them, or a column a pixel; labels, and the classes that the schema names."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from digit_recognizer.errors import DataError, require_extra
from digit_recognizer.images.arrays import Refused
from digit_recognizer.images.given import as_list, in_batch
from digit_recognizer.tables.cells import Trouble, cells_of
from digit_recognizer.tables.columns import called, plain
from digit_recognizer.tables.found import Encoded, PictureTable, as_words, coloured
from digit_recognizer.tables.layout import IDS, Layout, find_layout
from digit_recognizer.tables.packed import MOST_HELD

if TYPE_CHECKING:
    import pyarrow

MARK = b"PAR1"
PICTURES = ("image", "img", "picture", "pixels", "pixel", "bytes", "data", "x", "file", "path", "image_path", "content")
_TOO_MUCH = "unpacks to more bytes than are held in memory. Part it, or score it into a table."
ROWS = 256  # held as Arrow's at once


@contextmanager
def _opened_parquet(path: Path) -> Iterator[Any]:
    """A Parquet file. Raises DataError, with its name; MissingExtraError without pyarrow."""
    require_extra("parquet", f"Reading {path.name}")
    import pyarrow
    from pyarrow.parquet import ParquetFile

    try:
        with ParquetFile(path) as file:
            yield file
    except pyarrow.ArrowException as error:
        raise DataError(f"{path}: is damaged or not Parquet ({str(error).splitlines()[0]}). Write it again.") from error
    except OSError as error:
        raise DataError(
            f"{path}: cannot be read ({error.strerror or error}). Check its name and permissions."
        ) from error


def read_parquet(path: Path, column: str | None = None) -> PictureTable:
    """The pictures of a Parquet file. column: the one that holds them, where its name does not say so."""
    with _opened_parquet(path) as file:
        schema = file.schema_arrow
        held = sum(file.metadata.row_group(n).total_byte_size for n in range(file.metadata.num_row_groups))
        if held > MOST_HELD:
            raise DataError(f"{path}: {_TOO_MUCH}", see=("score",))
        layout = None if column else pixel_layout(path, schema)
        if layout is not None:
            return _of_pixels(file, layout)
        chosen = column or _picture_column(path, schema)
        return _of_cells(path, file, chosen)


def pixel_cells(batch: pyarrow.RecordBatch, layout: Layout) -> list[tuple[Any, None]]:
    """The pictures of some rows of a table with a column a pixel, in the range of these rows."""
    images = _images(batch, layout)
    return [(picture, None) for picture in in_batch(list(images), images)]


def _images(batch: pyarrow.RecordBatch, layout: Layout) -> NDArray[Any]:
    """The pixels of some rows as pictures."""
    values = np.stack([batch.column(place).to_numpy(zero_copy_only=False) for place in layout.pixels], axis=1)
    return values.reshape(-1, layout.side, layout.side) if layout.channels == 1 else coloured(values, layout.side)


def pixel_layout(path: Path | str, schema: pyarrow.Schema) -> Layout | None:
    """Where the pixels stand in a table with a column a pixel; None for any other."""
    try:
        return find_layout([schema.names]) if len(schema.names) >= 64 else None
    except ValueError as error:
        raise DataError(f"{path}: cannot be read as a table of pixels: {error}.") from error


def _picture_column(path: Path, schema: pyarrow.Schema) -> str:
    """The column that holds pictures: by its name, or the only one that can. Raises DataError, with all columns."""
    import pyarrow as pa

    names = {plain(name): name for name in schema.names}
    for known in PICTURES:
        if known in names:
            return str(names[known])
    can = [
        each.name
        for each in schema
        if pa.types.is_struct(each.type) or pa.types.is_binary(each.type) or pa.types.is_large_binary(each.type)
    ]
    if len(can) == 1:
        return str(can[0])
    listed = ", ".join(f"{each.name} ({each.type})" for each in list(schema)[:12])
    raise DataError(f"{path}: it is not clear which column has the pictures; it has {listed}. Rename it to 'image'.")


def _of_pixels(file: Any, layout: Layout) -> PictureTable:
    """A table with a column a pixel."""
    names = file.schema_arrow.names
    pieces = []
    others: dict[str, list[Any]] = {name: [] for name in layout.names}
    for batch in file.iter_batches(4096):
        pieces.append(_images(batch, layout))
        for name, place in zip(layout.names, layout.places, strict=True):
            others[name] += batch.column(names.index(names[place])).to_pylist()
    images = np.concatenate(pieces)
    words = {name: _words(cells) for name, cells in others.items()}
    return PictureTable(
        in_batch(list(images), images),
        words.pop("label", None),
        words.pop("id", None),
        layout.id_name,
        words,
        class_names(file.schema_arrow, names[layout.places[layout.names.index("label")]])
        if "label" in layout.names
        else None,
        layout.notes,
    )


def _of_cells(path: Path, file: Any, chosen: str) -> PictureTable:
    """A table with a column of pictures."""
    schema = file.schema_arrow
    if chosen not in schema.names:
        raise DataError(f"{path}: has no column {chosen!r}; it has {', '.join(schema.names[:20])}.")
    rest = [name for name in schema.names if name != chosen]
    try:
        known = called([name for name in rest if plain(name) not in PICTURES])
    except ValueError as error:
        raise DataError(f"{path}: {error}.") from error
    known.pop("file", None)
    ident = next((name for name in rest if plain(name) in IDS and name), None)
    wanted = {**known, **({"id": ident} if ident else {})}
    found: list[Any] = []
    held = 0
    others: dict[str, list[Any]] = {name: [] for name in wanted}
    for batch in file.iter_batches(ROWS, columns=[chosen, *wanted.values()]):
        found += [cell for cell, _ in cells_of(batch.column(chosen), chosen, path.parent)]
        held += sum(
            len(each) if isinstance(each, bytes) else getattr(each, "nbytes", 0) for each in found[-len(batch) :]
        )
        if held > MOST_HELD:
            raise DataError(f"{path}: {_TOO_MUCH}", see=("score",))
        for ours, theirs in wanted.items():
            others[ours] += batch.column(theirs).to_pylist()
    classes = class_names(schema, known["label"]) if "label" in known else None
    words = {name: _words(cells, classes if name == "label" else None) for name, cells in others.items()}
    if "split" in words and not all(map(str, words["split"])):
        words.pop("split")
    ready = [Refused(f"{each.cause}.") if isinstance(each, Trouble) else each for each in found]
    arrays = iter(as_list([each for each in ready if isinstance(each, np.ndarray)] or [None], 3))
    pictures = [next(arrays) if isinstance(each, np.ndarray) else each for each in ready]
    return PictureTable(
        Encoded(pictures), words.pop("label", None), words.pop("id", None), ident or "ImageId", words, classes
    )


def class_names(schema: pyarrow.Schema, label: str) -> tuple[str, ...] | None:
    """The classes of a label column as Hugging Face's metadata names them, in order; None where it does not."""
    try:
        stated = json.loads((schema.metadata or {}).get(b"huggingface", b"null"))
        names = stated["info"]["features"][label]["names"]
    except (ValueError, KeyError, TypeError):
        return None
    if isinstance(names, dict):
        names = [names[key] for key in sorted(names, key=int)]
    usable = isinstance(names, list) and names and all(isinstance(name, str) for name in names)
    return tuple(names) if usable and len({*names}) == len(names) else None


def _words(cells: list[Any], classes: tuple[str, ...] | None = None) -> tuple[str, ...]:
    """Cells as words; numbers of classes by their names, what is absent as ""."""
    made = []
    for cell in cells:
        if cell is None or (isinstance(cell, float) and cell != cell):
            made.append("")
        elif classes and isinstance(cell, int):
            made.append(classes[cell] if 0 <= cell < len(classes) else "")  # -1 is Hugging Face's "not known"
        else:
            made.append(*as_words("label", np.array([cell])) if isinstance(cell, bool | int | float) else (str(cell),))
    return tuple(made)
