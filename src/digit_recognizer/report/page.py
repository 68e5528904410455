"""An evaluation as one self-contained HTML page: opens from disk, fetches nothing, runs no script."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from digit_recognizer.data import Dataset
from digit_recognizer.errors import require_extra
from digit_recognizer.evaluation import Evaluation
from digit_recognizer.evaluation.predictions import Predictions
from digit_recognizer.evaluation.robustness import Robustness
from digit_recognizer.files import write_whole
from digit_recognizer.report import behind, charts, checklists, origin, words
from digit_recognizer.report.behind import Case, Cell, TakeImages
from digit_recognizer.report.explained import Explained, Explainer

_TEMPLATES = Path(__file__).parent / "templates"
_MOST_CLASSES = 26  # of a confusion matrix that is drawn; of more, the commonest confusions are listed
_COMMONEST, _GROUPS = 30, 30


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
    explainer: Explainer | None = None  # None: no image is explained
    checklists: bool = False  # of what medical journals ask to be reported


def report_of_model(
    evaluation: Evaluation,
    dataset: Dataset,
    result: dict[str, Any],
    robustness: Robustness | None,
    explain: str | None = None,
) -> Report:
    """The page of a model scored on a split; result: the object of `--json`; explain: one of explained.METHODS."""
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
        explainer=Explainer(model, explain, evaluation.predicted) if explain else None,
        checklists=dataset.spec.clinical,
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
    require_extra("stats", "Writing a report")
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"percent": words.percent, "between": words.between, "told": words.share_words}
    return environment.get_template("report.html").render(context(report))


def context(report: Report) -> dict[str, Any]:
    """All that the template names."""
    result = report.result
    cells, worst = behind.matrix(report.scored, report.take), behind.worst(report.scored, report.take)
    few = len(cells) <= _MOST_CLASSES
    confused = sorted((cell for row in cells for cell in row if not cell.hit and cell.count), key=lambda c: -c.count)
    groups = sorted(result["per_group"] or [], key=lambda each: float(each["interval"]["high"]))
    return {
        "report": report,
        "result": result,
        "style": (_TEMPLATES / "report.css").read_text("utf-8"),
        "caveats": result.get("caveats", ()),
        "sentences": words.summary_words(result),
        "titles": words.TITLES,
        "meanings": words.MEANINGS,
        "matrix": cells if few else None,
        "opened": [cell for row in cells for cell in row if cell.cases] if few else confused[:_COMMONEST],
        "confused": confused[:_COMMONEST],
        "worst": worst,
        "explained": explained(report, worst, cells if few else []),
        "positive": positive(result),
        "items": checklists.items_of(result) if report.checklists else (),
        "groups": groups[:_GROUPS],
        "reliability": charts.reliability_chart(result["calibration"]),
        "risk": charts.risk_chart(result["risk_coverage"]),
        "corruptions": charts.corruption_charts(report.robustness) if report.robustness else [],
    }


def explained(report: Report, worst: list[Case], cells: list[list[Cell]]) -> Explained | None:
    """The maps of the images that the page shows, the worst mistakes first; None where none are wanted."""
    if report.explainer is None or report.take is None:
        return None
    inside = sorted((cell for row in cells for cell in row), key=lambda cell: cell.hit)
    shown = [*worst, *(case for cell in inside for case in cell.cases)]
    return report.explainer.explain(report.take, [case.index for case in shown])


def positive(result: dict[str, Any]) -> dict[str, Any] | None:
    """What the page tells of the class that is looked for, with its charts; None where there is none."""
    found = result.get("positive")
    if found is None:
        return None
    known = all(each["value"] is not None for each in found["decision_curve"])
    return {
        **found,
        "at": words.threshold_words(found),
        "decision": charts.decision_chart(found["decision_curve"], found["class"]) if known else None,
        "workload": charts.referral_chart(found["referral"]),
    }
