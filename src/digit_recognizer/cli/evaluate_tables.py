"""`digits evaluate --predictions`: what any tool's probabilities come to."""

from __future__ import annotations

from pathlib import Path
from typing import Any


def of_tables(
    model: str | None,
    predictions: Path | None,
    labels: Path | None,
    groups: Path | None,
    report: Path | None,
    *,
    aloud: bool,
) -> dict[str, Any]:
    """Measure probabilities from files; the object of `--json`."""
    from digit_recognizer.cli.output import answers
    from digit_recognizer.cli.summary import print_details, print_totals
    from digit_recognizer.errors import ConfigError
    from digit_recognizer.measuring.evaluation import SCHEMA
    from digit_recognizer.measuring.predictions import read_predictions
    from digit_recognizer.measuring.trust import details

    if model or not (predictions and labels):
        raise ConfigError("--predictions and --labels belong together, and stand in place of a model.")
    scored = read_predictions(predictions, labels, groups)
    result = {"schema": SCHEMA, "model": scored.name, **scored.counts()}
    result |= details(scored.labels, scored.probabilities, scored.groups)
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
