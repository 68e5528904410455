"""`digits evaluate`: how accurate, and how sure of that."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from digit_recognizer.cli.evaluate_tables import check_tables, of_tables
from digit_recognizer.cli.options import DataDir, Json, Quiet, RunData, Split, Unverified, file_to_be_written, share
from digit_recognizer.cli.seeds import evaluate_many, print_seeds

if TYPE_CHECKING:
    from digit_recognizer.data import Dataset
    from digit_recognizer.evaluation import Evaluation
    from digit_recognizer.evaluation.robustness import Robustness
    from digit_recognizer.models import Model

_SPOILED = 100  # images that a report shows corrupted, in 75 ways each


def evaluate(
    context: typer.Context,
    model: Annotated[
        str | None,
        typer.Argument(help="A shipped name, a model file, a run folder or a folder of seeds. Default: best."),
    ] = None,
    data: RunData = None,
    split: Split = "test",
    data_dir: DataDir = None,
    unverified: Unverified = None,
    predictions: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Evaluate any tool's probabilities (npz, npy, CSV, Parquet)."),
    ] = None,
    labels: Annotated[Path | None, typer.Option(metavar="FILE", help="True classes for --predictions.")] = None,
    groups: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Writer, patient or site of each image, for clustered intervals."),
    ] = None,
    sensitivity: Annotated[
        str | None,
        typer.Option(metavar="SHARE", help="Target sensitivity. The threshold is chosen on validation images."),
    ] = None,
    prevalence: Annotated[
        list[str] | None,
        typer.Option(metavar="SHARE", help="Prevalence at which to report PPV and NPV. Repeatable."),
    ] = None,
    json: Json = None,
    each: Annotated[
        bool, typer.Option("--each", help="Also print the predicted and the true label of each image.")
    ] = False,
    figures: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="Write figures of the confusion matrix and the worst errors."),
    ] = None,
    report: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", callback=file_to_be_written, help="Write everything as one self-contained HTML page."
        ),
    ] = None,
    explain: Annotated[
        str,
        typer.Option(metavar="HOW", help="Saliency maps in the report: occlusion, gradients or none."),
    ] = "occlusion",
    quiet: Quiet = False,
) -> None:
    """Score a model on a split: totals, accuracy with its interval, how far its doubts can be relied on."""
    from digit_recognizer.cli.output import write_json
    from digit_recognizer.errors import require_extra

    check_tables(model, predictions, labels, context)
    require_extra("stats" if predictions else "train", "digits evaluate")
    aloud = json != "-" and not quiet
    targets: dict[str, Any] = {
        "sensitivity": None if sensitivity is None else share("--sensitivity", sensitivity),
        "prevalences": tuple(share("--prevalence", each, "1%") for each in prevalence or ()),
    }
    if predictions and labels:
        result = of_tables(predictions, labels, groups, report, aloud=aloud)
    else:
        outputs = _Outputs(figures, report, _check_explain(explain), each=each, answered=json != "-", aloud=aloud)
        place = {"name": data, "data_dir": data_dir, "unverified": unverified}
        given = {key: value for key, value in place.items() if value is not None}
        result = _of_model(model, given, split, groups, targets, outputs)
    if json:
        write_json(json, result)


@dataclass(frozen=True)
class _Outputs:
    """What is wanted of an evaluation beside its object."""

    figures: Path | None
    report: Path | None
    explain: str | None  # how the report's images are explained
    each: bool  # a line an image
    answered: bool  # standard output is free for words
    aloud: bool  # the summary is wanted there


def _check_explain(how: str) -> str | None:
    """How a report's images are explained; None: not at all. Refused at once where that is not known or not there."""
    from digit_recognizer.errors import ConfigError, nearest, require_extra
    from digit_recognizer.report.explained import METHODS

    known = [*METHODS, "none"]
    if how not in known:
        raise ConfigError(f"The explanation {how!r} is unknown.{nearest(how, known)}")
    if how == "gradients":
        require_extra("gradients", "--explain gradients")
    return None if how == "none" else how


