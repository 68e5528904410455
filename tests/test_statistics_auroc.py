"""DeLong's AUROC: its definition, published worked examples, scikit-learn, and what must not change it."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

from digit_recognizer.errors import DataError
from digit_recognizer.statistics.auroc import auroc, auroc_interval, delong
from tiny import shifted_seed
from trials.intervals import newcombe_auroc

pytestmark = pytest.mark.arithmetic

# Albumin, total protein, K-G score, and whether the patient benefitted from surgery: 43 of the patients of DeLong,
# DeLong and Clarke-Pearson (Biometrics 44, 1988), as listed in the SAS/STAT user's guide (PROC LOGISTIC).
OVARIAN = """
3.0 5.8 10 0 3.2 6.3 5 1 3.9 6.8 3 1 2.8 4.8 6 0 3.2 5.8 3 1 0.9 4.0 5 0 2.5 5.7 8 0 1.6 5.6 5 1 3.8 5.7 5 1 3.7 6.7 6 1
3.2 5.4 4 1 3.8 6.6 6 1 4.1 6.6 5 1 3.6 5.7 5 1 4.3 7.0 4 1 3.6 6.7 4 0 2.3 4.4 6 1 4.2 7.6 4 0 4.0 6.6 6 0 3.5 5.8 6 1
3.8 6.8 7 1 3.0 4.7 8 0 4.5 7.4 5 1 3.7 7.4 5 1 3.1 6.6 6 1 4.1 8.2 6 1 4.3 7.0 5 1 4.3 6.5 4 1 3.2 5.1 5 1 2.6 4.7 6 1
3.3 6.8 6 0 1.7 4.0 7 0 3.7 6.1 5 1 3.3 6.3 7 1 4.2 7.7 6 1 3.5 6.2 5 1 2.9 5.7 9 0 2.1 4.8 7 1 2.8 6.2 8 0 4.0 7.0 7 1
3.3 5.7 6 1 3.7 6.9 5 1 3.6 6.6 5 1
"""

# Scores of few values, so that ties are common; both classes with two cases or more.
scored = st.integers(4, 40).flatmap(
    lambda n: st.tuples(
        hnp.arrays(np.bool_, n).filter(lambda y: 2 <= y.sum() <= len(y) - 2),
        hnp.arrays(np.float64, n, elements=st.integers(0, 8).map(float)),
        hnp.arrays(np.float64, n, elements=st.integers(0, 8).map(float)),
    )
)
Scored = tuple[NDArray[np.bool_], NDArray[np.float64], NDArray[np.float64]]


def by_definition(positive: NDArray[np.bool_], scores: list[NDArray[np.float64]]) -> tuple[np.ndarray, np.ndarray]:
    """DeLong's equations (4) to (6), pair by pair."""
    areas, above, below = [], [], []
    for score in scores:
        wins = np.array([[(x > y) + 0.5 * (x == y) for y in score[~positive]] for x in score[positive]])
        areas.append(wins.mean())
        above.append(wins.mean(1))
        below.append(wins.mean(0))
    m, n = len(above[0]), len(below[0])
    covariance = np.array([[0.0] * len(scores)] * len(scores))
    for r, s in itertools.product(range(len(scores)), repeat=2):
        s10 = ((above[r] - areas[r]) * (above[s] - areas[s])).sum() / (m - 1)
        s01 = ((below[r] - areas[r]) * (below[s] - areas[s])).sum() / (n - 1)
        covariance[r, s] = s10 / m + s01 / n
    return np.array(areas), covariance


def test_the_example_of_delong() -> None:
    """Areas, standard errors, differences and the test of all three, as SAS/STAT prints them."""
    table = np.array(OVARIAN.split(), float).reshape(-1, 4)
    assert len(table) == 43
    areas, covariance = delong(table[:, 3], 10 - table[:, 2], table[:, 0], table[:, 1])
    assert covariance is not None
    assert areas == pytest.approx([0.7258, 0.7366, 0.6478], abs=5e-5)
    assert np.sqrt(covariance.diagonal()) == pytest.approx([0.1028, 0.0927, 0.1000], abs=5e-5)
    contrast = np.array([[-1, 1, 0], [-1, 0, 1]])
    differences, spread = contrast @ areas, contrast @ covariance @ contrast.T
    assert differences == pytest.approx([0.0108, -0.0780], abs=5e-5)
    assert np.sqrt(spread.diagonal()) == pytest.approx([0.0953, 0.1046], abs=5e-5)
    assert differences @ np.linalg.solve(spread, differences) == pytest.approx(2.5340, abs=5e-5)


