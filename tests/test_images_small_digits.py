"""Small digits: prepared by their greys, a blurred hole stays one; else as any picture is."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from digit_recognizer.images import Preprocess
from digit_recognizer.images.small_digits import for_small_digits

pytestmark = pytest.mark.arithmetic


def blurred_ring(sigma: float) -> np.ndarray[tuple[int, int], np.dtype[np.uint8]]:
    """A dark ring on white paper, as high as a digit in a small photo, out of focus, enlarged as a cell is."""
    fine = np.full((180, 120), 255, np.uint8)
    cv2.ellipse(fine, (60, 90), (22, 38), 0, 0, 360, 0, 18)
    small = cv2.resize(cv2.GaussianBlur(fine, (0, 0), sigma), (24, 36), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.resize(small, (96, 144), interpolation=cv2.INTER_CUBIC), np.uint8)


def test_the_hole_of_a_blurred_digit_stays() -> None:
    """Where mending strokes takes it for ink and then wears all down."""
    picture = blurred_ring(sigma=12)
    mended, small = (each.fit_ink(255 - picture) for each in (Preprocess(), for_small_digits(Preprocess())))
    across = small[14].astype(int)
    hole = across[12:16].min()
    assert across[:14].max() - hole > 40
    assert across[14:].max() - hole > 40
    assert mended[14, 12:16].min() > 250


@given(pen=st.integers(24, 32), size=st.sampled_from([28, 40]), std=st.floats(0.3, 1.0))
def test_a_digit_whose_strokes_need_no_mending_is_prepared_as_any_is(pen: int, size: int, std: float) -> None:
    page = np.full((300, 240), 240, np.uint8)
    cv2.ellipse(page, (120, 150), (60, 90), 0, 0, 360, 20, pen)
    usual = Preprocess(size=size, std=std)
    small = for_small_digits(usual)
    prepared = usual.fit_ink(240 - page)
    assert np.array_equal(small.fit_ink(240 - page), prepared)
    assert np.array_equal(small.normalise(prepared[None]), usual.normalise(prepared[None]))


def test_it_is_a_form_that_any_recognizer_takes_as_it_is() -> None:
    form = for_small_digits(Preprocess()).fit_ink(255 - blurred_ring(sigma=8))
    assert np.array_equal(Preprocess().fit(form), form)
