"""The parts of the output: Parquet files, each of them written whole or not at all."""

from __future__ import annotations

import json
import os
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from digit_recognizer.errors import RunError
from digit_recognizer.files import storable
from digit_recognizer.scoring.places import is_local, place_of, reading, written_whole
from digit_recognizer.scoring.rows import Row
from digit_recognizer.scoring.shards import in_chunks

if TYPE_CHECKING:
    import pyarrow

ROWS = 16_384  # of a row group, held at once
_PART = re.compile(r"part-(\d{6,})\.parquet")
_LEFT_OUT = "digit_recognizer.left_out"  # in a part's metadata: what its archive held beside pictures, by kind
_AT_ONCE = 32  # parts whose rows are counted: an object store answers many requests as soon as one


def part_name(number: int) -> str:
    """The file of a shard's rows."""
    return f"part-{number:06}.parquet"


def write_part(
    out: str, name: str, schema: pyarrow.Schema, rows: Iterable[Row], left_out: Mapping[str, int] | None = None
) -> None:
    """Write rows as one Parquet file, whole or not at all, a row group at a time. Raises StorageError.

    left_out: counts that are written into the file's metadata after the last row.
    """
    import pyarrow as pa
    from pyarrow.parquet import ParquetWriter

    with written_whole(out, name) as path, ParquetWriter(path, schema, compression="zstd") as writer:
        for chunk in in_chunks(rows, ROWS):
            columns = [pa.array([cell(row, name) for row in chunk], schema.field(name).type) for name in schema.names]
            writer.write_table(pa.Table.from_arrays(columns, schema=schema), row_group_size=ROWS)
        if left_out:
            writer.add_key_value_metadata({_LEFT_OUT: json.dumps(left_out)})


def cell(row: Row, name: str) -> Any:
    """A row's value in a column, as Parquet can hold it."""
    value = row.get(name)
    return storable(value) if isinstance(value, str) else value


def finished(out: str) -> set[int]:
    """The numbers of the parts that are there."""
    if is_local(out):
        names = [entry.name for entry in os.scandir(out)]
    else:
        from fsspec.core import url_to_fs

        filesystem, root = url_to_fs(out)
        inside = filesystem.ls(root, detail=False) if filesystem.isdir(root) else []
        names = [str(place).rsplit("/", 1)[-1] for place in inside]
    return {int(match[1]) for match in map(_PART.fullmatch, names) if match}


def counts_in(out: str, parts: Iterable[int] | None = None) -> tuple[Counter[str], Counter[str]]:
    """The rows of each status in some parts, or in all that are there, and what was left out; many are read at once."""
    statuses, left_out = Counter[str](), Counter[str]()
    wanted = finished(out) if parts is None else parts
    with ThreadPoolExecutor(_AT_ONCE) as readers:
        for rows, others in readers.map(_counts_of, (place_of(out, part_name(number)) for number in wanted)):
            statuses.update(rows)
            left_out.update(others)
    return statuses, left_out


def _counts_of(place: str) -> tuple[Counter[str], dict[str, int]]:
    """The rows of each status in a part, and what was left out as it was made. Raises RunError for a damaged one."""
    from pyarrow import ArrowException
    from pyarrow.parquet import ParquetFile

    try:
        with reading(place) as file:
            part = ParquetFile(file)
            batches = part.iter_batches(ROWS, columns=["status"])
            rows = Counter(status for batch in batches for status in batch.column(0).to_pylist())
            return rows, json.loads((part.metadata.metadata or {}).get(_LEFT_OUT.encode(), b"{}"))
    except (ArrowException, ValueError, LookupError, OSError) as error:
        raise RunError(f"{place}: is damaged, so its rows cannot be counted. Delete it and run again.") from error