def test_the_ratings_of_hanley_and_mcneil() -> None:
    """109 CT images rated 1 to 5 (Radiology 143, 1982); area, DeLong's error, interval as Stata's `roctab` prints."""
    normal, abnormal = np.repeat(range(1, 6), [33, 6, 6, 11, 2]), np.repeat(range(1, 6), [3, 2, 2, 11, 33])
    (area,), covariance = delong([0] * 58 + [1] * 51, np.concatenate([normal, abnormal]))
    assert covariance is not None
    error = covariance[0, 0] ** 0.5
    assert (area, error) == (pytest.approx(0.8932, abs=5e-5), pytest.approx(0.0307, abs=5e-5))
    assert (area - 1.959964 * error, area + 1.959964 * error) == pytest.approx((0.83295, 0.95339), abs=5e-6)


@given(scored)
def test_delong_is_its_definition(case: Scored) -> None:
    positive, first, second = case
    areas, covariance = delong(positive, first, second)
    expected_areas, expected_covariance = by_definition(positive, [first, second])
    assert areas == pytest.approx(expected_areas)
    assert covariance == pytest.approx(expected_covariance, abs=1e-12)
    assert areas[0] == pytest.approx(roc_auc_score(positive, first))
    assert auroc(positive, first) == pytest.approx(areas[0])


@given(scored)
def test_order_and_rising_maps_change_nothing(case: Scored) -> None:
    positive, first, _ = case
    order = np.random.default_rng(int(first.sum())).permutation(len(first))
    found = auroc_interval(positive, first)
    again = auroc_interval(positive[order], np.exp(3 * first[order]) - 7)
    assert (again.low, again.high) == pytest.approx((found.low, found.high), abs=1e-12)
    turned = auroc_interval(~positive, first)
    assert (1 - turned.high, 1 - turned.low) == pytest.approx((found.low, found.high), abs=1e-9)


@given(scored, st.sampled_from([0.8, 0.95, 0.99]))
def test_an_interval_holds_its_area_and_is_never_a_point(case: Scored, level: float) -> None:
    positive, score, _ = case
    area = auroc(positive, score)
    assert area is not None
    exact = newcombe_auroc(area, int(positive.sum()), int((~positive).sum()), level)
    for found in (auroc_interval(positive, score, level), exact):
        assert 0 <= found.low <= area + 1e-9
        assert area - 1e-9 <= found.high <= 1
        assert found.high - found.low > 0.01
        assert found.level == level


@pytest.mark.parametrize("cases", [2, 5, 30])
def test_perfect_separation_is_no_certainty(cases: int) -> None:
    """So many disjoint pairs all in order have the chance area ** cases: 2.5 % at the lower limit."""
    found = auroc_interval([0] * 40 + [1] * cases, np.arange(40.0 + cases))
    assert (found.low**cases, found.high) == (pytest.approx(0.025), 1.0)
    turned = auroc_interval([1] * 40 + [0] * cases, np.arange(40.0 + cases))
    assert (turned.low, (1 - turned.high) ** cases) == (0.0, pytest.approx(0.025))


def test_tied_scores_are_chance() -> None:
    positive = np.arange(30) < 12
    found = auroc_interval(positive, np.zeros(30))
    assert auroc(positive, np.zeros(30)) == 0.5
    assert found.low == pytest.approx(1 - found.high)
    assert found.high - found.low > 0.5


def test_an_empty_class_and_a_single_case() -> None:
    for labels in ([], [1], [1, 1, 1], [0, 0]):
        assert auroc(labels, np.arange(len(labels))) is None
        found = auroc_interval(labels, np.arange(len(labels)))
        assert (found.low, found.high) == (0, 1)
        assert newcombe_auroc(0.9, sum(labels), 0).high == 1
    areas, covariance = delong([1, 0, 0, 0], [3, 1, 2, 4])
    assert (areas, covariance) == (pytest.approx([2 / 3]), None)
    single = auroc_interval([1, 0, 0, 0], [3, 1, 2, 4])
    assert 0 < single.low < 2 / 3 < single.high < 1


def test_infinite_scores_have_an_order() -> None:
    assert auroc([1, 0, 1], [np.inf, -np.inf, 0]) == 1.0


def test_shuffled_labels_are_chance() -> None:
    """The true area is .5: about one interval in twenty misses it."""
    rng = np.random.default_rng(shifted_seed(3))
    score, positive = rng.normal(size=120), np.arange(120) < 40
    found = [auroc_interval(rng.permutation(positive), score) for _ in range(300)]
    held = np.mean([each.low <= 0.5 <= each.high for each in found])
    assert 0.91 < held < 0.98


@pytest.mark.parametrize(
    ("labels", "scores", "message"),
    [
        ([0, 1], [1.0], "same cases in the same order: 2 labels, 1 scores 1"),
        ([0, 2], [1.0, 2.0], "must be 0 .negative. or 1 .positive."),
        ([0, 1], [1.0, np.nan], "A score is not a number"),
    ],
)
def test_what_is_wrong_is_named(labels: list[int], scores: list[float], message: str) -> None:
    for measure in (delong, auroc, auroc_interval):
        with pytest.raises(DataError, match=message):
            measure(labels, scores)
