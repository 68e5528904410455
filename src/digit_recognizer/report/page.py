"""An evaluation as one self-contained HTML page: opens from disk, fetches nothing, runs no script."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from digit_recognizer.data import Dataset
from digit_recognizer.errors import require_extra
from digit_recognizer.files import write_whole
from digit_recognizer.measuring import Evaluation
from digit_recognizer.measuring.predictions import Predictions
from digit_recognizer.measuring.robustness import Robustness
from digit_recognizer.report import behind, charts, origin, words
from digit_recognizer.report.behind import TakeImages

TEMPLATES = Path(__file__).parent / "templates"
MOST_CLASSES = 26  # of a confusion matrix that is drawn; of more, the commonest confusions are listed
COMMONEST, GROUPS = 30, 30


@dataclass(frozen=True)
class Report:
    """What a page tells of."""

    title: str
    result: dict[str, Any]  # the object of `digits evaluate --json`
    scored: Predictions
    rows: origin.Rows  # of the provenance
    take: TakeImages | None = None  # None: there are no images
    purpose: str | None = None  # what the model is for
    seed: int | None = None
    seeds: dict[str, Any] | None = None  # accuracies of several trainings of the same recipe
    robustness: Robustness | None = None
    limits: Sequence[str] = field(default=origin.LIMITS)


def report_of_model(
    evaluation: Evaluation, dataset: Dataset, result: dict[str, Any], robustness: Robustness | None
) -> Report:
    """The page of a model scored on a split; result: the object of `--json`."""
    card, model = origin.card_of(evaluation.model), evaluation.model
    return Report(
        evaluation.title,
        result,
        evaluation.predictions,
        origin.origin_of_model(evaluation, dataset),
        dataset.split(evaluation.split).take,
        card.purpose if card else None,
        model.header.seed,
        card.seeds if card else None,
        robustness,
    )


def report_of_tables(scored: Predictions, result: dict[str, Any], files: dict[str, Path]) -> Report:
    """The page of predictions that any tool wrote."""
    return Report(scored.name, result, scored, origin.origin_of_tables(files))


def save_report(report: Report, path: Path) -> Path:
    """Write the page, whole or not at all."""
    write_whole(path, render(report).encode("utf-8", "backslashreplace"))  # a file's name need not be text
    return path


def render(report: Report) -> str:
    """The page as HTML."""
    require_extra("train", "Writing a report")
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"percent": words.percent, "between": words.between}
    return environment.get_template("report.html").render(context(report))


def context(report: Report) -> dict[str, Any]:
    """All that the template names."""
    result = report.result
    cells = behind.matrix(report.scored, report.take)
    few = len(cells) <= MOST_CLASSES
    confused = sorted((cell for row in cells for cell in row if not cell.hit and cell.count), key=lambda c: -c.count)
    groups = sorted(result["per_group"] or [], key=lambda each: float(each["interval"]["high"]))
    return {
        "report": report,
        "result": result,
        "style": (TEMPLATES / "report.css").read_text("utf-8"),
        "sentences": words.summary_words(result),
        "titles": words.TITLES,
        "meanings": words.MEANINGS,
        "matrix": cells if few else None,
        "opened": [cell for row in cells for cell in row if cell.cases] if few else confused[:COMMONEST],
        "confused": confused[:COMMONEST],
        "worst": behind.worst(report.scored, report.take),
        "groups": groups[:GROUPS],
        "reliability": charts.reliability_chart(result["calibration"]),
        "risk": charts.risk_chart(result["risk_coverage"]),
        "corruptions": charts.corruption_charts(report.robustness) if report.robustness else [],
    }
