"""The options of `digits train`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from digit_recognizer.cli.options import DataDir, Json, OnRay, Quiet, Unverified


@dataclass(frozen=True)
class TrainOptions:
    """What was written on the command line; None: nothing, so that a resumed run keeps its own."""

    data: Annotated[
        str | None,
        typer.Option("--data", metavar="NAME|FOLDER", help="A data set's name, a folder or a table. Default: mnist."),
    ] = None
    recipe: Annotated[
        str | None, typer.Option(help="How to train. Default: classic. auto suits any set of small pictures.")
    ] = None
    train_on: Annotated[str | None, typer.Option("--train-on", help="train (default), train+validation, or all.")] = (
        None
    )
    seed: Annotated[
        int | None,
        typer.Option(
            min=0,
            max=2**63 - 1,
            help="Random seed. The same seed repeats a run, bit for bit on the same kind of processor. Default: 0.",
        ),
    ] = None
    seeds: Annotated[
        int | None,
        typer.Option(min=1, help="Train N seeds, beginning with --seed. Run the same command again to continue."),
    ] = None
    ray: OnRay = None
    backbone: Annotated[
        str | None, typer.Option(metavar="NAME", help="Train this network of timm instead of the recipe's own.")
    ] = None
    weights: Annotated[
        Path | None, typer.Option(metavar="FILE", help="With --backbone: initial weights (.safetensors).")
    ] = None
    epochs: Annotated[int | None, typer.Option(min=1, help="Override the recipe's number of epochs.")] = None
    out: Annotated[Path | None, typer.Option(metavar="RUN", help="Run folder. Default: a new one in runs/.")] = None
    resume: Annotated[bool, typer.Option("--resume", help="Continue the run in --out, with its own settings.")] = False
    data_dir: DataDir = None
    unverified: Unverified = None
    size: Annotated[
        int | None, typer.Option(min=8, max=1024, help="Resize whole pictures of a folder to N x N pixels.")
    ] = None
    positive: Annotated[str | None, typer.Option(metavar="CLASS", help="The positive class, of two.")] = None
    colour: Annotated[bool, typer.Option("--colour", help="With --size: keep the colours.")] = False
    device: Annotated[str | None, typer.Option(help="cpu or cuda. Default: the GPU, if there is one.")] = None
    checkpoint_seconds: Annotated[
        float, typer.Option(min=0, help="Also save within an epoch, at this interval in seconds.")
    ] = 60.0
    tensorboard: Annotated[bool, typer.Option("--tensorboard", help="Also write TensorBoard events.")] = False
    json: Json = None
    quiet: Quiet = False

    @property
    def aloud(self) -> bool:
        """Whether a summary is wanted on standard output."""
        return self.json != "-" and not self.quiet
