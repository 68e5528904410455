"""Smooth paper is found below a digit whatever the light, and nothing else is taken for it."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from digit_recognizer.data import Dataset
from digit_recognizer.images.ink import find_ink
from digit_recognizer.images.surface import LEAST, Surface, is_darker, smooth_paper, through_edge

pytestmark = pytest.mark.arithmetic

Grey = NDArray[np.uint8]
SIDE = 72
slopes = st.floats(-25, 25)


def light(down: float, across: float, bend: float) -> NDArray[np.float64]:
    """The levels of paper (SIDE, SIDE) under a lamp."""
    rows, columns = np.mgrid[-1 : 1 : SIDE * 1j, -1 : 1 : SIDE * 1j]
    return np.asarray(130 + down * rows + across * columns + bend * (rows**2 + columns**2) / 2, np.float64)


def paper_of(page: NDArray[np.float64]) -> tuple[Surface | None, bool]:
    """The smooth paper of a page, if any, and whether ink is darker."""
    picture = np.asarray(page, np.float32)
    through = through_edge(picture)
    dark = is_darker(picture - through)
    return smooth_paper(picture, through, dark=dark), dark


def four(hairline: float) -> NDArray[np.float64]:
    """The share of each pixel that is inked: the stem of a printed 4 wholly, its other strokes by a share."""
    strokes = np.zeros((SIDE, SIDE))
    cv2.line(strokes, (44, 12), (14, 44), hairline, 3)
    cv2.line(strokes, (14, 44), (56, 44), hairline, 3)
    cv2.line(strokes, (44, 12), (44, 58), 1.0, 8)
    return np.asarray(cv2.GaussianBlur(strokes, (0, 0), 1.0))


@given(down=slopes, across=slopes, bend=slopes, contrast=st.sampled_from([-90, 90]))
def test_the_paper_below_a_digit_is_what_it_was_without(down: float, across: float, bend: float, contrast: int) -> None:
    paper = light(down, across, bend)
    found, dark = paper_of(paper + contrast * four(0.4))
    assert found is not None
    assert dark == (contrast < 0)
    assert np.abs(found - paper).max() < 3


@given(down=slopes, across=slopes)
def test_hairlines_under_a_lamp_are_ink(down: float, across: float) -> None:
    """A third as dark as the stem: they are all that tells this 4 from a 1."""
    page = light(15 + abs(down), across, 0) - 60 * four(0.4)
    found = find_ink(np.asarray(np.rint(page), np.uint8))
    assert found is not None
    assert found[28, 28:31].max() > 40
    assert found[44, 22:36].min() > 40


@given(place=st.floats(-0.6, 0.6), turn=st.floats(0, np.pi), drop=st.integers(60, 90))
def test_a_shadow_across_is_no_smooth_paper(place: float, turn: float, drop: int) -> None:
    rows, columns = np.mgrid[-1 : 1 : SIDE * 1j, -1 : 1 : SIDE * 1j]
    shaded = rows * np.sin(turn) + columns * np.cos(turn) > place
    page = light(5, 5, 0) - drop * shaded - 60 * four(1)
    assert paper_of(page)[0] is None


def test_mnist_under_a_lamp_is_found_as_it_is(mnist: Dataset) -> None:
    for image in mnist.split("validation").take(np.arange(40)):
        strokes = np.zeros((SIDE, SIDE))
        strokes[8:64, 8:64] = np.repeat(np.repeat(image, 2, 0), 2, 1) / 255
        found = find_ink(np.asarray(np.rint(light(20, -15, 10) - 80 * strokes), np.uint8))
        assert found is not None
        assert np.mean(np.abs(found / 255 - strokes) < 0.15) > 0.97


@pytest.mark.parametrize("side", [8, 12, 16, 19, 20, 28])
def test_a_tiny_picture_has_no_smooth_paper(side: int) -> None:
    page = np.tile(np.linspace(120, 160, side), (side, 1))
    page[side // 4 : -(side // 4), side // 2] -= 80
    assert (paper_of(page)[0] is not None) == (side >= LEAST)
