"""`digits calibrate`: a model's probabilities, thresholds and sets fitted anew on labelled pictures of one's own."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from digit_recognizer.cli.options import Data, DataDir, Json, Quiet, Unverified
from digit_recognizer.cli.typed import taking

SCHEMA = "digit-recognizer/calibration/1"


@dataclass(frozen=True)
class _Options:
    """What to calibrate, and on which pictures."""

    model: Annotated[str, typer.Argument(help="A shipped name, a model file or a run folder.")]
    data: Data = "mnist"
    split: Annotated[
        str | None, typer.Option(help="Which split. Default: calibration, or all of an unsplit folder.")
    ] = None
    out: Annotated[Path, typer.Option(metavar="FILE", help="Output file (.safetensors).")] = Path(
        "calibrated.safetensors"
    )
    data_dir: DataDir = None
    unverified: Unverified = None
    json: Json = None
    quiet: Quiet = False


@taking(_Options)
def calibrate(options: _Options) -> None:
    """Fit the temperature, the threshold of "unsure" and the prediction sets. The network is not changed.

    A line reader is calibrated on a CSV file with the columns file and text: digits calibrate lines --data lines.csv
    """
    from digit_recognizer.cli.output import answers, write_json
    from digit_recognizer.cli.summary import print_caveats
    from digit_recognizer.errors import require_extra

    require_extra("train", "digits calibrate")
    from digit_recognizer.cli.calibrate_lines import is_table_of_lines, print_calibrated_lines
    from digit_recognizer.data import load_dataset
    from digit_recognizer.evaluation.calibration import calibrate_model
    from digit_recognizer.models import load_model
    from digit_recognizer.models.locations import LINE_READERS
    from digit_recognizer.models.model_file import copy_model

    if options.model in LINE_READERS or is_table_of_lines(options.data):
        print_calibrated_lines(options.model, options.data, options.out, options.json, quiet=options.quiet)
        return
    loaded = load_model(options.model)
    dataset = load_dataset(options.data, options.data_dir, loaded.preprocess, options.unverified)
    calibration, before, after = calibrate_model(loaded, dataset, options.split)
    copy_model(loaded.path, options.out, calibration.to_dict())
    losses = {"negative_log_likelihood": after, "negative_log_likelihood_before": before}
    said = {"caveats": list(dataset.spec.caveats)}
    result = {"schema": SCHEMA, "model": str(options.out), **losses, **calibration.to_dict(), **said}
    if options.json:
        write_json(options.json, result)
    if options.json != "-" and not options.quiet:
        answers().print(in_words(result), markup=False)
        print_caveats(dataset.spec.caveats)


def in_words(result: dict[str, Any]) -> str:
    """What was fitted, for people."""
    source, cost = result["source"], result["negative_log_likelihood"]
    return (
        f"Calibrated on {source['n']:,} images of {source['name']} ({source['split']}):"
        f" temperature {result['temperature']:.3f} (1: probabilities are unchanged).\n"
        "Mean negative log-likelihood on these images:"
        f" {result['negative_log_likelihood_before']:.4f} before, {cost:.4f} now.\n"
        f"The model is in {result['model']}; use it like any other: digits predict --model {result['model']}"
    )
