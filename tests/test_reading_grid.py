"""Grids of digits: found askew and under uneven light, cells read or told empty; what holds no grid gives none."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from digit_recognizer import Recognizer
from digit_recognizer.data import Dataset
from digit_recognizer.reading import read_grid

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
