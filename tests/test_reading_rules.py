"""Rules and the boxes of forms are erased, and the strokes that cross them stay."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from digit_recognizer.data import Dataset
from digit_recognizer.images.drawn_pages import drawn_page
from digit_recognizer.reading import PAGE_MODEL, read_page
from digit_recognizer.reading.grouping import BROAD, NARROW, widest_empty
from digit_recognizer.reading.ink import Darkness
from digit_recognizer.reading.ruling import find_rules
from digit_recognizer.reading.straight import straight_lines
from digit_recognizer.recognizer import Recognizer

pytestmark = pytest.mark.arithmetic

INK, FAINT = 0.8, 0.3
NO_PHOTO = np.zeros((1, 1), np.uint8)  # rules are found without it


def page(ink: np.ndarray, rules: np.ndarray) -> Darkness:
    """Ink over rules, (H, W) 0 or 1 each, as a page that was photographed without a flaw."""
    away = np.maximum(INK * ink, FAINT * rules).astype(np.float32)
    return Darkness(cv2.GaussianBlur(away, (0, 0), 0.6), 0.1, 1.0, NO_PHOTO)


@given(st.floats(-7, 7), st.floats(60, 140), st.integers(0, 2**31))
def test_a_line_is_found_among_specks(lean: float, start: float, seed: int) -> None:
    draw = np.random.default_rng(seed)
    x = np.arange(300.0)
    y = start + np.tan(np.radians(lean)) * (x - 150)
    specks = draw.uniform(0, 200, (2, 200))
    every = np.concatenate([x, specks[0] * 1.5]), np.concatenate([y, specks[1]])
    first = next(straight_lines(*every, 300, 100, (-8, 8)))
    assert np.abs(first.at(np.arange(300)) - y).max() <= 2


def test_no_points_make_no_line() -> None:
    assert list(straight_lines(np.zeros(0), np.zeros(0), 300, 10, (-8, 8))) == []


@pytest.mark.parametrize("lean", [-4, 0, 3])
def test_a_stroke_over_rules_stays_whole(lean: int) -> None:
    ink, rules = np.zeros((400, 600), np.uint8), np.zeros((400, 600), np.uint8)
    for row in range(60, 400, 50):
        cv2.line(rules, (0, row), (599, row + round(600 * np.tan(np.radians(lean)))), 1, 2)
    cv2.ellipse(ink, (300, 200), (25, 45), 0, 0, 360, 1, 6)
    found = find_rules(page(ink, rules))
    assert found[(rules > 0) & (cv2.dilate(ink, np.ones((9, 9))) == 0)].mean() > 0.95
    assert found[ink > 0].mean() < 0.1


def test_the_sides_of_boxes_go_and_a_one_in_a_box_stays() -> None:
    ink, rules = np.zeros((300, 600), np.uint8), np.zeros((300, 600), np.uint8)
    for left in (100, 160, 220, 400):
        cv2.rectangle(rules, (left, 100), (left + 60, 175), 1, 2)
        cv2.line(ink, (left + 32, 115), (left + 30, 160), 1, 4)
    found = find_rules(Darkness(page(ink, rules).away / FAINT * 0.6, 0.1, 1.0, NO_PHOTO))
    assert found[(rules > 0)].mean() > 0.9
    assert not found[ink > 0].any()


def test_plain_paper_has_no_rules(mnist: Dataset) -> None:
    validation = mnist.split("validation")
    drawn = drawn_page("white", validation.take(np.arange(500)), validation.labels[:500].tolist(), 3)
    found = find_rules(Darkness(np.clip(1 - drawn.picture / np.float32(217), 0, 1), 0.1, 1.0, NO_PHOTO))
    assert found.mean() < 0.001


@given(st.lists(st.floats(0, 3), max_size=20))
def test_numbers_part_where_no_gap_is(gaps: list[float]) -> None:
    parts = widest_empty(gaps)
    assert NARROW <= parts <= BROAD
    inside = [NARROW, BROAD, *gaps]
    assert min(abs(parts - gap) for gap in inside) >= (BROAD - NARROW) / (2 * (len(gaps) + 1)) - 1e-9


@pytest.mark.parametrize(("kind", "least"), [("lined", 0.75), ("squared", 0.7), ("boxes", 0.75)])
def test_numbers_on_ruled_paper_and_in_boxes_are_read(kind: str, least: float, mnist: Dataset) -> None:
    validation = mnist.split("validation")
    drawn = drawn_page(kind, validation.take(np.arange(900)), validation.labels[:900].tolist(), 5)
    picture = drawn.picture[:400]
    found = [each.text for each in read_page(picture, Recognizer.load(PAGE_MODEL)).numbers]
    actual = [each.text for each in drawn.numbers if max(box[1] + box[3] for box in each.boxes) < 390]
    assert sum(text in found for text in actual) >= least * len(actual)
