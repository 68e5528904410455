"""What pictures of a set look like together: their own are like it, other ways up and negatives are not."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from digit_recognizer import Recognizer
from digit_recognizer.evaluation.typical import SIDE, Typical, centred, coarse, fit_typical
from digit_recognizer.images import Preprocess
from digit_recognizer.models import load_model
from tiny import shifted_seed

pytestmark = pytest.mark.arithmetic


def films(n: int, seed: int = 0, size: int = 28) -> np.ndarray:
    """Pictures (n, size, size) of one light patch high on the left, in grain."""
    draw = np.random.default_rng(seed)
    rows, columns = np.mgrid[0:size, 0:size] / size
    patch = 150 * np.exp(-((rows - 0.3) ** 2 + (columns - 0.35) ** 2) / 0.05)
    return np.clip(patch + draw.normal(60, 15, (n, size, size)), 0, 255).astype(np.uint8)


@pytest.mark.parametrize("size", [28, 64])
def test_own_pictures_are_like_it_and_turned_or_negative_ones_are_not(size: int) -> None:
    typical = fit_typical([films(200, 1, size)])
    assert typical is not None
    own = films(200, 2, size)
    assert np.mean([typical.is_like(each) for each in own]) > 0.97
    for other in (own[:, ::-1], 255 - own, np.rot90(own, 1, (1, 2))):
        assert not any(typical.is_like(each) for each in other)


def test_colour_is_compared_by_its_greys() -> None:
    typical = fit_typical([films(100)])
    assert typical is not None
    grey = films(5, 3)
    assert [typical.is_like(each) for each in np.stack([grey] * 3, -1)] == [typical.is_like(each) for each in grey]


@given(st.integers(2, 40), st.integers(0, 2**32 - 1))
def test_products_are_pearsons_correlations(n: int, seed: int) -> None:
    images = np.random.default_rng(seed).integers(0, 256, (n, SIDE, SIDE)).astype(np.uint8)
    found = coarse(images) @ coarse(images).T
    np.testing.assert_allclose(found, np.corrcoef(images.reshape(n, -1).astype(float)), atol=1e-12)


@given(st.integers(100, 300), st.integers(0, 2**32 - 1))
def test_a_new_picture_of_the_kind_is_refused_as_seldom_as_is_said(n: int, seed: int) -> None:
    """The least of n likenesses to the others: of n + 1 drawn alike each is as likely the least."""
    images = films(n, seed)
    typical = fit_typical([images[:7], images[7:]])
    assert typical is not None
    refused = np.mean([not typical.is_like(each) for each in films(60, seed + 1)])
    assert refused <= 0.25


def test_a_picture_is_compared_with_the_mean_of_the_others() -> None:
    """Where pictures are alike nowhere, each is like a mean in which it stands itself, as no new one is."""
    noise = np.random.default_rng(shifted_seed(0)).integers(0, 256, (220, 28, 28)).astype(np.uint8)
    typical = fit_typical([noise[:20]])
    assert typical is not None
    assert np.mean([typical.is_like(each) for each in noise[20:]]) > 0.8


def test_few_pictures_tell_nothing() -> None:
    assert fit_typical([films(18)]) is None
    assert fit_typical([films(19)]) is not None


def test_a_picture_without_contrast_is_like_no_film_and_all_is_like_what_is_alike_nowhere() -> None:
    typical = fit_typical([films(100)])
    assert typical is not None
    assert not typical.is_like(np.full((28, 28), 90, np.uint8))
    noise = fit_typical([np.random.default_rng(shifted_seed(0)).integers(0, 256, (300, 28, 28)).astype(np.uint8)])
    assert noise is not None
    assert abs(noise.least) < 0.5
    assert not centred(np.full((1, 4), 7.0)).any()


def test_it_travels_as_text_and_what_is_damaged_is_refused() -> None:
    typical = fit_typical([films(50)])
    assert typical is not None
    assert Typical.from_dict(json.loads(json.dumps(typical.to_dict()))) == typical
    for damage in ({"mean": [1, 2]}, {"least": 2.0}, {"least": float("nan")}):
        with pytest.raises(ValueError, match="its mean picture"):
            Typical.from_dict(typical.to_dict() | damage)


def test_a_recognizer_says_so() -> None:
    model = load_model("classic")
    recognizer = Recognizer(replace(model, header=replace(model.header, preprocess=Preprocess(form="picture"))))
    own = films(3, 2)
    assert recognizer.typical is None  # a digit may stand anywhere
    recognizer.typical = fit_typical([films(100)])
    recognizer.ood_limit = np.inf
    told = recognizer.predict([*own, *own[:, ::-1]])
    assert [each.status for each in told[3:]] == ["unfamiliar"] * 3
    assert {each.reason for each in told[3:]} == {"its brightness pattern differs from the training images"}
    assert "unfamiliar" not in [each.status for each in told[:3]]
