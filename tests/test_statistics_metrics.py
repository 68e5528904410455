"""Figures of predictions and probabilities, against scikit-learn, statsmodels, definitions and an independent table."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray
from sklearn import metrics as theirs
from statsmodels.stats.inter_rater import cohens_kappa

from digit_recognizer.data import Dataset
from digit_recognizer.errors import ConfigError, DataError
from digit_recognizer.statistics import proportion_interval, wilson
from digit_recognizer.statistics.metrics import accuracy, balanced_accuracy, cohen_kappa, confusion_matrix, per_class
from digit_recognizer.statistics.reliability import expected_calibration_error, reliability_bins
from digit_recognizer.statistics.scores import (
    auroc_per_class,
    average_precision,
    average_precision_per_class,
    brier_score,
    confidence_and_right,
    macro,
    negative_log_likelihood,
    top_k_accuracy,
)
from tiny import shifted_seed

pytestmark = pytest.mark.arithmetic

CLASSES = 4
NOTHING = np.array([], np.int64)
pairs = st.integers(1, 50).flatmap(lambda n: st.tuples(*[hnp.arrays(np.int64, n, elements=st.integers(0, 3))] * 2))
Pair = tuple[NDArray[np.int64], NDArray[np.int64]]


@st.composite
def tables(draw: st.DrawFn) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Labels and probabilities of four classes; coarse, so that ties are common."""
    n = draw(st.integers(1, 40))
    raw = draw(hnp.arrays(np.float64, (n, CLASSES), elements=st.integers(1, 6).map(float)))
    return draw(hnp.arrays(np.int64, n, elements=st.integers(0, 3))), raw / raw.sum(1, keepdims=True)


Table = tuple[NDArray[np.int64], NDArray[np.float64]]


