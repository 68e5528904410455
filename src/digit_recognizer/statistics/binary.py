"""Two classes of which one is looked for: how well the two are told apart, and what a threshold gives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from digit_recognizer.data.spec import Labels
from digit_recognizer.statistics.auroc import auroc, auroc_interval
from digit_recognizer.statistics.clustered import proportion_interval
from digit_recognizer.statistics.operating import DEFAULT, OperatingPoint
from digit_recognizer.statistics.predictive import net_benefit, predictive_values
from digit_recognizer.statistics.selective import risk_coverage

_REFERRED = (0.0, 0.05, 0.1, 0.2, 0.3, 0.5)  # shares of the cases that a reader gets
_CUTS = tuple(round(0.02 * step, 2) for step in range(1, 50))  # thresholds of the decision curve
Chosen = NDArray[np.bool_]


def positive_figures(
    labels: Labels,
    probabilities: NDArray[np.float64],
    positive: int,
    name: str,
    groups: ArrayLike | None = None,
    at: OperatingPoint | None = None,
    prevalences: Sequence[float] = (),
) -> dict[str, Any]:
    """AUROC with DeLong's interval, sensitivity and specificity at a threshold, and what these come to.

    labels: (N,) 0 or 1; probabilities: (N, 2). at: by default 0.5. prevalences: of the condition, 0..1, for PPV and
    NPV. The decision curve is at the share of positives among these cases. A share is None where no case tells of it.
    """
    point = at or OperatingPoint(DEFAULT)
    actual, score = labels == positive, probabilities[:, positive]
    shares = at_threshold(actual, score, point.threshold, groups)
    return {
        "class": name,
        "threshold": point.threshold,
        "operating_point": point.to_dict(),
        **_discrimination(actual, score),
        **shares,
        "predictive": [predictive_values(shares, each) for each in prevalences],
        "decision_curve": decision_curve(actual, score, groups),
        "referral": referral(actual, score, point.threshold, groups),
    }


def _discrimination(actual: Chosen, score: NDArray[np.float64]) -> dict[str, Any]:
    """The AUROC with its interval; None where either class has no case."""
    value = auroc(actual, score)
    return {"auroc": {"value": value, "interval": None if value is None else auroc_interval(actual, score).to_dict()}}


def at_threshold(
    actual: Chosen, score: NDArray[np.float64], threshold: float, groups: ArrayLike | None = None
) -> dict[str, dict[str, Any]]:
    """Sensitivity and specificity, each with its interval, where what scores `threshold` or more is called positive."""
    found = score >= threshold
    shares = {"sensitivity": (actual, found), "specificity": (~actual, ~found)}
    return {key: share(right[among], among, groups) for key, (among, right) in shares.items()}


def share(right: Chosen, among: Chosen, groups: ArrayLike | None) -> dict[str, Any]:
    """A share of the cases `among`, (N,), of which `right`, (n,), are right."""
    known = None if groups is None else np.asarray(groups)[among]
    return {
        "n": len(right),
        "value": float(right.mean()) if len(right) else None,
        "interval": proportion_interval(right, known).to_dict() if len(right) else None,
    }


def decision_curve(actual: Chosen, score: NDArray[np.float64], groups: ArrayLike | None = None) -> list[dict[str, Any]]:
    """The net benefit at each of CUTS, beside that of calling all cases positive."""
    prevalence = float(actual.mean())
    return [net_benefit(at_threshold(actual, score, cut, groups), prevalence, cut) for cut in _CUTS]


def referral(
    actual: Chosen, score: NDArray[np.float64], threshold: float, groups: ArrayLike | None = None
) -> dict[str, Any]:
    """What a reader's work buys: the cases nearest to the threshold are referred, and the rest are answered.

    Near is meant by log odds. points: for each of REFERRED the errors, sensitivity and specificity among the rest;
    curve: (share referred, error among the rest), at most 200 points.
    """
    distance = np.abs(log_odds(score) - float(log_odds(np.array(threshold))))
    right = (score >= threshold) == actual
    curve, order = risk_coverage(distance, right), np.argsort(-distance, kind="stable")
    points = []
    for referred in _REFERRED:
        answered, _ = curve.at(1 - referred)
        rest = np.zeros(len(actual), bool)
        rest[order[:answered]] = True
        known = None if groups is None else np.asarray(groups)[rest]
        shares = at_threshold(actual[rest], score[rest], threshold, known)
        points.append({"referred": referred, "answered": answered, "wrong": int((~right[rest]).sum()), **shares})
    return {"points": points, "curve": [(1 - coverage, risk) for coverage, risk in curve.thinned()]}


def log_odds(probability: NDArray[np.float64]) -> NDArray[np.float64]:
    """Log odds of probabilities, finite."""
    tiny = np.finfo(np.float64).eps
    inside = np.clip(probability, tiny, 1 - tiny)
    return np.asarray(np.log(inside) - np.log1p(-inside))


def by_value(
    actual: Chosen,
    score: NDArray[np.float64],
    threshold: float,
    columns: Mapping[str, NDArray[Any]],
    groups: ArrayLike | None = None,
) -> dict[str, list[dict[str, Any]]]:
    """AUROC, sensitivity and specificity of each value of each column (N,): site by site."""
    found: dict[str, list[dict[str, Any]]] = {}
    for column, values in columns.items():
        rows = []
        for value in np.unique(values):
            inside = values == value
            known = None if groups is None else np.asarray(groups)[inside]
            shares = at_threshold(actual[inside], score[inside], threshold, known)
            area = _discrimination(actual[inside], score[inside])
            rows.append({"name": str(value), "n": int(inside.sum())} | area | shares)
        found[column] = rows
    return found


def per_patient(actual: Chosen, score: NDArray[np.float64], threshold: float, patients: NDArray[Any]) -> dict[str, Any]:
    """The same figures with patients in place of pictures: one is positive where any picture of theirs is.

    A patient's score is that of their most suspicious picture, so that one positive answer calls the patient positive.
    """
    _, places = np.unique(patients, return_inverse=True)
    count = int(places.max(initial=-1)) + 1
    highest, ill = np.full(count, -np.inf), np.zeros(count, bool)
    np.maximum.at(highest, places, score)
    np.logical_or.at(ill, places, actual)
    return {"n": count} | _discrimination(ill, highest) | at_threshold(ill, highest, threshold)
