"""What figures are called, what they mean, and what an evaluation comes to, in plain words."""

from __future__ import annotations

from typing import Any

from digit_recognizer.statistics.summary import TOP_K

TITLES = {
    "accuracy": "Accuracy",
    "balanced_accuracy": "Balanced accuracy",
    "cohen_kappa": "Cohen's kappa",
    f"top_{TOP_K}_accuracy": f"Among the top {TOP_K}",
    "label_accuracy": "Labels that are right",
    "macro_auroc": "AUROC, mean of classes",
    "macro_average_precision": "Average precision",
    "brier_score": "Brier score",
    "negative_log_likelihood": "Negative log-likelihood",
    "expected_calibration_error": "Calibration error",
}
MEANINGS = {
    "accuracy": "the share of images whose most probable class is the actual one",
    "balanced_accuracy": "the mean of the classes' shares: as if all classes were as frequent",
    "cohen_kappa": "agreement beyond chance: 0 is guessing, 1 always right",
    f"top_{TOP_K}_accuracy": f"the share of images whose class is among the {TOP_K} most probable",
    "label_accuracy": "the share of all labels of all images that are right",
    "macro_auroc": "the chance that an image of a class gets more of its probability than another; 0.5 is guessing",
    "macro_average_precision": "precision averaged over all recalls, mean of the classes; 1 is perfect",
    "brier_score": "the squared distance of the probabilities from the truth, 0 to 2; lower is better",
    "negative_log_likelihood": "how surprised the probabilities are by the truth; lower is better",
    "expected_calibration_error": "by how much stated probabilities miss the shares that come true; 0 is honest",
}


def summary_words(result: dict[str, Any]) -> list[str]:
    """The sentences that a reader in a hurry needs; result: the object of `digits evaluate --json`."""
    found = [_headline(result)]
    if result.get("without_leaked"):
        rest = result["without_leaked"]
        found.append(
            f"{result['leaked']:,} of these images stand in the training split too, which flatters. Without them it is"
            f" {percent(rest['accuracy'])} of {rest['n']:,}."
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
    """How accurate, and how sure of that."""
    low, high = (f"{100 * result['interval'][end]:.2f}" for end in ("low", "high"))
    level = f"{100 * result['interval']['level']:g} %"
    return (
        f"{result['correct']:,} of {result['n']:,} images are read rightly: {percent(result['accuracy'])}. So many"
        f" images leave room for chance: the share among all images of this kind lies between {low} and {high} %"
        f" ({level} interval, {result['interval']['method'].title()})."
    )


def finding(result: dict[str, Any]) -> list[str]:
    """How much of the class that is looked for is found, and what else is taken for it."""
    positive = result.get("positive")
    if positive is None:
        return []
    found, spared = (share_words(positive[name]) for name in ("sensitivity", "specificity"))
    at = positive["operating_point"]
    how = "0.5" if at["sensitivity"] is None else f"{at['threshold']:.4f}, fixed on {at['split']} images"
    return [
        f"Of {positive['class']} it finds {found}, and of other images it rightly leaves {spared} (sensitivity and"
        f" specificity at the threshold {how})."
    ]


def _weakest(result: dict[str, Any]) -> list[str]:
    """The class that is missed most, and the group."""
    told = []
    rows = [each for each in result["per_class"] if each["recall"] is not None]
    if len(rows) > 1:
        worst = min(rows, key=lambda each: float(each["recall"]))
        told.append(f"The hardest class is {worst['name']}: {percent(worst['recall'])} of its {worst['n']:,} images.")
    groups = result.get("per_group") or []
    if len(groups) > 1:
        worst = min(groups, key=lambda each: float(each["interval"]["high"]))
        told.append(
            f"Of {len(groups):,} groups the hardest is {worst['name']}: {percent(worst['accuracy'])} of its"
            f" {worst['n']:,} images."
        )
    return told


def _honesty(result: dict[str, Any]) -> str:
    """How far the probabilities can be believed."""
    error = result["calibration"]["expected_calibration_error"]
    if error is None:
        return "How far its probabilities can be believed is undefined here."
    return f"Its stated probabilities miss what comes true by {100 * error:.2f} points on average."


def refusing(result: dict[str, Any]) -> str:
    """What is gained by answering less."""
    point = next(each for each in result["risk_coverage"]["points"] if each["coverage"] == 0.99)
    low, high = (f"{100 * point['interval'][end]:.2f}" for end in ("low", "high"))
    return (
        f"Were it to answer only the surest 99 % of the images, {point['wrong']:,} of {point['answered']:,} answers"
        f" would be wrong ({percent(point['risk'])}, interval {low} to {high} %)."
    )


def sets(result: dict[str, Any]) -> list[str]:
    """What prediction sets of 99 % hold."""
    found = [e for e in result["conformal"] or [] if e["level"] == 0.99 and not e["per_class"] and e["supported"]]
    return [
        f"Its 99 % prediction sets hold the actual class for {percent(each['coverage'])} of the images, with"
        f" {each['mean_size']:.3f} classes on average."
        for each in found
    ]


def looks(result: dict[str, Any]) -> list[str]:
    """How often this test split was scored by this model."""
    count = result.get("looks")
    if count is None:
        return []
    times = "once" if count == 1 else f"{count} times"
    return [
        f"This model was scored on these test images {times}, as noted beside it; who looks often chooses by the test."
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
    """From which probability on a case is called positive, and how that came about."""
    at, called = positive["operating_point"], f"called {positive['class']} from a probability of"
    if at["sensitivity"] is None:
        return f"{called} {at['threshold']:g} on, which was fitted to nothing"
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
    """A probability for people; what is nearly certain is not rounded to certainty."""
    return ">99.9 %" if probability > 0.999 else f"{100 * probability:.1f} %"


def between(interval: dict[str, Any]) -> str:
    """An interval of a share, in per cent."""
    return f"{100 * interval['low']:.2f} to {100 * interval['high']:.2f} %"
