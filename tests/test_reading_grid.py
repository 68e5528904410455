"""Grids of digits: found askew and under uneven light, cells read or told empty; what holds no grid gives none."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from digit_recognizer import Recognizer
from digit_recognizer.data import Dataset
from digit_recognizer.reading import read_grid
from digit_recognizer.reading.cell_page import MARGIN as AROUND
from digit_recognizer.reading.cell_page import SIDE, Straight
from digit_recognizer.reading.cells import cell_inks, strokes

pytestmark = pytest.mark.arithmetic

CELL, MARGIN = 64, 60


def drawn(mnist: Dataset, rows: int, columns: int, seed: int) -> tuple[NDArray[np.uint8], list[list[int | None]]]:
    """A ruled grid of validation digits, a third of its cells empty, photographed askew; and what it says."""
    draw = np.random.default_rng(seed)
    split = mnist.split("validation")
    page = np.full((rows * CELL + 2 * MARGIN, columns * CELL + 2 * MARGIN), 225, np.uint8)
    for line in range(rows + 1):
        cv2.line(page, (MARGIN, MARGIN + line * CELL), (MARGIN + columns * CELL, MARGIN + line * CELL), 40, 3)
    for line in range(columns + 1):
        cv2.line(page, (MARGIN + line * CELL, MARGIN), (MARGIN + line * CELL, MARGIN + rows * CELL), 40, 3)
    actual: list[list[int | None]] = []
    for row in range(rows):
        actual.append([])
        for column in range(columns):
            index = int(draw.integers(len(split)))
            empty = draw.random() < 1 / 3
            actual[-1].append(None if empty else int(split.labels[index]))
            if not empty:
                digit = cv2.resize(split.take(np.array([index]))[0], (48, 48), interpolation=cv2.INTER_CUBIC)
                down, across = MARGIN + row * CELL + 8, MARGIN + column * CELL + 8
                place = page[down : down + 48, across : across + 48]
                place[:] = np.minimum(place, 225 - (digit.astype(np.float32) * 0.75).astype(np.uint8))
    height, width = page.shape
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    askew = (corners + draw.uniform(0, 30, (4, 2)) * [[1, 1], [-1, 1], [-1, -1], [1, -1]]).astype(np.float32)
    page = cv2.warpPerspective(page, cv2.getPerspectiveTransform(corners, askew), (width, height), borderValue=210)
    light = np.linspace(1, 0.65, width)[None]
    return np.asarray(page * light, np.uint8), actual


@pytest.fixture(scope="module")
def best() -> Recognizer:
    return Recognizer.load("best")


@pytest.mark.parametrize(("rows", "columns", "seed"), [(9, 9, 0), (9, 9, 1), (5, 3, 2)])
def test_a_drawn_grid_is_read(rows: int, columns: int, seed: int, best: Recognizer, mnist: Dataset) -> None:
    photo, actual = drawn(mnist, rows, columns, seed)
    grid = read_grid(photo, best, (rows, columns))
    assert grid is not None
    cells = [(a, b) for ours, theirs in zip(grid.rows, actual, strict=True) for a, b in zip(ours, theirs, strict=True)]
    assert sum(a == b for a, b in cells) >= 0.93 * len(cells)
    assert sum((a is None) == (b is None) for a, b in cells) >= 0.97 * len(cells)


@pytest.mark.parametrize("kind", ["blank", "noise", "strip"])
def test_what_holds_no_grid_gives_none(kind: str, best: Recognizer) -> None:
    photo = {
        "blank": np.full((400, 300), 220, np.uint8),
        "noise": np.random.default_rng(0).integers(0, 256, (300, 400), np.uint8),
        "strip": np.full((1, 10_000), 200, np.uint8),
    }[kind]
    grid = read_grid(photo, best, (9, 9))
    assert grid is None or not any(cell.status == "ok" for cell in grid.cells)


def page_of(cells: list[NDArray[np.float32]]) -> Straight:
    """A straightened page, one row of cells of SIDE pixels, as `cell_inks` takes it."""
    across = tuple(AROUND + SIDE * number for number in range(len(cells) + 1))
    dark = np.pad(np.hstack(cells), AROUND)
    return Straight(dark, (AROUND, AROUND + SIDE), across, np.asarray(255 - 200 * dark, np.uint8))


def stroke(dark: float) -> NDArray[np.float32]:
    cell = np.zeros((SIDE, SIDE), np.float32)
    cell[16:48, 28:34] = dark
    return cell


def test_ink_far_paler_than_the_rest_is_told() -> None:
    cells = [stroke(0.7), stroke(0.6), stroke(0.25), stroke(0.05), stroke(0.0)]
    found = [None if ink is None else ink.pale for ink in cell_inks(page_of(cells))]
    assert found == [False, False, True, None, None]


def test_a_page_of_pencil_is_not_pale() -> None:
    found = cell_inks(page_of([stroke(0.2), stroke(0.15), stroke(0.0)]))
    assert [None if ink is None else ink.pale for ink in found] == [False, False, None]


def test_pale_specks_and_low_smears_are_no_digits() -> None:
    """Grain that stands out a little, and what shows through the paper, beside a whole stroke as pale."""
    specks = stroke(0.25) * (np.indices((SIDE, SIDE)).sum(0) % 2)
    low = np.zeros((SIDE, SIDE), np.float32)
    low[26:42, 22:42] = 0.25
    found = cell_inks(page_of([stroke(0.7), stroke(0.6), stroke(0.25), specks.astype(np.float32), low]))
    assert [ink is not None for ink in found] == [True, True, True, False, False]


def test_the_corner_of_a_bent_rule_is_no_digit() -> None:
    ink = np.zeros((SIDE + 2 * AROUND,) * 2, np.uint8)
    ink[70:76, 20:76] = 1
    ink[20:76, 70:76] = 1
    assert strokes(ink) is None


def test_a_piece_of_a_rule_hides_no_digit() -> None:
    ink = np.zeros((SIDE + 2 * AROUND,) * 2, np.uint8)
    ink[40:44, 10:90] = 1
    assert strokes(ink) is None
    ink[50:75, 46:50] = 1
    kept = strokes(ink)
    assert kept is not None
    assert np.array_equal(np.argwhere(kept).min(0), [50, 46])


def test_a_digit_in_pieces_is_whole() -> None:
    ink = np.zeros((SIDE + 2 * AROUND,) * 2, np.uint8)
    ink[40:70, 40:46] = 1
    ink[32:36, 42:58] = 1  # as the bar of a 5
    kept = strokes(ink)
    assert kept is not None
    assert np.array_equal(kept, ink)


def test_a_turned_grid_is_read_upright(best: Recognizer, mnist: Dataset) -> None:
    photo, _ = drawn(mnist, 9, 9, 0)
    upright = read_grid(photo, best, (9, 9))
    assert upright is not None
    assert upright.turned == 0
    for quarter in (1, 2, 3):
        turned = read_grid(np.ascontiguousarray(np.rot90(photo, -quarter)), best, (9, 9))
        assert turned is not None
        assert turned.turned == 90 * quarter
        pairs = zip(upright.cells, turned.cells, strict=True)
        assert sum(one.label == other.label for one, other in pairs) >= 77


@pytest.mark.parametrize(
    ("photo", "spoilt_by"),
    [("image33", "blur"), ("image204", "grain"), ("image1007", "the edge of the paper")],
)
def test_photos_of_newspapers_are_read(photo: str, spoilt_by: str, shared_file: Callable[[str], Path]) -> None:
    path = shared_file(f"sudoku/v2/{photo}.jpg")
    lines = path.with_suffix(".dat").read_text().splitlines()[2:]
    grid = read_grid(path, Recognizer.load("mixed"), (9, 9))
    assert grid is not None, spoilt_by
    assert grid.rows == [[int(digit) or None for digit in line.split()] for line in lines if line.strip()], spoilt_by


def test_cells_of_several_digits_hold_their_number(best: Recognizer, mnist: Dataset) -> None:
    """A table of 3 x 4 cells, two digits in each; `rows` holds whole numbers, `text` what is written."""
    draw, split = np.random.default_rng(3), mnist.split("validation")
    high, wide, digit = 80, 130, 44
    page = np.full((3 * high + 2 * MARGIN, 4 * wide + 2 * MARGIN), 228, np.uint8)
    actual = []
    for row in range(3):
        for column in range(4):
            top, left = MARGIN + row * high, MARGIN + column * wide
            cv2.rectangle(page, (left, top), (left + wide, top + high), 60, 2)
            picks = draw.integers(0, len(split), 2)
            actual.append("".join(map(str, split.labels[picks])))
            for place, image in enumerate(split.take(picks)):
                small = cv2.resize(image, (digit, digit), interpolation=cv2.INTER_CUBIC).astype(np.float32)
                x, y = left + 22 + 42 * place, top + 18
                part = page[y : y + digit, x : x + digit]
                part[:] = np.minimum(part, 228 - (0.8 * small).astype(np.uint8))
    grid = read_grid(page, best, (3, 4))
    assert grid is not None
    read = [cell.text for cell in grid.cells]
    assert sum(found == text for found, text in zip(read, actual, strict=True)) >= 8
    sure = [(cell.text, text) for cell, text in zip(grid.cells, actual, strict=True) if cell.status == "ok"]
    assert sum(found != text for found, text in sure) <= 1
    whole = [number for row in grid.rows for number in row]
    assert whole == [int(text) if text and text.isdecimal() else None for text in read]
