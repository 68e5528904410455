"""Re-rendered digits: each by its own draws, in the form that its kind says, and still the digit."""

from __future__ import annotations

import numpy as np
import pytest

from digit_recognizer.data import Dataset
from digit_recognizer.errors import ConfigError, DataError
from digit_recognizer.images import Preprocess
from digit_recognizer.models import load_model
from trials.rerendered import KINDS, Images, rerendered

pytestmark = pytest.mark.arithmetic

kinds = pytest.mark.parametrize("kind", KINDS)
SIZES = {"coarse 8": (8, 8), "coarse 16": (16, 16), "binary": (40, 40)}
PHOTOS = ("uneven light", "lined paper", "squared paper")


@pytest.fixture(scope="module")
def digits(mnist: Dataset) -> Images:
    return mnist.split("validation").take(np.arange(60))


@kinds
def test_what_befalls_a_digit_depends_on_its_number_alone(kind: str, digits: Images) -> None:
    whole = rerendered(digits[:6], kind, seed=3)
    assert np.array_equal(rerendered(digits[[4, 1]], kind, seed=3, indices=[4, 1]), whole[[4, 1]])
    assert np.array_equal(rerendered(digits[:6], kind, seed=3), whole)
    assert not np.array_equal(rerendered(digits[:6], kind, seed=4), whole)


@kinds
def test_the_form_is_the_kinds(kind: str, digits: Images) -> None:
    made = rerendered(digits[:8], kind)
    assert made.dtype == np.uint8
    assert len(made) == 8
    assert made.shape[1:] == SIZES.get(kind, made.shape[1:])
    assert (kind == "binary") == (set(np.unique(made)) == {0, 255})
    dark_ink = np.median(made) > made.mean()
    assert dark_ink == (kind in PHOTOS) or kind in SIZES


@kinds
def test_most_stay_what_they_are(kind: str, digits: Images, mnist: Dataset) -> None:
    pictures = Preprocess().fit_all(rerendered(digits, kind))
    read = load_model("cnn").probabilities(pictures).argmax(1)
    assert (read == mnist.split("validation").labels[:60]).mean() > 0.8


@kinds
def test_none_are_rerendered_and_a_blank_one_is_refused(kind: str) -> None:
    assert len(rerendered(np.zeros((0, 28, 28), np.uint8), kind)) == 0
    with pytest.raises(DataError, match="holds no ink"):
        rerendered(np.zeros((1, 28, 28), np.uint8), kind)


def test_an_unknown_kind_is_told() -> None:
    with pytest.raises(ConfigError, match=r"'coarse' is unknown.*coarse 8"):
        rerendered(np.zeros((0, 28, 28), np.uint8), "coarse")
