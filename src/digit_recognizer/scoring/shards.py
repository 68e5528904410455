"""What there is to score, in shards: files of a folder, archives, row groups of Parquet files.

Places are local paths or any that fsspec knows (s3://, gs://, http://, memory://); credentials are the user's.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from digit_recognizer.errors import DataError
from digit_recognizer.images.formats import FIRST
from digit_recognizer.scoring.places import is_local
from digit_recognizer.sources import Tally
from digit_recognizer.sources.kinds import ARCHIVE, HIDDEN, PICTURE, TABLE, is_hidden, kind_of
from digit_recognizer.sources.walk import walk_folder
from digit_recognizer.tables.reading import LISTED, holds_pictures

if TYPE_CHECKING:
    from fsspec import AbstractFileSystem

FILES = 4096  # pictures of a folder in a shard
_WANTED = (PICTURE, ARCHIVE, TABLE)
PIXELS = "table of pixels"
KINDS = {PICTURE: "files", ARCHIVE: "archive", TABLE: "parquet", PIXELS: "pixels"}  # what a shard of each is called


@dataclass(frozen=True)
class Shard:
    """A unit of work: what one part of the output is made of."""

    number: int  # from 0; names the part
    kind: str  # "files", "archive", "parquet" or "pixels"
    places: tuple[str, ...]  # the pictures' places; one archive; one table
    row_group: int = 0  # of the table

    def to_line(self) -> str:
        """One line of the list of shards."""
        return json.dumps(asdict(self))

    @classmethod
    def from_line(cls, line: str) -> Shard:
        """Read back what `to_line` gave. Raises ValueError, TypeError or KeyError for anything else."""
        fields: dict[str, Any] = json.loads(line)
        made = cls(**{**fields, "places": tuple(fields["places"])})
        if made.kind not in (*KINDS.values(), "tar") or not all(isinstance(place, str) for place in made.places):
            raise ValueError(line)
        return made


def find_shards(source: str, tally: Tally | None = None) -> Iterator[Shard]:
    """The shards of a folder, an archive or a table, in an order that depends on their names alone within a folder.

    A folder that holds archives or tables (in folders inside, too) is taken for them; otherwise for its pictures. No
    more is held in memory than the names of one folder. tally: counts what is taken and what is left out.
    Raises DataError where nothing is found, or kinds are mixed.
    """
    counted = Tally() if tally is None else tally
    found = numbered(source, counted)
    first = next(found, None)
    if first is None:
        counts = counted.line(source)
        raise DataError(f"{counts}: it holds no pictures, archives (zip, tar) or Parquet tables. Check the name.")
    yield first
    for shard in found:
        if shard.kind != first.kind:
            raise DataError(
                f"{source}: holds {first.kind} ({first.places[0]}) and {shard.kind} ({shard.places[0]}), so pictures"
                " could be counted twice. Name the folder of one of them."
            )
        yield shard


def numbered(source: str, tally: Tally) -> Iterator[Shard]:
    """Shards of every kind, as they are met."""
    filesystem, root = opened(source)
    loose: list[str] = []
    number = 0
    for place, kind in walk(filesystem, root, source, tally):
        name = str(filesystem.unstrip_protocol(place)) if "://" in source else place
        if kind == PICTURE:
            loose.append(name)
        made = [] if kind == PICTURE else whole(filesystem, place, name, KINDS[kind])
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
    from fsspec.implementations.local import LocalFileSystem

    try:
        if is_local(source):  # called as it is: fsspec takes "a.png::b.png" for a chain
            filesystem, root = LocalFileSystem(), Path(source).absolute().as_posix()
        else:
            filesystem, root = url_to_fs(source)
        there = filesystem.exists(root)
    except (ImportError, ValueError, OSError) as error:
        raise DataError(f"{source}: cannot be reached ({error}). Check the name and your rights.") from error
    if not there:
        raise DataError(f"{source}: does not exist. Check the name.")
    return filesystem, str(root)


def walk(filesystem: AbstractFileSystem, root: str, source: str, tally: Tally) -> Iterator[tuple[str, str]]:
    """The files at a place that can be scored, with their kinds; those of one folder sorted, before folders inside it.

    A folder of this machine is walked as every verb walks it; elsewhere there are no links, and the rule is the same.
    """
    if filesystem.isfile(root):
        kind = kind_of(root.rpartition("/")[2], lambda: _first_of(filesystem, root))
        if kind not in _WANTED and "://" not in source and holds_pictures(Path(root)):
            kind = PIXELS
        if kind not in (*_WANTED, PIXELS):
            raise DataError(
                f"{source}: is neither a folder nor an archive (zip, tar), a Parquet table, a table of pixels on this"
                f" machine ({LISTED}) or a picture."
            )
        tally.taken[kind] += 1
        yield root, kind
    elif "://" not in source:
        yield from walk_folder(root, _WANTED, tally)
    else:
        yield from _walk_remote(filesystem, root, tally)


def _walk_remote(filesystem: AbstractFileSystem, root: str, tally: Tally) -> Iterator[tuple[str, str]]:
    """The files below a place of an object store, as `walk_folder` gives those of a folder."""
    for folder, _, names in filesystem.walk(root, topdown=True):
        above = [part for part in folder[len(root) :].split("/") if part]
        if any(map(is_hidden, above)):
            tally.left_out[HIDDEN] += not any(map(is_hidden, above[:-1]))  # the folder, not what is in it
            continue
        for name in sorted(names):
            place = f"{folder.rstrip('/')}/{name}"
            kind = HIDDEN if is_hidden(name) else kind_of(name, partial(_first_of, filesystem, place))
            (tally.taken if kind in _WANTED else tally.left_out)[kind] += 1
            if kind in _WANTED:
                yield place, kind


def _first_of(filesystem: AbstractFileSystem, place: str) -> bytes:
    """The first bytes of a file, from which its kind can be told."""
    return bytes(filesystem.cat_file(place, start=0, end=FIRST))


def in_chunks(
    rows: Iterable[Any], size: int, weight: Callable[[Any], int] | None = None, heaviest: int = 0
) -> Iterator[list[Any]]:
    """Rows in lists of at most `size` that weigh at most `heaviest` together, unless one row alone weighs more."""
    chunk: list[Any] = []
    carried = 0
    for row in rows:
        added = weight(row) if weight else 0
        if chunk and (len(chunk) == size or carried + added > heaviest):
            yield chunk
            chunk, carried = [], 0
        chunk.append(row)
        carried += added
    if chunk:
        yield chunk
