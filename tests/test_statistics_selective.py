"""Risk against coverage beside the plain definition; thresholds keep the error that they promise, in simulation."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.stats import binomtest

from digit_recognizer.errors import ConfigError
from digit_recognizer.statistics.selective import answer_table, images_needed, risk_coverage, upper_bound
from tiny import shifted_seed

pytestmark = pytest.mark.arithmetic

Sample = tuple[NDArray[np.float64], NDArray[np.bool_]]


def sample(n: int, seed: int) -> Sample:
    """Confidences and whether each answer is right, whose probabilities mean what they say."""
    generator = np.random.default_rng(shifted_seed(seed))
    confidence = 1 - 10 ** -generator.uniform(0.3, 6, n)
    return confidence, generator.random(n) < confidence


@given(st.integers(1, 60), st.integers(0, 2**32 - 1))
def test_the_curve_is_the_share_of_mistakes_among_the_surest(n: int, seed: int) -> None:
    confidence, correct = sample(n, seed)
    curve = risk_coverage(confidence, correct)
    ranked = np.argsort(-confidence)
    for answered in range(1, n + 1):
        assert curve.coverage[answered - 1] == pytest.approx(answered / n)
        assert curve.risk[answered - 1] == pytest.approx((~correct[ranked[:answered]]).mean())
    assert curve.area == pytest.approx(curve.risk.mean())
    assert 0 <= curve.least_area <= curve.area + 1e-12
    assert curve.at(1.0) == (n, int((~correct).sum()))


@given(st.integers(2, 40), st.integers(0, 2**32 - 1))
def test_order_and_scale_do_not_matter_even_with_ties(n: int, seed: int) -> None:
    generator = np.random.default_rng(shifted_seed(seed))
    confidence, correct = generator.integers(0, 4, n) / 4, generator.random(n) < 0.5
    shuffled = generator.permutation(n)
    once, again = risk_coverage(confidence, correct), risk_coverage(confidence[shuffled] ** 3, correct[shuffled])
    np.testing.assert_allclose(once.risk, again.risk, atol=1e-12)


def test_equal_confidences_tell_nothing() -> None:
    curve = risk_coverage(np.full(10, 0.9), np.arange(10) > 3)
    np.testing.assert_allclose(curve.risk, 0.4)


def test_mistakes_that_come_last_have_the_least_area() -> None:
    curve = risk_coverage(np.linspace(1, 0, 10), np.arange(10) < 8)
    assert curve.area == curve.least_area == pytest.approx((1 / 9 + 2 / 10) / 10)
    assert risk_coverage(np.ones(3), np.zeros(3, bool)).area == 1


@pytest.mark.parametrize(("wrong", "n"), [(0, 30), (1, 100), (7, 5_000)])
def test_the_bound_is_scipys(wrong: int, n: int) -> None:
    interval = binomtest(wrong, n, alternative="less").proportion_ci(0.95, "exact")
    assert float(upper_bound(np.array(wrong), np.array(n))) == pytest.approx(interval.high)


@pytest.mark.parametrize(("max_error", "needed"), [(0.05, 59), (0.01, 299), (0.001, 2_995)])
def test_how_many_answers_without_a_mistake_it_takes(max_error: float, needed: int) -> None:
    """59 and 299 are the classic sample sizes of quality control for 95 % confidence."""
    assert images_needed(max_error) == needed
    enough, short = upper_bound(np.zeros(2, int), np.array([needed, needed - 1]))
    assert enough <= max_error < short


def test_a_threshold_keeps_its_promise() -> None:
    """Over 400 calibration samples, the error beyond the threshold exceeds the wish in at most 5 % of them."""
    population, right = sample(400_000, seed=9)
    broken = 0
    for seed in range(400):
        found = answer_table(*sample(2_000, seed)).threshold(0.01)
        assert found.bound <= 0.01
        broken += (~right[population >= found.threshold]).mean() > 0.01
    assert binomtest(broken, 400, 0.05, alternative="greater").pvalue > 0.01, broken


def test_one_sure_mistake_does_not_end_the_trials() -> None:
    confidence, correct = sample(20_000, seed=4)
    before = answer_table(confidence, correct).threshold(0.01)
    confidence[0], correct[0] = 1 - 1e-9, False
    assert answer_table(confidence, correct).threshold(0.01).answered >= 0.95 * before.answered


def test_a_smaller_wish_answers_less() -> None:
    table = answer_table(*sample(20_000, seed=4))
    found = [table.threshold(wish) for wish in (0.05, 0.01, 0.002)]
    assert found[0].answered > found[1].answered > found[2].answered
    assert found[0].threshold < found[1].threshold < found[2].threshold
    for each in found:
        assert each.wrong / each.answered < each.bound <= each.max_error


def test_counts_are_those_of_the_threshold() -> None:
    confidence, correct = sample(3_000, seed=5)
    found = answer_table(confidence, correct).threshold(0.02)
    answered = confidence >= found.threshold
    assert (found.answered, found.wrong) == (answered.sum(), (~correct[answered]).sum())


def test_too_small_a_sample_is_told_what_it_would_take() -> None:
    with pytest.raises(ConfigError, match=r"2,995 answers without an error"):
        answer_table(*sample(500, seed=6)).threshold(0.001)


def test_a_model_that_is_surely_wrong_gets_no_threshold() -> None:
    with pytest.raises(ConfigError, match="too many errors"):
        answer_table(np.full(5_000, 1 - 1e-9), np.arange(5_000) % 2 == 0).threshold(0.01)


@pytest.mark.parametrize("max_error", [0.0, -1.0, 1.0, float("nan")])
def test_impossible_wishes_are_refused(max_error: float) -> None:
    with pytest.raises(ConfigError, match="between 0 and 1"):
        answer_table(*sample(100, seed=7)).threshold(max_error)
