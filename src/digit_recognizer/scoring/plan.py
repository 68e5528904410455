"""What a run has to do, written down before it begins: its settings and its shards, the same when it goes on."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import asdict
from pathlib import Path
from typing import Any

from digit_recognizer.errors import RunError
from digit_recognizer.files import locked_folder
from digit_recognizer.scoring.parts import finished
from digit_recognizer.scoring.places import drop_temporary, is_local, place_of, reading, written_whole
from digit_recognizer.scoring.shards import Shard, find_shards
from digit_recognizer.scoring.work import Settings
from digit_recognizer.sources import Tally

SCHEMA = "digit-recognizer/scoring/1"
# What reads a folder of Parquet files passes over names that begin with _ or a dot.
PLAN = "_scoring.json"
SHARDS = "_shards.jsonl"


@contextmanager
def opened_output(out: str, source: str, settings: Settings) -> Iterator[tuple[str, int, Counter[str]]]:
    """The list of a run's shards, a place with one a line, how many, and what files the source holds beside them, by
    kind: made, or found where the run goes on.

    A local folder is locked against other runs; in an object store nothing keeps two runs apart, and both would write
    the same parts. Raises RunError where the folder is in use or
    holds another run, DataError for the source.
    """
    wanted = {"schema": SCHEMA, "source": source, **asdict(settings)}
    busy = "another run is writing into it. Wait for it, or name another folder."
    with locked_folder(Path(out), busy) if is_local(out) else nullcontext():
        drop_temporary(out)
        before = _read_plan(out)
        if before is None and finished(out):
            raise RunError(
                f"{out}: holds parts of a table and no {PLAN}, so they may be of another run. Name another folder.",
                see=("out",),
            )
        if before is None:
            tally = Tally()
            count = _write_shards(out, source, tally)
            before = {**wanted, "shards": count, "left_out": dict(tally.left_out)}
            with written_whole(out, PLAN) as path:
                path.write_text(json.dumps(before, indent=2) + "\n", "utf-8")
        check_same(out, before, wanted)
        yield place_of(out, SHARDS), int(before["shards"]), Counter(before.get("left_out", {}))
        drop_temporary(out)  # of a machine that was lost meanwhile


def _read_plan(out: str) -> dict[str, Any] | None:
    """What the folder was begun with; None for a new one. Raises RunError where it holds something else."""
    place = place_of(out, PLAN)
    found = _read_json(place)
    if found is None:
        return None
    if not isinstance(found, dict) or found.get("schema") != SCHEMA or not isinstance(found.get("shards"), int):
        raise RunError(f"{place}: was written by another version. Name another folder.", see=("out",))
    return found


def _read_json(place: str) -> Any:
    """What a file holds; None where there is none. Raises RunError."""
    try:
        with reading(place) as file:
            return json.loads(file.read())
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise RunError(f"{place}: cannot be read ({error}). Name another folder.", see=("out",)) from error


def check_same(out: str, before: dict[str, Any], wanted: dict[str, Any]) -> None:
    """Refuse to mix two runs in one folder."""
    ours = json.loads(json.dumps(wanted))
    differ = [key for key in ours if before.get(key) != ours[key] and key != "model"]
    if differ:
        key = differ[0]
        raise RunError(
            f"{out}: was begun with {key} = {before.get(key)!r}, and this is {ours[key]!r}. Name another folder.",
            see=("out",),
        )


def _write_shards(out: str, source: str, tally: Tally) -> int:
    """Write the list of shards, whole or not at all, and return their number; no more than one is held at a time."""
    count = 0
    with written_whole(out, SHARDS) as path, path.open("x", encoding="utf-8") as file:
        for shard in find_shards(source, tally):
            file.write(shard.to_line() + "\n")
            count += 1
    return count


def shards_in(place: str, count: int) -> Iterator[Shard]:
    """The shards of a list, one at a time. Raises RunError for a list that is damaged or has not so many."""
    number = -1
    with reading(place) as file:
        for number, line in enumerate(file):
            try:
                shard = Shard.from_line(line.decode())
            except (ValueError, TypeError, KeyError) as error:
                raise RunError(
                    f"{place}: is damaged in line {number + 1}. Name another folder.", see=("out",)
                ) from error
            if shard.number != number:
                raise RunError(f"{place}: is damaged in line {number + 1}. Name another folder.", see=("out",))
            yield shard
    if number + 1 != count:
        raise RunError(f"{place}: has {number + 1:,} of its {count:,} lines. Name another folder.", see=("out",))
