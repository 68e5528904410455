"""How far a model's own doubts can be relied on: its probabilities, its refusals, its sets of labels."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from digit_recognizer.data.spec import Labels
from digit_recognizer.evaluation.calibration import Calibration
from digit_recognizer.statistics.clustered import proportion_interval
from digit_recognizer.statistics.conformal import ConformalSets
from digit_recognizer.statistics.reliability import expected_calibration_error, reliability_bins
from digit_recognizer.statistics.scores import confidence_and_right
from digit_recognizer.statistics.selective import risk_coverage
from digit_recognizer.statistics.summary import class_aurocs, summary

_COVERAGES = (0.5, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 1.0)


def details(
    labels: Labels,
    probabilities: NDArray[np.float64],
    groups: ArrayLike | None = None,
    calibration: Calibration | None = None,
) -> dict[str, Any]:
    """Everything of N cases beyond counts and classes, as `digits evaluate --json` writes it."""
    return {
        "figures": {each.name: each.to_dict() for each in summary(labels, probabilities, groups)},
        "class_auroc": [each.to_dict() for each in class_aurocs(labels, probabilities)],
        "calibration": reliability(labels, probabilities, groups, calibration.temperature if calibration else 1.0),
        "risk_coverage": refusals(labels, probabilities, groups),
        "conformal": _set_figures(labels, probabilities, calibration, groups) if calibration else None,
    }


def reliability(
    labels: Labels, probabilities: NDArray[np.float64], groups: ArrayLike | None = None, temperature: float = 1.0
) -> dict[str, Any]:
    """The reliability diagram and the calibration error of probabilities (N, K), and of what they were before.

    temperature: what the logits were divided by.
    """
    found = _diagram(labels, probabilities, groups)
    if temperature == 1:
        return found | {"temperature": None, "before": None}
    # Dividing logits by T raises probabilities to the power 1 / T, up to their sum.
    logs = temperature * np.log(np.maximum(probabilities, np.finfo(np.float64).tiny))
    powers = np.exp(logs - logs.max(axis=1, keepdims=True))
    before = powers / powers.sum(axis=1, keepdims=True)
    return found | {"temperature": temperature, "before": _diagram(labels, before, groups)}


def _diagram(labels: Labels, probabilities: NDArray[np.float64], groups: ArrayLike | None) -> dict[str, Any]:
    """Bins and calibration error, of equal width and of equal mass."""
    confidence, right = confidence_and_right(labels, probabilities)
    bins = reliability_bins(confidence, right, groups=groups)
    mass = reliability_bins(confidence, right, width="equal-mass", groups=groups)
    return {
        "expected_calibration_error": expected_calibration_error(bins),
        "expected_calibration_error_equal_mass": expected_calibration_error(mass),
        "bins": [each.to_dict() for each in bins],
        "bins_equal_mass": [each.to_dict() for each in mass],
    }


def refusals(labels: Labels, probabilities: NDArray[np.float64], groups: ArrayLike | None = None) -> dict[str, Any]:
    """Mistakes among the answers for several shares of cases answered, the surest first, and the curve's area."""
    confidence, right = confidence_and_right(labels, probabilities)
    curve = risk_coverage(confidence, right)
    order = np.argsort(-confidence, kind="stable")
    known = None if groups is None else np.asarray(groups)
    points = []
    for coverage in _COVERAGES:
        answered, wrong = curve.at(coverage)
        chosen = order[:answered]
        interval = proportion_interval(~right[chosen], None if known is None else known[chosen])
        share = {"coverage": coverage, "answered": answered, "wrong": wrong, "risk": wrong / answered}
        points.append(share | {"interval": interval.to_dict(), "least_confidence": float(confidence[chosen[-1]])})
    return {"area": curve.area, "least_area": curve.least_area, "points": points, "curve": curve.thinned()}


def _set_figures(
    labels: Labels, probabilities: NDArray[np.float64], calibration: Calibration, groups: ArrayLike | None = None
) -> list[dict[str, Any]]:
    """What the prediction sets of each level cover, overall and per class, and how large they are."""
    return [_one_level(each, labels, probabilities, groups) for each in calibration.sets]


def _one_level(
    fitted: ConformalSets, labels: Labels, probabilities: NDArray[np.float64], groups: ArrayLike | None
) -> dict[str, Any]:
    """Coverage and size of the sets of one level."""
    inside = fitted.sets(probabilities)
    covered, sizes = inside[np.arange(len(labels)), labels], inside.sum(axis=1)
    by_class = [covered[labels == k] for k in range(probabilities.shape[1])]
    return {
        "level": fitted.level,
        "per_class": fitted.per_class,
        "supported": fitted.supported,
        "n_calibration": list(fitted.n),
        "coverage": float(covered.mean()),
        "interval": proportion_interval(covered, groups).to_dict(),
        "coverage_by_class": [float(each.mean()) if len(each) else None for each in by_class],
        "mean_size": float(sizes.mean()),
        "share_of_single_labels": float((sizes == 1).mean()),
    }
