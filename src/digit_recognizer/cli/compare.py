"""`digits compare`: is one model really better than the other on the same images?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from digit_recognizer.cli.options import Data, DataDir, Json, Quiet, Split

if TYPE_CHECKING:
    from digit_recognizer.measuring.compare import Comparison
    from digit_recognizer.measuring.predictions import Predictions

SCHEMA = "digit-recognizer/comparison/1"
SHOWN = 20  # images named that two models read differently


def compare(
    models: Annotated[
        list[str], typer.Argument(help="Two or more: shipped names, model files, run folders, tables of probabilities.")
    ],
    data: Data = "mnist",
    split: Split = "test",
    labels: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The actual classes, where tables are compared.")
    ] = None,
    data_dir: DataDir = None,
    json: Json = None,
    quiet: Quiet = False,
) -> None:
    """Differences of accuracy with intervals and exact tests, and the images that are read differently."""
    from digit_recognizer.cli.output import write_json
    from digit_recognizer.errors import ConfigError, require_extra

    require_extra("train", "digits compare")
    from digit_recognizer.measuring.compare import compare_all

    if len(models) < 2 or len(set(models)) < len(models):
        raise ConfigError("Comparing needs two or more different models: digits compare classic best")
    scored = [of_table(name, labels) if labels else of_model(name, data, split, data_dir) for name in models]
    scored = [each.with_classes(scored[0].class_names) for each in scored]
    by_name = {name: each.predicted for name, each in zip(models, scored, strict=True)}
    found = compare_all(scored[0].labels, by_name)
    accuracies = [{"model": name, **share_right(each)} for name, each in zip(models, scored, strict=True)]
    result = {"schema": SCHEMA, "models": accuracies, "comparisons": [each.to_dict() for each in found]}
    if json:
        write_json(json, result)
    if json != "-" and not quiet:
        print_comparisons(accuracies, found, scored)


def of_table(name: str, labels: Path) -> Predictions:
    """A table of probabilities beside the actual classes."""
    from digit_recognizer.measuring.predictions import read_predictions

    return read_predictions(Path(name), labels)


def of_model(name: str, data: str, split: str, data_dir: Path | None) -> Predictions:
    """A model's probabilities for a split; of a test split that is a look, and noted."""
    from digit_recognizer.measuring import evaluate

    return evaluate(name, data, split, data_dir).predictions


def share_right(scored: Predictions) -> dict[str, Any]:
    """How many cases are read rightly."""
    counts = scored.counts()
    return {key: counts[key] for key in ("n", "correct", "accuracy", "interval")}


def print_comparisons(accuracies: list[dict[str, Any]], found: list[Comparison], scored: list[Predictions]) -> None:
    """The accuracies, then each pair in words."""
    from digit_recognizer.cli.output import answers

    say = answers().print
    for row in accuracies:
        low, high = (100 * row["interval"][end] for end in ("low", "high"))
        say(
            f"{row['model']}: {row['correct']:,} of {row['n']:,}, {100 * row['accuracy']:.2f} %"
            f" (95 % interval {low:.2f} to {high:.2f} %)",
            markup=False,
        )
    for each in found:
        say(in_words(each), markup=False)
    if len(found) == 1 and len(found[0].disagreement):
        say(disagreements(found[0], *scored), markup=False)


def in_words(each: Comparison) -> str:
    """What may be said of two models."""
    low, high = 100 * each.interval.low, 100 * each.interval.high
    difference = 100 * (each.difference or 0.0)
    counts = each.counts
    told = (
        f"{each.first} minus {each.second}: {difference:+.2f} points (95 % interval {low:+.2f} to {high:+.2f});"
        f" only {each.first} right {counts.only_first:,}, only {each.second} right {counts.only_second:,};"
        f" exact McNemar p = {each.adjusted_p_value:.2g}"
    )
    if each.verdict.by_chance:
        return f"{told}.\n  They differ by no more than chance explains: neither is shown to be better."
    return f"{told}.\n  {each.verdict.better} is better than {each.verdict.worse}."


def disagreements(each: Comparison, first: Predictions, second: Predictions) -> str:
    """The images that two models read differently."""
    names, shown = first.class_names, each.disagreement[:SHOWN]
    rows = [
        f"  image {i}: {names[first.predicted[i]]} and {names[second.predicted[i]]}, actual {names[first.labels[i]]}"
        for i in shown
    ]
    more = len(each.disagreement) - len(shown)
    rest = [f"  and {more:,} more (--json lists all)"] if more else []
    return "\n".join([f"Read differently, {each.first} first:", *rows, *rest])
