"""Arrays and tensors of every accepted shape and range give the picture they stand for; all others are refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from digit_recognizer.errors import ImageError
from digit_recognizer.images import Preprocess, read_picture
from digit_recognizer.images.arrays import InBatch
from digit_recognizer.images.given import as_list

pytestmark = pytest.mark.arithmetic

sides = st.integers(2, 12)
# Of zeros and ones alone it would be a mask, and its ones white.
greys = hnp.arrays(np.uint8, st.tuples(sides, sides)).filter(lambda grey: grey.max() != 1)
# Black and white are there, so that no range could be taken for another.
full_range = greys.map(lambda grey: np.pad(grey, ((1, 0), (0, 0)), constant_values=0)).map(
    lambda grey: np.pad(grey, ((0, 1), (0, 0)), constant_values=255)
)


@given(grey=full_range, dtype=st.sampled_from([np.uint8, np.int32, np.int64, np.float32, np.float64]))
def test_levels_of_any_type_are_kept(grey: NDArray[np.uint8], dtype: Any) -> None:
    assert np.array_equal(read_picture(grey.astype(dtype)), grey)


@given(grey=full_range, dtype=st.sampled_from([np.float32, np.float64]))
def test_shares_of_one_are_levels(grey: NDArray[np.uint8], dtype: Any) -> None:
    assert np.array_equal(read_picture(grey.astype(dtype) / dtype(255)), grey)


@given(grey=full_range)
def test_what_the_classic_normalisation_left_is_read_back(grey: NDArray[np.uint8]) -> None:
    assert np.array_equal(read_picture(Preprocess().normalise(grey[None])[0]), grey)


@given(grey=full_range)
def test_sixteen_bits_become_eight(grey: NDArray[np.uint8]) -> None:
    assert np.array_equal(read_picture(grey.astype(np.uint16) * 257), grey)


@given(grey=greys)
def test_every_shape_gives_the_same_picture(grey: NDArray[np.uint8]) -> None:
    opaque = np.dstack([grey, grey, grey, np.full_like(grey, 255)])
    for same in (grey[None], np.dstack([grey] * 3), opaque, torch.from_numpy(grey), torch.from_numpy(grey)[None]):
        assert np.array_equal(read_picture(same), grey)


@given(grey=hnp.arrays(np.uint8, (28, 28)))
def test_784_values_are_28_rows(grey: NDArray[np.uint8]) -> None:
    assert np.array_equal(read_picture(grey.ravel()), grey)


@given(rgba=hnp.arrays(np.uint8, (3, 4, 4)))
def test_transparency_lies_on_white(rgba: NDArray[np.uint8]) -> None:
    luma = rgba[..., :3] @ np.array([0.299, 0.587, 0.114])
    share = rgba[..., 3] / 255
    assert np.abs(read_picture(rgba) - (luma * share + 255 * (1 - share))).max() <= 0.5 + 1e-9


def test_truth_values_are_black_and_white() -> None:
    assert read_picture(np.eye(3, dtype=bool)).tolist() == (np.eye(3) * 255).tolist()


@pytest.mark.parametrize("kind", [torch.float16, torch.bfloat16, torch.float64, torch.uint8, torch.bool])
def test_tensors_of_any_type_are_read(kind: torch.dtype) -> None:
    tensor = (torch.eye(4) * (255 if kind == torch.uint8 else 1)).to(kind)
    assert read_picture(tensor).tolist() == (np.eye(4) * 255).tolist()


def test_a_tensor_with_a_gradient_is_read() -> None:
    assert read_picture(torch.eye(4, requires_grad=True)).tolist() == (np.eye(4) * 255).tolist()


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_no_number_is_no_level(value: float, dtype: Any) -> None:
    array = np.zeros((28, 28), dtype)
    array[3, 4] = value
    with pytest.raises(ImageError, match="the array: holds NaN or infinite values"):
        read_picture(array)


@pytest.mark.parametrize(
    "array", [np.array([-1, 255]), np.array([0, 65_536]), np.array([-0.1, 1.5]), np.array([0, 255.5])]
)
def test_levels_out_of_range_are_refused(array: NDArray[Any]) -> None:
    with pytest.raises(ImageError, match=r"holds values from .* must lie in 0\.\."):
        read_picture(np.resize(array, (28, 28)))


@pytest.mark.parametrize(
    "shape", [(), (5,), (783,), (2, 28, 28), (28, 28, 2), (28, 28, 5), (2, 5, 28, 28), (2, 2, 1, 28, 28)]
)
def test_other_shapes_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ImageError, match=r"has shape .*One picture has shape"):
        read_picture(np.zeros(shape, np.uint8))


@pytest.mark.parametrize(
    ("shape", "one", "many"),
    [
        ((3, 28, 28), (1, 3, 28, 28), (3, 1, 28, 28)),
        ((4, 28, 28), (1, 4, 28, 28), (4, 1, 28, 28)),
        ((784, 784), (1, 784, 784), (784, 28, 28)),
        ((1797, 64), (1, 1797, 64), (1797, 8, 8)),
        ((10, 256), (1, 10, 256), (10, 16, 16)),
        ((50, 785), (1, 50, 785), (50, 784)),
        ((5, 2352), (1, 5, 2352), (5, 3, 28, 28)),
        ((784, 3), (1, 784, 3), (3, 784)),
        ((28, 28, 100), (100, 28, 28), (28, 1, 28, 100)),
    ],
)
def test_a_shape_of_two_readings_is_refused_and_its_advice_works(
    shape: tuple[int, ...], one: tuple[int, ...], many: tuple[int, ...]
) -> None:
    array = np.zeros(shape, np.uint8)
    (refused,) = as_list(array)
    with pytest.raises(ImageError, match=r"x: has shape .* can be read in two ways") as caught:
        read_picture(refused, source="x")
    for way in (one, many):
        assert str(way) in str(caught.value)
        pictures = as_list(np.zeros(way, np.uint8))
        assert len(pictures) == (1 if way[0] == 1 else way[0])
        assert all(isinstance(each, InBatch) for each in pictures)


@pytest.mark.parametrize("shape", [(0, 28), (28, 0), (0,), (1, 0, 0), (0, 0, 3)])
def test_no_pixels_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ImageError, match="holds no pixels"):
        read_picture(np.zeros(shape, np.uint8))


def test_too_many_values_are_refused_before_they_are_copied() -> None:
    endless = np.broadcast_to(np.uint8(0), (100_000, 100_000))  # one byte of memory
    with pytest.raises(ImageError, match="more than are decoded"):
        read_picture(endless)


@pytest.mark.parametrize("thing", [np.zeros((4, 4), complex), np.full((4, 4), "a"), np.full((4, 4), None, object)])
def test_other_types_are_refused(thing: Any) -> None:
    with pytest.raises(ImageError, match="has type"):
        read_picture(thing)


@pytest.mark.parametrize("thing", [None, 5, b"bytes", [[0, 1]], torch.empty(4, 4, device="meta")])
def test_what_is_no_picture_at_all_is_refused(thing: Any) -> None:
    with pytest.raises(ImageError):
        read_picture(thing)
