"""What a run has to do, written down before it begins: its settings and its shards, the same when it goes on."""

from __future__ import annotations

import json
import os
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from digit_recognizer.errors import RunError
from digit_recognizer.files import locked_folder, storage_error, write_whole
from digit_recognizer.scoring.parts import drop_temporary, is_local, send
from digit_recognizer.scoring.shards import Shard, find_shards
from digit_recognizer.scoring.work import Settings

SCHEMA = "digit-recognizer/scoring/1"
PLAN = "scoring.json"
SHARDS = "shards.jsonl"


@contextmanager
def opened_output(out: str, source: str, settings: Settings) -> Iterator[tuple[str, int]]:
    """The list of a run's shards, a place with one a line, and how many: made, or found where the run goes on.

    A local folder is locked against other runs; in an object store nothing keeps two runs apart, and both would write
    the same parts. Raises RunError where the folder is in use or holds another run, DataError for the source.
    """
    wanted = {"schema": SCHEMA, "source": source, **asdict(settings)}
    busy = "another run is scoring into it. Wait for it, or name another --out."
    with locked_folder(Path(out), busy) if is_local(out) else nullcontext():
        drop_temporary(out)
        before = read_plan(out)
        if before is None:
            count = write_shards(out, source)
            before = {**wanted, "shards": count}
            put(out, PLAN, (json.dumps(before, indent=2) + "\n").encode())
        check_same(out, before, wanted)
        yield f"{out.rstrip('/')}/{SHARDS}", int(before["shards"])
        drop_temporary(out)  # of a machine that was lost meanwhile


def read_plan(out: str) -> dict[str, Any] | None:
    """What the folder was begun with; None for a new one. Raises RunError where it holds something else."""
    from fsspec.core import open as open_place

    place = f"{out.rstrip('/')}/{PLAN}"
    try:
        with open_place(place, "rb") as file:
            found = json.loads(file.read())
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise RunError(f"{place}: cannot be read ({error}). Name another folder with --out.") from error
    if not isinstance(found, dict) or found.get("schema") != SCHEMA or not isinstance(found.get("shards"), int):
        raise RunError(f"{place}: is not of this version's scoring. Name another folder with --out.")
    return found


def check_same(out: str, before: dict[str, Any], wanted: dict[str, Any]) -> None:
    """Refuse to mix two runs in one folder."""
    ours = json.loads(json.dumps(wanted))
    differ = [key for key in ours if before.get(key) != ours[key] and key != "model"]
    if differ:
        key = differ[0]
        raise RunError(
            f"{out}: was begun with {key} = {before.get(key)!r}, and this is {ours[key]!r}."
            " Name another folder with --out."
        )


def write_shards(out: str, source: str) -> int:
    """Write the list of shards, whole or not at all, and return their number; no more than one is held at a time."""
    folder = Path(out) if is_local(out) else Path(tempfile.gettempdir())
    temporary = folder / f".part-{SHARDS}.{uuid.uuid4().hex[:8]}.tmp"
    count = 0
    try:
        with temporary.open("x", encoding="utf-8") as file:
            for shard in find_shards(source):
                file.write(shard.to_line() + "\n")
                count += 1
            file.flush()
            os.fsync(file.fileno())
        if is_local(out):
            os.replace(temporary, folder / SHARDS)  # noqa: PTH105 - the call whose atomicity is documented
        else:
            send(temporary, f"{out.rstrip('/')}/{SHARDS}")
    except OSError as error:
        raise storage_error(Path(out) / SHARDS, error) from error
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
    return count


def put(out: str, name: str, content: bytes) -> None:
    """Write a small file, whole or not at all."""
    if is_local(out):
        write_whole(Path(out) / name, content)
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(content)
        send(path, f"{out.rstrip('/')}/{name}")


def shards_in(place: str) -> Iterator[Shard]:
    """The shards of a list, one at a time."""
    from fsspec.core import open as open_place

    with open_place(place, "rt", encoding="utf-8") as file:
        yield from map(Shard.from_line, file)
