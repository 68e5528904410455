"""What `digits evaluate` says in words."""

from __future__ import annotations

from typing import Any

TITLES = {
    "balanced_accuracy": "Balanced accuracy",
    "cohen_kappa": "Cohen's kappa",
    "top_3_accuracy": "Among the top 3",
    "macro_auroc": "AUROC, mean of classes",
    "macro_average_precision": "Average precision",
    "brier_score": "Brier score",
    "negative_log_likelihood": "Negative log-likelihood",
    "expected_calibration_error": "Calibration error",
}


def print_totals(title: str, result: dict[str, Any]) -> None:
    """Totals, accuracy, a table of the classes."""
    from rich.table import Table

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
    print_without_leaked(result)
    table = Table("class", "n", "precision", "recall", "F1", "specificity", box=None)
    for column in table.columns[1:]:
        column.justify = "right"
    for row in (each for each in result["per_class"] if each["n"] or each["precision"] is not None):
        shares = (percent(row[figure]) for figure in ("precision", "recall", "f1", "specificity"))
        table.add_row(row["name"], str(row["n"]), *shares)
    out.print(table)


def print_without_leaked(result: dict[str, Any]) -> None:
    """The accuracy once more, without the images that stand in the training split too, where there are some."""
    from digit_recognizer.cli.output import answers

    rest = result.get("without_leaked")
    if rest is None:
        return
    low, high = (f"{100 * rest['interval'][end]:.2f}" for end in ("low", "high"))
    answers().print(
        f"Without the {result['leaked']:,} images that stand in the training split too: {rest['correct']:,} of"
        f" {rest['n']:,}, {percent(rest['accuracy'])} (95% interval {low} to {high} %)"
    )


def print_details(result: dict[str, Any]) -> None:
    """Every further figure with its interval, then when the model should not answer."""
    from digit_recognizer.cli.output import answers

    out = answers()
    for name, title in TITLES.items():
        out.print(f"{title + ':':<24} {in_words(result['figures'][name])}", markup=False)
    points = {point["coverage"]: point for point in result["risk_coverage"]["points"]}
    for share in (0.9, 0.99):
        point = points[share]
        low, high = (100 * point["interval"][end] for end in ("low", "high"))
        out.print(
            f"The surest {100 * share:g} %: {point['wrong']:,} of {point['answered']:,} wrong"
            f" (error {100 * point['risk']:.2f} %, interval {low:.2f} to {high:.2f} %)"
        )
    for fitted in result["conformal"] or []:
        if fitted["level"] in (0.99, 0.999) and not fitted["per_class"]:
            out.print(
                f"Prediction sets at {100 * fitted['level']:g} %: hold the actual class for"
                f" {100 * fitted['coverage']:.2f} %, {fitted['mean_size']:.3f} classes on average"
            )


def print_looks(looks: int | None) -> None:
    """How often this test split was scored."""
    from digit_recognizer.cli.output import answers

    if looks is not None:
        answers().print(
            f"Looks at these test images noted beside this model: {looks}."
            " Whoever looks often and keeps the best has chosen by the test."
        )


def in_words(figure: dict[str, Any]) -> str:
    """A figure with its interval."""
    if figure["value"] is None:
        return "undefined"
    interval = figure["interval"]
    told = f" ({interval['level']:.0%} interval {interval['low']:.4f} to {interval['high']:.4f})" if interval else ""
    return f"{figure['value']:.4f}{told}"


def percent(figure: float | None) -> str:
    """A share in per cent, or what an undefined one is called."""
    return "undefined" if figure is None else f"{100 * figure:.2f} %"
