"""What there is to score, in shards: files of a folder, tar archives, row groups of Parquet files.

Places are local paths or any that fsspec knows (s3://, gs://, http://, memory://); credentials are the user's.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

from digit_recognizer.errors import DataError
from digit_recognizer.images.decode import SUFFIXES

if TYPE_CHECKING:
    from fsspec import AbstractFileSystem

FILES = 4096  # pictures of a folder in a shard
ARCHIVES = (".tar", ".tar.gz", ".tgz")
TABLES = (".parquet",)


@dataclass(frozen=True)
class Shard:
    """A unit of work: what one part of the output is made of."""

    number: int  # from 0; names the part
    kind: str  # "files", "tar" or "parquet"
    places: tuple[str, ...]  # the pictures' places; one archive; one table
    row_group: int = 0  # of the table

    def to_line(self) -> str:
        """One line of the list of shards."""
        return json.dumps(asdict(self))

    @classmethod
    def from_line(cls, line: str) -> Shard:
        """Read back what `to_line` gave."""
        fields: dict[str, Any] = json.loads(line)
        return cls(**{**fields, "places": tuple(fields["places"])})


def find_shards(source: str) -> Iterator[Shard]:
    """The shards of a folder, an archive or a table, in an order that depends on their names alone within a folder.

    A folder that holds archives or tables (in folders inside, too) is taken for them; otherwise for its pictures. No
    more is held in memory than the names of one folder. Raises DataError where nothing is found, or kinds are mixed.
    """
    found = numbered(source)
    first = next(found, None)
    if first is None:
        raise DataError(
            f"{source}: holds no pictures ({', '.join(SUFFIXES)}), archives ({', '.join(ARCHIVES)}) or tables"
            f" ({', '.join(TABLES)}). Check the name."
        )
    yield first
    for shard in found:
        if shard.kind != first.kind:
            raise DataError(
                f"{source}: holds {first.kind} ({first.places[0]}) and {shard.kind} ({shard.places[0]}), and could be"
                " counted twice. Name the folder of one of them."
            )
        yield shard


def numbered(source: str) -> Iterator[Shard]:
    """Shards of every kind, as they are met."""
    filesystem, root = opened(source)
    loose: list[str] = []
    number = 0
    for place in walk(filesystem, root, source):
        kind = kind_of(place)
        name = str(filesystem.unstrip_protocol(place)) if "://" in source else place
        if kind == "files":
            loose.append(name)
        made = [] if kind == "files" else whole(filesystem, place, name, kind)
        if len(loose) == FILES:
            made, loose = [("files", tuple(loose), 0)], []
        for each, places, group in made:
            yield Shard(number, each, places, group)
            number += 1
    if loose:
        yield Shard(number, "files", tuple(loose))


def whole(filesystem: AbstractFileSystem, place: str, name: str, kind: str) -> list[tuple[str, tuple[str, ...], int]]:
    """An archive as one shard, a table as one a row group; one that cannot be opened as one that will say so."""
    groups = 1
    if kind == "parquet":
        from pyarrow import ArrowException
        from pyarrow.parquet import ParquetFile

        try:
            with filesystem.open(place, "rb") as file:
                groups = ParquetFile(file).metadata.num_row_groups
        except (ArrowException, OSError):
            groups = 1
    return [(kind, (name,), group) for group in range(groups)]


def opened(source: str) -> tuple[AbstractFileSystem, str]:
    """The file system of a place, and the place within it. Raises DataError where there is none."""
    from fsspec.core import url_to_fs

    try:
        filesystem, root = url_to_fs(source)
        there = filesystem.exists(root)
    except (ImportError, ValueError, OSError) as error:
        raise DataError(f"{source}: cannot be reached ({error}). Check the name and your rights.") from error
    if not there:
        raise DataError(f"{source}: does not exist. Check the name.")
    return filesystem, str(root)


def walk(filesystem: AbstractFileSystem, root: str, source: str) -> Iterator[str]:
    """The files at a place that can be scored, those of one folder sorted, before the folders inside it."""
    if filesystem.isfile(root):
        if kind_of(root) == "other":
            raise DataError(f"{source}: is neither a folder nor an archive, table or picture.")
        yield root
        return
    for folder, _, names in filesystem.walk(root, topdown=True):
        for name in sorted(names):
            if kind_of(name) != "other":
                yield f"{folder.rstrip('/')}/{name}"


def kind_of(name: str) -> str:
    """What a file is, by its name."""
    low = name.lower()
    for kind, suffixes in (("tar", ARCHIVES), ("parquet", TABLES), ("files", SUFFIXES)):
        if low.endswith(suffixes):
            return kind
    return "other"


def in_chunks(rows: Iterable[Any], size: int) -> Iterator[list[Any]]:
    """Rows in lists of at most `size`."""
    several = iter(rows)
    while chunk := list(islice(several, size)):
        yield chunk
