"""`digits evaluate --predictions`: what any tool's probabilities come to."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from digit_recognizer.cli.evaluate_options import EvaluateOptions
from digit_recognizer.cli.options import listed, options_given
from digit_recognizer.errors import ConfigError

_OF_MODELS = (  # parameters of `digits evaluate` that tables of probabilities leave no use for
    *("data", "split", "data_dir", "unverified", "sensitivity", "prevalence", "each", "figures", "explain"),
)


def is_table(name: str) -> bool:
    """Whether a name is that of a file with a table's suffix; model files have other suffixes."""
    from digit_recognizer.evaluation.predictions import READERS

    return Path(name).suffix.lower() in READERS and Path(name).is_file()


def check_tables(options: EvaluateOptions) -> None:
    """Raise ConfigError for a table in a model's place, for one table of two, and for options that only models have."""
    model, predictions, labels = options.model, options.predictions, options.labels
    if model and is_table(model):
        raise ConfigError(
            f"{model} is a table of probabilities. Name it and the true classes: --predictions {model} --labels FILE"
        )
    if not (predictions or labels):
        return
    if model or not (predictions and labels):
        raise ConfigError("--predictions and --labels are used together, instead of a model.")
    others = options_given(options.context, _OF_MODELS)
    if others:
        raise ConfigError(f"{listed(others)} of a model, not of --predictions.")


def of_tables(
    predictions: Path, labels: Path, groups: Path | None, report: Path | None, *, aloud: bool
) -> dict[str, Any]:
    """Measure probabilities from files; the object of `--json`."""
    from digit_recognizer.cli.output import answers, note
    from digit_recognizer.cli.summary import print_details, print_totals
    from digit_recognizer.evaluation.calibration_report import details
    from digit_recognizer.evaluation.evaluation import SCHEMA
    from digit_recognizer.evaluation.predictions import read_predictions

    scored = read_predictions(predictions, labels, groups)
    result = {"schema": SCHEMA, "model": scored.name, **scored.counts()}
    result |= details(scored.labels, scored.probabilities, scored.groups)
    if scored.notes:
        result["caveats"] = list(scored.notes)
    for each in scored.notes if aloud else ():
        note(each)
    if aloud:
        print_totals(scored.name, result)
        print_details(result)
    if report:
        from digit_recognizer.report.page import report_of_tables, save_report

        files = {"predictions": predictions, "labels": labels} | ({"groups": groups} if groups else {})
        save_report(report_of_tables(scored, result, files), report)
        if aloud:
            answers().print(f"Report: {report}", markup=False)
    return result
