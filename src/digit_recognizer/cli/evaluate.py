"""`digits evaluate`: how accurate, and how sure of that."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from digit_recognizer.cli.evaluate_options import EvaluateOptions
from digit_recognizer.cli.evaluate_tables import check_tables, of_tables
from digit_recognizer.cli.seeds import evaluate_many, print_seeds
from digit_recognizer.cli.typed import taking

if TYPE_CHECKING:
    from digit_recognizer.data import Dataset
    from digit_recognizer.evaluation import Evaluation
    from digit_recognizer.evaluation.robustness import Robustness
    from digit_recognizer.models import Model

_SPOILED = 100  # images that a report shows corrupted, in 75 ways each


@taking(EvaluateOptions)
def evaluate(options: EvaluateOptions) -> None:
    """Evaluate a model on a split: accuracy and other figures with 95% intervals, calibration, coverage."""
    from digit_recognizer.cli.output import write_json
    from digit_recognizer.errors import require_extra

    check_tables(options)
    require_extra("stats" if options.predictions else "train", "digits evaluate")
    if options.predictions and options.labels:
        result = of_tables(options.predictions, options.labels, options.groups, options.report, aloud=options.aloud)
    else:
        result = _of_model(options)
    if options.json:
        write_json(options.json, result)


def _of_model(options: EvaluateOptions) -> dict[str, Any]:
    """Score a model, or a folder of seeds; the object of `--json`."""
    from digit_recognizer.evaluation import evaluate as score
    from digit_recognizer.evaluation.predictions import column
    from digit_recognizer.models import load_model
    from digit_recognizer.recognizer import DEFAULT_MODEL
    from digit_recognizer.training.seeds import seed_folders

    sensitivity, prevalences, explain = options.target, options.prevalences, options.explained  # refused at once
    named = options.model or DEFAULT_MODEL
    folders = seed_folders(Path(named))
    _check_single(options, folders)
    loaded = load_model(folders[0] if folders else named)
    dataset = _load_again(folders[0] if folders else Path(named), options, loaded)
    if folders:
        result = evaluate_many(folders, dataset, options.split, sensitivity, prevalences)
        if options.aloud:
            print_seeds(result)
        return result
    _check_one_label(options, loaded)
    groups = column(options.groups, "groups") if options.groups else None
    evaluation = score(loaded, dataset, options.split, None, groups, sensitivity, prevalences)
    return _told(evaluation, dataset, options, explain)


def _check_single(options: EvaluateOptions, folders: list[Path]) -> None:
    """Raise ConfigError for what is drawn of one model alone, where there are several."""
    from digit_recognizer.errors import ConfigError

    if folders and (options.each or options.figures or options.report or options.groups):
        raise ConfigError(
            "--each, --figures, --report and --groups need one model: name one of the runs in this folder."
        )


def _check_one_label(options: EvaluateOptions, model: Model) -> None:
    """Raise ConfigError for what is drawn of one label a picture, where the model gives several."""
    from digit_recognizer.errors import ConfigError

    if model.header.multi_label and (options.figures or options.report or options.each):
        raise ConfigError("--figures, --report and --each need a model with one label per picture.")


def _load_again(run: Path, options: EvaluateOptions, model: Model) -> Dataset:
    """The set that was named, else the one that a run learned from, else MNIST, in the model's form."""
    from digit_recognizer.data.settings import DataSettings
    from digit_recognizer.training.run_folder import SETTINGS, data_of_run

    known = data_of_run(run) if options.data is None and (run / SETTINGS).exists() else DataSettings()
    where = known.changed(options.data, options.data_dir, options.unverified)
    return replace(where, preprocess=model.preprocess).load()


def _told(evaluation: Evaluation, dataset: Dataset, options: EvaluateOptions, explain: str | None) -> dict[str, Any]:
    """Say an evaluation, and draw what was asked for; the object of `--json`."""
    from digit_recognizer.cli.output import answers

    result = evaluation.to_dict() | evaluation.details
    if options.answered and options.each:
        _print_each(evaluation)
    if options.aloud:
        _print_all(evaluation, result)
    saved: list[Path] = []
    if options.figures:
        saved += _save_figures(evaluation, dataset, options.figures)
    if options.report:
        saved.append(_save_report(evaluation, dataset, result, explain, options.report))
    if options.answered and saved:
        answers().print("Saved: " + ", ".join(map(str, saved)), markup=False)
    return result


def _print_all(evaluation: Evaluation, result: dict[str, Any]) -> None:
    """The summary. result: the object of `--json`."""
    from digit_recognizer.cli import summary

    summary.print_totals(evaluation.title, result)
    summary.print_positive(result["positive"])
    summary.print_details(result)
    summary.print_columns(result["by"])
    summary.print_caveats(evaluation.caveats)
    summary.print_test_evaluations(evaluation.test_evaluations)


def _save_figures(evaluation: Evaluation, dataset: Dataset, folder: Path) -> list[Path]:
    """The confusion matrix and the worst errors."""
    from digit_recognizer.report.gather import save_evaluation

    return save_evaluation(evaluation, dataset.split(evaluation.split), folder)


def _save_report(
    evaluation: Evaluation, dataset: Dataset, result: dict[str, Any], explain: str | None, file: Path
) -> Path:
    """Everything on one page. result: the object of `--json`; explain: how its images are explained."""
    from digit_recognizer.report.page import report_of_model, save_report

    spoiled = _spoiled(evaluation, dataset)
    return save_report(report_of_model(evaluation, dataset, result, spoiled, explain), file)


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
