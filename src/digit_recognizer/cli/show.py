"""`digits show`: sample pictures, with a model also what it reads in each."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from digit_recognizer.cli.options import Data, DataDir, Save, Split, Unverified


def show(
    model: Annotated[str | None, typer.Argument(help="A shipped name, a model file or a run folder.")] = None,
    data: Data = "mnist",
    split: Split = "validation",
    data_dir: DataDir = None,
    unverified: Unverified = None,
    save: Save = None,
    seed: Annotated[int, typer.Option(min=0, help="Random seed of the samples.")] = 0,
) -> None:
    """Draw a grid of 3 x 10 samples; with a model, the predicted and the true label of each."""
    from digit_recognizer.cli.output import answers, note
    from digit_recognizer.data import load_dataset
    from digit_recognizer.errors import require_extra

    require_extra("train", "digits show")
    from digit_recognizer.models import load_model
    from digit_recognizer.report import figures
    from digit_recognizer.report.gather import sample_figure

    loaded = load_model(model) if model else None
    dataset = load_dataset(data, data_dir, loaded.preprocess if loaded else None, unverified)
    figure = sample_figure(dataset, split, loaded, seed)
    if loaded and split == "test":
        note("This was an evaluation of the test split. It is logged beside the model.")
    if save is None and figures.has_display():
        figures.show_figure(figure)
        return
    target = save or Path(f"samples-{dataset.spec.name}-{split}.png")
    answers().print(f"Saved to {figures.save_figure(figure, target)}", markup=False)
