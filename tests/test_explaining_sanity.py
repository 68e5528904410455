"""Explanations tell of what was learned: they sum to the answer, and random weights destroy them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from digit_recognizer.data import Dataset
from digit_recognizer.errors import ConfigError, ModelFileError
from digit_recognizer.explaining import gradients_map, occlusion_map, random_likeness, randomised
from digit_recognizer.explaining.occlusion import log_odds, plain
from digit_recognizer.explaining.randomised import Explain, likeness
from digit_recognizer.models import Model, load_model

pytestmark = pytest.mark.arithmetic

N = 8


@pytest.fixture(scope="module")
def digits(mnist: Dataset) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """A few validation digits and what they are."""
    split = mnist.split("validation")
    return split.take(np.arange(N)), split.labels[:N]


@pytest.mark.parametrize("name", ["mlp", "best"])
def test_integrated_gradients_sum_to_the_answer(name: str, digits: tuple[NDArray[np.uint8], NDArray[np.int64]]) -> None:
    model = load_model(name)
    for image, label in zip(digits[0][:2], digits[1][:2], strict=True):
        found = gradients_map(model, image, int(label), steps=256)
        nothing = np.broadcast_to(plain(model, image), image.shape)
        odds = log_odds(model, model.logits(np.stack([image, nothing])), int(label))
        assert found.shape == image.shape
        assert found.sum() == pytest.approx(odds[0] - odds[1], rel=0.05, abs=0.1)


@pytest.mark.parametrize("explain", [occlusion_map, gradients_map])
def test_random_weights_destroy_a_map(explain: Explain, digits: tuple[NDArray[np.uint8], NDArray[np.int64]]) -> None:
    """Adebayo et al. 2018, section 3; another network that has learned the same draws much the same map."""
    model, other = load_model("cnn"), load_model("mixed")
    pairs = list(zip(*digits, strict=True))
    alike = np.mean([likeness(explain(model, i, int(k)), explain(other, i, int(k))) for i, k in pairs])
    assert random_likeness(explain, model, *digits) < 0.2 < 0.4 < alike


def test_an_edge_detector_is_found_out(digits: tuple[NDArray[np.uint8], NDArray[np.int64]]) -> None:
    def edges(_model: Model, image: NDArray[np.uint8], _label: int) -> NDArray[np.float64]:
        return np.abs(np.gradient(image.astype(np.float64))).sum(0)

    assert random_likeness(edges, load_model("mlp"), *digits) == pytest.approx(1)


def test_a_map_that_is_the_same_everywhere_is_like_none() -> None:
    assert likeness(np.zeros((3, 3)), np.arange(9.0).reshape(3, 3)) == 0


def test_random_weights_are_the_seeds_alone(digits: tuple[NDArray[np.uint8], NDArray[np.int64]]) -> None:
    model = load_model("mlp")
    first, again, other = (randomised(model, seed).logits(digits[0]) for seed in (0, 0, 1))
    np.testing.assert_array_equal(first, again)
    assert not np.allclose(first, other)
    assert not np.allclose(first, model.logits(digits[0]))


def test_what_cannot_be_explained() -> None:
    model = load_model("mlp")
    with pytest.raises(ConfigError, match="no class 10"):
        gradients_map(model, np.zeros((28, 28), np.uint8), 10)
    own = replace(model, header=replace(model.header, architecture={"name": "own", "kind": "Theirs"}))
    with pytest.raises(ModelFileError, match="not part of this project"):
        randomised(own)
