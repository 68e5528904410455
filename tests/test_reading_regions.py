"""Where numbers stand on a page, and which way up it lies."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from digit_recognizer.data import Dataset
from digit_recognizer.reading import PAGE_MODEL, Character, Line, read_page
from digit_recognizer.reading.regions import SIDE, Region, find_regions, in_reading_order, regions_of_cores
from digit_recognizer.reading.turning import evidence_of_way_up
from digit_recognizer.recognizer import Recognizer
from teaching.pages import core_of
from trials.drawn_pages import drawn_page

pytestmark = pytest.mark.arithmetic

SCALE = 0.5  # places of a map for each pixel


def corners_of(place: Region) -> np.ndarray:
    """Left above, right above, right below, left below, (4, 2)."""
    flat = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * [place.length / 2, place.height / 2]
    cosine, sine = np.cos(place.slope), np.sin(place.slope)
    return np.asarray(flat @ np.array([[cosine, sine], [-sine, cosine]]) + place.middle, np.float32)


@given(st.floats(350, 600), st.floats(150, 400), st.floats(1.5, 8), st.floats(24, 70), st.floats(-0.3, 0.3))
def test_a_region_is_found_again_from_the_core_that_the_network_learns(
    x: float, y: float, ratio: float, height: float, slope: float
) -> None:
    """The core is made by the code of the training pictures."""
    place = Region((x, y), ratio * height, height, slope)
    fine = np.zeros((1200, 2000), np.uint8)
    cv2.fillConvexPoly(fine, np.rint(core_of(corners_of(place)) * SCALE * 4 - 0.5).astype(np.int32), 255)
    cores = cv2.resize(fine, (500, 300), interpolation=cv2.INTER_AREA)
    (found,) = regions_of_cores(cores / np.float32(255), np.zeros((300, 500), np.float32), SCALE)
    assert np.hypot(*np.subtract(found.middle, place.middle)) < 2.5
    assert abs(found.height - height) < 0.12 * height + 4
    assert abs(found.length - place.length) < 0.12 * height + 4
    assert found.score == 1
    assert regions_of_cores(cores / np.float32(255), cores / np.float32(255), SCALE) == []  # words
    if ratio > 3:
        assert abs(found.slope - slope) < 0.1


@given(st.permutations(range(12)), st.floats(-0.1, 0.1))
def test_numbers_stand_in_order_whatever_order_they_were_found_in(order: list[int], slope: float) -> None:
    places = [
        Region((60.0 + 100 * column, 50.0 + 60 * row + np.tan(slope) * 100 * column), 60, 30, slope)
        for row in range(3)
        for column in range(4)
    ]
    assert list(in_reading_order([places[each] for each in order])) == places
    assert in_reading_order([]) == ()


@pytest.mark.parametrize("shape", [(8, 8), (9, 4000), (700, 33), (1024, 1025)])
def test_pages_of_any_shape_are_looked_at(shape: tuple[int, int]) -> None:
    found = find_regions(np.full(shape, 200, np.uint8))
    assert (found.places, found.quarters, found.page.shape) == ((), 0, shape)


def test_small_writing_on_a_large_page_is_looked_at_closer(mnist: Dataset) -> None:
    """Digits of 28 to 50 pixels on a page of 4,200: less than 16 of them where its longer side has 1,024."""
    validation = mnist.split("validation")
    page = drawn_page("white", validation.take(np.arange(900)), validation.labels[:900].tolist(), 13)
    photo = np.full((4200, 3000), 225, np.uint8)
    photo[1000:1600, 700:1600] = page.picture[:600]
    found = find_regions(photo)
    assert found.scale * 2 > 1.5 * SIDE / 4200
    actual = [each for each in page.numbers if max(box[1] + box[3] for box in each.boxes) < 590]
    middles = np.array([place.middle for place in found.places]) - [700, 1000]
    hits = 0
    for number in actual:
        boxes = np.array(number.boxes)
        low, high = boxes[:, :2].min(0), (boxes[:, :2] + boxes[:, 2:]).max(0)
        hits += int(((middles > low) & (middles < high)).all(1).any())
    assert hits >= 0.85 * len(actual)


@pytest.mark.parametrize("quarters", [0, 1, 2, 3])
def test_a_page_reads_alike_whichever_way_it_lies(mnist: Dataset, quarters: int) -> None:
    validation = mnist.split("validation")
    page = drawn_page("white", validation.take(np.arange(900)), validation.labels[:900].tolist(), 7)
    photo = np.ascontiguousarray(np.rot90(page.picture[:360], quarters))
    found = read_page(photo, Recognizer.load(PAGE_MODEL))
    assert found.turned == -90 * quarters % 360
    texts = {each.text for each in found.numbers}
    actual = [each.text for each in page.numbers if max(box[1] + box[3] for box in each.boxes) < 350]
    assert sum(text in texts for text in actual) >= 0.8 * len(actual)


def line(text: str, probability: float) -> Line:
    characters = tuple(Character(each, (0, 0, 1, 1), probability) for each in text)
    return Line("", "ok" if text else "empty", text, probability, characters)


@given(st.text("0123456789", max_size=6), st.text("0123456789", max_size=6), st.floats(0, 1), st.floats(0, 1))
def test_a_way_up_is_told_by_numbers_that_differ_on_their_heads(one: str, other: str, p: float, q: float) -> None:
    first, second = line(one, p), line(other, q)
    for single in (False, True):
        told = evidence_of_way_up(first, second, single=single)
        assert told == -evidence_of_way_up(second, first, single=single)
        assert told == 0 or (told > 0) == ((p if one else 0) > (q if other else 0))
        assert abs(told) <= (1.5 if single else 10)
    assert evidence_of_way_up(line("1869", p), line("6981", q), single=False) == 0
    assert evidence_of_way_up(line("2", 0.9), line("", 0.0), single=True) == 1.5
    assert evidence_of_way_up(line("23", 0.9), line("", 0.0), single=False) > 9


@pytest.mark.parametrize(("kind", "least"), [("lined", 0.75), ("squared", 0.7), ("boxes", 0.75), ("board", 0.75)])
def test_numbers_on_ruled_paper_in_boxes_and_on_a_board_are_read(kind: str, least: float, mnist: Dataset) -> None:
    validation = mnist.split("validation")
    drawn = drawn_page(kind, validation.take(np.arange(900)), validation.labels[:900].tolist(), 5)
    picture = drawn.picture[:400]
    found = [each.text for each in read_page(picture, Recognizer.load(PAGE_MODEL)).numbers]
    actual = [each.text for each in drawn.numbers if max(box[1] + box[3] for box in each.boxes) < 390]
    assert sum(text in found for text in actual) >= least * len(actual)
