"""A region of a page as a number: where its characters are, what two readers make of it, what is sure."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from digit_recognizer.data import Dataset
from digit_recognizer.models.line_reader import shipped_reader
from digit_recognizer.reading import PAGE_MODEL, Line, read_page
from digit_recognizer.reading.agreement import agreed, ink_of_crop
from digit_recognizer.reading.crops import cut_out
from digit_recognizer.reading.line import STRUCK, Character, read_crops
from digit_recognizer.reading.numbers import read_numbers
from digit_recognizer.reading.regions import find_regions
from digit_recognizer.recognizer import Recognizer
from trials.drawn_pages import DrawnPage, drawn_page

pytestmark = pytest.mark.arithmetic

Three = tuple[np.ndarray, list[tuple[int, int, int, int]]]


@pytest.fixture(scope="module")
def mixed() -> Recognizer:
    return Recognizer.load(PAGE_MODEL)


@pytest.fixture(scope="module")
def white(mnist: Dataset) -> DrawnPage:
    """A plain page of validation digits."""
    validation = mnist.split("validation")
    page = drawn_page("white", validation.take(np.arange(900)), validation.labels[:900].tolist(), 11)
    kept = tuple(each for each in page.numbers if max(box[1] + box[3] for box in each.boxes) < 590)
    return replace(page, picture=page.picture[:600], numbers=kept)


def squares(mnist: Dataset, count: int, seed: int) -> tuple[np.ndarray, list[int]]:
    """A page of single digits, ten in a row, each in a square of its own, in no order."""
    validation = mnist.split("validation")
    places = np.random.default_rng(seed).permutation(5000)[:count]
    images = 255 - validation.take(places)
    rows = images.reshape(-1, 10, 28, 28).swapaxes(1, 2).reshape(-1, 280)
    return np.ascontiguousarray(rows), [int(each) for each in validation.labels[places]]


def test_single_digits_in_squares_are_read_whatever_their_order(mnist: Dataset, mixed: Recognizer) -> None:
    page, labels = squares(mnist, 60, 0)
    found = read_page(page, mixed).numbers
    assert abs(sum(len(each.digits) for each in found) - len(labels)) <= 4
    right = wrong = 0
    for number in found:
        for digit in number.digits:
            left, top, wide, high = digit.box
            actual = labels[int((top + high / 2) // 28) * 10 + min(9, int((left + wide / 2) // 28))]
            right += digit.label == actual
            wrong += digit.status == "ok" and digit.label != actual
    assert right >= 0.9 * len(labels)
    assert wrong <= 2


def test_a_digit_that_the_line_reader_doubts_is_read_by_the_recognizer(mnist: Dataset, mixed: Recognizer) -> None:
    class Asked:
        """The recognizer; it counts the pictures that it is given."""

        count = 0

        def __getattr__(self, name: str) -> Any:
            return getattr(mixed, name)

        def predict_batch(self, crops: list[np.ndarray], sources: list[str]) -> Any:
            self.count += len(crops)
            return mixed.predict_batch(crops, sources)

    asked = Asked()
    page, _ = squares(mnist, 60, 0)
    regions, reader = find_regions(page), shipped_reader()
    found = read_numbers(regions, asked, reader)  # type: ignore[arg-type]
    crops = [each.crop for each in cut_out(regions)]
    sure = sum(each.status == "ok" for each in read_crops(crops, reader, [""] * len(crops)))
    assert 0 < asked.count <= len(crops) - sure
    assert sum(each.status == "ok" for each in found) > sure


def test_boxes_of_digits_lie_on_their_ink(white: DrawnPage, mixed: Recognizer) -> None:
    read = {each.text: each for each in read_page(white.picture, mixed).numbers}
    shared = [(number, read[number.text]) for number in white.numbers if number.text in read]
    assert len(shared) >= 0.8 * len(white.numbers)
    overlaps = []
    for drawn, number in shared:
        for one, digit in zip(drawn.boxes, number.digits, strict=True):
            other = digit.box
            wide = min(one[0] + one[2], other[0] + other[2]) - max(one[0], other[0])
            high = min(one[1] + one[3], other[1] + other[3]) - max(one[1], other[1])
            both = max(0, wide) * max(0, high)
            overlaps.append(both / (one[2] * one[3] + other[2] * other[3] - both))
    assert np.median(overlaps) > 0.65
    assert np.quantile(overlaps, 0.05) > 0.4


@pytest.mark.parametrize("degrees", [-8.0, 4.0])
def test_a_page_that_leans_is_read(white: DrawnPage, mixed: Recognizer, degrees: float) -> None:
    height, width = white.picture.shape
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 0.85)
    leaning = cv2.warpAffine(white.picture, matrix, (width, height), borderMode=cv2.BORDER_REPLICATE)
    texts = [each.text for each in read_page(np.asarray(leaning, np.uint8), mixed).numbers]
    assert sum(each.text in texts for each in white.numbers) >= 0.75 * len(white.numbers)


def test_a_reading_stops_when_it_is_told_to(white: DrawnPage, mixed: Recognizer) -> None:
    class StoppedError(Exception):
        pass

    def stop() -> None:
        raise StoppedError

    with pytest.raises(StoppedError):
        read_numbers(find_regions(white.picture), mixed.stopped_by(stop), shipped_reader())


@pytest.fixture(scope="module")
def three(mnist: Dataset, mixed: Recognizer) -> Three:
    """The ink of a plain 4, 0 and 2 side by side, and their columns."""
    validation = mnist.split("validation")
    images = validation.take(np.arange(600))
    sure = [number for number, each in enumerate(mixed.predict(list(images))) if (each.probability or 0) > 0.999]
    places = [next(each for each in sure if validation.labels[each] == digit) for digit in (4, 0, 2)]
    ink = np.concatenate(list(images[places]), 1) / np.float32(255)
    return ink, [(28 * place, 0, 28, 28) for place in range(3)]


@pytest.mark.parametrize(
    ("text", "reason", "probability", "sure"),
    [
        ("402", "too little", 0.8, True),
        ("402", "too little", 0.4, False),
        ("482", "too little", 0.8, False),
        ("402", STRUCK, 0.8, False),
    ],
)
def test_a_doubtful_line_is_sure_where_its_digits_one_by_one_say_the_same(
    three: Three, mixed: Recognizer, text: str, reason: str, probability: float, sure: bool
) -> None:
    ink, boxes = three
    characters = tuple(Character(each, box, 0.9) for each, box in zip(text, boxes, strict=True))
    line = Line("", "unsure", text, probability, characters, reason)
    (found,) = agreed([line], [ink], mixed)
    assert (found.status, found.reason) == (("ok", None) if sure else ("unsure", reason))
    assert agreed([replace(line, status="ok")], [0 * ink], mixed) == [replace(line, status="ok")]


def test_a_digit_that_is_doubted_by_itself_leaves_its_line_unsure(
    mnist: Dataset, three: Three, mixed: Recognizer
) -> None:
    ink, boxes = three
    ink = ink[:, :56]
    images = mnist.split("validation").take(np.arange(1500))
    doubted = 0
    for image, alone in zip(images, mixed.predict(list(images)), strict=True):
        if alone.status != "unsure" or alone.name is None or (alone.probability or 1.0) > 0.95:
            continue
        line = np.concatenate([ink, image / np.float32(255)], 1)
        text = f"40{alone.name}"
        characters = tuple(Character(each, box, 0.9) for each, box in zip(text, boxes, strict=True))
        (found,) = agreed([Line("", "unsure", text, 0.8, characters, "too little")], [line], mixed)
        doubted += found.status == "unsure"
        assert found.status == "unsure", f"{text}: {alone}"
    assert doubted >= 3


@given(st.integers(60, 250), st.integers(-200, 200).filter(lambda step: abs(step) > 30))
def test_ink_of_a_crop_is_what_differs_from_paper_beside_the_marked_places(paper: int, step: int) -> None:
    level = int(np.clip(paper + step, 0, 255))
    if abs(level - paper) < 20:
        return
    crop = np.full((40, 60), paper, np.uint8)
    crop[10:30, 20:24] = level
    crop[35:38] = level  # a rule
    places = np.array([[x, y] for x in (20.5, 23.5) for y in range(10, 30)], np.float64)
    ink = ink_of_crop(crop, places, 2)
    assert (ink[10:30, 20:24] > 0.99).all()
    assert ink[35:38].max() == 0
    assert not ink_of_crop(crop, places[:0], 2).any()
