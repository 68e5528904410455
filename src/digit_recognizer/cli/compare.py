"""`digits compare`: is one model really better than the other on the same images?"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from digit_recognizer.cli.evaluate_tables import is_table
from digit_recognizer.cli.options import Data, DataDir, Json, Quiet, Split, listed, options_given
from digit_recognizer.cli.typed import taking

if TYPE_CHECKING:
    from digit_recognizer.evaluation.predictions import Predictions
    from digit_recognizer.statistics.compare import Comparison

SCHEMA = "digit-recognizer/comparison/1"
_ALPHA = 0.05  # of AUROCs, after Holm's adjustment
_SHOWN = 20  # images named that two models read differently
_TEST_NAMES = {"mcnemar, exact": "exact McNemar", "obuchowski, clustered": "Obuchowski's test, by groups,"}


@dataclass(frozen=True)
class _Options:
    """What to compare, and on which images."""

    context: typer.Context
    models: Annotated[
        list[str], typer.Argument(help="Two or more: shipped names, model files, run folders, tables of probabilities.")
    ]
    data: Data = "mnist"
    split: Split = "test"
    labels: Annotated[
        Path | None, typer.Option(metavar="FILE", help="True classes, to compare tables of probabilities.")
    ] = None
    groups: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Writer, patient or site of each case, for clustered intervals.")
    ] = None
    data_dir: DataDir = None
    json: Json = None
    quiet: Quiet = False


@taking(_Options)
def compare(options: _Options) -> None:
    """Compare models: differences with intervals and tests, and the images that are predicted differently."""
    from digit_recognizer.cli.output import note, write_json
    from digit_recognizer.errors import ConfigError, require_extra

    table = next(filter(is_table, options.models), None)
    if table and not options.labels:
        raise ConfigError(f"{table} is a table of probabilities. Name the true classes with --labels FILE.")
    others = options_given(options.context, ("data", "split", "data_dir")) if options.labels else []
    if others:
        raise ConfigError(f"{listed(others)} of models; with --labels tables are compared.")
    require_extra("stats" if options.labels else "train", "digits compare")
    from digit_recognizer.evaluation.prediction_columns import comparable
    from digit_recognizer.evaluation.predictions import column
    from digit_recognizer.statistics.compare import compare_all

    if len(options.models) < 2 or len(set(options.models)) < len(options.models):
        raise ConfigError("Comparing needs two or more different models: digits compare classic best")
    scored = [
        of_table(name, options.labels)
        if options.labels
        else _of_model(name, options.data, options.split, options.data_dir)
        for name in options.models
    ]
    scored = [each.with_classes(scored[0].class_names) for each in scored]
    known = comparable(column(options.groups, "groups")) if options.groups else scored[0].groups
    scored = [replace(each, groups=known) for each in scored]
    by_name = {name: each.predicted for name, each in zip(options.models, scored, strict=True)}
    found = compare_all(scored[0].labels, by_name, groups=known)
    accuracies = [{"model": name, **share_right(each)} for name, each in zip(options.models, scored, strict=True)]
    areas = aurocs(options.models, scored)
    comparisons = [each.to_dict() for each in found]
    result = {"schema": SCHEMA, "models": accuracies, "comparisons": comparisons, "aurocs": areas}
    if options.json:
        write_json(options.json, result)
    if options.json != "-" and not options.quiet:
        for each in dict.fromkeys(told for table in scored for told in table.notes):
            note(each)
        _print_comparisons(accuracies, found, scored)
        _print_aurocs(areas)


def of_table(name: str, labels: Path) -> Predictions:
    """A table of probabilities beside the actual classes."""
    from digit_recognizer.evaluation.predictions import read_predictions

    return read_predictions(Path(name), labels)


def _of_model(name: str, data: str, split: str, data_dir: Path | None) -> Predictions:
    """A model's probabilities for a split; of a test split that is evaluated, and logged."""
    from digit_recognizer.evaluation import evaluate

    return evaluate(name, data, split, data_dir).predictions


def aurocs(models: list[str], scored: list[Predictions]) -> list[dict[str, Any]] | None:
    """The models' AUROCs of each class; None of cases in groups, which DeLong's test would take as independent."""
    from digit_recognizer.statistics.compare_aurocs import compare_all_aurocs

    first = scored[0]
    if first.groups is not None or first.labels.ndim > 1:
        return None
    probabilities = {name: each.probabilities for name, each in zip(models, scored, strict=True)}
    return compare_all_aurocs(first.labels, probabilities, first.class_names)


def share_right(scored: Predictions) -> dict[str, Any]:
    """How many cases are read rightly."""
    counts = scored.counts()
    return {key: counts[key] for key in ("n", "correct", "accuracy", "interval")}


def _print_comparisons(accuracies: list[dict[str, Any]], found: list[Comparison], scored: list[Predictions]) -> None:
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
        say(_disagreements(found[0], *scored), markup=False)


def in_words(each: Comparison) -> str:
    """What may be said of two models."""
    low, high = 100 * each.interval.low, 100 * each.interval.high
    difference = 100 * (each.difference or 0.0)
    counts = each.counts
    told = (
        f"{each.first} minus {each.second}: {difference:+.2f} points (95 % interval {low:+.2f} to {high:+.2f});"
        f" only {each.first} right {counts.only_first:,}, only {each.second} right {counts.only_second:,};"
        f" {_TEST_NAMES[each.test]} p = {each.adjusted_p_value:.2g}"
    )
    if each.verdict.by_chance:
        return f"{told}.\n  The difference is not significant."
    return f"{told}.\n  {each.verdict.better} is better than {each.verdict.worse}."


def _print_aurocs(rows: list[dict[str, Any]] | None) -> None:
    """The classes whose AUROCs differ by more than chance, or that none do."""
    from digit_recognizer.cli.output import answers

    if rows is None:
        return
    for row in (row for row in rows if row["adjusted_p_value"] is not None and row["adjusted_p_value"] <= _ALPHA):
        low, high, p = row["interval"]["low"], row["interval"]["high"], row["adjusted_p_value"]
        answers().print(
            f"AUROC of {row['class']}: {row['models'][0]} {row['first']:.5f}, {row['models'][1]} {row['second']:.5f};"
            f" difference {row['difference']:+.5f} ({low:+.5f} to {high:+.5f}), DeLong p = {p:.2g}",
            markup=False,
        )
    equal = sum(row["adjusted_p_value"] is None or row["adjusted_p_value"] > _ALPHA for row in rows)
    if equal:
        answers().print(f"AUROC: {equal} of {len(rows)} differences (one for each class) are not significant.")


def _disagreements(each: Comparison, first: Predictions, second: Predictions) -> str:
    """The images that two models read differently."""
    names, shown = first.class_names, each.disagreement[:_SHOWN]
    rows = [
        f"  image {i}: {names[first.predicted[i]]} and {names[second.predicted[i]]}, actual {names[first.labels[i]]}"
        for i in shown
    ]
    more = len(each.disagreement) - len(shown)
    rest = [f"  and {more:,} more (--json lists all)"] if more else []
    return "\n".join([f"Predicted differently, {each.first} first:", *rows, *rest])
