"""A run folder: what training writes, and the lock that keeps a second run out."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from digit_recognizer.data.settings import DataSettings
from digit_recognizer.errors import RunError
from digit_recognizer.files import locked_folder, write_whole
from digit_recognizer.images import Preprocess
from digit_recognizer.training.arithmetic import ARITHMETICS

SETTINGS = "run.json"
_HISTORY = "history.jsonl"
CHECKPOINTS = "checkpoints"
_PLACE = ("place", "form")  # where a run's data lay and how its pictures were prepared: the data's hash tells of both
_MACHINE = ("arithmetic", "device")  # what the run was begun with: it keeps the arithmetic (training/arithmetic.py)
MEMBERS = "members"  # of an ensemble: a run folder each


@contextmanager
def opened_run(folder: Path, settings: dict[str, Any], resume: bool) -> Iterator[dict[str, Any]]:
    """The settings that the run in a folder was begun with, these where it is new; the folder is locked against other
    processes (the lock ends with the process).

    settings: what decides the run's outcome, which a resumed run must share; PLACE, by which its data are loaded; and
    MACHINE, which another machine may have otherwise.
    Raises RunError where the folder is in use, holds another run, or `resume` finds none.
    """
    if resume and not folder.is_file() and not (folder / SETTINGS).exists():
        raise RunError(f"{folder}: holds no run to resume. Start one.", see=("resume",))
    with locked_folder(folder, "is in use by another run. Wait for it or name another folder."):
        drop_temporary(folder)
        if (folder / SETTINGS).exists():
            yield check_same(folder, settings, resume)
        else:
            write_whole(folder / SETTINGS, json.dumps(settings, indent=2, sort_keys=True).encode() + b"\n")
            yield settings


def check_same(folder: Path, settings: dict[str, Any], resume: bool) -> dict[str, Any]:
    """The settings that the run was begun with. Refuses to write into a run that is not the one to go on with."""
    if not resume:
        raise RunError(f"{folder}: already contains a run. Resume it, or name another folder.", see=("resume", "out"))
    before = read_settings(folder)
    if "arithmetic" in settings and before.get("arithmetic") not in ARITHMETICS:
        damage = f"arithmetic = {before.get('arithmetic')!r} is not one of {', '.join(ARITHMETICS)}"
        raise RunError(f"{folder}: holds no run to resume ({SETTINGS} is damaged: {damage}). Start a new run.")
    free = (*_PLACE, *_MACHINE)
    differ = [key for key in sorted(settings) if key not in free and before.get(key) != settings[key]]
    if differ:
        key = differ[0]
        old, new = _first_difference(key, before.get(key), settings[key])
        raise RunError(f"{folder}: was begun with {old}, and this is {new}. Name another folder.", see=("out",))
    return before


def _first_difference(key: str, before: Any, now: Any) -> tuple[str, str]:
    """Where two settings differ first, as "key = value" each."""
    if isinstance(before, dict) and isinstance(now, dict):
        inner = next((name for name in sorted(now) if before.get(name) != now[name]), key)
        return _first_difference(inner, before.get(inner), now.get(inner))
    return f"{key} = {before}", f"{key} = {now}"


def drop_temporary(folder: Path) -> None:
    """Remove the unfinished files that a killed run left behind."""
    for place in (folder, folder / CHECKPOINTS):
        for unfinished in place.glob(".*.tmp"):
            unfinished.unlink(missing_ok=True)


def read_settings(folder: Path) -> dict[str, Any]:
    """The settings that a run was begun with."""
    try:
        settings = json.loads((folder / SETTINGS).read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise RunError(f"{folder}: holds no run to resume ({SETTINGS} is absent or damaged).") from error
    if not isinstance(settings, dict):
        raise RunError(f"{folder}: holds no run to resume ({SETTINGS} is damaged).")
    return settings


def data_of_run(folder: Path) -> DataSettings:
    """How a run's data are loaded again."""
    settings = read_settings(folder)
    named = settings.get("place")
    sound = isinstance(named, dict) and "name" in named and all(isinstance(each, str) for each in named.values())
    if not isinstance(named, dict) or not sound or not named.keys() <= {"name", "data_dir", "unverified", "positive"}:
        raise RunError(
            f"{folder}: does not say where its data are ({SETTINGS} is damaged). Name the data.", see=("data",)
        )
    form = settings.get("form")
    return DataSettings(**named, preprocess=Preprocess.from_dict(form) if isinstance(form, dict) else None)


def write_history(folder: Path, history: list[dict[str, Any]]) -> None:
    """The history as JSON lines, an epoch a line, whole at each epoch."""
    write_whole(folder / _HISTORY, "".join(json.dumps(record) + "\n" for record in history).encode())


def free_folder(wanted: Path) -> Path:
    """`wanted`, or the first of wanted-2, wanted-3, ... that does not exist yet."""
    folder, number = wanted, 2
    while folder.exists():
        folder, number = wanted.with_name(f"{wanted.name}-{number}"), number + 1
    return folder
