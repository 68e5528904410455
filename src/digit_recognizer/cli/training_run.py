"""One training, watched: a progress bar, learning curves, and how to go on after Ctrl-C."""

from __future__ import annotations

import shlex
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from digit_recognizer.training import Trained, TrainSettings


def watched_training(
    settings: TrainSettings, out: Path, *, tensorboard: bool = False, quiet: bool = False, go_on: str | None = None
) -> Trained:
    """Train with a progress bar; the learning curves are drawn into the run folder. On Ctrl-C: how to go on.

    out: the run folder. go_on: what to tell after Ctrl-C, where the run is one of several.
    """
    from digit_recognizer.cli.output import words
    from digit_recognizer.cli.progress import Watch
    from digit_recognizer.report.gather import save_curves
    from digit_recognizer.training import train_by
    from digit_recognizer.training.distributed import rank
    from digit_recognizer.training.recipes import get_recipe

    with Watch(get_recipe(settings.recipe).epochs, out / "tensorboard" if tensorboard else None, quiet) as watch:
        try:
            trained = train_by(replace(settings, out=out), on_epoch=watch.on_epoch, on_batch=watch.on_batch)
        except KeyboardInterrupt:
            watch.close()
            if rank() == 0:
                words().print(go_on or _after_interrupt(out, settings.device), markup=False)
            raise typer.Exit(130) from None
    if trained.folder:
        save_curves([record.to_dict() for record in trained.history], trained.folder)
    return trained


def _after_interrupt(out: Path, device: str | None) -> str:
    """What to tell after Ctrl-C: how to go on, if there is something to go on with."""
    from digit_recognizer.training.run_folder import SETTINGS

    if not (out / SETTINGS).exists():
        return "Interrupted before the first step; nothing was written."
    places = {"--out": out, "--device": device}
    named = [str(word) for option, value in places.items() if value is not None for word in (option, value)]
    return f"Interrupted and saved. Continue with: digits train --resume {shlex.join(named)}"
