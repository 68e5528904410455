"""One recipe, many seeds: a run folder each."""

from __future__ import annotations

from pathlib import Path

from digit_recognizer.training.run_folder import SETTINGS

_SEED_FOLDER = "seed-{}"


def seed_folder(folder: Path, seed: int) -> Path:
    """The run folder of a seed."""
    return folder / _SEED_FOLDER.format(seed)


def seed_folders(folder: Path) -> list[Path]:
    """The run folders of the seeds that a folder holds, lowest seed first; empty where it holds none."""
    found = (each for each in folder.glob(_SEED_FOLDER.format("*")) if (each / SETTINGS).exists())
    return sorted(found, key=lambda each: (len(each.name), each.name))
