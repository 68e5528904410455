"""The one preparation: bit for bit torchvision's, MNIST untouched, and the same digit whatever paper it stands on."""

from __future__ import annotations

from typing import Any

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

pytestmark = pytest.mark.arithmetic

Grey = NDArray[np.uint8]
PREPARE = Preprocess()
LEVELS = np.arange(256, dtype=np.uint8).reshape(16, 16)


@st.composite
def drawings(draw: st.DrawFn, low: int = 1, high: int = 90) -> tuple[Grey, int]:
    """A few strokes, all darker or all lighter than their even paper, away from the edge; and the paper's level."""
    height, width = draw(st.integers(low, high)), draw(st.integers(low, high))
    paper, depth = draw(st.integers(0, 255)), draw(st.integers(40, 127))
    sign = -1 if paper >= 128 else 1
    digit = np.full((height, width), paper, np.uint8)
    for _ in range(draw(st.integers(1, 4))):
        top, left = draw(st.integers(0, height - 1)), draw(st.integers(0, width - 1))
        bottom, right = draw(st.integers(top, height - 1)), draw(st.integers(left, width - 1))
        digit[top : bottom + 1, left : right + 1] = paper + sign * depth
    return np.pad(digit, draw(st.integers(15, 40)), constant_values=paper), paper


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


@given(drawing=drawings())
def test_any_drawing_takes_the_form_of_mnist(drawing: tuple[Grey, int]) -> None:
    fitted = found(drawing[0])
    assert (fitted.shape, fitted.dtype, fitted.max()) == ((28, 28), np.uint8, 255)
    rows, columns = np.flatnonzero(fitted.any(1)), np.flatnonzero(fitted.any(0))
    sides = (np.ptp(rows) + 1, np.ptp(columns) + 1)
    assert max(sides) <= 20
    mass = fitted.astype(float)
    for axis, places in ((1, rows), (0, columns)):
        centre = mass.sum(axis) @ np.arange(28) / mass.sum()
        at_the_edge = places[0] == 0 or places[-1] == 27  # a lopsided digit cannot be moved farther
        assert abs(centre - 13.5) <= 0.5 + 1e-9 or at_the_edge


@given(drawing=drawings(low=20))
def test_the_longer_side_fills_the_box(drawing: tuple[Grey, int]) -> None:
    digit = PREPARE.scale(crop(drawing_ink(drawing[0])))
    assert max(digit.shape) == 20


def drawing_ink(grey: Grey) -> Grey:
    ink = PREPARE.find_ink(grey)
    assert ink is not None
    return ink


@given(drawing=drawings())
def test_a_negative_gives_the_same(drawing: tuple[Grey, int]) -> None:
    assert np.array_equal(found(drawing[0]), found(255 - drawing[0]))


@given(drawing=drawings(), margins=st.tuples(*[st.integers(0, 50)] * 4))
def test_more_paper_gives_the_same(drawing: tuple[Grey, int], margins: tuple[int, int, int, int]) -> None:
    grey, paper = drawing
    wider = np.pad(grey, (margins[:2], margins[2:]), constant_values=paper)
    assert np.array_equal(found(grey), found(wider))


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
    page[40:200, 40 : 40 + pen] = page[200 - pen : 200, 40:140] = 0
    fitted = found(page)
    across = fitted[12].sum() / 255  # the upright stroke of an L, where no other is
    assert PREPARE.min_stroke - 0.6 <= across <= PREPARE.max_stroke + 0.6


@given(shape=st.tuples(st.integers(1, 60), st.integers(1, 60)), paper=st.integers(0, 224), data=st.data())
def test_paper_without_ink_is_blank(shape: tuple[int, int], paper: int, data: st.DataObject) -> None:
    faint = data.draw(hnp.arrays(np.uint8, shape, elements=st.integers(paper, paper + 15)))
    assert PREPARE.fit(faint) is None


@given(side=st.integers(8, 60), paper=st.integers(0, 224), seed=st.integers(0, 2**32))
def test_grain_is_no_ink(side: int, paper: int, seed: int) -> None:
    grain = np.random.default_rng(seed).integers(0, 32, (side, side))
    assert PREPARE.fit((paper + grain).astype(np.uint8)) is None


@given(paper=st.integers(40, 255), contrast=st.integers(20, 31), seed=st.integers(0, 2**32))
def test_pale_ink_on_smooth_paper_is_ink(paper: int, contrast: int, seed: int) -> None:
    """As of a hard pencil, under light that falls off to one side."""
    page = np.linspace(paper, paper - 20, 60)[None].repeat(60, 0)
    page[10:50, 27:33] -= contrast
    page += np.random.default_rng(seed).normal(0, 0.5, page.shape)
    fitted = PREPARE.fit(np.clip(page, 0, 255).astype(np.uint8))
    assert fitted is not None
    assert fitted[4:24].max(1).min() > 200
    assert not fitted[:, :9].any()


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
