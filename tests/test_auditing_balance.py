"""Figures of classes and drift agree with their definitions, and chance is not called drift."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from digit_recognizer.auditing.balance import (
    Drift,
    class_counts,
    compare_classes,
    find_drift,
    image_figures,
    standardised_difference,
)
from digit_recognizer.auditing.pool import pooled
from digit_recognizer.data import ArraySplit
from tiny import shifted_seed

pytestmark = pytest.mark.arithmetic


def split(counts: list[int], level: float = 100, seed: int = 0) -> ArraySplit:
    labels = np.repeat(np.arange(len(counts)), counts)
    noise = np.random.default_rng(seed).normal(0, 10, (len(labels), 1, 1))
    stripes = np.zeros((8, 8))
    stripes[:, ::2] = 50
    return ArraySplit((level + stripes + noise).clip(0, 255).astype(np.uint8), labels)


def test_classes_are_counted_in_each_split() -> None:
    pool = pooled({"train": split([4, 8]), "test": split([3, 0])}, ("cat", "dog"))
    train, test = class_counts(pool)
    assert train.to_dict(pool.classes) == {
        "split": "train",
        "counts": {"cat": 4, "dog": 8},
        "ratio": 2.0,
        "empty": [],
    }
    assert (test.ratio, test.to_dict(pool.classes)["empty"]) == (None, ["dog"])


@given(st.lists(st.tuples(st.integers(1, 60), st.integers(1, 60)), min_size=2, max_size=6))
def test_classes_are_compared_by_the_chi_square_test(pairs: list[tuple[int, int]]) -> None:
    from scipy.stats import chi2

    train, other = (np.array([pair[side] for pair in pairs]) for side in (0, 1))
    total = (train + other) / (train + other).sum()
    expected = np.stack([total * train.sum(), total * other.sum()])
    statistic = ((np.stack([train, other]) - expected) ** 2 / expected).sum()
    labels = [np.repeat(np.arange(len(pairs)), counts) for counts in (train, other)]
    p_value, v = compare_classes(labels[0], labels[1], len(pairs) + 2)
    assert p_value == pytest.approx(chi2.sf(statistic, len(pairs) - 1), abs=1e-9)
    assert v == pytest.approx((statistic / (train + other).sum()) ** 0.5, abs=1e-9)


def test_one_class_in_both_has_no_drift_of_classes() -> None:
    assert compare_classes(np.zeros(5, int), np.zeros(9, int), 3) == (None, None)
    p_value, v = compare_classes(np.zeros(50, int), np.ones(50, int), 3)
    assert p_value is not None
    assert p_value < 1e-20
    assert v == pytest.approx(1)


def test_the_difference_is_in_standard_deviations() -> None:
    other, train = np.array([[1.0, 5], [3, 5]]), np.array([[10.0, 5], [12, 5], [14, 5]])
    assert standardised_difference(other, train) == [pytest.approx(-10 / 3**0.5), None]
    assert standardised_difference(other[:1], train) == [None, None]


def test_the_figures_of_an_image_are_its_levels() -> None:
    images = np.zeros((2, 8, 8), np.uint8)
    images[0, :, ::2] = 100
    figures = image_figures(images)
    assert figures[0].tolist() == [50, 50, 50]
    assert figures[1].tolist() == [0, 0, 0]


def test_drift_is_told_and_chance_is_not() -> None:
    pool = pooled(
        {
            "train": split([400, 400]),
            "validation": split([210, 190], seed=1),
            "calibration": split([380, 20], seed=2),
            "test": split([200, 200], level=120, seed=3),
            "tiny": split([4, 2], level=104, seed=4),
        },
        ("a", "b"),
    )
    found = {each.split: each for each in find_drift(pool)}
    assert list(found) == ["validation", "calibration", "test", "tiny"]
    assert [each.notable for each in found.values()] == [False, True, True, False]
    assert found["test"].brightness == pytest.approx(2, abs=0.3)
    assert found["test"].to_dict()["notable"] is True


def test_alike_splits_of_many_draws_seldom_drift() -> None:
    rng = np.random.default_rng(shifted_seed(0))
    notable = 0
    for seed in range(40):
        counts = [rng.multinomial(60, [0.5, 0.3, 0.2]).tolist() for _ in range(2)]
        pool = pooled({"train": split(counts[0], seed=2 * seed), "test": split(counts[1], seed=2 * seed + 1)}, "abc")
        notable += find_drift(pool)[0].notable
    assert notable <= 3


@pytest.mark.parametrize("splits", [{"test": split([3, 4])}, {"train": split([]), "test": split([3])}])
def test_without_train_there_is_nothing_to_drift_from(splits: dict[str, ArraySplit]) -> None:
    assert find_drift(pooled(splits, ("a", "b"))) == []


def test_what_does_not_vary_is_undefined() -> None:
    flat = ArraySplit(np.full((5, 8, 8), 7, np.uint8), np.zeros(5, np.int64))
    assert find_drift(pooled({"train": flat, "test": flat}, ("a",))) == [
        Drift("test", 5, 5, None, None, None, None, None)
    ]
