"""The width of strokes is what was drawn; strokes too thin or too thick get the nearer width, others stay."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray
from scipy import ndimage

from digit_recognizer.images.strokes import stroke_width, thinned, with_strokes

pytestmark = pytest.mark.arithmetic

EVERYWHERE = np.ones((3, 3))
blots = hnp.arrays(np.uint8, st.tuples(st.integers(1, 24), st.integers(1, 24)), elements=st.integers(0, 1))


def bar(width: int, length: int = 60) -> NDArray[np.uint8]:
    """An upright stroke."""
    return np.pad(np.ones((length, width), np.uint8), 12)


@given(ink=blots)
def test_thinning_takes_away_alone_and_ends(ink: NDArray[np.uint8]) -> None:
    line = thinned(np.pad(ink, 1))
    assert (line <= np.pad(ink, 1)).all()
    assert np.array_equal(thinned(line), line)


@given(ink=blots)
def test_thinning_never_joins_and_never_cuts(ink: NDArray[np.uint8]) -> None:
    smooth = ndimage.binary_opening(np.pad(ink, 1), np.ones((3, 3))).astype(np.uint8)
    assert ndimage.label(thinned(smooth), EVERYWHERE)[1] == ndimage.label(smooth, EVERYWHERE)[1]


@pytest.mark.parametrize("width", range(1, 16))
def test_the_width_of_a_bar_is_its_width(width: int) -> None:
    for ink in (bar(width), bar(width).T):
        assert stroke_width(ink) == pytest.approx(width, abs=1)


def test_a_ring_is_as_wide_as_its_rim() -> None:
    rows, columns = np.mgrid[-40:41, -40:41]
    away = np.hypot(rows, columns)
    assert stroke_width(((away >= 20) & (away <= 29)).astype(np.uint8)) == pytest.approx(9.5, abs=1)


def test_no_ink_has_no_width() -> None:
    assert stroke_width(np.zeros((5, 5), np.uint8)) is None
    nothing = np.zeros((5, 5), np.float32)
    assert with_strokes(nothing, 3, 5) is nothing


@given(width=st.integers(2, 20), low=st.integers(2, 20), more=st.integers(0, 9))
def test_strokes_get_the_nearer_width_or_stay(width: int, low: int, more: int) -> None:
    digit = bar(width).astype(np.float32)
    made = with_strokes(digit, low, low + more)
    if made is digit:
        assert low - 1 <= width <= low + more + 1
        return
    assert ((made >= 0) & (made <= 1)).all()
    across = made[made.shape[0] // 2].sum()  # soft edges count as much as they cover
    assert across == pytest.approx(np.clip(width, low, low + more), abs=1.01)


def test_a_hairline_goes_on_joining_strokes_that_are_widened() -> None:
    printed = np.zeros((80, 40), np.float32)
    printed[10:70, 8:12] = printed[10:70, 28:32] = 1
    printed[40, 12:28] = 0.4  # a hairline, whose ink was averaged with paper
    widened = with_strokes(printed, 8, 14)
    assert ndimage.label(widened > 0.25, EVERYWHERE)[1] == 1
