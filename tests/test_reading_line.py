"""A line read: what it says, how surely, and where each character stands."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from digit_recognizer.data import Dataset
from digit_recognizer.errors import ImageError, ModelFileError
from digit_recognizer.models.line_reader import LineReader
from digit_recognizer.reading import read_line, read_lines
from digit_recognizer.reading.line import Line, threshold_of
from digit_recognizer.synthetic.ink import draw_mark
from digit_recognizer.synthetic.shapes import Hands
from digit_recognizer.synthetic.strokes import load_characters
from digit_recognizer.synthetic.written import Style, Written, struck_out, write
from pen_files import write_pen_files
from trials.strings import draw_string, plain

pytestmark = pytest.mark.arithmetic

Crop = NDArray[np.uint8]
PLAIN = Style(gap=0.25, unevenness=0, slant=0, width=1, bounce=0, size=0.02, rise=0)
UNIT, ROWS, LEFT = 40.0, 90, 25.0  # pixels of a digit's height, of a crop, and of paper on the left


@pytest.fixture(scope="module")
def lines(mnist: Dataset) -> list[tuple[Crop, list[tuple[int, int]], str]]:
    """Forty lines of three validation digits side by side, dark on light paper: crop, columns of each digit, text."""
    split, draw = mnist.split("validation"), np.random.default_rng(0)
    found = []
    for picks in draw.integers(0, len(split), (40, 3)):
        line, boxes = draw_string(split.take(picks), plain(0.0), draw)
        crop = np.asarray(235 - 0.8 * line, np.uint8)
        found.append((crop, boxes, "".join(map(str, split.labels[picks]))))
    return found


@pytest.fixture(scope="module")
def read(line_reader: LineReader, lines: list[tuple[Crop, list[tuple[int, int]], str]]) -> list[Line]:
    """What is read of them."""
    return [read_line(crop, line_reader) for crop, _, _ in lines]


@pytest.fixture(scope="module")
def hands(tmp_path_factory: pytest.TempPathFactory) -> Hands:
    folder = write_pen_files(tmp_path_factory.mktemp("pens"))
    return Hands(load_characters(folder / "unipen/unipen-numbers.npz", held_back=False))


def drawn(written: Written) -> Crop:
    """Ink on even paper."""
    width = round(float(written.boxes[:, 2].max()) * UNIT + 2 * LEFT)
    ink = np.zeros((ROWS, width), np.float32)
    for mark in written.marks:
        draw_mark(ink, mark, UNIT, np.array([LEFT, 65], np.float32), 4.0, 0.5)
    return np.asarray(230 - 180 * np.clip(ink, 0, 1), np.uint8)


def test_most_lines_are_read_and_the_sure_ones_are_right(
    read: list[Line], lines: list[tuple[Crop, list[tuple[int, int]], str]]
) -> None:
    pairs = [(found, text) for found, (_, _, text) in zip(read, lines, strict=True)]
    assert sum(found.text == text for found, text in pairs) >= 36
    sure = [(found, text) for found, text in pairs if found.status == "ok"]
    assert sure
    assert all(found.text == text for found, text in sure)
    for found in read:
        assert "".join(each.text for each in found.characters) == found.text
        assert found.probability is not None
        assert 0 <= found.probability <= 1
        assert all(0 <= each.probability <= 1 for each in found.characters)
        assert (found.reason is None) == (found.status in ("ok", "empty"))


def test_characters_stand_where_they_were_drawn(
    read: list[Line], lines: list[tuple[Crop, list[tuple[int, int]], str]]
) -> None:
    for found, (crop, boxes, text) in zip(read, lines, strict=True):
        if found.text != text:
            continue
        for character, (left, right) in zip(found.characters, boxes, strict=True):
            first, top, wide, high = character.box
            assert first <= (left + right) / 2 <= first + wide
            assert (top, high) == (0, len(crop))
        ends = [each.box[0] + each.box[2] for each in found.characters]
        assert ends[:-1] == [each.box[0] for each in found.characters[1:]]
        assert ends[-1] <= crop.shape[1]


def test_size_hardly_matters(
    line_reader: LineReader, read: list[Line], lines: list[tuple[Crop, list[tuple[int, int]], str]]
) -> None:
    changed = 0
    for found, (crop, _, _) in zip(read, lines, strict=True):
        larger = cv2.resize(crop, None, fx=4, fy=4, interpolation=cv2.INTER_CUBIC)
        changed += read_line(larger, line_reader).text != found.text
    assert changed <= 2


def test_light_ink_on_dark_is_read_as_its_negative(
    line_reader: LineReader, read: list[Line], lines: list[tuple[Crop, list[tuple[int, int]], str]]
) -> None:
    for dark, (crop, _, _) in zip(read[:10], lines, strict=False):
        light = read_line(255 - crop, line_reader)
        assert (dark.text, dark.status) == (light.text, light.status)


def test_leading_zeros_stay(line_reader: LineReader, hands: Hands) -> None:
    texts = ["007", "012", "0042", "05"]
    draw = np.random.default_rng(0)
    read = [read_line(drawn(write(text, hands, PLAIN, draw)), line_reader).text for text in texts]
    assert sum(found == text for found, text in zip(read, texts, strict=True)) >= 3, read


def test_what_is_struck_out_is_never_sure(line_reader: LineReader, hands: Hands) -> None:
    draw = np.random.default_rng(1)
    for _ in range(30):
        text = "".join(map(str, draw.integers(0, 10, 3)))
        crop = drawn(struck_out(write(text, hands, PLAIN, draw), 0, 3, draw))
        found = read_line(crop, line_reader)
        assert found.status != "ok", (text, found)


@pytest.mark.parametrize("level", [0, 90, 255])
def test_paper_holds_no_number(line_reader: LineReader, level: int) -> None:
    found = read_line(np.full((40, 120), level, np.uint8), line_reader)
    assert (found.text, found.characters) == ("", ())
    assert found.status in ("empty", "unsure")


@pytest.mark.parametrize("shape", [(3, 40), (10, 641)])
def test_what_is_no_line_is_refused(line_reader: LineReader, shape: tuple[int, int]) -> None:
    with pytest.raises(ImageError, match="not a line of numbers"):
        read_line(np.full(shape, 200, np.uint8), line_reader)


def test_a_picture_that_cannot_be_read_stops_no_other(
    line_reader: LineReader, lines: list[tuple[Crop, list[tuple[int, int]], str]], tmp_path: Path
) -> None:
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"no picture")
    crop = lines[0][0]
    first, bad, long, last = read_lines([crop, broken, np.zeros((5, 400), np.uint8), crop], line_reader)
    assert (first.text, first.status) == (last.text, last.status)
    assert (first.source, last.source) == ("picture 0", "picture 3")
    assert (bad.status, long.status) == ("error", "error")
    assert bad.error is not None
    assert "broken.png" in bad.error


def test_without_calibration_nothing_is_sure(
    line_reader: LineReader, lines: list[tuple[Crop, list[tuple[int, int]], str]]
) -> None:
    header = replace(line_reader.model.header, calibration=None)
    bare = LineReader(replace(line_reader.model, header=header))
    for crop, _, _ in lines[:5]:
        found = read_line(crop, bare)
        assert found.status == "unsure"
        assert "calibrate" in (found.reason or "")


def test_a_reader_of_other_characters_is_refused(line_reader: LineReader) -> None:
    names = line_reader.classes[::-1]
    other = LineReader(replace(line_reader.model, header=replace(line_reader.model.header, class_names=names)))
    with pytest.raises(ModelFileError, match="characters of lines"):
        read_line(np.full((40, 90), 200, np.uint8), other)


def test_the_threshold_keeps_the_error_below_a_hundredth() -> None:
    """With 95 % confidence where the lines are enough; otherwise on these, and what can be said of others is said."""
    found = threshold_of({"n": 1000, "rows": [[0.99, 300, 0, 0.01], [0.9, 700, 0, 0.0043], [0.5, 1000, 60, 0.074]]})
    assert found is not None
    assert (found.max_error, found.threshold) == (0.01, 0.9)
    found = threshold_of({"n": 200, "rows": [[0.99, 60, 1, 0.077], [0.9, 120, 1, 0.039], [0.5, 200, 30, 0.2]]})
    assert found is not None
    assert (found.max_error, found.threshold, found.wrong) == (0.039, 0.9, 1)
    assert threshold_of({"n": 100, "rows": [[0.9, 60, 2, 0.1], [0.5, 100, 30, 0.38]]}) is None
    assert threshold_of({"n": 10, "rows": [[0.5, 10, 0, 0.26]]}) is None
    assert threshold_of(None) is None
