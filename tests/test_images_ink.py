"""Ink is found under uneven light, whatever its polarity; rules, specks and borders are not taken for it."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from digit_recognizer.data import Dataset
from digit_recognizer.images import Preprocess
from digit_recognizer.images.corruptions import corrupt
from digit_recognizer.images.ink import find_ink
from digit_recognizer.images.rerendered import rerendered
from digit_recognizer.images.strangers import shadows
from examples import examples

pytestmark = pytest.mark.arithmetic

Grey = NDArray[np.uint8]
Mask = NDArray[np.bool_]
HEIGHT, WIDTH = 120, 100
PREPARE = Preprocess()


def seven(pen: int) -> Mask:
    """A 7 in the middle of a page."""
    page = np.zeros((HEIGHT, WIDTH), np.uint8)
    for start, end in (((30, 30), (68, 30)), ((68, 30), (45, 92))):
        cv2.line(page, start, end, 1, pen)
    return np.asarray(page > 0)


def light(slope_down: float, slope_right: float) -> NDArray[np.float64]:
    """Light that falls off across the page, at most 1."""
    down, right = np.linspace(-0.5, 0.5, HEIGHT)[:, None], np.linspace(-0.5, 0.5, WIDTH)
    lit = 1 + slope_down * down + slope_right * right
    return np.asarray(lit / lit.max())


def page(ink: Mask, lit: NDArray[np.float64], reflected: float = 0.25, grain: float = 0.0) -> Grey:
    """Dark ink on light paper in that light."""
    seen = 230 * lit * np.where(ink, reflected, 1) + np.random.default_rng(0).normal(0, grain, ink.shape)
    return np.rint(np.clip(seen, 0, 255)).astype(np.uint8)


def overlap(grey: Grey, ink: Mask) -> float:
    """How well the ink found agrees with the ink there is: intersection over union."""
    found = find_ink(grey)
    assert found is not None
    assert (found.shape, found.dtype) == (grey.shape, np.uint8)
    strong = found >= 128
    return float((strong & ink).sum() / (strong | ink).sum())


slopes = st.floats(-0.7, 0.7)


@given(pen=st.integers(3, 12), down=slopes, right=slopes, reflected=st.floats(0, 0.5), grain=st.floats(0, 4))
def test_dark_ink_is_found_in_any_light(pen: int, down: float, right: float, reflected: float, grain: float) -> None:
    ink = seven(pen)
    assert overlap(page(ink, light(down, right), reflected, grain), ink) > 0.85


@given(pen=st.integers(3, 12), down=slopes, right=slopes)
def test_light_ink_is_found_on_fogged_black(pen: int, down: float, right: float) -> None:
    ink = seven(pen)
    fogged = np.clip(90 * light(down, right) + 120 * ink, 0, 255).astype(np.uint8)
    assert overlap(fogged, ink) > 0.85


@pytest.mark.parametrize("across", [HEIGHT // 3, HEIGHT // 2, 2 * HEIGHT // 3])
def test_a_shadow_over_a_part_of_the_page_is_no_ink(across: int) -> None:
    ink, lit = seven(6), np.ones((HEIGHT, WIDTH))
    lit[across:] = 0.6
    assert overlap(page(ink, cv2.GaussianBlur(lit, (0, 0), 4), grain=2), ink) > 0.85


@pytest.mark.parametrize("squared", [False, True])
@pytest.mark.parametrize("lean", [0, 3])
@pytest.mark.parametrize("strength", [0.75, 0.45])
def test_rules_are_no_ink(squared: bool, lean: int, strength: float) -> None:
    ink, drawn = seven(7), np.zeros((HEIGHT, WIDTH), np.uint8)
    for place in range(12, 200, 26):
        cv2.line(drawn, (-1, place), (WIDTH, place + lean), 1, 1)
        if squared:
            cv2.line(drawn, (place, -1), (place - lean, HEIGHT), 1, 1)
    paper = light(0.3, -0.2) * np.where(drawn > 0, strength, 1)
    assert overlap(page(ink, paper, grain=1), ink) > 0.8


def test_specks_are_no_ink() -> None:
    ink = seven(6)
    dirty = ink.copy()
    dirty[5:7, 5:7] = dirty[110, 90] = dirty[60, 10] = True
    found = find_ink(page(dirty, np.ones((HEIGHT, WIDTH))))
    assert found is not None
    assert np.array_equal(found > 0, ink)


@pytest.mark.parametrize("side", range(4))
def test_what_lies_beyond_the_paper_is_no_ink(side: int) -> None:
    ink = seven(6)
    turned = np.rot90(ink, side)
    photo = np.rot90(page(ink, light(0.2, 0.2)), side).copy()
    photo[:9] = 40
    assert overlap(photo, turned) > 0.85


@given(grey=hnp.arrays(np.uint8, st.one_of(st.tuples(st.integers(1, 70), st.integers(1, 70)), st.just((1, 3000)))))
@examples(30)
def test_any_picture_gives_ink_of_its_shape_or_none(grey: Grey) -> None:
    found = find_ink(grey)
    assert found is None or (found.shape == grey.shape and found.any())


@given(level=st.integers(0, 255), down=slopes, grain=st.floats(0, 3))
def test_blank_paper_has_no_ink_in_any_light(level: int, down: float, grain: float) -> None:
    noise = np.random.default_rng(0).normal(0, grain, (HEIGHT, WIDTH))
    assert find_ink(np.clip(level * light(down, 0) + noise, 0, 255).astype(np.uint8)) is None


def test_the_hairlines_of_a_digit_are_no_grain() -> None:
    """The slanted stroke of a printed 4, a third as dark as its stem."""
    page = np.full((60, 60), 200.0) - np.linspace(0, 30, 60)
    page[10:50, 35:42] -= 120
    for step in range(25):
        page[10 + step, 34 - step] -= 40
    page[35, 9:50] -= 40
    found = find_ink(np.asarray(page, np.uint8))
    assert found is not None
    assert found[35, 12:34].min() > 50


def test_the_edge_of_a_shadow_is_no_ink() -> None:
    """It looks like a 1: of more than ten of these sixty, without `shadows.py`."""
    assert sum(find_ink(each) is not None for each in shadows(60, seed=1)) <= 2


@pytest.mark.parametrize("kind", ["uneven light", "lined paper", "squared paper"])
def test_a_digit_under_uneven_light_is_no_edge(kind: str, mnist: Dataset) -> None:
    pictures = rerendered(mnist.split("validation").take(np.arange(40)), kind, seed=5)
    assert [number for number, each in enumerate(pictures) if find_ink(each) is None] == []


@given(step=st.integers(40, 150), place=st.integers(30, 70), soft=st.floats(0.5, 8))
def test_a_bold_stroke_is_ink_and_a_step_is_none(step: int, place: int, soft: float) -> None:
    """Both as dark; the stroke, a fifth of the page wide, has paper on its other side again.

    A step nearer to the side than a stroke is wide may be one that is cut off.
    """
    across = np.arange(100.0)
    edge = 220 - step / (1 + np.exp(-(across - place) / soft)) - across / 5
    page = np.tile(edge, (100, 1)) + np.random.default_rng(0).normal(0, 1, (100, 100))
    assert find_ink(np.clip(page, 0, 255).astype(np.uint8)) is None
    stroke = 220 - across / 5 - step * (np.abs(across - place) < 10)
    page = np.tile(stroke, (100, 1)) + np.random.default_rng(0).normal(0, 1, (100, 100))
    found = find_ink(np.clip(page, 0, 255).astype(np.uint8))
    assert found is not None
    assert found[50, place] > 200


@given(paper=st.integers(1, 120))
def test_brightened_mnist_is_mended(paper: int, mnist: Dataset) -> None:
    for image in mnist.split("validation").take(np.arange(4)):
        fitted = PREPARE.fit(np.minimum(image.astype(int) + paper, 255).astype(np.uint8))
        assert fitted is not None
        wanted = np.minimum(image, 255 - paper) * (255 / (255 - paper))
        assert np.abs(fitted - wanted).max() <= 1


@pytest.mark.parametrize("name", ["fog", "stripe"])
def test_fog_and_stripes_are_taken_off_mnist(name: str, mnist: Dataset) -> None:
    images = mnist.split("validation").take(np.arange(100))
    spoiled = corrupt(images, name, 2)
    mended = PREPARE.fit_all(spoiled)
    before, after = (np.abs(each.astype(int) - images).mean() for each in (spoiled, mended))
    assert after < before / 4


@pytest.mark.parametrize("dark", [False, True])
def test_digits_that_fill_their_frame_keep_their_polarity(dark: bool, mnist: Dataset) -> None:
    digits = mnist.split("validation").take(np.arange(300))
    framed = rerendered(digits, "coarse 16", seed=0)
    wrong = 0
    for each in framed:
        found = find_ink(np.asarray(255 - each, np.uint8) if dark else each)
        wrong += found is None or float(np.corrcoef(found.ravel(), each.ravel())[0, 1]) < 0
    assert wrong <= 0.005 * len(framed)