def _of_model(
    model: str | None,
    place: dict[str, Any],
    split: str,
    groups: Path | None,
    targets: dict[str, Any],
    outputs: _Outputs,
) -> dict[str, Any]:
    """Score a model, or a folder of seeds; the object of `--json`.

    place: what was said of the data. targets: sensitivity and prevalences, as `evaluation.evaluate` takes them.
    """
    from digit_recognizer.errors import ConfigError
    from digit_recognizer.evaluation.predictions import column
    from digit_recognizer.models import load_model
    from digit_recognizer.recognizer import DEFAULT_MODEL
    from digit_recognizer.training.seeds import seed_folders

    named = model or DEFAULT_MODEL
    folders = seed_folders(Path(named))
    if folders and (outputs.each or outputs.figures or outputs.report or groups):
        raise ConfigError(
            "--each, --figures, --report and --groups are of one model: name one of the runs in this folder."
        )
    loaded = load_model(folders[0] if folders else named)
    dataset = _load_again(folders[0] if folders else Path(named), place, loaded)
    if folders:
        result = evaluate_many(folders, dataset, split, **targets)
        if outputs.aloud:
            print_seeds(result)
        return result
    known = column(groups, "groups") if groups else None
    return _evaluate_one(loaded, dataset, split, targets | {"groups": known}, outputs)


def _load_again(run: Path, place: dict[str, Any], model: Model) -> Dataset:
    """The set that was named, else the one that a run learned from, else MNIST, in the model's form."""
    from digit_recognizer.data import load_dataset
    from digit_recognizer.training.run_folder import SETTINGS, data_of_run

    if "name" not in place and (run / SETTINGS).exists():
        place = data_of_run(run) | place
    return load_dataset(**{"name": "mnist", **place, "preprocess": model.preprocess})


def _evaluate_one(
    model: Model, dataset: Dataset, split: str, targets: dict[str, Any], outputs: _Outputs
) -> dict[str, Any]:
    """Score one model, draw what was asked for, and say it; the object of `--json`. targets: with the groups."""
    from digit_recognizer.cli.output import answers
    from digit_recognizer.cli.summary import (
        print_caveats,
        print_columns,
        print_details,
        print_looks,
        print_positive,
        print_totals,
    )
    from digit_recognizer.errors import ConfigError
    from digit_recognizer.evaluation import evaluate as score

    if model.header.multi_label and (outputs.figures or outputs.report or outputs.each):
        raise ConfigError("--figures, --report and --each are of models that give one label a picture.")
    evaluation = score(model, dataset, split, **targets)
    result = evaluation.to_dict() | evaluation.details
    if outputs.answered and outputs.each:
        _print_each(evaluation)
    if outputs.aloud:
        print_totals(evaluation.title, result)
        print_positive(result["positive"])
        print_details(result)
        print_columns(result["by"])
        print_caveats(evaluation.caveats)
        print_looks(evaluation.looks)
    saved = _save_outputs(evaluation, dataset, result, outputs)
    if outputs.answered and saved:
        answers().print("Saved: " + ", ".join(map(str, saved)), markup=False)
    return result


def _save_outputs(evaluation: Evaluation, dataset: Dataset, result: dict[str, Any], outputs: _Outputs) -> list[Path]:
    """The figures and the report, where they were asked for."""
    saved: list[Path] = []
    if outputs.figures:
        from digit_recognizer.report.gather import save_evaluation

        saved += save_evaluation(evaluation, dataset.split(evaluation.split), outputs.figures)
    if outputs.report:
        from digit_recognizer.report.page import report_of_model, save_report

        found = _spoiled(evaluation, dataset)
        saved.append(save_report(report_of_model(evaluation, dataset, result, found, outputs.explain), outputs.report))
    return saved


def _spoiled(evaluation: Evaluation, dataset: Dataset) -> Robustness | None:
    """The model under corruptions of a few images, never of a test split; None where there are no others."""
    from digit_recognizer.evaluation.robustness import robustness

    split = evaluation.split
    if split == "test":
        others = dataset.splits.get("validation")
        if others is None or not len(others):
            return None
        split = "validation"
    return robustness(evaluation.model, dataset, split, n=_SPOILED)


def _print_each(evaluation: Evaluation) -> None:
    """A line an image."""
    from digit_recognizer.files import printable

    names = evaluation.model.header.class_names
    for index, (predicted, actual) in enumerate(zip(evaluation.predicted, evaluation.labels, strict=True)):
        mark = "" if predicted == actual else "  wrong"
        typer.echo(printable(f"image {index}: predicted {names[predicted]}, actual {names[actual]}{mark}"))
