"""Numbers are found on pages, in order, with their boxes; what holds none gives none."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageDraw, ImageFont

from digit_recognizer.data import Dataset
from digit_recognizer.reading import read_page
from digit_recognizer.reading.ink import light_on_dark
from digit_recognizer.reading.numbers import box_around
from digit_recognizer.reading.page import PAGE_MODEL, box_in_photo
from digit_recognizer.recognizer import Recognizer
from helpers_cli import digits, is_complaint
from trials.drawn_pages import DrawnPage, drawn_page

pytestmark = pytest.mark.arithmetic


@pytest.fixture(scope="module")
def cnn() -> Recognizer:
    return Recognizer.load("cnn")


@pytest.fixture(scope="module")
def best() -> Recognizer:
    return Recognizer.load("best")


@pytest.fixture(scope="module")
def white(mnist: Dataset) -> DrawnPage:
    """A plain page of validation digits."""
    validation = mnist.split("validation")
    return drawn_page("white", validation.take(np.arange(500)), validation.labels[:500].tolist())


@given(st.integers(0, 60), st.integers(0, 40), st.integers(1, 20), st.integers(1, 20), st.integers(0, 3))
def test_a_box_on_a_turned_page_is_found_in_the_photo(left: int, top: int, wide: int, high: int, quarter: int) -> None:
    photo = np.zeros((60, 80), bool)
    photo[top : top + high, left : left + wide] = True
    rows, columns = np.nonzero(np.rot90(photo, quarter))
    turned = (columns.min(), rows.min(), np.ptp(columns) + 1, np.ptp(rows) + 1)
    inside = np.nonzero(photo)
    expected = (inside[1].min(), inside[0].min(), np.ptp(inside[1]) + 1, np.ptp(inside[0]) + 1)
    assert box_in_photo(tuple(map(int, turned)), quarter, (80, 60)) == tuple(map(int, expected))  # type: ignore[arg-type]


def test_a_plain_page_is_read_in_order(white: DrawnPage, cnn: Recognizer) -> None:
    page = read_page(white.picture, cnn)
    actual, found = [each.text for each in white.numbers], [each.text for each in page.numbers]
    assert sum(text in found for text in actual) >= 0.8 * len(actual)
    assert found[0] == actual[0]
    for number in page.numbers:
        assert box_around([number.box, *(digit.box for digit in number.digits)]) == number.box
        assert "".join(filter(str.isdigit, number.text)) == "".join(str(digit.label) for digit in number.digits)
        assert {digit.status for digit in number.digits} == {number.status}


@pytest.mark.parametrize("shape", [(1, 10_000), (10_000, 1), (400, 300)])
def test_blank_paper_holds_nothing(shape: tuple[int, int], cnn: Recognizer) -> None:
    assert read_page(np.full(shape, 230, np.uint8), cnn).numbers == ()


def test_noise_and_text_are_no_numbers(best: Recognizer) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (300, 400), dtype=np.uint8)
    assert read_page(noise, best).numbers == ()
    page = Image.new("L", (700, 260), 240)
    words = "whatever can be worked\nmarks many new farms\nknown where water ran\nmarket women knew them"
    ImageDraw.Draw(page).multiline_text((20, 20), words, 10, ImageFont.load_default(36), spacing=12)
    assert not [digit for number in read_page(page, best).numbers for digit in number.digits if digit.status == "ok"]


def test_captions_beside_numbers_are_not_read(mnist: Dataset) -> None:
    validation = mnist.split("validation")
    drawn = drawn_page("words", validation.take(np.arange(5000)), validation.labels.tolist(), 503)
    actual = [box_around(number.boxes) for number in drawn.numbers]
    read = read_page(drawn.picture, Recognizer.load(PAGE_MODEL)).numbers
    inside = [
        any(x <= left + wide / 2 <= x + w and y <= top + high / 2 <= y + h for x, y, w, h in actual)
        for left, top, wide, high in (number.box for number in read)
    ]
    assert len(read) > 30
    assert all(inside)


def test_the_verb_prints_numbers_objects_and_rows(white: DrawnPage, tmp_path: Path) -> None:
    photo, drawn = tmp_path / "page.png", tmp_path / "drawn.png"
    Image.fromarray(white.picture[:240]).save(photo)
    told = digits("read", photo, "--model", "cnn", "--annotate", drawn)
    assert told.code == 0, told.err
    with Image.open(drawn) as made:
        assert made.size == (white.picture.shape[1], 240)
    whole = json.loads(digits("read", photo, "--model", "cnn", "--json").out)
    texts = [number["text"] for number in whole["numbers"]]
    assert [line.removeprefix(f"{photo}: ").split()[0] for line in told.out.splitlines()] == texts
    rows = list(csv.DictReader(digits("read", photo, "--model", "cnn", "--csv").out.splitlines()))
    assert "".join(row["label"] for row in rows) == "".join(filter(str.isdigit, "".join(texts)))
    assert {row["text"] for row in rows} == set(texts)
    assert set(whole["numbers"][0]["digits"][0]) == {"label", "box", "probability", "status"}


def test_what_cannot_be_read_is_said(tmp_path: Path) -> None:
    blank, broken = tmp_path / "blank.png", tmp_path / "broken.jpg"
    Image.new("L", (200, 200), 240).save(blank)
    broken.write_bytes(b"\xff\xd8\xff")
    none = digits("read", blank, "--model", "cnn", "--csv")
    assert (none.code, len(none.out.splitlines())) == (1, 1)
    assert "holds no digits" in none.err
    is_complaint(digits("read", broken, "--model", "cnn"), broken)
    is_complaint(digits("read", blank, "--json", "--csv"), "--csv")


@pytest.mark.parametrize("pen", [2, 4, 9])
@pytest.mark.parametrize("table", [60, 120, 180])
def test_a_light_sheet_on_a_darker_table_has_dark_writing(pen: int, table: int) -> None:
    """The sheet stands out lighter, and is no writing; its photo was taken for that of a board."""
    photo = np.full((900, 700), table, np.uint8)
    cv2.fillConvexPoly(photo, np.array([[80, 60], [540, 50], [680, 760], [40, 830]]), 225)
    for left in range(150, 450, 90):
        cv2.ellipse(photo, (left, 300), (25, 40), 10, 0, 300, 110, pen)
        cv2.line(photo, (left, 480), (left + 20, 570), 110, pen)
    assert not light_on_dark(photo)
    board = np.asarray(255 - photo, np.uint8)
    assert light_on_dark(board)
