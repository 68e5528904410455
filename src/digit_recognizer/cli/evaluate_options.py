"""The options of `digits evaluate`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from digit_recognizer.cli.options import DataDir, Json, Quiet, RunData, Split, Unverified, file_to_be_written, share


@dataclass(frozen=True)
class EvaluateOptions:
    """What to score, against what, and what is wanted of it."""

    context: typer.Context
    model: Annotated[
        str | None,
        typer.Argument(help="A shipped name, a model file, a run folder or a folder of seeds. Default: best."),
    ] = None
    data: RunData = None
    split: Split = "test"
    data_dir: DataDir = None
    unverified: Unverified = None
    predictions: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Evaluate any tool's probabilities (npz, npy, CSV, Parquet)."),
    ] = None
    labels: Annotated[Path | None, typer.Option(metavar="FILE", help="True classes for --predictions.")] = None
    groups: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Writer, patient or site of each image, for clustered intervals."),
    ] = None
    sensitivity: Annotated[
        str | None,
        typer.Option(metavar="SHARE", help="Target sensitivity. The threshold is chosen on validation images."),
    ] = None
    prevalence: Annotated[
        list[str] | None,
        typer.Option(metavar="SHARE", help="Prevalence at which to report PPV and NPV. Repeatable."),
    ] = None
    json: Json = None
    each: Annotated[bool, typer.Option("--each", help="Also print the predicted and the true label of each image.")] = (
        False
    )
    figures: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="Write figures of the confusion matrix and the worst errors."),
    ] = None
    report: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", callback=file_to_be_written, help="Write everything as one self-contained HTML page."
        ),
    ] = None
    explain: Annotated[
        str,
        typer.Option(metavar="HOW", help="Saliency maps in the report: occlusion, gradients or none."),
    ] = "occlusion"
    quiet: Quiet = False

    @property
    def target(self) -> float | None:
        """The sensitivity, 0..1, that a threshold is chosen for."""
        return None if self.sensitivity is None else share("--sensitivity", self.sensitivity)

    @property
    def prevalences(self) -> tuple[float, ...]:
        """Prevalences, 0..1, for which predictive values are told."""
        return tuple(share("--prevalence", each, "1%") for each in self.prevalence or ())

    @property
    def answered(self) -> bool:
        """Whether standard output is free for words."""
        return self.json != "-"

    @property
    def aloud(self) -> bool:
        """Whether a summary is wanted there."""
        return self.answered and not self.quiet

    @property
    def explained(self) -> str | None:
        """How a report's images are explained; None: not at all. Refused where that is not known or not installed."""
        from digit_recognizer.errors import ConfigError, nearest, require_extra
        from digit_recognizer.report.explained import METHODS

        known = [*METHODS, "none"]
        if self.explain not in known:
            raise ConfigError(f"The explanation {self.explain!r} is unknown.{nearest(self.explain, known)}")
        if self.explain == "gradients":
            require_extra("gradients", "--explain gradients")
        return None if self.explain == "none" else self.explain
