"""The cells of a Parquet column of pictures, in every form in which people store them -> bytes or arrays."""

from __future__ import annotations

import base64
import binascii
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from digit_recognizer.dicom.names import is_dicom
from digit_recognizer.images.shapes import LEAST, side_of
from digit_recognizer.tables.found import coloured

if TYPE_CHECKING:
    import pyarrow

MAX_BYTES = 64 * 2**20  # of a picture
BYTES, PATH = "bytes", "path"  # the fields of Hugging Face's struct
KINDS = (
    b"\x89PNG",
    b"\xff\xd8\xff",
    b"GIF8",
    b"BM",
    b"II*\0",
    b"MM\0*",
    b"RIFF",
    b"%PDF",
    b"P5",
    b"P6",
    b"\0\0\0\x0cjP",
)
_ADDRESS = re.compile(r"data:[\w/+.-]*(;[\w=-]+)*;base64,", re.IGNORECASE)
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{32,}={0,2}")


@dataclass(frozen=True)
class Trouble:
    """Why a cell holds no picture."""

    cause: str


Cell = bytes | NDArray[Any] | Trouble


def cells_of(column: pyarrow.Array, name: str, folder: Path | None) -> Iterator[tuple[Cell, str | None]]:
    """The pictures of a column, in order, each with the path that the cell states, if it does.

    folder: the table's own, in which a picture that is named by its path alone may lie; None where it is not local.
    """
    import pyarrow as pa

    column = column.storage if isinstance(column.type, pa.BaseExtensionType) else column
    if pa.types.is_dictionary(column.type):
        yield from _of_dictionary(column, name, folder)
    elif pa.types.is_struct(column.type):
        yield from _structs(column, name, folder)
    elif pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        yield from (_of_text(text.as_py(), name, folder) for text in column)
    elif _is_list(column.type):
        yield from ((_of_list(each, name), None) for each in _lists(column))
    else:
        for value in column:  # one at a time: each may be large
            yield _of_value(value.as_py(), name, str(column.type)), None


def _of_dictionary(
    column: pyarrow.DictionaryArray, name: str, folder: Path | None
) -> Iterator[tuple[Cell, str | None]]:
    """The pictures of a column that says which of some values stands in each row; rows of one value share it."""
    known = dict[int, tuple[Cell, str | None]]()
    for place in column.indices.to_pylist():
        if place is None:
            yield Trouble(f"column {name} is empty here"), None
            continue
        if place not in known:
            (known[place],) = cells_of(column.dictionary.slice(place, 1), name, folder)
        yield known[place]


def _is_list(kind: pyarrow.DataType) -> bool:
    import pyarrow as pa

    return any(is_one(kind) for is_one in (pa.types.is_list, pa.types.is_large_list, pa.types.is_fixed_size_list))


def _structs(column: pyarrow.Array, name: str, folder: Path | None) -> Iterator[tuple[Cell, str | None]]:
    """Hugging Face's form: the bytes of a file, or else its path."""
    fields = [field.name for field in column.type]
    if BYTES not in fields and PATH not in fields:
        trouble = Trouble(f"column {name} is a struct of {', '.join(fields)}; a picture has its bytes in 'bytes'")
        yield from ((trouble, None) for _ in range(len(column)))
        return
    for row in column:
        cell = row.as_py() or {}
        content, path = (cell.get(field) for field in (BYTES, PATH))
        stated = path if isinstance(path, str) else None
        if content:
            yield _of_value(content, name, "struct"), stated
        elif stated:
            yield _at_path(stated, name, folder), stated
        else:
            yield Trouble(f"column {name} is empty here: neither bytes nor a path"), None


def _of_value(value: Any, name: str, kind: str) -> Cell:
    """A picture in a cell without structure."""
    if isinstance(value, bytes):
        return bounded(_unwrapped(value))
    if value is None:
        return Trouble(f"column {name} is empty here")
    return Trouble(
        f"column {name} holds {kind}, which is not a form of a picture: bytes, a struct with bytes, base64,"
        " a path or a list of pixels"
    )


