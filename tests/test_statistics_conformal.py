"""Prediction sets: coverage as promised in simulation, the same sets as MAPIE, and honesty where n is too small."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mapie.classification import SplitConformalClassifier
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin

from digit_recognizer.statistics.conformal import ConformalSets, fit_sets, images_needed
from tiny import shifted_seed

pytestmark = pytest.mark.arithmetic

K = 4


def drawn(n: int, seed: int) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Probabilities (n, K) of a model that is too sure, and labels; class 3 is the hard one."""
    generator = np.random.default_rng(shifted_seed(seed))
    labels = generator.integers(0, K, n)
    logits = generator.normal(0, 1, (n, K)) + 3 * np.eye(K)[labels] * (1 - 0.5 * (labels == 3))[:, None]
    powers = np.exp(1.5 * logits)
    return powers / powers.sum(axis=1, keepdims=True), labels


def covered(sets: ConformalSets, n: int, seed: int) -> tuple[NDArray[np.bool_], NDArray[np.int64]]:
    probabilities, labels = drawn(n, seed)
    return sets.sets(probabilities)[np.arange(n), labels], labels


@pytest.mark.parametrize("level", [0.95, 0.99])
def test_marginal_coverage_over_many_calibrations(level: float) -> None:
    shares = [covered(fit_sets(*drawn(199, seed), level, per_class=False), 500, 1000 + seed)[0] for seed in range(200)]
    share = np.mean(shares)
    error = np.std([each.mean() for each in shares]) / np.sqrt(200)
    assert level - 3 * error <= share <= level + 1 / 200 + 3 * error


def test_each_class_is_covered_where_that_is_promised() -> None:
    by_class: list[list[bool]] = [[] for _ in range(K)]
    marginal: list[bool] = []
    for seed in range(150):
        hits, labels = covered(fit_sets(*drawn(400, seed), 0.9, per_class=True), 400, 5000 + seed)
        for label in range(K):
            by_class[label] += hits[labels == label].tolist()
        hits, labels = covered(fit_sets(*drawn(400, seed), 0.9, per_class=False), 400, 5000 + seed)
        marginal += hits[labels == 3].tolist()
    assert min(np.mean(each) for each in by_class) >= 0.89
    assert np.mean(marginal) < 0.86  # the hard class pays for the others


class Table(ClassifierMixin, BaseEstimator):
    """A classifier whose input are the probabilities themselves, as MAPIE wants one."""

    classes_ = np.arange(K)

    def fit(self, _inputs: object, _labels: object) -> Table:
        return self

    def __sklearn_is_fitted__(self) -> bool:
        return True

    def predict_proba(self, inputs: NDArray[np.float64]) -> NDArray[np.float64]:
        return inputs

    def predict(self, inputs: NDArray[np.float64]) -> NDArray[np.int64]:
        return np.asarray(inputs.argmax(axis=1))


@pytest.mark.parametrize("level", [0.8, 0.9, 0.99])
def test_mapie_gives_the_same_sets(level: float) -> None:
    calibration, labels = drawn(700, seed=1)
    probabilities, _ = drawn(500, seed=2)
    peer = SplitConformalClassifier(Table(), confidence_level=level, conformity_score="lac", prefit=True)
    _, theirs = peer.conformalize(calibration, labels).predict_set(probabilities)
    theirs = theirs[:, :, 0]
    theirs[np.arange(500), probabilities.argmax(axis=1)] = True  # our sets are never empty
    np.testing.assert_array_equal(fit_sets(calibration, labels, level, per_class=False).sets(probabilities), theirs)


@pytest.mark.parametrize(("level", "needed"), [(0.9, 9), (0.99, 99), (0.999, 999)])
def test_a_level_that_n_cannot_support_returns_every_label_and_says_so(level: float, needed: int) -> None:
    assert images_needed(level) == needed
    probabilities, _ = drawn(50, seed=3)
    enough = fit_sets(*drawn(needed, seed=4), level, per_class=False)
    assert enough.supported
    assert not enough.sets(probabilities).all()
    short = fit_sets(*drawn(needed - 1, seed=4), level, per_class=False)
    assert not short.supported
    assert short.sets(probabilities).all()


def test_a_class_without_images_is_always_in_the_set() -> None:
    calibration, labels = drawn(500, seed=5)
    sets = fit_sets(calibration[labels != 2], labels[labels != 2], 0.9, per_class=True)
    assert sets.n[2] == 0
    assert not sets.supported
    assert sets.sets(calibration)[:, 2].all()


@given(st.integers(1, 300), st.floats(0.5, 0.999), st.booleans(), st.integers(0, 2**32 - 1))
def test_sets_hold_the_top_label_grow_with_the_level_and_travel_as_json(
    n: int, level: float, per_class: bool, seed: int
) -> None:
    calibration = drawn(n, seed)
    probabilities, _ = drawn(20, seed + 1)
    fitted = fit_sets(*calibration, level, per_class=per_class)
    sets = fitted.sets(probabilities)
    assert sets[np.arange(20), probabilities.argmax(axis=1)].all()
    wider = fit_sets(*calibration, (1 + level) / 2, per_class=per_class).sets(probabilities)
    assert (wider | ~sets).all()
    assert ConformalSets.from_dict(fitted.to_dict()) == fitted
