"""A fitted temperature is the one that made the labels, and scikit-learn's logistic regression finds the same."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression

from digit_recognizer.errors import DataError
from digit_recognizer.evaluation.calibration import fit_temperature
from digit_recognizer.models.softmax import softmax
from examples import examples
from tiny import shifted_seed

pytestmark = pytest.mark.arithmetic


def drawn(n: int, classes: int, temperature: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Logits (n, classes), and labels drawn from their softmax at a temperature."""
    generator = np.random.default_rng(shifted_seed(seed))
    logits = generator.normal(0, 3, (n, classes)).astype(np.float32)
    shares = softmax(logits / temperature).cumsum(axis=1)
    labels = np.minimum((generator.random((n, 1)) > shares).sum(axis=1), classes - 1)
    return logits, labels


@pytest.mark.parametrize("temperature", [0.4, 1.0, 2.5])
def test_the_temperature_that_made_the_labels_is_found(temperature: float) -> None:
    logits, labels = drawn(20_000, 10, temperature, seed=1)
    assert fit_temperature(logits, labels) == pytest.approx(temperature, rel=0.03)


def test_two_classes_are_a_logistic_regression() -> None:
    """Its slope without an intercept is 1 / T."""
    logits, labels = drawn(500, 2, 1.7, seed=2)
    margin = (logits[:, 1] - logits[:, 0])[:, None].astype(np.float64)
    slope = LogisticRegression(C=np.inf, fit_intercept=False, tol=1e-10).fit(margin, labels).coef_[0, 0]
    assert fit_temperature(logits, labels) == pytest.approx(1 / slope, rel=1e-4)


@examples(20)
@given(st.floats(0.2, 5), st.integers(0, 2**32 - 1))
def test_logits_of_another_scale_get_another_temperature_and_the_same_probabilities(scale: float, seed: int) -> None:
    logits, labels = drawn(60, 4, 1.0, seed)
    before, after = fit_temperature(logits, labels), fit_temperature(scale * logits, labels)
    if 0.1 < before < 10:  # away from the ends of the search
        assert after == pytest.approx(scale * before, rel=1e-3)


@pytest.mark.parametrize("n", [0, 7])
def test_a_sample_that_tells_nothing_is_refused(n: int) -> None:
    logits = np.eye(7, dtype=np.float32)[:n]
    with pytest.raises(DataError, match="images"):
        fit_temperature(logits, np.arange(n))