def _unwrapped(content: bytes) -> bytes:
    """A picture's bytes, also of one that was written in base64 into a column of bytes."""
    if content.startswith(KINDS) or not content[:32].isascii() or is_dicom(content):
        return content
    try:
        return _decoded(content.decode("ascii")) or content
    except UnicodeDecodeError:
        return content


def bounded(content: bytes) -> Cell:
    """A picture's bytes, or that they are too many."""
    if len(content) > MAX_BYTES:
        return Trouble(f"is larger than {MAX_BYTES // 2**20} MiB, the most that is read")
    return content


def _of_text(text: str | None, name: str, folder: Path | None) -> tuple[Cell, str | None]:
    """A picture in base64, or named by its path, and that path."""
    if not text:
        return Trouble(f"column {name} is empty here"), None
    content = _decoded(text)
    if content is None:
        return _at_path(text, name, folder), text
    return bounded(content) if content else Trouble(f"column {name} holds base64 that is damaged"), None


def _decoded(text: str) -> bytes | None:
    """What base64 stands for, nothing where it is damaged; None for another text."""
    address = _ADDRESS.match(text)
    bare = "".join((text[address.end() :] if address else text).split()).replace("-", "+").replace("_", "/")
    if not address and not _BASE64.fullmatch(bare):
        return None
    try:
        content = base64.b64decode(bare + "=" * (-len(bare) % 4), validate=True)
    except (binascii.Error, ValueError):
        return b"" if address else None
    return content if address or content.startswith(KINDS) or is_dicom(content) else None


def _at_path(path: str, name: str, folder: Path | None) -> Cell:
    """A picture that the table names by its path alone: read where it lies in the table's own folder, never outside."""
    said = f"column {name} holds the path {path[:200]!r} only, no bytes"
    if folder is None:
        return Trouble(f"{said}, and such files are read only beside a local table. Store the bytes in the table")
    try:
        place = (folder / path.replace("\\", "/")).resolve()
        if not place.is_relative_to(folder.resolve()):
            return Trouble(f"{said}, and it is outside the table's folder. Move the pictures beside the table")
        if not place.is_file():
            return Trouble(
                f"{said}, and no such file is in the table's folder. Store the bytes in the table, or put the"
                " pictures there"
            )
        with place.open("rb") as file:
            return bounded(file.read(MAX_BYTES + 1))
    except (OSError, ValueError) as error:
        return Trouble(f"{said}, and that cannot be read ({error})")


def _lists(column: pyarrow.Array) -> Iterator[NDArray[Any] | Trouble | None]:
    """The lists of a column as arrays, however deep; by whole buffers, since Python's lists of numbers are slow."""
    from pyarrow import compute

    for cell in column:
        values, shape = cell.values, list[int]()
        while values is not None and _is_list(values.type):
            shape.append(len(values) // max(1, math.prod(shape)))
            lengths = {*compute.list_value_length(values).to_pylist()}
            values = values.flatten() if len(lengths) == 1 and None not in lengths else None
        if not cell.is_valid:
            yield None
        elif values is None or values.null_count:
            yield Trouble("rows of several lengths, or with numbers missing")
        else:
            flat = values.to_numpy(zero_copy_only=False)
            yield flat.reshape(*shape, -1) if len(flat) else flat


def _of_list(value: NDArray[Any] | Trouble | None, name: str) -> Cell:
    """Pixels, or the bytes of a picture file as numbers."""
    if isinstance(value, Trouble):
        return Trouble(f"column {name} holds {value.cause}")
    if value is None or not value.size:
        return Trouble(f"column {name} is empty here")
    if value.dtype.kind not in "buif":
        return Trouble(f"column {name} holds lists of {value.dtype}, not of numbers")
    if value.ndim > 1:
        return value
    if value.dtype.kind in "ui" and value.min() >= -128 and value.max() <= 255:
        content = (value.astype(np.int64) % 256).astype(np.uint8).tobytes()
        if content.startswith(KINDS) and side_of(len(value)) != 28:
            return bounded(content)
    if side := side_of(len(value)):
        return value.reshape(side, side)
    if len(value) % 3 == 0 and (side := side_of(len(value) // 3)) and side >= LEAST:
        return np.asarray(coloured(value[None], side)[0])
    return Trouble(f"column {name} holds {len(value):,} numbers, neither a picture file nor a square of pixels")
