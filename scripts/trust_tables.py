"""The tables of docs/accuracy*.md on calibration, on out-of-distribution pictures and on corruptions, as Markdown."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from accuracy_tables import between, percent, table
from digit_recognizer.statistics import wilson
from results import read


def answered() -> str:
    """What the most accurate model gets wrong among its answers, and its calibration, in sentences."""
    found = read("evaluation-best")
    points = {each["coverage"]: each for each in found["risk_coverage"]["points"]}
    sure, calibration = points[0.99], found["calibration"]
    return "\n".join(
        [
            f"- **The most confident 99 %:** {sure['wrong']} of {sure['answered']:,} answers are wrong,"
            f" {percent(sure['risk'], 3)} % (95 % interval {between(sure['interval'], 3)}).",
            f"- **Expected calibration error:** {percent(calibration['expected_calibration_error'])} percentage points;"
            f" {percent(calibration['before']['expected_calibration_error'])} before temperature scaling.",
        ]
    )


def prediction_sets() -> str:
    """How often the prediction sets contain the true class, and their size."""
    rows = []
    for each in read("evaluation-best")["conformal"]:
        lowest = min(share for share in each["coverage_by_class"] if share is not None)
        rows.append(
            [
                f"{100 * each['level']:g} %",
                "for each class" if each["per_class"] else "over all classes",
                f"{percent(each['coverage'])} % ({between(each['interval'])})",
                f"{percent(lowest)} %",
                f"{each['mean_size']:.4f}",
            ]
        )
    head = ["stated coverage", "fitted", "coverage (95 % interval)", "lowest class", "mean number of classes"]
    return table(head, rows)


def not_digits(scores: Sequence[str] | None = None) -> str:
    """How the most accurate model tells test digits from other pictures, by some scores (default: all)."""
    scores = SCORES if scores is None else scores
    rows = []
    for kind, each in read("not-digits")["test"]["best"]["ood_pictures"].items():
        found = {score["score"]: score for score in each["scores"]}
        said = each["statuses"]
        shares = [percent(said.get(status, 0) / each["n"], 1) for status in ("ok", "unsure", "not a digit")]
        rows.append([kind, f"{each['n']:,}", *map(area, map(found.get, scores)), *shares])
    head = ["OOD pictures", "n", *(f"AUROC, {score}" for score in scores)]
    return table([*head, "answered, %", "unsure, %", "not a digit, %"], rows)


def not_digits_short() -> str:
    """The same by the score that "not a digit" uses."""
    return not_digits(["features and energy"])


def shadows() -> str:
    """What is said of shadows on blank paper, in a sentence."""
    said = read("not-digits")["test"]["best"]["shadows"]
    n, answered, unsure = sum(said.values()), said.get("ok", 0), said.get("unsure", 0)
    interval = between(wilson(answered, n).to_dict())
    return f"Of {n:,} generated shadows `best` answers {answered:,} ({interval}), and is unsure of {unsure:,}."


def not_digits_choice() -> str:
    """What the score was chosen by: calibration digits against generated pictures, mean over kinds, each model."""
    rows = []
    for name, model in read("not-digits")["calibration"].items():
        made = [each["scores"] for kind, each in model["ood_pictures"].items() if kind in MADE]
        means = []
        for score in SCORES:
            areas = [each["auroc"] for scores in made for each in scores if each["score"] == score]
            means.append(f"{sum(areas) / len(areas):.4f}" if areas else "none")
        rows.append([f"`{name}`", *means])
    return table(["model", *(f"mean AUROC, {score}" for score in SCORES)], rows)


MADE = ("letters", "noise", "scribbles", "signs", "textures", "upside down")
SCORES = ("largest probability", "energy", "features", "features and energy")


def area(score: dict[str, Any] | None) -> str:
    """An AUROC with its interval."""
    if score is None:
        return "none"
    return f"{score['auroc']:.4f} ({score['interval']['low']:.4f} to {score['interval']['high']:.4f})"


def corruptions() -> str:
    """The error of the two ends of the range under each corruption, mean of five severities."""
    found = read("robustness")
    rows = []
    models = found["test"]["corruptions"]
    for name in dict.fromkeys(row["corruption"] for row in next(iter(models.values()))["corruptions"]):
        errors, seen = [], False
        for model in models.values():
            these = [row for row in model["corruptions"] if row["corruption"] == name]
            errors.append(percent(sum(row["error"] for row in these) / len(these), 1))
            seen = these[0]["seen"]
        rows.append([name.replace("_", " "), "seen in training" if seen else "unseen", *errors])
    for kind in ("unseen", "seen"):
        means = [f"{percent(each[kind]['mean_error'])} ({between(each[kind]['interval'])})" for each in models.values()]
        rows.append([f"**mean, {kind}**", "", *means])
    return table(["corruption", "", *(f"`{name}`, error, %" for name in models)], rows)


def corruption_ratio() -> str:
    """The ratio that was aimed at, in a sentence, on both splits."""
    found = read("robustness")
    told = []
    for split, each in found.items():
        ratio, n = each["unseen_error_to_classic"]["best"], each["corruptions"]["best"]["n"]
        low, high = (f"{ratio['interval'][end]:.3f}" for end in ("low", "high"))
        told.append(f"{ratio['ratio']:.3f} on {n:,} {split} images (95 % interval {low} to {high})")
    return "Mean error of `best` over the eleven unseen corruptions as a share of `classic`'s: " + "; ".join(told) + "."


BLOCKS: dict[str, Callable[[], str]] = {
    "answered": answered,
    "prediction-sets": prediction_sets,
    "not-digits": not_digits,
    "not-digits-short": not_digits_short,
    "not-digits-choice": not_digits_choice,
    "shadows": shadows,
    "corruptions": corruptions,
    "corruption-ratio": corruption_ratio,
}
