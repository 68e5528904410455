"""Writing is found on any picture: any place, size, pen and light; rules, dirt and borders are not taken for it."""

from __future__ import annotations

import csv
import resource
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from digit_recognizer import Recognizer
from digit_recognizer.data import Dataset
from digit_recognizer.images import Preprocess
from digit_recognizer.images.ink import SIDE, find_writing
from trials.ood_pictures import shadows
from trials.rerendered import rerendered

pytestmark = pytest.mark.arithmetic

Grey = NDArray[np.uint8]
Floats = NDArray[np.float64]
HEIGHT, WIDTH = 120, 100
PREPARE = Preprocess()


def seven(pen: int) -> Floats:
    """A 7 in the middle of a page, as a share of each pixel that is inked."""
    page = np.zeros((HEIGHT, WIDTH), np.uint8)
    for start, end in (((30, 30), (68, 30)), ((68, 30), (45, 92))):
        cv2.line(page, start, end, 255, pen, cv2.LINE_AA)
    return np.asarray(page / 255)


def light(down: float, right: float) -> Floats:
    """Light that falls off across the page, at most 1."""
    rows, columns = np.linspace(-0.5, 0.5, HEIGHT)[:, None], np.linspace(-0.5, 0.5, WIDTH)
    lit = 1 + down * rows + right * columns
    return np.asarray(lit / lit.max())


def photo(ink: Floats, paper: Floats, reflected: float = 0.25, grain: float = 0.0) -> Grey:
    """Dark ink on light paper in that light."""
    seen = 230 * paper * (1 - (1 - reflected) * ink) + np.random.default_rng(0).normal(0, grain, ink.shape)
    return np.rint(np.clip(seen, 0, 255)).astype(np.uint8)


def likeness(picture: Grey, plain: Grey) -> float:
    """The correlation of what is prepared of a picture and of the same digit alone on even paper, within a pixel."""
    found, wanted = PREPARE.fit(picture), PREPARE.fit(plain)
    assert found is not None
    assert wanted is not None
    moved = [np.roll(found, (down, right), (0, 1)) for down in (-1, 0, 1) for right in (-1, 0, 1)]
    return max(float(np.corrcoef(each.ravel(), wanted.ravel())[0, 1]) for each in moved)


PLAIN = photo(seven(7), np.ones((HEIGHT, WIDTH)))
slopes = st.floats(-0.7, 0.7)


@given(pen=st.integers(3, 14), down=slopes, right=slopes, reflected=st.floats(0, 0.5), grain=st.floats(0, 4))
def test_dark_ink_is_found_in_any_light(pen: int, down: float, right: float, reflected: float, grain: float) -> None:
    assert likeness(photo(seven(pen), light(down, right), reflected, grain), PLAIN) > 0.7


@given(pen=st.integers(3, 14), down=slopes, right=slopes)
def test_light_ink_is_found_on_fogged_black(pen: int, down: float, right: float) -> None:
    fogged = np.clip(90 * light(down, right) + 120 * seven(pen), 0, 255).astype(np.uint8)
    assert likeness(fogged, PLAIN) > 0.7


