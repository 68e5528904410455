"""Grids whose shape nobody tells: the drawn shape, or a doubt that is said; never another one as if it were sure."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from digit_recognizer import Recognizer
from digit_recognizer.errors import ConfigError
from digit_recognizer.reading import read_grid
from digit_recognizer.reading.found import Found, find_any_grid
from digit_recognizer.reading.lattice_doubts import lacking, left_out
from digit_recognizer.reading.rule_lines import Line
from examples import examples
from helpers_cli import digits
from script_modules import script

PICTURES = Path(__file__).parent / "grids"
drawing: Any = script("ruled_grids", "benchmarks")
LARGE = ("60 x 40", "100 x 60", "no grid: photo")  # seconds each
NONE = ("no grid: blank", "no grid: level rules only", "no grid: words")  # read by the command
UNCLOSED = ("cut at the rules", "inner rules only")  # without outermost rules, which must be said
CLEAR = sorted(kind for kind in drawing.KINDS if kind not in (*LARGE, *UNCLOSED, *NONE) and "two grids" not in kind)


@pytest.fixture(scope="module")
def mixed() -> Recognizer:
    return Recognizer.load("mixed")


def sure(found: Found | None) -> bool:
    """Whether a grid was found, and no doubt about its shape."""
    return found is not None and not found.doubts


@pytest.mark.parametrize(("name", "shape"), [("plain", (5, 4)), ("print", (5, 4)), ("9x9", (9, 9))])
def test_sharp_rules_of_screenshots_are_counted(name: str, shape: tuple[int, int], mixed: Recognizer) -> None:
    """No rules were seen in the first, and twice as many columns in the others."""
    grid = read_grid(PICTURES / f"{name}.png", mixed)
    assert grid is not None
    assert (grid.shape, grid.notes) == (shape, ())
    assert all(cell.status != "empty" for cell in grid.cells)  # a rule cuts a 7 of the third in pieces
    right = [cell.label == number % 10 for number, cell in enumerate(grid.cells)]
    assert sum(right) >= 0.95 * len(right)
    assert all(is_right for cell, is_right in zip(grid.cells, right, strict=True) if cell.status == "ok")


@pytest.mark.parametrize("kind", CLEAR)
def test_each_kind_has_its_shape(kind: str) -> None:
    drawn = drawing.drawn_grid(kind, 0)
    found = find_any_grid(drawn.picture)
    assert (found.shape if found and sure(found) else None) == drawn.shape


@pytest.mark.slow
@pytest.mark.parametrize("cell", [12.0, 16.0])
def test_a_hundred_rows_of_sixty_are_counted(cell: float) -> None:
    found = find_any_grid(drawing.ruled(drawing.even(100, 60, cell), np.random.default_rng(0)).picture)
    assert found is not None
    assert (found.shape, found.doubts) == ((100, 60), ())


@examples(10)
@given(
    st.tuples(st.integers(1, 14), st.integers(1, 14)).filter(lambda shape: max(shape) > 1),
    st.integers(24, 60),
    st.sampled_from([1.0, 1.5, 2.0, 3.0]),
    st.sampled_from(["print", "ones", "empty", "some"]),
    st.tuples(st.floats(20, 60), st.floats(20, 60)),
    st.integers(0, 8),
    st.integers(0, 2**16),
)
def test_never_another_shape_without_a_doubt(
    shape: tuple[int, int],
    cell: int,
    thick: float,
    content: str,
    margin: tuple[float, float],
    grain: int,
    seed: int,
) -> None:
    draw = np.random.default_rng(seed)
    how = drawing.even(*shape, float(cell), thick=thick, content=content, margin=margin)
    picture = drawing.ruled(how, draw).picture
    noisy = np.clip(picture + draw.normal(0, grain, picture.shape), 0, 255).astype(np.uint8)
    found = find_any_grid(noisy)
    assert not sure(found) or (found and found.shape == shape)
    assert grain > 2 or sure(found)  # nothing excuses a doubt about a clean screenshot


@pytest.mark.slow
@pytest.mark.parametrize("kind", UNCLOSED)
@pytest.mark.parametrize("seed", range(3))
def test_a_grid_without_outer_rules_is_doubted(kind: str, seed: int) -> None:
    found = find_any_grid(drawing.drawn_grid(kind, seed).picture)
    assert not sure(found)


def test_doubts_about_the_shape_leave_no_cell_sure(mixed: Recognizer, tmp_path: Path) -> None:
    drawn = drawing.drawn_grid("inner rules only", 1)
    grid = read_grid(drawn.picture, mixed)
    assert grid is not None
    assert grid.shape == drawn.shape  # the outer cells are read as well
    assert "no line on its left, right, upper, lower side" in grid.notes[0]
    assert {cell.status for cell in grid.cells} <= {"unsure", "empty"}
    file = tmp_path / "inner.png"
    Image.fromarray(drawn.picture).save(file)
    answer = digits("read", "--grid", "auto", "--json", "-", file)
    assert json.loads(answer.out)["notes"] == list(grid.notes)
    assert f"inner.png: {grid.notes[0]}." in answer.err


@pytest.mark.parametrize("kind", ["two grids", "two grids side by side"])
def test_a_second_grid_is_said(kind: str, mixed: Recognizer) -> None:
    grid = read_grid(drawing.drawn_grid(kind, 0).picture, mixed)
    assert grid is not None
    assert grid.notes == ("there is another grid in the photo, which was not read",)


@pytest.mark.parametrize("kind", NONE)
def test_a_page_without_a_grid_says_so(kind: str, tmp_path: Path) -> None:
    file = tmp_path / "page.png"
    Image.fromarray(drawing.drawn_grid(kind, 0).picture).save(file)
    answer = digits("read", "--grid", "auto", file)
    assert (answer.code, answer.out) == (1, "")
    assert "page.png: shows no ruled grid: no crossing lines enclose cells." in answer.err


def boxes(missing: str) -> NDArray[np.uint8]:
    """A table of 6 x 5 without some upright rules: those of its first row, of its fourth, or of one cell."""
    page = Image.new("L", (460, 460), 255)
    pen = ImageDraw.Draw(page)
    for row in range(7):
        pen.line((50, 50 + 60 * row, 400, 50 + 60 * row), 0, 1)
    for column in range(6):
        for row in range(6):
            inner = 0 < column < 5
            gone = {"title": row == 0 and inner, "section": row == 3 and inner, "one": (row, column) == (2, 2)}
            if not gone[missing]:
                pen.line((50 + 70 * column, 50 + 60 * row, 50 + 70 * column, 110 + 60 * row), 0, 1)
    return np.asarray(page)


@pytest.mark.parametrize("missing", ["title", "section"])
def test_rows_whose_cells_are_joined_are_doubted(missing: str) -> None:
    found = find_any_grid(boxes(missing))
    assert found is not None
    assert not sure(found)


def test_two_joined_cells_are_said(mixed: Recognizer) -> None:
    grid = read_grid(boxes("one"), mixed)
    assert grid is not None
    assert grid.shape == (6, 5)
    assert grid.notes == ("some sides of cells (1) show no line; cells may be merged there",)


def test_even_steps_tell_where_a_rule_lacks() -> None:
    assert lacking(np.array([0.0, 50, 100, 200, 250, 300]), 50.0) == [150.0]
    assert lacking(np.array([0.0, 50, 100, 175, 225, 275]), 50.0) == []


@pytest.mark.parametrize(("share", "doubted"), [(1.0, True), (0.7, False)])
def test_a_line_as_dark_as_rules_that_meets_none_is_doubted(share: float, doubted: bool) -> None:
    rules = [Line(float(row), np.ones(201, bool), 1.0) for row in (0, 70, 130, 200)]
    other = Line(100.0, np.arange(201) < 201 * share, 1.0)
    assert bool(left_out((rules, rules), ([*rules, other], rules))) == doubted


def test_two_digits_in_a_wide_cell_are_never_one(mixed: Recognizer) -> None:
    how = drawing.Ruled((60.0,) * 3, (60.0, 180.0, 60.0), content="empty")
    page = drawing.ruled(how, np.random.default_rng(0)).picture.copy()
    for digit, x in (("4", 55), ("4", 110), ("7", 215), ("7", 295)):
        cv2.putText(page, digit, (x, 85), cv2.FONT_HERSHEY_SIMPLEX, 1.3, 30, 3)
    grid = read_grid(page, mixed)
    assert grid is not None
    assert grid.shape == (3, 3)
    assert [(cell.label, cell.status) for cell in grid.cells[::2][:2]] == [(4, "ok"), (7, "ok")]
    between = grid.cells[1]
    assert between.status == "unsure" or (between.text, between.label) == ("47", None)


def test_ones_like_rules_are_digits(mixed: Recognizer) -> None:
    drawn = drawing.ruled(drawing.even(3, 4, 60, content="ones"), np.random.default_rng(0))
    grid = read_grid(drawn.picture, mixed)
    assert grid is not None
    assert grid.rows == drawn.table


@pytest.mark.slow
def test_text_on_a_photographed_page_is_no_grid() -> None:
    """Light between dark lines looks like light rules, but most of such a grid is as light as they are."""
    assert not sure(find_any_grid(drawing.drawn_grid("no grid: photo", 400).picture))


@pytest.mark.parametrize("shape", [(1, 6), (6, 1), (30, 3)])
def test_a_told_shape_may_be_a_single_row_or_have_many(shape: tuple[int, int], mixed: Recognizer) -> None:
    drawn = drawing.ruled(drawing.even(*shape, 40, content="print"), np.random.default_rng(0))
    grid = read_grid(drawn.picture, mixed, shape)
    assert grid is not None
    assert grid.rows == drawn.table


@pytest.mark.parametrize("shape", [(1, 1), (0, 5), (101, 3)])
def test_a_shape_that_no_grid_has_is_refused(shape: tuple[int, int], mixed: Recognizer) -> None:
    with pytest.raises(ConfigError, match="Give 1 to 100 rows and columns, like 9x9"):
        read_grid(PICTURES / "plain.png", mixed, shape)
