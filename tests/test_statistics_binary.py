"""The figures of a class that is looked for, against published examples, closed forms and others' code."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import beta, binom
from sklearn.metrics import confusion_matrix
from statsmodels.stats.proportion import confint_proportions_2indep

from digit_recognizer.errors import ConfigError
from digit_recognizer.statistics.binary import at_threshold, by_value, decision_curve, per_patient, positive_figures
from digit_recognizer.statistics.intervals import wilson
from digit_recognizer.statistics.operating import OperatingPoint, SensitivityTarget, operating_point
from digit_recognizer.statistics.predictive import net_benefit, predictive_values
from examples import examples
from tiny import shifted_seed

pytestmark = pytest.mark.arithmetic


def shares(found: int, positives: int, cleared: int, negatives: int) -> dict[str, dict[str, object]]:
    """Sensitivity and specificity of counts."""
    counts = {"sensitivity": (found, positives), "specificity": (cleared, negatives)}
    return {
        name: {"n": n, "value": right / n, "interval": wilson(right, n).to_dict()}
        for name, (right, n) in counts.items()
    }


def made(seed: int, n: int = 300) -> tuple[np.ndarray, np.ndarray]:  # type: ignore[type-arg]
    """Which cases are positive, and probabilities that mean what they say."""
    draw = np.random.default_rng(shifted_seed(seed))
    score = draw.random(n)
    return draw.random(n) < score, score


@given(st.integers(20, 2000), st.sampled_from([0.8, 0.9, 0.95]))
def test_a_threshold_keeps_its_wish_and_the_next_one_would_not(n: int, wish: float) -> None:
    # Of uniform scores the sensitivity at t is 1 - t, and the score of rank r from below has a Beta(r, n - r + 1).
    score = np.random.default_rng(n).permutation(np.arange(1, n + 1) / (n + 1))
    try:
        found = operating_point(score, wish, "validation")
    except ConfigError:
        assert wish**n > 0.05
        return
    assert found.missed is not None
    rank = found.missed + 1
    assert found.threshold == pytest.approx(rank / (n + 1))
    assert beta.cdf(1 - wish, rank, n - rank + 1) >= 0.95 > beta.cdf(1 - wish, rank + 1, n - rank)


@pytest.mark.parametrize(("wish", "needed"), [(0.8, 14), (0.9, 29), (0.95, 59), (0.99, 299)])
def test_too_few_positives_are_told_how_many_it_takes(wish: float, needed: int) -> None:
    score = np.linspace(0.1, 1, needed)
    assert operating_point(score, wish, "validation").threshold == 0.1
    with pytest.raises(ConfigError, match=rf"{needed - 1} positive validation cases .* it needs {needed}"):
        operating_point(score[1:], wish, "validation")
    with pytest.raises(ConfigError, match="between 0 and 1"):
        operating_point(score, 1.0, "validation")


def test_tied_scores_are_all_kept() -> None:
    assert operating_point(np.full(400, 0.3), 0.9, "validation").missed == 0


@examples(20)
@given(st.integers(0, 1000))
def test_a_patient_counts_by_the_picture_that_is_hardest_to_find(seed: int) -> None:
    draw = np.random.default_rng(shifted_seed(seed))
    labels, score = draw.integers(0, 2, 400), draw.random(400)
    patients = draw.integers(0, 90, 400)
    at = SensitivityTarget(0.9, "validation", labels, np.stack([1 - score, score], 1), patients).granted(1)
    ill = [patient for patient in range(90) if labels[patients == patient].any()]
    whole = [(score[(patients == patient) & (labels == 1)] >= at.threshold).all() for patient in ill]
    assert (at.unit, at.n, at.missed) == ("patients", len(ill), len(ill) - sum(whole))


def test_predictive_values_are_those_of_a_published_example() -> None:
    # Liver scans: Altman and Bland, "Diagnostic tests 2: predictive values", BMJ 309:102 (1994).
    scans = shares(231, 258, 54, 86)
    own = predictive_values(scans, 258 / 344)
    assert (own["ppv"]["value"], own["npv"]["value"]) == pytest.approx((231 / 263, 54 / 81))
    rarer = predictive_values(scans, 0.25)
    assert (round(rarer["ppv"]["value"], 2), round(rarer["npv"]["value"], 2)) == (0.45, 0.95)


@pytest.mark.parametrize("counts", [(231, 258, 54, 86), (31, 34, 32, 44), (240, 418, 288, 375), (34, 34, 32, 44)])
def test_their_intervals_are_near_those_of_the_score_of_a_ratio(counts: tuple[int, int, int, int]) -> None:
    found, positives, cleared, negatives = counts
    table = found, positives, negatives - cleared, negatives
    score = confint_proportions_2indep(*table, compare="ratio", method="score")  # Koopman 1984
    interval = predictive_values(shares(*counts), 0.2)["ppv"]["interval"]
    for end, limit in zip(("low", "high"), score, strict=True):
        assert interval[end] == pytest.approx(0.25 * limit / (1 + 0.25 * limit), abs=0.005)


@pytest.mark.parametrize(("sensitivity", "specificity"), [(0.8, 0.9), (0.95, 0.7), (0.6, 0.97), (0.99, 0.99)])
def test_their_intervals_hold_the_value_as_often_as_they_say(sensitivity: float, specificity: float) -> None:
    positives, negatives, prevalence = 40, 60, 0.1
    true, false = sensitivity * prevalence, (1 - specificity) * (1 - prevalence)
    values = {"ppv": true / (true + false)}
    values["npv"] = specificity * 0.9 / (specificity * 0.9 + (1 - sensitivity) * prevalence)
    covered = dict.fromkeys(values, 0.0)
    for found in range(positives + 1):
        for cleared in range(negatives + 1):
            chance = binom.pmf(found, positives, sensitivity) * binom.pmf(cleared, negatives, specificity)
            if chance < 1e-6:
                continue
            made = predictive_values(shares(found, positives, cleared, negatives), prevalence)
            for name, value in values.items():
                interval = made[name]["interval"]
                covered[name] += chance * (interval is None or interval["low"] <= value <= interval["high"])
    assert min(covered.values()) > 0.93


def test_what_no_case_tells_of_is_undefined() -> None:
    nobody = predictive_values(shares(0, 30, 40, 40), 0.1)
    assert nobody["ppv"] == {"value": None, "interval": None}  # nothing was ever called positive
    assert nobody["npv"]["value"] == pytest.approx(0.9)
    perfect = predictive_values(shares(30, 30, 40, 40), 0.1)
    assert perfect["ppv"]["value"] == perfect["ppv"]["interval"]["high"] == 1
    assert 0 < perfect["ppv"]["interval"]["low"] < 1
    one_class = positive_figures(np.ones(9, int), np.full((9, 2), 0.5), 1, "ill", prevalences=(0.1,))
    assert one_class["predictive"][0]["npv"]["value"] is None
    assert {each["value"] for each in one_class["decision_curve"]} == {None}
    json.dumps(one_class, allow_nan=False)
    with pytest.raises(ConfigError, match="prevalence"):
        predictive_values(shares(1, 2, 1, 2), 0.0)


def test_the_decision_curve_of_honest_uniform_probabilities_is_a_line() -> None:
    # The integral of p over t..1 less t / (1 - t) times that of 1 - p is (1 - t) / 2.
    actual, score = made(0, 200_000)
    for each in decision_curve(actual, score):
        assert each["value"] == pytest.approx((1 - each["threshold"]) / 2, abs=0.006)
        assert each["interval"]["low"] < each["value"] < each["interval"]["high"]


@examples(20)
@given(st.integers(0, 1000), st.floats(0.05, 0.95))
def test_net_benefit_is_counted_as_it_was_defined(seed: int, cut: float) -> None:
    actual, score = made(seed)
    (_, false), (_, true) = confusion_matrix(actual, score >= cut, labels=[False, True])
    prevalence = float(actual.mean())
    found = net_benefit(at_threshold(actual, score, cut), prevalence, cut)
    assert found["value"] == pytest.approx((true - false * cut / (1 - cut)) / 300)
    everyone = net_benefit(at_threshold(actual, np.ones(300), cut), prevalence, cut)
    assert everyone["value"] == pytest.approx(found["treat_all"])
    assert net_benefit(at_threshold(actual, np.zeros(300), cut), prevalence, cut)["value"] == pytest.approx(0)


def test_who_is_referred_is_nearest_to_the_threshold() -> None:
    actual, score = made(3, 1000)
    table = np.stack([1 - score, score], 1)
    found = positive_figures(actual.astype(int), table, 1, "ill", at=OperatingPoint(0.3))
    right = (score >= 0.3) == actual
    odds = np.log(score / (1 - score))
    order = np.argsort(-abs(odds - np.log(0.3 / 0.7)))
    for point in found["referral"]["points"]:
        rest = order[: point["answered"]]
        assert point["answered"] == 1000 * (1 - point["referred"])
        assert point["wrong"] == (~right[rest]).sum()
        assert point["sensitivity"]["n"] == actual[rest].sum()
        assert point["specificity"]["value"] == pytest.approx((score < 0.3)[rest][~actual[rest]].mean())
    assert found["referral"]["points"][0]["wrong"] > found["referral"]["points"][-1]["wrong"]
    assert found["referral"]["curve"][-1] == pytest.approx((0, (~right).mean()))


def test_sites_and_patients_are_told_apart() -> None:
    actual = np.array([1, 0, 0, 0, 1, 1, 0, 0], bool)
    score = np.array([0.9, 0.1, 0.2, 0.8, 0.4, 0.7, 0.3, 0.1])
    patients = np.array(list("aabbccdd"))
    found = per_patient(actual, score, 0.5, patients)
    assert found["n"] == 4
    assert (found["sensitivity"]["n"], found["sensitivity"]["value"]) == (2, 1.0)  # a and c, c by one picture of two
    assert (found["specificity"]["n"], found["specificity"]["value"]) == (2, 0.5)  # b has a picture called positive
    sites = by_value(actual, score, 0.5, {"site": np.array(list("NNNNSSSS"))}, patients)["site"]
    assert [(each["name"], each["n"]) for each in sites] == [("N", 4), ("S", 4)]
    assert [each["sensitivity"]["value"] for each in sites] == [1.0, 0.5]
    assert sites[0]["specificity"]["interval"]["method"] == "wilson, clustered"
