"""`digits evaluate`: how accurate, and how sure of that."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from digit_recognizer.cli.options import Data, DataDir, Json, Quiet, Split
from digit_recognizer.cli.seeds import evaluate_many, print_seeds

if TYPE_CHECKING:
    from digit_recognizer.data import Dataset
    from digit_recognizer.measuring import Evaluation
    from digit_recognizer.models import Model


def evaluate(
    model: Annotated[
        str | None,
        typer.Argument(help="A shipped name, a model file, a run folder or a folder of seeds; by default as predict."),
    ] = None,
    data: Data = "mnist",
    split: Split = "test",
    data_dir: DataDir = None,
    json: Json = None,
    each: Annotated[bool, typer.Option("--each", help="Also print predicted and actual label of each image.")] = False,
    figures: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="Draw the confusion matrix and the worst mistakes there."),
    ] = None,
    quiet: Quiet = False,
) -> None:
    """Score a model on a split: totals, accuracy with its interval, figures of each class."""
    from digit_recognizer.cli.output import write_json
    from digit_recognizer.data import load_dataset
    from digit_recognizer.errors import ConfigError, require_extra

    require_extra("train", "digits evaluate")
    from digit_recognizer.models import load_model
    from digit_recognizer.recognizer import DEFAULT_MODEL
    from digit_recognizer.training.seeds import seed_folders

    named = model or DEFAULT_MODEL
    folders = seed_folders(Path(named))
    if folders and (each or figures):
        raise ConfigError("--each and --figures are of one model: name one of the runs in this folder.")
    loaded = load_model(folders[0] if folders else named)
    dataset = load_dataset(data, data_dir, loaded.preprocess)
    aloud = json != "-"
    if folders:
        result = evaluate_many(folders, dataset, split)
        if aloud and not quiet:
            print_seeds(result)
    else:
        result = evaluate_one(loaded, dataset, split, figures, aloud=aloud, each=each, summary=not quiet)
    if json:
        write_json(json, result)


def evaluate_one(
    model: Model, dataset: Dataset, split: str, figures: Path | None, *, aloud: bool, each: bool, summary: bool
) -> dict[str, Any]:
    """Score one model, draw what was asked for, and say it if `aloud`; the object of `--json`."""
    from digit_recognizer.cli.output import answers
    from digit_recognizer.measuring import evaluate as score

    evaluation = score(model, dataset, split)
    if aloud and each:
        print_each(evaluation)
    if aloud and summary:
        print_summary(evaluation)
    if figures:
        from digit_recognizer.report.gather import save_evaluation

        saved = save_evaluation(evaluation, dataset.split(split), figures)
        if aloud:
            answers().print("Figures: " + ", ".join(map(str, saved)), markup=False)
    return evaluation.to_dict()


def print_each(evaluation: Evaluation) -> None:
    """A line an image."""
    from digit_recognizer.cli.output import printable

    names = evaluation.model.header.class_names
    for index, (predicted, actual) in enumerate(zip(evaluation.predicted, evaluation.labels, strict=True)):
        mark = "" if predicted == actual else "  wrong"
        typer.echo(printable(f"image {index}: predicted {names[predicted]}, actual {names[actual]}{mark}"))


def print_summary(evaluation: Evaluation) -> None:
    """Totals, accuracy, a table of the classes, and the looks at the test split."""
    from rich.table import Table

    from digit_recognizer.cli.output import answers

    interval = evaluation.interval
    out = answers()
    out.print(evaluation.title, style="bold", markup=False)
    out.print(f"Total images tested:  {evaluation.n:,}")
    out.print(f"Accurate predictions: {evaluation.correct:,}")
    bounds = f"{100 * interval.low:.2f} to {100 * interval.high:.2f} %"
    out.print(
        f"Accuracy:             {100 * evaluation.accuracy:.2f} %"
        f"  ({interval.level:.0%} interval {bounds}, {interval.method.title()})"
    )
    print_without_leaked(evaluation)
    table = Table("class", "n", "precision", "recall", "F1", box=None)
    for column in table.columns[1:]:
        column.justify = "right"
    for row in (each for each in evaluation.per_class if each.n or each.precision is not None):
        table.add_row(row.name, str(row.n), *(percent(figure) for figure in (row.precision, row.recall, row.f1)))
    out.print(table)
    if evaluation.looks is not None:
        out.print(
            f"Looks at these test images noted beside this model: {evaluation.looks}."
            " Whoever looks often and keeps the best has chosen by the test."
        )


def print_without_leaked(evaluation: Evaluation) -> None:
    """The accuracy once more, without the images that stand in the training split too, where there are some."""
    from digit_recognizer.cli.output import answers

    rest = evaluation.without_leaked
    if rest is None:
        return
    low, high = (f"{100 * rest['interval'][end]:.2f}" for end in ("low", "high"))
    answers().print(
        f"Without the {evaluation.leaked:,} images that stand in the training split too: {rest['correct']:,} of"
        f" {rest['n']:,}, {percent(rest['accuracy'])} (95% interval {low} to {high} %)"
    )


def percent(figure: float | None) -> str:
    """A share in per cent, or what an undefined one is called."""
    return "undefined" if figure is None else f"{100 * figure:.2f} %"
