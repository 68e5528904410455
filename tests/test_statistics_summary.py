"""What is resampled is the figure that is stated: the quick forms agree with scikit-learn's on any draw of cases."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from sklearn import metrics as sk

from digit_recognizer.statistics.reliability import expected_calibration_error, reliability_bins
from digit_recognizer.statistics.scores import (
    auroc_per_class,
    average_precision_per_class,
    brier_score,
    confidence_and_right,
    macro,
)
from digit_recognizer.statistics.summary import (
    auroc_of_counts,
    calibration_error,
    class_aurocs,
    kappa,
    log_losses,
    mean_recall,
    of_ranks,
    precision_of_counts,
    squared_errors,
    summary,
)
from tiny import shifted_seed

pytestmark = pytest.mark.arithmetic

K = 4


def drawn(n: int, seed: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Labels and probabilities, some of them tied, of a fair model."""
    generator = np.random.default_rng(shifted_seed(seed))
    labels = generator.integers(0, K, n)
    powers = np.exp(generator.normal(0, 1, (n, K)).round(1) + 2 * np.eye(K)[labels])
    return labels, powers / powers.sum(axis=1, keepdims=True)


@given(st.integers(1, 80), st.integers(0, 2**32 - 1))
def test_resampled_figures_are_the_stated_ones(n: int, seed: int) -> None:
    labels, probabilities = drawn(n, seed)
    chosen = np.random.default_rng(shifted_seed(seed)).integers(0, n, n)
    y, p = labels[chosen], probabilities[chosen]
    cells = (labels * K + probabilities.argmax(axis=1))[chosen]
    assert mean_recall(cells, K) == pytest.approx(sk.recall_score(y, p.argmax(1), labels=np.unique(y), average="macro"))
    if len(np.union1d(y, p.argmax(1))) > 1:
        assert kappa(cells, K) == pytest.approx(sk.cohen_kappa_score(y, p.argmax(1)), abs=1e-12)
    members = labels[:, None] == np.arange(probabilities.shape[1])
    areas, precisions = (of_ranks(members, probabilities, each) for each in (auroc_of_counts, precision_of_counts))
    assert areas(chosen) == pytest.approx(macro(auroc_per_class(y, p)))
    assert precisions(chosen) == pytest.approx(macro(average_precision_per_class(y, p)))
    assert squared_errors(y, p).mean() == pytest.approx(brier_score(y, p))
    assert log_losses(y, p).mean() == pytest.approx(sk.log_loss(y, p, labels=np.arange(K)))
    stated = expected_calibration_error(reliability_bins(*confidence_and_right(y, p)))
    assert calibration_error(*confidence_and_right(labels, probabilities))(chosen) == pytest.approx(stated)


def test_every_figure_lies_in_its_interval() -> None:
    for figure in summary(*drawn(600, seed=1)):
        assert figure.value is not None
        if figure.interval is not None and figure.name != "expected_calibration_error":  # resampling adds to that one
            assert figure.interval.low < figure.value < figure.interval.high, figure


def test_shuffled_labels_give_chance() -> None:
    labels, probabilities = drawn(2_000, seed=2)
    found = {
        each.name: each for each in summary(np.random.default_rng(shifted_seed(0)).permutation(labels), probabilities)
    }
    for name, chance in {"accuracy": 1 / K, "cohen_kappa": 0.0, "macro_auroc": 0.5, "top_3_accuracy": 3 / K}.items():
        interval = found[name].interval
        assert interval is not None
        assert interval.low - 0.02 < chance < interval.high + 0.02, name


def test_writers_who_differ_widen_the_intervals() -> None:
    labels, probabilities = drawn(2_000, seed=3)
    writers = np.arange(2_000) // 50
    wrong = np.isin(writers, np.arange(6))  # six of forty writers are never read
    probabilities[wrong] = np.roll(np.eye(K)[labels[wrong]], 1, axis=1) * 0.9 + 0.025
    alone = {each.name: each.interval for each in summary(labels, probabilities)}
    together = {each.name: each.interval for each in summary(labels, probabilities, writers)}
    for name in ("accuracy", "cohen_kappa", "brier_score"):
        one, other = alone[name], together[name]
        assert one is not None
        assert other is not None
        assert other.high - other.low > 2 * (one.high - one.low), name


def test_one_case_or_one_class_is_said_to_tell_nothing() -> None:
    labels, probabilities = drawn(1, seed=4)
    found = {each.name: each for each in summary(labels, probabilities)}
    assert found["macro_auroc"].value is None
    assert found["brier_score"].interval is None
    same = {each.name: each for each in summary(np.zeros(5, np.int64), np.tile([[0.7, 0.1, 0.1, 0.1]], (5, 1)))}
    assert same["cohen_kappa"].value is None
    assert [each.value for each in class_aurocs(np.zeros(5, np.int64), np.full((5, K), 0.25))] == [None] * K
