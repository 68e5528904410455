"""Arrays of many pictures: every accepted shape and range gives the same pictures, alone and in a batch."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from digit_recognizer.errors import DigitRecognizerWarning, ImageError
from digit_recognizer.images import read_picture
from digit_recognizer.images.arrays import InBatch, Refused
from digit_recognizer.images.given import as_list

pytestmark = pytest.mark.arithmetic

Batch = NDArray[np.uint8]
RNG = np.random.default_rng(5)
DIGITS: Batch = RNG.integers(0, 256, (5, 28, 28), np.uint8)
DIGITS[:, 0, :2] = 0, 255


def shaped(*shape: int) -> Callable[[Batch], Any]:
    return lambda batch: batch.reshape(len(batch), *shape)


SHAPES: dict[str, Callable[[Batch], Any]] = {
    "rows": shaped(784),
    "planes": shaped(28, 28),
    "channels last": shaped(28, 28, 1),
    "channels first": shaped(1, 28, 28),
    "rows with a channel": shaped(784, 1),
    "rows of a channel": shaped(1, 784),
    "rows of a row": shaped(1, 1, 784),
    "colour last": lambda batch: np.repeat(batch[..., None], 3, axis=3),
    "colour first": lambda batch: np.repeat(batch[:, None], 3, axis=1),
    "list of planes": list,
    "list of rows": lambda batch: list(batch.reshape(-1, 784)),
    "list of vectors": lambda batch: [each.reshape(1, 784) for each in batch],
    "list of batches of one": lambda batch: [each[None, None] for each in batch],
    "tuple": tuple,
    "array of objects": lambda batch: np.array([*batch, None], object)[:-1],
    "numbers": lambda batch: batch.tolist(),
    "numbers in rows": lambda batch: batch.reshape(-1, 784).tolist(),
    "pandas": lambda batch: pd.DataFrame(batch.reshape(-1, 784)),
    "pandas with absent cells": lambda batch: pd.DataFrame(batch.reshape(-1, 784)).convert_dtypes(),
    "tensor": torch.from_numpy,
    "list of tensors": lambda batch: list(torch.from_numpy(batch)),
    "tensors of a set": lambda batch: [torch.from_numpy(each)[None] for each in batch],
    "iterator": iter,
}
RANGES: dict[str, Callable[[Batch], Any]] = {
    "bytes": lambda batch: batch,
    "whole numbers": lambda batch: batch.astype(np.int64),
    "floats to 255": lambda batch: batch.astype(np.float32),
    "floats to 1": lambda batch: (batch / 255).astype(np.float32),
    "floats from -1": lambda batch: batch / 127.5 - 1,
    "sixteen bits": lambda batch: batch.astype(np.uint16) * 257,
}


def read(pictures: Any, channels: int = 1) -> list[NDArray[np.uint8]]:
    return [read_picture(each, channels=channels) for each in as_list(pictures, channels)]


@pytest.mark.parametrize("values", RANGES.values(), ids=RANGES)
@pytest.mark.parametrize("form", SHAPES.values(), ids=SHAPES)
def test_every_form_of_a_batch_is_the_same_pictures(
    form: Callable[[Batch], Any], values: Callable[[Batch], Any]
) -> None:
    assert np.array_equal(read(form(values(DIGITS))), DIGITS)
    assert np.array_equal(read(form(values(DIGITS[:1]))), DIGITS[:1])


@pytest.mark.parametrize("shape", [(784,), (28, 28), (28, 28, 1), (1, 28, 28), (784, 1), (1, 1, 28, 28), (1, 784)])
def test_every_shape_of_one_picture_is_one(shape: tuple[int, ...]) -> None:
    one = DIGITS[3]
    for form in (one.reshape(shape), one.reshape(shape).tolist(), torch.from_numpy(one).reshape(shape)):
        assert np.array_equal(read(form), [one])
        assert np.array_equal(read([form, form]), [one, one])


def test_a_series_of_pandas_is_one_picture_or_a_list_of_names() -> None:
    assert np.array_equal(read(pd.Series(DIGITS[0].ravel())), DIGITS[:1])
    assert as_list(pd.Series(["a.png", "b.png"])) == ["a.png", "b.png"]
    assert as_list(np.array(["a.png", "b.png"])) == ["a.png", "b.png"]


def test_a_table_with_its_labels_is_refused() -> None:
    table = pd.DataFrame(np.column_stack([np.arange(5), DIGITS.reshape(-1, 784)]))
    (refused,) = as_list(table)
    with pytest.raises(ImageError, match=r"is a table of 785 columns.*Leave out the columns that are not pixels"):
        read_picture(refused)


@given(number=st.integers(0, 4), peak=st.integers(1, 60), kind=st.sampled_from([*RANGES]))
def test_a_dark_picture_is_read_in_the_range_of_its_batch(number: int, peak: int, kind: str) -> None:
    dark = DIGITS.copy()
    dark[number] = np.minimum(DIGITS[number], peak)
    for form in (SHAPES["planes"], SHAPES["list of planes"], SHAPES["numbers"]):
        assert np.array_equal(read(form(RANGES[kind](dark))), dark)


def test_a_mask_is_one_only_where_the_whole_batch_is() -> None:
    batch = (DIGITS > 127).astype(np.uint8)
    assert np.array_equal(read(batch), batch * 255)
    batch[0, 3, 3] = 2
    assert np.array_equal(read(batch), batch)


def test_pictures_of_several_ranges_in_a_list_keep_their_own_where_that_is_sure() -> None:
    mixed = [DIGITS[0] / 255, DIGITS[1].astype(np.float64), DIGITS[2]]
    assert np.array_equal(read(mixed), DIGITS[:3])


def test_a_picture_that_cannot_be_read_spoils_no_other() -> None:
    several = [DIGITS[0] / 255, np.full((28, 28), 300.0), np.full((28, 28), np.nan), np.zeros((5, 784)), None]
    first, *others = as_list(several)
    assert np.array_equal(read_picture(first), DIGITS[0])
    causes = ("holds values from 300 to 300. Its batch", "holds NaN", "is 5 pictures. Give such", "is not a picture")
    for other, cause in zip(others, causes, strict=True):
        with pytest.raises(ImageError, match=cause):
            read_picture(other)


def test_what_filters_overshoot_is_cut() -> None:
    smooth = DIGITS / 255
    smooth[0, 0, :2] = -0.02, 1.03
    assert np.array_equal(read(smooth), DIGITS)
    assert np.array_equal(read(smooth[0]), DIGITS[:1])


def test_scikit_learns_digits_end_at_sixteen() -> None:
    small = RNG.integers(0, 17, (5, 8, 8))
    small[0, 0, 0] = 16
    expected = np.rint(small * 255 / 16)
    for form in (small, small.astype(np.float64), list(small), small.astype(np.uint8)):
        assert np.array_equal(read(form), expected)
    assert np.array_equal(read(small[0].ravel()), expected[:1])
    assert np.array_equal(read(pd.DataFrame(small.reshape(5, 64))), expected)


@pytest.mark.parametrize(("most", "depth"), [(1000, 10), (4095, 12), (16_000, 14), (65_535, 16)])
def test_levels_of_more_bits_are_read_as_those_of_a_file(most: int, depth: int) -> None:
    batch = np.arange(5 * 784).reshape(5, 28, 28) % (most + 1)
    batch[0, 0, 0] = most
    several = batch.astype(np.uint16)
    for form, bits in (("digit", 16), ("picture", depth)):
        with pytest.warns(DigitRecognizerWarning) if depth < 16 else nullcontext():
            pictures = as_list(several, 1, form)
        found = [read_picture(each, form=form) for each in pictures]
        assert np.array_equal(found, np.rint(batch * (255 / (2**bits - 1))))
        with pytest.warns(DigitRecognizerWarning) if depth < 16 else nullcontext():
            (alone,) = as_list(several[0], 1, form)
        assert np.array_equal(read_picture(alone, form=form), found[0])


def test_colour_is_kept_for_a_network_that_sees_it() -> None:
    colours = RNG.integers(0, 256, (5, 28, 28, 3), np.uint8)
    for form in (colours, colours.transpose(0, 3, 1, 2), list(colours), list(colours.transpose(0, 3, 1, 2))):
        assert np.array_equal(read(form, 3), colours)
    assert np.array_equal(read(colours[0].transpose(2, 0, 1), 3), colours[:1])
    grey = read(colours)
    assert np.array_equal(read(colours.transpose(0, 3, 1, 2)), grey)


def test_an_array_of_many_is_not_copied() -> None:
    batch = np.zeros((1000, 784), np.float32)
    views = as_list(batch)
    assert len(views) == 1000
    assert all(isinstance(each, InBatch) and each.array.base is not None for each in views)
    assert isinstance(as_list(np.zeros((3, 784)).T)[0], Refused)


def test_masked_values_are_refused_and_never_read() -> None:
    masked = np.ma.masked_array(np.zeros((2, 28, 28), np.uint8), mask=True)
    for several in (masked, [masked[0]]):
        with pytest.raises(ImageError, match=r"masked values. Fill them first: array.filled\(0\)"):
            read_picture(as_list(several)[0])
    assert len(as_list(np.ma.masked_array(masked.data))) == 2


@pytest.mark.parametrize(("values", "said"), [(4096, "2 pictures of 64 x 64"), (3 * 4096, "64 x 64 in colour")])
def test_rows_of_larger_pictures_are_not_one_wide_picture(values: int, said: str) -> None:
    with pytest.raises(ImageError, match=said):
        read_picture(as_list(np.zeros((2, values), np.uint8))[0])


def test_a_list_of_rows_that_may_be_pictures_is_refused() -> None:
    rows = [np.zeros(256, np.uint8)] * 100
    with pytest.raises(ImageError, match=r"as pictures of 16 x 16 give an array of the shape \(100, 16, 16\)"):
        read_picture(as_list(rows)[0])
    assert len(as_list([np.zeros(784)] * 3)) == 3
    assert len(as_list([np.zeros(100)] * 100)) == 1  # the rows of one picture


def test_floats_that_numpy_lacks_are_read() -> None:
    ml_dtypes = pytest.importorskip("ml_dtypes")
    image = np.linspace(0, 1, 784).reshape(28, 28)
    found = read_picture(image.astype(ml_dtypes.bfloat16))
    assert abs(found.astype(int) - read_picture(image)).max() <= 1
