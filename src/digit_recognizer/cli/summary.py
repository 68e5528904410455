"""What `digits evaluate` says in words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from digit_recognizer.files import printable
from digit_recognizer.report.words import TITLES, in_words, percent, share_words, threshold_words

_WORST_GROUPS = 5


def print_totals(title: str, result: dict[str, Any]) -> None:
    """Totals, accuracy, a table of the classes."""
    from rich.table import Table
    from rich.text import Text

    from digit_recognizer.cli.output import answers

    interval = result["interval"]
    out = answers()
    out.print(title, style="bold", markup=False)
    out.print(f"Total images tested:  {result['n']:,}")
    out.print(f"Accurate predictions: {result['correct']:,}")
    bounds = f"{100 * interval['low']:.2f} to {100 * interval['high']:.2f} %"
    out.print(
        f"Accuracy:             {100 * result['accuracy']:.2f} %"
        f"  ({interval['level']:.0%} interval {bounds}, {interval['method'].title()})"
    )
    _print_without_leaked(result)
    table = Table("class", "n", "precision", "recall", "F1", "specificity", box=None)
    for column in table.columns[1:]:
        column.justify = "right"
    for row in (each for each in result["per_class"] if each["n"] or each["precision"] is not None):
        shares = (percent(row[figure]) for figure in ("precision", "recall", "f1", "specificity"))
        table.add_row(Text(printable(row["name"])), str(row["n"]), *shares)
    out.print(table)
    _print_groups(result["per_group"] or [])


def print_positive(found: dict[str, Any] | None) -> None:
    """How well the class that is looked for is told from the other."""
    from digit_recognizer.cli.output import answers

    if found is None:
        return
    out = answers()
    out.print(f"{found['class']}: AUROC {in_words(found['auroc'])} (DeLong)", markup=False)
    out.print(f"  {threshold_words(found)}", markup=False)
    for name in ("sensitivity", "specificity"):
        out.print(f"  {name} {share_words(found[name])}, of {found[name]['n']:,}", markup=False)
    for each in found["predictive"]:
        values = ", ".join(f"{name.upper()} {share_words(each[name])}" for name in ("ppv", "npv"))
        out.print(f"  at a prevalence of {100 * each['prevalence']:g} %: {values}", markup=False)
    point = next(each for each in found["referral"]["points"] if each["referred"] == 0.1)
    out.print(
        f"  with the least certain {100 * point['referred']:g} % referred to a reader: {point['wrong']:,} of"
        f" {point['answered']:,} wrong, sensitivity {share_words(point['sensitivity'])}",
        markup=False,
    )
    if found.get("per_patient"):
        figures = (f"{name} {share_words(found['per_patient'][name])}" for name in ("sensitivity", "specificity"))
        out.print(f"  of {found['per_patient']['n']:,} patients: {', '.join(figures)}", markup=False)


def print_columns(columns: dict[str, list[dict[str, Any]]]) -> None:
    """Each value's accuracy, column by column: site by site."""
    from digit_recognizer.cli.output import answers

    for name, groups in columns.items():
        answers().print(f"By {printable(name)}:", markup=False)
        _print_groups(groups)


def _print_groups(groups: list[dict[str, Any]]) -> None:
    """The groups that fare worst; those whose interval lies below the rest's is where to look for a shortcut."""
    from rich.table import Table
    from rich.text import Text

    from digit_recognizer.cli.output import answers

    if not groups:
        return
    worst = sorted(groups, key=lambda each: float(each["interval"]["high"]))[:_WORST_GROUPS]
    table = Table(
        f"group ({len(worst)} of {len(groups):,}, the worst first)", "n", "accuracy", "95 % interval", box=None
    )
    for column in table.columns[1:]:
        column.justify = "right"
    for each in worst:
        low, high = (f"{100 * each['interval'][end]:.2f}" for end in ("low", "high"))
        table.add_row(Text(printable(each["name"])), f"{each['n']:,}", percent(each["accuracy"]), f"{low} to {high} %")
    answers().print(table)


def _print_without_leaked(result: dict[str, Any]) -> None:
    """The accuracy once more, without the images that stand in the training split too, where there are some."""
    from digit_recognizer.cli.output import answers

    rest = result.get("without_leaked")
    if rest is None:
        return
    low, high = (f"{100 * rest['interval'][end]:.2f}" for end in ("low", "high"))
    answers().print(
        f"Without the {result['leaked']:,} images that are in the training split too: {rest['correct']:,} of"
        f" {rest['n']:,}, {percent(rest['accuracy'])} (95% interval {low} to {high} %)"
    )


def print_details(result: dict[str, Any]) -> None:
    """Every further figure with its interval, then when the model should not answer."""
    from digit_recognizer.cli.output import answers

    out = answers()
    for name, figure in result["figures"].items():
        if name != "accuracy":
            out.print(f"{TITLES[name] + ':':<24} {in_words(figure)}", markup=False)
    points = {point["coverage"]: point for point in (result["risk_coverage"] or {"points": []})["points"]}
    for point in (points[share] for share in (0.9, 0.99) if share in points):
        share = point["coverage"]
        low, high = (100 * point["interval"][end] for end in ("low", "high"))
        out.print(
            f"The most confident {100 * share:g} %: {point['wrong']:,} of {point['answered']:,} wrong"
            f" (error {100 * point['risk']:.2f} %, interval {low:.2f} to {high:.2f} %)"
        )
    for fitted in result["conformal"] or []:
        if fitted["level"] in (0.99, 0.999) and not fitted["per_class"]:
            out.print(
                f"Prediction sets at {100 * fitted['level']:g} %: contain the true class for"
                f" {100 * fitted['coverage']:.2f} %, {fitted['mean_size']:.3f} classes on average"
            )


def print_test_evaluations(test_evaluations: int | None) -> None:
    """How often this test split was scored."""
    from digit_recognizer.cli.output import answers

    if test_evaluations is not None:
        answers().print(
            f"Evaluations of this test split logged for this model: {test_evaluations}."
            " Choosing the best of several test-set evaluations biases the result."
        )


def print_caveats(caveats: Sequence[str]) -> None:
    """What every output of a set says, a line each."""
    from digit_recognizer.cli.output import answers

    for each in caveats:
        answers().print(each, markup=False)
