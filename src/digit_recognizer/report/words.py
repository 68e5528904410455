"""The names of figures, what they mean, and the summary of an evaluation, in plain words."""

from __future__ import annotations

from typing import Any

from digit_recognizer.statistics.summary import TOP_K

TITLES = {
    "accuracy": "Accuracy",
    "balanced_accuracy": "Balanced accuracy",
    "cohen_kappa": "Cohen's kappa",
    f"top_{TOP_K}_accuracy": f"Among the top {TOP_K}",
    "label_accuracy": "Label accuracy",
    "macro_auroc": "AUROC, mean of classes",
    "macro_average_precision": "Average precision",
    "brier_score": "Brier score",
    "negative_log_likelihood": "Negative log-likelihood",
    "expected_calibration_error": "Calibration error",
}
MEANINGS = {
    "accuracy": "the share of images whose most probable class is the true class",
    "balanced_accuracy": "the mean of the classes' recalls: each class counts the same",
    "cohen_kappa": "agreement beyond chance: 0 is chance, 1 is always correct",
    f"top_{TOP_K}_accuracy": f"the share of images whose true class is among the {TOP_K} most probable",
    "label_accuracy": "the share of all labels of all images that are correct",
    "macro_auroc": "the chance that an image of a class gets a higher probability of it than another; 0.5 is guessing",
    "macro_average_precision": "precision averaged over all recalls, mean of the classes; 1 is perfect",
    "brier_score": "the mean squared distance between probabilities and truth, 0 to 2; lower is better",
    "negative_log_likelihood": "the mean of -log(probability of the true class), in nats; lower is better",
    "expected_calibration_error": "the mean difference between stated probability and accuracy; 0 is perfect",
}


def summary_words(result: dict[str, Any]) -> list[str]:
    """The summary in sentences; result: the object of `digits evaluate --json`."""
    found = [_headline(result)]
    if result.get("without_leaked"):
        rest = result["without_leaked"]
        found.append(
            f"{result['leaked']:,} of these images are in the training split too, so this accuracy is too high. Without"
            f" them it is {percent(rest['accuracy'])} of {rest['n']:,}."
        )
    return [
        *found,
        *finding(result),
        *_weakest(result),
        _honesty(result),
        refusing(result),
        *sets(result),
        *looks(result),
    ]


def _headline(result: dict[str, Any]) -> str:
    """The accuracy and its interval."""
    low, high = (f"{100 * result['interval'][end]:.2f}" for end in ("low", "high"))
    level = f"{100 * result['interval']['level']:g} %"
    return (
        f"{result['correct']:,} of {result['n']:,} images are classified correctly: an accuracy of"
        f" {percent(result['accuracy'])} ({level} confidence interval {low} to {high} %,"
        f" {result['interval']['method'].title()})."
    )


def finding(result: dict[str, Any]) -> list[str]:
    """Sensitivity and specificity of the positive class."""
    positive = result.get("positive")
    if positive is None:
        return []
    found, spared = (share_words(positive[name]) for name in ("sensitivity", "specificity"))
    at = positive["operating_point"]
    how = "0.5" if at["sensitivity"] is None else f"{at['threshold']:.4f}, fixed on {at['split']} images"
    return [
        f"For the positive class {positive['class']} the sensitivity is {found} and the specificity {spared}, at the"
        f" threshold {how}."
    ]


def _weakest(result: dict[str, Any]) -> list[str]:
    """The class and the group with the lowest accuracy."""
    told = []
    rows = [each for each in result["per_class"] if each["recall"] is not None]
    if len(rows) > 1:
        worst = min(rows, key=lambda each: float(each["recall"]))
        told.append(
            f"The class with the lowest recall is {worst['name']}: {percent(worst['recall'])} of {worst['n']:,} images."
        )
    groups = result.get("per_group") or []
    if len(groups) > 1:
        worst = min(groups, key=lambda each: float(each["interval"]["high"]))
        told.append(
            f"Of {len(groups):,} groups the one with the lowest accuracy is {worst['name']}:"
            f" {percent(worst['accuracy'])} of {worst['n']:,} images."
        )
    return told


def _honesty(result: dict[str, Any]) -> str:
    """The calibration error."""
    error = result["calibration"]["expected_calibration_error"]
    if error is None:
        return "The calibration error is undefined here."
    return f"The stated probabilities differ from the accuracy by {100 * error:.2f} percentage points on average."


def refusing(result: dict[str, Any]) -> str:
    """The error if only the most confident 99 % are answered."""
    point = next(each for each in result["risk_coverage"]["points"] if each["coverage"] == 0.99)
    low, high = (f"{100 * point['interval'][end]:.2f}" for end in ("low", "high"))
    return (
        f"If only the most confident 99 % of the images are answered, {point['wrong']:,} of {point['answered']:,}"
        f" answers are wrong ({percent(point['risk'])}, interval {low} to {high} %)."
    )


def sets(result: dict[str, Any]) -> list[str]:
    """The coverage of the 99 % prediction sets."""
    found = [e for e in result["conformal"] or [] if e["level"] == 0.99 and not e["per_class"] and e["supported"]]
    return [
        f"The 99 % prediction sets contain the true class for {percent(each['coverage'])} of the images, with"
        f" {each['mean_size']:.3f} classes on average."
        for each in found
    ]


def looks(result: dict[str, Any]) -> list[str]:
    """How often this model was evaluated on this test split."""
    count = result.get("test_evaluations")
    if count is None:
        return []
    times = "once" if count == 1 else f"{count} times"
    return [
        f"This model was evaluated on this test split {times}, according to its log. Repeated evaluations bias choices."
    ]


def in_words(figure: dict[str, Any]) -> str:
    """A figure with its interval."""
    if figure["value"] is None:
        return "undefined"
    interval = figure["interval"]
    told = f" ({interval['level']:.0%} interval {interval['low']:.4f} to {interval['high']:.4f})" if interval else ""
    return f"{figure['value']:.4f}{told}"


def share_words(share: dict[str, Any]) -> str:
    """A share, in per cent, with its interval."""
    if share["value"] is None:
        return "undefined"
    low, high = (f"{100 * share['interval'][end]:.1f}" for end in ("low", "high"))
    return f"{100 * share['value']:.1f} % ({low} to {high} %)"


def threshold_words(positive: dict[str, Any]) -> str:
    """From which probability on a case is called positive, and how this threshold was chosen."""
    at, called = positive["operating_point"], f"called {positive['class']} from a probability of"
    if at["sensitivity"] is None:
        return f"{called} {at['threshold']:g} on, a threshold that was not fitted to data"
    missed = f"{at['missed']:,} {'is' if at['missed'] == 1 else 'are'} missed"
    return (
        f"{called} {at['threshold']:.4f} on, fixed on {at['n']:,} positive {at['split']} {at['unit']}, of which"
        f" {missed}: with {100 * at['level']:g} % confidence the sensitivity on such {at['unit']} is at least"
        f" {100 * at['sensitivity']:g} %"
    )


def percent(figure: float | None) -> str:
    """A share in per cent, or what an undefined one is called."""
    return "undefined" if figure is None else f"{100 * figure:.2f} %"


def in_percent(probability: float) -> str:
    """A probability in per cent; never rounded up to 100 %."""
    return ">99.9 %" if probability > 0.999 else f"{100 * probability:.1f} %"


def between(interval: dict[str, Any]) -> str:
    """An interval of a share, in per cent."""
    return f"{100 * interval['low']:.2f} to {100 * interval['high']:.2f} %"
