"""One recipe, many seeds: a run folder each, gone on with after a kill."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from digit_recognizer.training.recipe import AnyRecipe
from digit_recognizer.training.run_folder import SETTINGS
from digit_recognizer.training.train import Trained

SEED_FOLDER = "seed-{}"


def seed_folders(folder: Path) -> list[Path]:
    """The run folders of the seeds that a folder holds, lowest seed first; empty where it holds none."""
    found = (each for each in folder.glob(SEED_FOLDER.format("*")) if (each / SETTINGS).exists())
    return sorted(found, key=lambda each: (len(each.name), each.name))


def train_seeds(
    seeds: Sequence[int],
    recipe: str | AnyRecipe,
    out: Path,
    run: Callable[..., Trained],
    on_seed: Callable[[Trained], None],
    **settings: Any,
) -> list[Trained]:
    """Train once for each seed into `out`/seed-N; runs that are there already are gone on with, or kept if finished.

    run: what trains, `train` or a function around it. settings: its other arguments. on_seed: told of each
    finished run. Raises what `run` raises; RunError where a folder holds another recipe's run.
    """
    finished = []
    for seed in seeds:
        folder = out / SEED_FOLDER.format(seed)
        resume = (folder / SETTINGS).exists()
        trained = run(recipe=recipe, seed=seed, out=folder, resume=resume, **settings)
        on_seed(trained)
        finished.append(trained)
    return finished
