"""The parts of the output: Parquet files, each of them written whole or not at all."""

from __future__ import annotations

import os
import re
import tempfile
import uuid
from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from digit_recognizer.errors import StorageError
from digit_recognizer.files import storage_error, sync_folder
from digit_recognizer.scoring.rows import Row
from digit_recognizer.scoring.shards import in_chunks

if TYPE_CHECKING:
    import pyarrow

ROWS = 16_384  # of a row group, held at once
PART = re.compile(r"part-(\d{6,})\.parquet")
TEMPORARY = ".part-*.tmp"


def part_name(number: int) -> str:
    """The file of a shard's rows."""
    return f"part-{number:06}.parquet"


def is_local(out: str) -> bool:
    """Whether the folder of the parts is one of this machine."""
    return "://" not in out


def write_part(out: str, name: str, schema: pyarrow.Schema, rows: Iterable[Row]) -> None:
    """Write rows as one Parquet file: after a crash at any moment it is there whole, or not at all.

    A local part is written beside its place, flushed to the disk and renamed; an object store gets it in one piece.
    Raises StorageError.
    """
    folder = Path(out) if is_local(out) else Path(tempfile.gettempdir())
    temporary = folder / f".{name}.{uuid.uuid4().hex[:8]}.tmp"
    try:
        write_table(temporary, schema, rows)
        if is_local(out):
            os.replace(temporary, folder / name)  # noqa: PTH105 - the call whose atomicity is documented
            sync_folder(folder)
        else:
            send(temporary, f"{out.rstrip('/')}/{name}")
    except OSError as error:
        raise storage_error(Path(out) / name, error) from error
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)


def write_table(path: Path, schema: pyarrow.Schema, rows: Iterable[Row]) -> None:
    """Write and flush one file, a row group at a time."""
    import pyarrow as pa
    from pyarrow.parquet import ParquetWriter

    with path.open("xb") as file:
        with ParquetWriter(file, schema, compression="zstd") as writer:
            for chunk in in_chunks(rows, ROWS):
                columns = [pa.array([row.get(name) for row in chunk], schema.field(name).type) for name in schema.names]
                writer.write_table(pa.Table.from_arrays(columns, schema=schema), row_group_size=ROWS)
        file.flush()
        os.fsync(file.fileno())


def send(path: Path, place: str) -> None:
    """Put a file where fsspec says."""
    from fsspec.core import url_to_fs

    filesystem, target = url_to_fs(place)
    try:
        filesystem.put_file(str(path), target)
    except OSError:
        raise
    except Exception as error:  # object stores raise errors of their own
        raise StorageError(f"{place}: cannot be written ({error}). Check your rights and the connection.") from error


def finished(out: str) -> set[int]:
    """The numbers of the parts that are there."""
    if is_local(out):
        names = [entry.name for entry in os.scandir(out)]
    else:
        from fsspec.core import url_to_fs

        filesystem, root = url_to_fs(out)
        names = [str(place).rsplit("/", 1)[-1] for place in filesystem.ls(root, detail=False)]
    return {int(match[1]) for match in map(PART.fullmatch, names) if match}


def count_statuses(out: str) -> dict[str, int]:
    """The rows of each status in all parts, read one part at a time."""
    from fsspec.core import open as open_place
    from pyarrow.parquet import ParquetFile

    counted = Counter[str]()
    for number in sorted(finished(out)):
        with open_place(f"{out.rstrip('/')}/{part_name(number)}", "rb") as file:
            for batch in ParquetFile(file).iter_batches(ROWS, columns=["status"]):
                counted.update(batch.column(0).to_pylist())
    return dict(counted)


def drop_temporary(out: str) -> None:
    """Remove what a killed run left half written."""
    if is_local(out):
        for left in Path(out).glob(TEMPORARY):
            with suppress(OSError):
                left.unlink()
