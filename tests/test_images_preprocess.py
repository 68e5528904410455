"""The one preparation: bit for bit torchvision's, MNIST untouched, and the same digit whatever paper it stands on."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray
from PIL import Image
from torchvision import transforms

from digit_recognizer.data import ArraySplit, Dataset
from digit_recognizer.errors import ModelFileError
from digit_recognizer.images import Preprocess
from digit_recognizer.images.preprocess import crop
from trials.rerendered import KINDS, rerendered

pytestmark = pytest.mark.arithmetic

Grey = NDArray[np.uint8]
PREPARE = Preprocess()
LEVELS = np.arange(256, dtype=np.uint8).reshape(16, 16)


def found(grey: Grey) -> Grey:
    fitted = PREPARE.fit(grey)
    assert fitted is not None
    return fitted


def torchvision_gives(prepare: Preprocess, grey: Grey) -> NDArray[np.float32]:
    steps = [transforms.ToTensor(), transforms.Normalize((prepare.mean,), (prepare.std,))]
    tensor: torch.Tensor = transforms.Compose(steps)(Image.fromarray(grey))
    return tensor.numpy()


def test_normalise_is_torchvision_bit_for_bit_at_all_levels() -> None:
    ours = PREPARE.normalise(LEVELS[None])
    assert (ours.shape, ours.dtype) == ((1, 1, 16, 16), np.float32)
    assert ours[0].tobytes() == torchvision_gives(PREPARE, LEVELS).tobytes()


@given(mean=st.floats(-1, 2), std=st.floats(0.01, 3))
def test_normalise_is_torchvision_for_any_mean_and_deviation(mean: float, std: float) -> None:
    prepare = Preprocess(mean=mean, std=std)
    assert prepare.normalise(LEVELS[None])[0].tobytes() == torchvision_gives(prepare, LEVELS).tobytes()


def test_mnist_goes_through_unchanged_and_so_does_its_negative(mnist: Dataset) -> None:
    split = mnist.split("validation")
    assert isinstance(split, ArraySplit)
    for image in split.images:
        assert np.array_equal(found(image), image)
        assert np.array_equal(found(255 - image), image)


@pytest.mark.parametrize("kind", KINDS)
def test_any_digit_takes_the_form_of_mnist(kind: str, mnist: Dataset) -> None:
    for picture in rerendered(mnist.split("validation").take(np.arange(0, 5000, 250)), kind):
        fitted = found(picture)
        assert (fitted.shape, fitted.dtype, fitted.max()) == ((28, 28), np.uint8, 255)
        rows, columns = np.flatnonzero(fitted.any(1)), np.flatnonzero(fitted.any(0))
        assert max(np.ptp(rows), np.ptp(columns)) + 1 <= 20
        assert max(crop(fitted).shape) >= 18
        mass = fitted.astype(float)
        for axis, places in ((1, rows), (0, columns)):
            centre = mass.sum(axis) @ np.arange(28) / mass.sum()
            at_the_edge = places[0] == 0 or places[-1] == 27  # a lopsided digit cannot be moved farther
            assert abs(centre - 13.5) <= 0.5 + 1e-9 or at_the_edge


def test_what_is_prepared_stays_as_it_is(mnist: Dataset) -> None:
    for picture in rerendered(mnist.split("validation").take(np.arange(40)), "lined paper"):
        assert np.array_equal(found(found(picture)), found(picture))


@pytest.mark.parametrize("moved", [(4, 0), (0, -3), (3, 3)])
def test_a_digit_of_the_networks_size_at_another_place_is_brought_to_the_middle(
    moved: tuple[int, int], mnist: Dataset
) -> None:
    alike = []
    for image in mnist.split("validation").take(np.arange(40)):
        small = np.roll(np.pad(np.asarray(Image.fromarray(image).resize((20, 20))), 4), moved, (0, 1))
        alike.append(float(np.corrcoef(found(small).ravel(), image.ravel())[0, 1]))
    assert np.mean(alike) > 0.7


@pytest.mark.parametrize("share", [0.03, 0.1])
def test_noise_around_mnists_digits_does_not_move_them(share: float, mnist: Dataset) -> None:
    images = mnist.split("validation").take(np.arange(60))
    noisy = np.where(np.random.default_rng(0).random(images.shape) < share, np.uint8(255), images)
    noisy[:, [0, -1]] = noisy[:, :, [0, -1]] = 0
    assert np.mean([np.array_equal(found(each), each) for each in noisy]) > 0.8


def test_pictures_of_other_things_keep_their_pixels(mnist: Dataset) -> None:
    """A shirt fills its picture; a network that learned from such ones sees them as they are."""
    shirt = np.zeros((28, 28), np.uint8)
    shirt[1:27, 4:25] = np.random.default_rng(0).integers(60, 250, (26, 21))
    others = Preprocess().for_pictures([shirt] * 3)
    assert others.as_is
    aside = np.roll(shirt, 3, 1)
    assert np.array_equal(others.fit(aside), aside)
    digits = Preprocess().for_pictures([*mnist.split("validation").take(np.arange(3)), shirt])
    assert digits.as_is is False
    fitted = digits.fit(aside)
    assert fitted is None or not np.array_equal(fitted, aside)


def test_a_form_that_is_known_is_not_asked_for_pictures() -> None:
    whole = Preprocess(form="picture")
    assert whole.for_pictures(iter([LEVELS])) is whole
    known = Preprocess(as_is=False)
    assert known.for_pictures(iter([LEVELS])) is known


@given(pattern=hnp.arrays(np.uint8, st.tuples(st.just(20), st.integers(2, 20))), times=st.integers(2, 9))
def test_a_picture_taken_larger_is_scaled_the_same(pattern: Grey, times: int) -> None:
    any_stroke = Preprocess(min_stroke=0, max_stroke=20)
    pattern[0, 0] = 255
    larger = np.kron(pattern, np.ones((times, times), np.uint8))
    assert np.array_equal(any_stroke.scale(pattern), any_stroke.scale(larger))


@pytest.mark.parametrize("times", [3, 4, 9])
def test_digits_taken_larger_stay_alike(times: int, mnist: Dataset) -> None:
    apart = [
        np.abs(np.subtract(*(found(np.kron(digit, np.ones((n, n), np.uint8))).astype(int) for n in (2, times)))).mean()
        for digit in mnist.split("validation").take(np.arange(100))
    ]
    assert np.mean(apart) < 8
    assert np.max(apart) < 30


@pytest.mark.parametrize("pen", [1, 2, 3, 30, 36])
def test_strokes_too_thin_or_too_thick_come_near_mnists(pen: int) -> None:
    page = np.full((240, 240), 255, np.uint8)
    for start, end in (((70, 50), (150, 50)), ((150, 50), (110, 190))):
        cv2.line(page, start, end, 0, pen, cv2.LINE_AA)
    fitted = found(page)
    across = fitted[14].sum() / 255  # the stem of a 7, where no other stroke is
    assert PREPARE.min_stroke - 0.6 <= across <= PREPARE.max_stroke + 0.6


@given(shape=st.tuples(st.integers(1, 60), st.integers(1, 60)), paper=st.integers(0, 255))
def test_paper_without_ink_is_blank(shape: tuple[int, int], paper: int) -> None:
    assert PREPARE.fit(np.full(shape, paper, np.uint8)) is None


@given(side=st.integers(8, 60), paper=st.integers(0, 224), seed=st.integers(0, 2**32))
def test_grain_is_no_ink(side: int, paper: int, seed: int) -> None:
    grain = np.random.default_rng(seed).integers(0, 16, (side, side))
    assert PREPARE.fit((paper + grain).astype(np.uint8)) is None


@pytest.mark.parametrize("paper", [0, 255])
def test_two_specks_of_dust_far_apart_are_blank(paper: int) -> None:
    page = np.full((2000, 2000), paper, np.uint8)
    page[10, 10] = page[-10, -10] = 255 - paper
    assert PREPARE.fit(page) is None


@given(grey=hnp.arrays(np.uint8, st.tuples(st.integers(1, 40), st.integers(1, 40))))
def test_any_picture_is_blank_or_of_the_networks_size(grey: Grey) -> None:
    fitted = PREPARE.fit(grey)
    assert fitted is None or (fitted.shape == (28, 28) and fitted.any())


@given(
    made=st.integers(8, 64).flatmap(
        lambda size: st.builds(
            Preprocess,
            size=st.just(size),
            box=st.integers(1, size),
            mean=st.floats(-1, 1),
            std=st.floats(0.1, 2),
            min_contrast=st.integers(1, 255),
            min_stroke=st.floats(0, 3),
            max_stroke=st.floats(3, 20),
            as_is=st.sampled_from([None, True, False]),
        )
    )
)
def test_fields_travel_and_come_back(made: Preprocess) -> None:
    assert Preprocess.from_dict(made.to_dict()) == made


REFUSED: list[dict[str, Any]] = [
    {"size": 7},
    {"size": 1025},
    {"size": 28.5},
    {"box": 0},
    {"box": 29},
    {"box": 20.5},
    {"std": 0},
    {"std": -1.0},
    {"std": float("nan")},
    {"mean": float("inf")},
    {"mean": 10**400},
    {"mean": "0.5"},
    {"min_contrast": None},
    {"min_contrast": 0},
    {"min_stroke": -0.1},
    {"min_stroke": 5.0},
    {"max_stroke": 21},
    {"max_stroke": "3"},
    {"colour": "red"},
    {"as_is": "yes"},
]


@pytest.mark.parametrize("fields", REFUSED, ids=lambda fields: str(fields)[:30])
def test_impossible_fields_are_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(ModelFileError, match=r"its Preprocess has (impossible values|unknown fields)"):
        Preprocess.from_dict({**PREPARE.to_dict(), **fields})


def test_fields_that_older_files_lack_take_their_defaults() -> None:
    older = {"size": 28, "box": 20, "mean": 0.1307, "std": 0.3081, "min_contrast": 32}
    assert Preprocess.from_dict(older) == Preprocess(mean=0.1307, std=0.3081)


def test_what_is_no_list_of_fields_is_refused() -> None:
    with pytest.raises(ModelFileError, match="unknown fields"):
        Preprocess.from_dict(["size"])  # type: ignore[arg-type]
