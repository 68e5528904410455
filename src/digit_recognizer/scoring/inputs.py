"""A shard -> its pictures, one at a time: a name and its bytes, or why these could not be had."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np

from digit_recognizer.dicom.names import is_dicom, named_by
from digit_recognizer.errors import DataError, MissingExtraError
from digit_recognizer.images.arrays import Refused
from digit_recognizer.images.decode import MAX_BYTES
from digit_recognizer.images.formats import FIRST
from digit_recognizer.images.given import as_list
from digit_recognizer.images.pages import tiff_numbers
from digit_recognizer.paging import page_name
from digit_recognizer.scoring.places import reading
from digit_recognizer.scoring.shards import Shard
from digit_recognizer.sources.archives import members
from digit_recognizer.sources.kinds import PICTURE
from digit_recognizer.tables.cells import Trouble, cells_of
from digit_recognizer.tables.parquet import pixel_cells, pixel_layout
from digit_recognizer.tables.reading import read_tables, sources_in

COLUMN = "image"  # of a table: bytes, a struct that holds them (Hugging Face's), base64, a path or pixels
NAMES = ("path", "source", "name", "__key__", "key")  # columns that may name a row, the first that is there
ROWS = 256  # of a table, held at once,
_MOST_HELD = 64 * 2**20  # and bytes of them, as far as the table's own account of its size goes
_BUFFER = 2**20  # bytes of a column that are read at a time
COLOUR = 3  # an array in a cell is one picture, so that of three axes one is colour


@dataclass(frozen=True)
class Input:
    """One picture of a shard."""

    source: str
    content: bytes | None = None  # None where it could not be read, or is no file
    error: str | None = None
    page: int | None = None  # of a TIFF of several, which the source's name ends on
    picture: Any = None  # that of a table of pixels, as `read_picture` takes it


def inputs(shard: Shard, column: str = COLUMN, left_out: Counter[str] | None = None) -> Iterator[Input]:
    """Every picture of a shard, in order.

    One that cannot be read is given with its error. A shard that breaks off is given up to there and then one more
    input, named after the shard, with the error: what follows is unknown, and is not passed over in silence.
    column: of a table, the one that holds the pictures. left_out: counts an archive's members that are not pictures.
    Raises DataError for a table without it.
    """
    if shard.kind == "files":
        for place in shard.places:
            yield from _one_file(place)
        return
    (place,) = shard.places
    try:
        if shard.kind == "parquet":
            yield from _in_table(place, shard.row_group, column)
        elif shard.kind == "pixels":
            yield from _in_pixels(place)
        else:
            yield from in_archive(place, Counter() if left_out is None else left_out)
    except (DataError, MissingExtraError):
        raise
    except Exception as error:  # tarfile, zlib and pyarrow raise nearly anything on damaged bytes
        yield Input(place, error=f"{place}: is truncated here ({error}). Recreate it; what is above was read.")


def _one_file(place: str) -> Iterator[Input]:
    """The picture in a file of its own, or its pages."""
    try:
        with reading(place) as file:
            found = bounded(place, file)
    except Exception as error:  # object stores raise errors of their own
        found = iter([Input(place, error=f"{place}: cannot be read ({error}). Check the name and its permissions.")])
    yield from found


def bounded(source: str, file: IO[bytes]) -> Iterator[Input]:
    """An opened file's bytes, no more than a picture may have."""
    content = file.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        return iter([Input(source, error=f"{source}: is larger than {MAX_BYTES // 2**20} MiB, the most that is read.")])
    return named(source, content)


def named(source: str, content: bytes) -> Iterator[Input]:
    """A picture's bytes under its name, a TIFF of several pages under the name of each (pages.py); those of a DICOM
    file, which is refused, under a hash of them (dicom_names)."""
    if is_dicom(content):
        yield Input(named_by(content), content)
        return
    for page in tiff_numbers(source, io.BytesIO(content), content[:FIRST]):
        yield Input(page_name(source, page), content, page=page)