@pytest.mark.parametrize("across", [HEIGHT // 3, HEIGHT // 2, 2 * HEIGHT // 3])
def test_a_shadow_over_a_part_of_the_page_is_no_ink(across: int) -> None:
    lit = np.ones((HEIGHT, WIDTH))
    lit[across:] = 0.6
    assert likeness(photo(seven(6), cv2.GaussianBlur(lit, (0, 0), 4), grain=2), PLAIN) > 0.8


@pytest.mark.parametrize("squared", [False, True])
@pytest.mark.parametrize("lean", [0, 3])
@pytest.mark.parametrize("strength", [0.75, 0.5])
def test_rules_are_no_ink(squared: bool, lean: int, strength: float) -> None:
    drawn = np.zeros((HEIGHT, WIDTH), np.uint8)
    for place in range(12, 200, 26):
        cv2.line(drawn, (-1, place), (WIDTH, place + lean), 1, 1)
        if squared:
            cv2.line(drawn, (place, -1), (place - lean, HEIGHT), 1, 1)
    paper = light(0.3, -0.2) * np.where(drawn > 0, strength, 1)
    assert likeness(photo(seven(7), paper, grain=1), PLAIN) > 0.8


def test_specks_are_no_ink() -> None:
    dirty = seven(6)
    dirty[5:7, 5:7] = dirty[110, 90] = dirty[60, 10] = 1
    assert likeness(photo(dirty, np.ones((HEIGHT, WIDTH))), PLAIN) > 0.8


@pytest.mark.parametrize("side", [0, 2])
def test_what_lies_beyond_the_paper_is_no_ink(side: int) -> None:
    turned = np.rot90(photo(seven(6), light(0.2, 0.2)), side).copy()
    turned[:9] = 40
    assert likeness(turned, np.rot90(PLAIN, side).copy()) > 0.8


@given(
    place=st.tuples(st.floats(0, 1), st.floats(0, 1)),
    share=st.floats(0.13, 0.9),
    shape=st.tuples(st.integers(400, 900), st.integers(400, 900)),
    dark=st.booleans(),
)
def test_a_digit_is_the_same_at_any_place_and_size(
    place: tuple[float, float], share: float, shape: tuple[int, int], dark: bool
) -> None:
    page = np.full(shape, 235, np.uint8)
    size = round(min(share * max(shape), 0.95 * min(shape)))
    digit = cv2.resize(PLAIN[20:100, 20:80], (size * 3 // 4, size), interpolation=cv2.INTER_AREA)
    top, left = (round(where * (whole - part)) for where, whole, part in zip(place, shape, digit.shape, strict=True))
    page[top : top + digit.shape[0], left : left + digit.shape[1]] = digit
    assert likeness(np.asarray(255 - page, np.uint8) if dark else page, PLAIN) > 0.75


@given(grey=hnp.arrays(np.uint8, st.one_of(st.tuples(st.integers(1, 70), st.integers(1, 70)), st.just((1, 3000)))))
def test_any_picture_gives_writing_or_none(grey: Grey) -> None:
    found = find_writing(grey)
    assert found is None or (found.ink.shape == (SIDE, SIDE) and found.ink.any())
    assert found is None or (abs(sum(found.digits) + found.several + found.other - 1) < 1e-4)


@pytest.mark.parametrize("shape", [(1, 20_000_000), (20_000_000, 1), (3, 4_000_000)])
def test_a_long_narrow_picture_takes_no_more_memory_than_it_is_large(shape: tuple[int, int]) -> None:
    picture = np.full(shape, 200, np.uint8)
    picture[..., shape[1] // 2 :] = 90
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    find_writing(picture)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 400_000  # KiB


@given(level=st.integers(0, 255), down=slopes, grain=st.floats(0, 3))
def test_blank_paper_has_no_ink_in_any_light(level: int, down: float, grain: float) -> None:
    noise = np.random.default_rng(0).normal(0, grain, (HEIGHT, WIDTH))
    assert find_writing(np.clip(level * light(down, 0) + noise, 0, 255).astype(np.uint8)) is None


def test_the_edge_of_a_shadow_is_seldom_ink() -> None:
    assert sum(find_writing(each) is not None for each in shadows(60, seed=1)) <= 6


@pytest.mark.parametrize("kind", ["uneven light", "lined paper", "squared paper"])
def test_a_digit_is_found_under_uneven_light_and_among_rules(kind: str, mnist: Dataset) -> None:
    pictures = rerendered(mnist.split("validation").take(np.arange(40)), kind, seed=5)
    assert [number for number, each in enumerate(pictures) if find_writing(each) is None] == []


@pytest.mark.parametrize("dark", [False, True])
def test_digits_that_fill_their_frame_keep_their_polarity(dark: bool, mnist: Dataset) -> None:
    digits = mnist.split("validation").take(np.arange(200))
    framed = rerendered(digits, "coarse 16", seed=0)
    found = Recognizer.load("best").predict([np.asarray(255 - each, np.uint8) if dark else each for each in framed])
    wrong = [each.label != label for each, label in zip(found, mnist.split("validation").labels, strict=False)]
    assert sum(wrong) <= 0.04 * len(digits)


def test_two_digits_are_not_one_and_a_letter_is_none(mnist: Dataset) -> None:
    images = mnist.split("validation").take(np.arange(60))
    pairs = [
        np.pad(np.hstack([one[:, 4:-4], other[:, 4:-4]]), 6)
        for one, other in zip(images[::2], images[1::2], strict=True)
    ]
    several = [find_writing(255 - np.kron(pair, np.ones((3, 3), np.uint8))) for pair in pairs]
    alone = [find_writing(255 - np.kron(np.pad(each, 6), np.ones((3, 3), np.uint8))) for each in images]
    assert sum(each is not None and each.several > 0.5 for each in several) >= 27
    assert sum(each is not None and max(each.several, each.other) > 0.5 for each in alone) <= 3


def test_other_peoples_digits_are_read(shared_file: Callable[[str], Path]) -> None:
    """309 digits of nine people as they put them into their repositories: photographed, scanned, drawn."""
    folder = shared_file("real-pictures/single")
    with (folder / "labels.csv").open(encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    found = Recognizer.load("best").predict([folder / row["file"] for row in rows])
    right, wrong = defaultdict(list), 0
    for row, each in zip(rows, found, strict=True):
        right[row["writer"]].append(str(each.label) == row["label"])
        wrong += each.status == "ok" and str(each.label) != row["label"]
    assert len(right) == 9
    assert np.mean([np.mean(each) for each in right.values()]) >= 0.97
    assert np.mean([each.status == "ok" for each in found]) >= 0.92
    assert wrong <= 1
