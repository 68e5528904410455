"""A line read: what it says, how surely, and where each digit stands."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from digit_recognizer.data import Dataset
from digit_recognizer.errors import ImageError
from digit_recognizer.images.strings import HEIGHT, Images, draw_string, plain
from digit_recognizer.models.line_reader import LineReader
from digit_recognizer.reading.line import LONGEST, fit_line, read_line

pytestmark = pytest.mark.arithmetic

Drawn = tuple[Images, list[tuple[int, int]], str]


@pytest.fixture(scope="module")
def drawn(mnist: Dataset) -> list[Drawn]:
    """Forty lines of four validation digits each, their boxes overlapping by a tenth."""
    split, draw = mnist.split("validation"), np.random.default_rng(0)
    found = []
    for picks in draw.integers(0, len(split), (40, 4)):
        line, boxes = draw_string(split.take(picks), plain(0.1), draw)
        found.append((line, boxes, "".join(map(str, split.labels[picks]))))
    return found


def test_most_lines_are_read_and_the_sure_ones_are_right(line_reader: LineReader, drawn: list[Drawn]) -> None:
    read = [(read_line(line, line_reader), text) for line, _, text in drawn]
    assert sum(found.text == text for found, text in read) >= 36
    assert all(0 <= each.probability <= 1 for found, _ in read for each in found.digits)
    assert all("".join(str(each.label) for each in found.digits) == found.text for found, _ in read)


def test_digits_stand_where_they_were_drawn(line_reader: LineReader, drawn: list[Drawn]) -> None:
    for line, boxes, text in drawn:
        found = read_line(line, line_reader)
        if found.text != text:
            continue
        assert found.digits[0].left == pytest.approx(boxes[0][0], abs=2)
        assert found.digits[-1].right == pytest.approx(max(right for _, right in boxes), abs=2)
        for digit, (left, right) in zip(found.digits, boxes, strict=True):
            assert digit.left < (left + right) / 2 < digit.right
        assert [digit.right for digit in found.digits[:-1]] == [digit.left for digit in found.digits[1:]]


def test_size_and_paper_around_hardly_matter(line_reader: LineReader, drawn: list[Drawn]) -> None:
    changed = 0
    for line, _, _ in drawn:
        larger = cv2.resize(line, None, fx=3, fy=3, interpolation=cv2.INTER_CUBIC)
        changed += (
            read_line(np.pad(larger, ((50, 20), (10, 90))), line_reader).text != read_line(line, line_reader).text
        )
        assert read_line(np.pad(line, ((9, 3), (70, 5))), line_reader).text == read_line(line, line_reader).text
    assert changed <= 2


@pytest.mark.parametrize(("height", "width"), [(5, 3), (22, 40), (300, 900), (1, 1)])
def test_a_fitted_line_has_the_readers_form(line_reader: LineReader, height: int, width: int) -> None:
    image = np.zeros((height + 7, width + 4), np.uint8)
    image[3 : 3 + height, 2 : 2 + width] = 200
    line, first, factor = fit_line(image, line_reader.preprocess)
    assert line.shape[0] == HEIGHT
    rows = np.flatnonzero(line.any(1))
    assert (len(rows), line.max(), first) == (line_reader.preprocess.box, 255, 2)
    assert factor == pytest.approx(line_reader.preprocess.box / height, rel=0.5 / max(1, round(width * 22 / height)))


def test_without_ink_nothing_is_read(line_reader: LineReader) -> None:
    found = read_line(np.zeros((40, 90), np.uint8), line_reader)
    assert (found.text, found.probability, found.digits) == ("", None, ())


@pytest.mark.parametrize(
    "image", [np.zeros((4, 4)), np.zeros((3, 4, 4), np.uint8), np.full((2, 2 * LONGEST + 1), 255, np.uint8)]
)
def test_what_is_no_line_is_refused(line_reader: LineReader, image: Images) -> None:
    with pytest.raises(ImageError, match="line"):
        read_line(image, line_reader)