def in_archive(place: str, left_out: Counter[str]) -> Iterator[Input]:
    """The pictures of an archive (of WebDataset's layout too, where other members lie beside them)."""
    with reading(place) as raw:
        for member in members(raw, place, (PICTURE,), left_out):
            source = f"{place}/{member.name}"
            if member.error is None:
                yield from named(source, member.content)
            else:
                yield Input(source, error=f"{source}: {member.error}.")


def _in_pixels(place: str) -> Iterator[Input]:
    """The rows of a table of pixels: CSV, npy, npz, IDX, MATLAB, HDF5."""
    parts = read_tables(place, alone=True) or {}
    pictures = (table.pictures[row] for table in parts.values() for row in range(len(table)))
    for picture, source in zip(pictures, sources_in(place, parts), strict=True):
        refused = f"{source}: {picture.cause}" if isinstance(picture, Refused) else None
        yield Input(source, error=refused, picture=None if refused else picture)


def _in_table(place: str, row_group: int, column: str) -> Iterator[Input]:
    """The pictures of one row group of a Parquet file: of a column of them, or with a column a pixel."""
    from pyarrow.parquet import ParquetFile

    with reading(place) as file:
        table = ParquetFile(file, read_dictionary=_bytes_in(file, column), buffer_size=_BUFFER)
        names = table.schema_arrow.names
        layout = None if column in names else pixel_layout(place, table.schema_arrow)
        if layout is None and column not in names:
            raise DataError(
                f"{place}: has no column {column!r}; it has {', '.join(names)}. Name one of these.", see=("column",)
            )
        naming = next((name for name in NAMES if name in names), None)
        wanted = ([column] if layout is None else []) + ([] if naming is None else [naming])
        folder = None if "://" in place else Path(place).parent
        row = 0
        group = table.metadata.row_group(row_group)
        rows = max(1, min(ROWS, _MOST_HELD * group.num_rows // max(1, group.total_byte_size)))
        for batch in table.iter_batches(rows, row_groups=[row_group], columns=None if layout else wanted):
            called = [None] * len(batch) if naming is None else batch.column(naming).to_pylist()
            cells = pixel_cells(batch, layout) if layout else _of_column(batch.column(column), column, folder)
            for (cell, stated), name in zip(cells, called, strict=True):
                yield from _of_row(f"{place}#{row_group}.{row}", cell, name if isinstance(name, str) else stated)
                row += 1


def _bytes_in(file: IO[bytes], column: str) -> list[str]:
    """The paths of bytes and text within a column: a value that many rows share is then unpacked once."""
    from pyarrow.parquet import ParquetFile

    schema = ParquetFile(file).schema
    leaves = [schema.column(number) for number in range(len(schema))]
    inside = [leaf for leaf in leaves if leaf.path == column or leaf.path.startswith(f"{column}.")]
    return [leaf.path for leaf in inside if leaf.physical_type == "BYTE_ARRAY"]


def _of_column(column: Any, name: str, folder: Path | None) -> list[tuple[Any, str | None]]:
    """The pictures of some cells, those of numbers in one range, each with the path that the cell states."""
    cells = list(cells_of(column, name, folder))
    arrays = [cell for cell, _ in cells if isinstance(cell, np.ndarray)]
    ready = iter(as_list([*arrays, None], COLOUR)[:-1])
    return [(next(ready) if isinstance(cell, np.ndarray) else cell, path) for cell, path in cells]


def _of_row(where: str, cell: Any, name: str | None) -> Iterator[Input]:
    """A picture in a cell: the bytes of a file, numbers, or why it holds neither."""
    source = where if name is None else f"{where} {name}"
    if isinstance(cell, Trouble | Refused):
        yield Input(source, error=f"{source}: {cell.cause.rstrip('.')}.")
    elif isinstance(cell, bytes):
        yield from named(source, cell)
    else:
        yield Input(source, picture=cell)
