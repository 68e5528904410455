"""Occlusion against what is known of a linear network, and on real digits."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from digit_recognizer.data import Dataset
from digit_recognizer.errors import ConfigError
from digit_recognizer.explaining import occlusion_map
from digit_recognizer.images import Preprocess
from digit_recognizer.models import load_model

pytestmark = pytest.mark.arithmetic

CLASSIC = load_model("classic")


@dataclass
class Linear:
    """A model of two classes whose log odds are a weighted sum of the pixels."""

    weights: NDArray[np.float64]
    header: SimpleNamespace = field(
        default_factory=lambda: SimpleNamespace(class_names=("a", "b"), temperature=1.0, multi_label=False)
    )
    preprocess: Preprocess = field(default_factory=Preprocess)

    def logits(self, images: NDArray[np.uint8]) -> NDArray[np.float64]:
        odds = (images * self.weights).sum((1, 2))
        return np.stack([odds, np.zeros_like(odds)], 1)


@given(st.integers(0, 2**32 - 1), st.integers(1, 6), st.data())
def test_a_linear_networks_heat_is_what_its_weights_say(seed: int, patch: int, data: st.DataObject) -> None:
    stride = data.draw(st.integers(1, patch))
    rng = np.random.default_rng(seed)
    model = Linear(rng.normal(size=(9, 12)))
    image = (rng.integers(0, 256, (9, 12)) * (rng.random((9, 12)) < 0.3)).astype(np.uint8)
    heat = occlusion_map(model, image, 0, patch, stride)  # type: ignore[arg-type]
    part = image * model.weights
    for row, column in ((0, 0), (4, 7), (8, 11)):
        rows = {*range(0, 9 - patch, stride), 9 - patch}
        columns = {*range(0, 12 - patch, stride), 12 - patch}
        over = [
            part[r : r + patch, c : c + patch].sum()
            for r in rows
            for c in columns
            if r <= row < r + patch and c <= column < c + patch
        ]
        assert heat[row, column] == pytest.approx(np.mean(over), abs=1e-6)
    np.testing.assert_allclose(occlusion_map(model, image, 1, patch, stride), -heat, atol=1e-6)  # type: ignore[arg-type]


def test_pixels_far_from_any_ink_say_nothing(mnist: Dataset) -> None:
    image = mnist.split("validation").take(np.arange(1))[0]
    heat = occlusion_map(CLASSIC, image, 3)
    assert heat.shape == (28, 28)
    assert np.isfinite(heat).all()
    assert heat.any()
    assert not heat[:2].any()
    assert not occlusion_map(CLASSIC, np.zeros((28, 28), np.uint8), 3).any()


def test_covering_what_spoke_most_costs_more_than_covering_what_spoke_least(mnist: Dataset) -> None:
    split = mnist.split("validation")
    lost = {"most": 0.0, "least": 0.0}
    for image, label in zip(split.take(np.arange(20)), split.labels[:20], strict=True):
        heat = occlusion_map(CLASSIC, image, int(label))
        inked = image > 0
        order = np.argsort(np.where(inked, heat, np.nan), axis=None)[: inked.sum()]  # NaN comes last
        for name, chosen in (("most", order[-20:]), ("least", order[:20])):
            covered = image.copy()
            covered.flat[chosen] = 0
            before, after = CLASSIC.probabilities(np.stack([image, covered]))[:, label]
            lost[name] += before - after
    assert lost["most"] > lost["least"] + 1


@pytest.mark.parametrize(
    ("label", "patch", "stride"), [(10, 5, 2), (-1, 5, 2), (3, 0, 1), (3, 29, 1), (3, 4, 5), (3, 4, 0)]
)
def test_what_cannot_be_asked(label: int, patch: int, stride: int) -> None:
    with pytest.raises(ConfigError):
        occlusion_map(CLASSIC, np.zeros((28, 28), np.uint8), label, patch, stride)


def test_a_picture_is_covered_with_its_own_mean_and_in_colour() -> None:
    rng = np.random.default_rng(0)
    weights = rng.normal(size=(16, 16, 3))
    image = rng.integers(0, 256, (16, 16, 3)).astype(np.uint8)
    mean = image.mean((0, 1)).round()

    @dataclass
    class InColour(Linear):
        def logits(self, images: NDArray[np.uint8]) -> NDArray[np.float64]:
            odds = (images * self.weights).sum((1, 2, 3))
            return np.stack([odds, np.zeros_like(odds)], 1)

    model = InColour(weights, preprocess=Preprocess(16, 16, form="picture", channels=3))
    heat = occlusion_map(model, image, 0, 1, 1)  # type: ignore[arg-type]
    np.testing.assert_allclose(heat, ((image - mean) * weights).sum(2), atol=1e-6)
    flat = np.full((16, 16, 3), 90, np.uint8)
    assert not occlusion_map(model, flat, 0).any()  # type: ignore[arg-type]


def test_a_patch_grows_with_the_image() -> None:
    model = Linear(np.ones((56, 56)))
    image = np.zeros((56, 56), np.uint8)
    image[30, 30] = 200
    heat = occlusion_map(model, image, 0)  # type: ignore[arg-type]
    assert heat.max() > 0
    assert np.flatnonzero(heat.any(0)).tolist() == list(range(24, 38))  # patches of 10, at every 4, that hold column 30
