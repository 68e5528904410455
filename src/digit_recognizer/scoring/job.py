"""The public `score`: very many pictures -> a folder of Parquet parts; killed at any moment, it goes on."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from digit_recognizer.errors import ConfigError, require_extra
from digit_recognizer.models import load_model
from digit_recognizer.processes import cores
from digit_recognizer.recognizer import DEFAULT_MODEL, Recognizer
from digit_recognizer.scoring.inputs import COLUMN
from digit_recognizer.scoring.parts import counts_in, finished
from digit_recognizer.scoring.places import is_local
from digit_recognizer.scoring.plan import opened_output, shards_in
from digit_recognizer.scoring.processes import in_processes
from digit_recognizer.scoring.shards import Shard
from digit_recognizer.scoring.work import Done, Settings, score_shard

_Engine = Callable[[Iterator[Shard], Callable[[Shard], Done]], Iterator[Done]]


@dataclass
class Progress:
    """How far a run is."""

    shards: int
    kept: int = 0  # shards that an earlier run had finished
    done: int = 0  # by this one
    inputs: int = 0
    statuses: Counter[str] = field(default_factory=Counter)  # rows of each; those of kept shards are added at the end
    left_out: Counter[str] = field(default_factory=Counter)  # files by kind; of kept shards the same
    seconds: float = 0.0


def score(
    source: str | Path,
    out: str | Path,
    model: str | Path = DEFAULT_MODEL,
    *,
    max_error: float | None = None,
    read: bool = False,
    column: str = COLUMN,
    workers: int | None = None,
    ray: str | None = None,
    on_progress: Callable[[Progress], None] | None = None,
) -> Progress:
    """Score every picture of a source into Parquet parts in `out`, a shard a part, each written whole or not at all.

    source: a folder of pictures, of tar archives or of Parquet files, or one archive or table; local, or any place
        that fsspec knows. out: a folder, the same. A run that was stopped goes on where its parts end; pictures that
        came to the source since are not among its shards.
    model, max_error: as for Recognizer.load. read: pages of numbers, a row a digit. column: of tables.
    workers: processes; as many as there are cores unless given. ray: a Ray cluster's address, "auto" for the one that
        is known here, "local" to start one; `workers` does not count then.
    Columns: rows.schema_of_pictures, rows.schema_of_pages. Raises DataError for a source without pictures, RunError
    where `out` is in use or holds another run, ConfigError, ModelFileError, StorageError; what was written stays.
    """
    require_extra("score", "Scoring into a table")
    begun = time.monotonic()
    engine = _engine_for(workers, ray)
    place = str(model) if "://" in str(model) or not Path(model).exists() else str(Path(model).resolve())
    found = load_model(place, threads=1)
    Recognizer(found, max_error)  # a target that cannot be met is told before the work
    if read:
        from digit_recognizer.reading.digits import check_reads

        check_reads(found)
    settings = Settings(place, found.sha256, max_error, column, read)
    target = str(Path(out).absolute()) if is_local(str(out)) else str(out)  # other processes stand in other folders
    with opened_output(target, str(source), settings) as (listed, count, left_out):
        there = finished(target)
        progress = Progress(count, kept=len(there), left_out=left_out)
        left = (shard for shard in shards_in(listed, count) if shard.number not in there)
        for done in engine(left, partial(score_shard, out=target, settings=settings)):
            progress.done += 1
            progress.inputs += done.inputs
            progress.statuses.update(done.statuses)
            progress.left_out.update(done.left_out)
            progress.seconds = time.monotonic() - begun
            if on_progress:
                on_progress(progress)
        for ours, theirs in zip((progress.statuses, progress.left_out), counts_in(target, there), strict=True):
            ours.update(theirs)
    return progress


def _engine_for(workers: int | None, ray: str | None) -> _Engine:
    """What runs the work: Ray where an address is given, else processes of this machine."""
    if ray is not None:
        from digit_recognizer.engines.on_ray import on_ray
        from digit_recognizer.engines.ray_address import check_answers

        require_extra("ray", "Scoring on Ray")
        check_answers(ray)  # before the source is listed, which may take hours
        return partial(on_ray, address=ray)
    if workers is not None and workers < 1:
        raise ConfigError(f"{workers} workers are too few. Give 1 or more.")
    return partial(in_processes, workers=workers or cores())
