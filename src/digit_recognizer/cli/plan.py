"""`digits plan`: how many cases a study needs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from digit_recognizer.cli.options import Json, Quiet
from digit_recognizer.cli.typed import taking

if TYPE_CHECKING:
    from digit_recognizer.statistics.planning import Figure, Plan, Simulated

SCHEMA = "digit-recognizer/plan/1"
WORDS = {"auroc": "an AUROC", "sensitivity": "a sensitivity", "specificity": "a specificity", "accuracy": "an accuracy"}


@dataclass(frozen=True)
class _Options:
    """What a study is planned for."""

    width: Annotated[str, typer.Option(metavar="SHARE", help="Width of the interval, such as 0.10.")]
    auroc: Annotated[str | None, typer.Option(metavar="SHARE", help="Expected AUROC, such as 0.90.")] = None
    sensitivity: Annotated[str | None, typer.Option(metavar="SHARE", help="Or expected sensitivity, such as 90%.")] = (
        None
    )
    specificity: Annotated[str | None, typer.Option(metavar="SHARE", help="Or expected specificity.")] = None
    accuracy: Annotated[str | None, typer.Option(metavar="SHARE", help="Or expected accuracy.")] = None
    prevalence: Annotated[
        str | None, typer.Option(metavar="SHARE", help="Share of the cases that have the condition, such as 27%.")
    ] = None
    level: Annotated[str, typer.Option(metavar="SHARE", help="Confidence level, such as 95%.")] = "95%"
    json: Json = None
    quiet: Quiet = False


@taking(_Options)
def plan(options: _Options) -> None:
    """Compute how many cases a study needs for an interval of a given width, checked by simulation."""
    from digit_recognizer.cli.options import share
    from digit_recognizer.cli.output import answers, write_json
    from digit_recognizer.errors import ConfigError, require_extra

    require_extra("stats", "digits plan")
    from digit_recognizer.statistics.planning import plan as planned_for
    from digit_recognizer.statistics.planning import simulate

    given: dict[Figure, str | None] = {
        "auroc": options.auroc,
        "sensitivity": options.sensitivity,
        "specificity": options.specificity,
        "accuracy": options.accuracy,
    }
    expected = {figure: share(f"--{figure}", text) for figure, text in given.items() if text is not None}
    if len(expected) != 1:
        raise ConfigError("Give one figure to plan for: digits plan --auroc 0.90 --width 0.10 --prevalence 0.27")
    ((figure, value),) = expected.items()
    wanted = None if figure == "accuracy" else options.prevalence
    having = None if wanted is None else share("--prevalence", wanted, "27%")
    found = planned_for(figure, value, share("--width", options.width, "10%"), having, share("--level", options.level))
    checked = simulate(found)
    if options.json:
        simulation = checked.to_dict() if checked else None
        write_json(options.json, {"schema": SCHEMA, **found.to_dict(), "simulation": simulation})
    if options.json != "-" and not options.quiet:
        answers().print(in_words(found, checked), highlight=False)


def in_words(found: Plan, checked: Simulated | None) -> str:
    """The plan in a few sentences."""
    classes = ""
    if found.positives is not None and found.prevalence is not None:
        classes = f" (drawn as they come: about {found.positives:,} with the condition, {found.negatives:,} without)"
    told = (
        f"{found.n:,} cases{classes}.\n"
        f"With them the {100 * found.level:g} % interval of {WORDS[found.figure]} of {found.value:g} is expected to run"
        f" from {found.interval.low:.3f} to {found.interval.high:.3f} ({found.interval.method})."
    )
    if checked is None:
        return told + "\nNot simulated: studies of that size would take too long."
    return told + (
        f"\nIn {checked.studies:,} simulated studies of that size the interval was {checked.mean_width:.3f} wide on"
        f" average and held {found.value:g} in {100 * checked.covered:.1f} % of them."
    )