def quietly(measure: Callable[..., float], *arguments: object, **more: object) -> float:
    """scikit-learn's figure, without its warnings of empty classes."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return float(measure(*arguments, **more))


@given(pairs)
def test_accuracies_are_scikit_learns(pair: Pair) -> None:
    assert accuracy(*pair) == pytest.approx(np.mean(pair[0] == pair[1]))
    assert balanced_accuracy(*pair) == pytest.approx(quietly(theirs.balanced_accuracy_score, *pair))


@given(pairs)
def test_kappa_is_statsmodels(pair: Pair) -> None:
    counts = confusion_matrix(*pair, CLASSES).astype(float)
    for weights, name in ((None, None), ("linear", "linear"), ("quadratic", "quadratic")):
        found = cohen_kappa(*pair, CLASSES, weights)  # type: ignore[arg-type]
        if len(np.union1d(*pair)) < 2:
            assert found is None
        else:
            assert found == pytest.approx(cohens_kappa(counts, wt=name, return_results=False), abs=1e-9)


def test_cohens_own_table() -> None:
    """Two raters, three categories, 200 cases: kappa .492 (Cohen, Psychological Bulletin 70, 1968, table 1)."""
    counts = np.array([[88, 14, 18], [10, 40, 10], [2, 6, 12]])
    first, second = (np.repeat(each.ravel(), counts.ravel()) for each in np.indices((3, 3)))
    assert cohen_kappa(first, second, 3) == pytest.approx(0.492, abs=5e-4)


@given(pairs)
def test_a_class_has_specificity_and_intervals(pair: Pair) -> None:
    labels, predicted = pair
    for k, found in enumerate(per_class(labels, predicted, tuple("abcd"))):
        true, said = labels == k, predicted == k
        assert found.recall_interval == wilson(int((true & said).sum()), int(true.sum()))
        assert found.precision_interval == wilson(int((true & said).sum()), int(said.sum()))
        assert found.specificity == (pytest.approx((~true & ~said).sum() / (~true).sum()) if (~true).any() else None)
        if (~true).any():  # the recall of "not this class"
            assert found.specificity == pytest.approx(quietly(theirs.recall_score, ~true, ~said))


def test_intervals_of_a_class_know_groups() -> None:
    rng = np.random.default_rng(shifted_seed(1))
    labels, predicted, groups = rng.integers(0, 2, 60), rng.integers(0, 2, 60), rng.integers(0, 9, 60)
    found = per_class(labels, predicted, ("a", "b"), groups, level=0.9)[1]
    true, said = labels == 1, predicted == 1
    assert found.recall_interval == proportion_interval(said[true], groups[true], 0.9)
    assert found.precision_interval == proportion_interval(true[said], groups[said], 0.9)
    with pytest.raises(DataError, match="60 labels, 59 groups"):
        per_class(labels, predicted, ("a", "b"), groups[1:])


@given(tables())
def test_proper_scores_are_their_definitions(table: Table) -> None:
    labels, probabilities = table
    actual = np.eye(CLASSES)[labels]
    assert brier_score(*table) == pytest.approx(((probabilities - actual) ** 2).sum(1).mean())
    assert negative_log_likelihood(*table) == pytest.approx(
        -np.log(probabilities[np.arange(len(labels)), labels]).mean()
    )


def test_the_brier_score_of_two_classes_is_twice_the_common_one() -> None:
    rng = np.random.default_rng(shifted_seed(2))
    positive, p = rng.integers(0, 2, 50), rng.random(50)
    assert brier_score(positive, np.column_stack([1 - p, p])) == pytest.approx(2 * ((p - positive) ** 2).mean())


def test_an_impossible_event_costs_much_and_not_everything() -> None:
    assert negative_log_likelihood(np.array([0]), [[0.0, 1.0]]) == pytest.approx(36.04, abs=0.01)


@given(tables())
def test_ranking_figures_are_scikit_learns(table: Table) -> None:
    labels, probabilities = table
    areas, precisions = auroc_per_class(*table), average_precision_per_class(*table)
    for k in range(CLASSES):
        one = labels == k
        scores = probabilities[:, k]
        assert areas[k] == (pytest.approx(theirs.roc_auc_score(one, scores)) if 0 < one.sum() < len(one) else None)
        assert precisions[k] == (pytest.approx(theirs.average_precision_score(one, scores)) if one.any() else None)
    known = [each for each in areas if each is not None]
    assert macro(areas) == (pytest.approx(np.mean(known)) if known else None)


@given(tables(), st.integers(1, 6))
def test_top_k(table: Table, k: int) -> None:
    labels, probabilities = table
    found = top_k_accuracy(*table, k)
    assert found is not None
    own = probabilities[np.arange(len(labels)), labels][:, None]
    earlier = np.arange(CLASSES) < labels[:, None]
    rank = (probabilities > own).sum(1) + ((probabilities == own) & earlier).sum(1)
    assert found == pytest.approx((rank < k).mean())
    assert top_k_accuracy(*table, 1) == accuracy(labels, probabilities.argmax(1))
    assert top_k_accuracy(*table, CLASSES) == 1.0


def test_top_k_is_scikit_learns_where_nothing_is_tied() -> None:
    rng = np.random.default_rng(shifted_seed(3))
    labels, probabilities = rng.integers(0, 5, 200), rng.dirichlet(np.ones(5), 200)
    for k in (1, 2, 4):
        assert top_k_accuracy(labels, probabilities, k) == theirs.top_k_accuracy_score(labels, probabilities, k=k)


outcomes = st.integers(1, 60).flatmap(
    lambda n: st.tuples(
        hnp.arrays(np.float64, n, elements=st.integers(0, 30).map(lambda i: i / 30)), hnp.arrays(np.bool_, n)
    )
)


@given(outcomes, st.integers(1, 20), st.sampled_from(["equal-width", "equal-mass"]))
def test_bins_hold_every_case_once(
    outcome: tuple[NDArray[np.float64], NDArray[np.bool_]], bins: int, width: str
) -> None:
    confidence, right = outcome
    found = reliability_bins(confidence, right, bins, width)  # type: ignore[arg-type]
    assert sum(each.n for each in found) == len(confidence)
    assert [each.low for each in found[1:]] == [each.high for each in found[:-1]]
    assert (found[0].low, found[-1].high) == (0, 1)
    for i, each in enumerate(found):
        inside = (confidence > each.low) & (confidence <= each.high) | ((confidence == 0) if i == 0 else False)
        assert each.n == inside.sum()
        assert each.interval == wilson(int(right[inside].sum()), each.n)
        if each.n:
            assert (each.confidence, each.accuracy) == pytest.approx((confidence[inside].mean(), right[inside].mean()))
        else:
            assert (each.confidence, each.accuracy) == (None, None)
    error = expected_calibration_error(found)
    gaps = [
        abs(confidence[inside].sum() - right[inside].sum()) for inside in (members(confidence, each) for each in found)
    ]
    assert error == pytest.approx(sum(gaps) / len(confidence))
    order = np.random.default_rng(shifted_seed(0)).permutation(len(confidence))
    again = reliability_bins(confidence[order], right[order], bins, width)  # type: ignore[arg-type]
    assert expected_calibration_error(again) == pytest.approx(error)


def members(confidence: NDArray[np.float64], one: object) -> NDArray[np.bool_]:
    low, high = one.low, one.high  # type: ignore[attr-defined]
    return (confidence > low) & (confidence <= high) | ((confidence == 0) & (low == 0))


def test_equal_mass_is_equal_where_nothing_is_tied() -> None:
    confidence = np.random.default_rng(shifted_seed(4)).permutation(np.linspace(0.3, 0.99, 150))
    found = reliability_bins(confidence, np.ones(150, bool), 15, "equal-mass")
    assert [each.n for each in found] == [10] * 15


def test_sure_models_fill_fewer_bins() -> None:
    found = reliability_bins(np.ones(40), np.arange(40) < 30, 15, "equal-mass")
    assert [(each.n, each.confidence, each.accuracy) for each in found if each.n] == [(40, 1.0, 0.75)]
    assert expected_calibration_error(found) == 0.25


def test_a_calibrated_model_has_a_small_error_and_an_overconfident_one_its_gap() -> None:
    rng = np.random.default_rng(shifted_seed(5))
    confidence = rng.uniform(0.5, 1, 40_000)
    fair = expected_calibration_error(reliability_bins(confidence, rng.random(40_000) < confidence))
    proud = expected_calibration_error(reliability_bins(confidence, rng.random(40_000) < confidence - 0.2))
    assert fair is not None
    assert fair < 0.015
    assert proud == pytest.approx(0.2, abs=0.015)


@given(tables())
def test_the_order_of_cases_changes_nothing(table: Table) -> None:
    labels, probabilities = table
    order = np.random.default_rng(len(labels)).permutation(len(labels))
    for measure in (brier_score, negative_log_likelihood):
        assert measure(labels[order], probabilities[order]) == pytest.approx(measure(*table))
    again = auroc_per_class(labels[order], probabilities[order])
    assert again == [each if each is None else pytest.approx(each) for each in auroc_per_class(*table)]


def test_shuffled_labels_are_chance() -> None:
    rng = np.random.default_rng(shifted_seed(6))
    labels = rng.integers(0, 10, 6000)
    probabilities = rng.dirichlet(np.ones(10), 6000)
    right = int((probabilities.argmax(1) == labels).sum())
    assert wilson(right, 6000, 0.999).low < 0.1 < wilson(right, 6000, 0.999).high
    assert cohen_kappa(labels, probabilities.argmax(1), 10) == pytest.approx(0, abs=0.02)
    assert macro(auroc_per_class(labels, probabilities)) == pytest.approx(0.5, abs=0.02)
    assert macro(average_precision_per_class(labels, probabilities)) == pytest.approx(0.1, abs=0.02)


def test_nothing_and_one_class_are_undefined() -> None:
    empty = np.zeros((0, 3))
    assert [accuracy(NOTHING, NOTHING), balanced_accuracy(NOTHING, NOTHING), cohen_kappa(NOTHING, NOTHING, 3)] == [
        None
    ] * 3
    for measure in (brier_score, negative_log_likelihood):
        assert measure(NOTHING, empty) is None
    assert top_k_accuracy(NOTHING, empty, 1) is None
    assert auroc_per_class(NOTHING, empty) == average_precision_per_class(NOTHING, empty) == [None] * 3
    assert macro([None, None]) is None
    assert expected_calibration_error(reliability_bins([], [])) is None
    alike = np.zeros(5, np.int64)
    assert cohen_kappa(alike, alike, 3) is None
    assert auroc_per_class(alike, np.full((5, 2), 0.5)) == [None, None]
    assert average_precision_per_class(alike, np.full((5, 2), 0.5)) == [1.0, None]
    alone = np.ones((3, 1))
    assert (brier_score(alike[:3], alone), negative_log_likelihood(alike[:3], alone)) == (0, 0)


def test_one_case_has_figures_and_wide_intervals() -> None:
    labels, table = np.array([2]), np.array([[0.1, 0.2, 0.7]])
    assert accuracy(labels, table.argmax(1)) == balanced_accuracy(labels, table.argmax(1)) == 1.0
    assert brier_score(labels, table) == pytest.approx(0.01 + 0.04 + 0.09)
    found = per_class(labels, table.argmax(1), ("a", "b", "c"))[2]
    assert (found.recall, found.specificity) == (1.0, None)
    assert found.recall_interval.low < 0.25


@pytest.mark.parametrize(
    ("labels", "table", "message"),
    [
        ([0, 1], [[0.5, 0.5]], "same cases in the same order: 2 labels, 1 probabilities"),
        ([0], [0.5, 0.5], r"must be a table .cases, classes.; these have the shape \(2,\)"),
        ([0], [[0.5, np.nan]], "must be finite and from 0 to 1"),
        ([0], [[1.2, -0.2]], "must be finite and from 0 to 1"),
        ([0, 1], [[0.5, 0.5], [0.5, 0.4]], "The probabilities of case 1 sum to 0.9000, not to 1"),
        ([2], [[0.5, 0.5]], "The labels run from 2 to 2; known are 0 to 1"),
        ([0.5], [[0.5, 0.5]], "The labels must be whole numbers, and are float64"),
    ],
)
def test_what_is_wrong_with_a_table_is_named(labels: list[float], table: list[object], message: str) -> None:
    for measure in (brier_score, negative_log_likelihood, auroc_per_class, average_precision_per_class):
        with pytest.raises(DataError, match=message):
            measure(np.array(labels), np.array(table))
    with pytest.raises(DataError, match=message):
        top_k_accuracy(np.array(labels), np.array(table), 1)


def test_what_is_wrong_with_predictions_is_named() -> None:
    with pytest.raises(DataError, match="2 labels, 1 predictions"):
        accuracy(np.array([0, 1]), np.array([0]))
    with pytest.raises(DataError, match="The predictions run from 0 to 3; known are 0 to 2"):
        cohen_kappa(np.array([0, 1]), np.array([0, 3]), 3)
    with pytest.raises(DataError, match="Confidences must be from 0 to 1"):
        reliability_bins([1.5], [True])
    with pytest.raises(ConfigError, match="not 0 of 'equal-width'"):
        reliability_bins([0.5], [True], 0)
    with pytest.raises(ConfigError, match="not 15 of 'round'"):
        reliability_bins([0.5], [True], width="round")  # type: ignore[arg-type]


def test_a_table_written_with_few_digits_is_taken() -> None:
    assert brier_score(np.array([0]), [[0.3333, 0.3333, 0.3333]]) == pytest.approx(2 / 3)


def test_the_independent_table(mnist: Dataset, shared_file: Callable[[str], Path]) -> None:
    """87 known errors of 10,000; all else as scikit-learn has it."""
    table = np.load(shared_file("mnist-label-errors/mnist_test_set_pyx.npy"), allow_pickle=False)
    labels = mnist.split("test").labels
    predicted = table.argmax(1)
    assert accuracy(labels, predicted) == top_k_accuracy(labels, table, 1) == 0.9913
    assert balanced_accuracy(labels, predicted) == pytest.approx(theirs.balanced_accuracy_score(labels, predicted))
    areas = auroc_per_class(labels, table)
    assert macro(areas) == pytest.approx(theirs.roc_auc_score(labels, table, multi_class="ovr"))
    scaled = table / table.sum(1, keepdims=True)
    assert negative_log_likelihood(labels, table) == pytest.approx(theirs.log_loss(labels, scaled))
    confidence, right = confidence_and_right(labels, table)
    assert (len(right), int(right.sum())) == (10_000, 9913)
    bins = reliability_bins(confidence, right)
    assert (len(bins), sum(each.n for each in bins)) == (15, 10_000)
    error = expected_calibration_error(bins)
    assert error is not None
    assert error < 0.02


def test_average_precision_of_infinite_scores() -> None:
    assert average_precision([0, 1, 1], [-np.inf, np.inf, 0.0]) == 1.0
