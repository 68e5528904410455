"""The part of `digits read` that reads ruled grids."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING

from digit_recognizer.cli.predict_inputs import number_cell
from digit_recognizer.cli.reading import Told
from digit_recognizer.cli.remedies import with_remedy
from digit_recognizer.errors import ImageError
from digit_recognizer.files import printable

if TYPE_CHECKING:
    from digit_recognizer.reading import Cell, Grid
    from digit_recognizer.recognizer import Recognizer

_CORNERS = ("upper_left", "upper_right", "lower_right", "lower_left")
COLUMNS: tuple[str, ...] = (
    *("source", "row", "column", "label", "probability", "status"),
    *(f"{corner}_{axis}" for corner in _CORNERS for axis in ("x", "y")),
    "text",
)


def read_grids(photos: Sequence[str], recognizer: Recognizer, shape: tuple[int, int] | None) -> Iterator[Told]:
    """What is told of the grid in each photo."""
    from digit_recognizer.decoding import read_apart
    from digit_recognizer.images import shown_name
    from digit_recognizer.images.large import times_smaller
    from digit_recognizer.reading.annotate import annotated
    from digit_recognizer.reading.grid import grid_on, scaled
    from digit_recognizer.schemas.readings import grid_object

    model = recognizer.model.header.name
    for photo in photos:
        shown = shown_name(photo, recognizer.keep_ids)
        try:
            grey = read_apart(photo, keep_ids=recognizer.keep_ids, source=shown)
            seen = grid_on(grey, recognizer, shape, shown)
        except ImageError as error:
            yield Told(grid_object(shown, None, model, str(error)), error=with_remedy(error))
            continue
        if seen is None:
            yield Told(grid_object(shown, None, model), notes=[f"{shown}: shows no {_wanted(shape)}."], empty=True)
            continue
        grid = scaled(seen, times_smaller(photo))
        rows = [_as_row(shown, cell) for cell in grid.cells]
        notes = [f"{shown}: {each}." for each in grid.notes]
        made = grid_object(shown, grid, model)
        yield Told(made, rows, [_in_words(grid)], notes, drawn=partial(annotated, grey, seen))


def _wanted(shape: tuple[int, int] | None) -> str:
    return f"grid of {shape[0]} x {shape[1]}" if shape else "ruled grid: no crossing lines enclose cells"


def _in_words(grid: Grid) -> str:
    """The table for people: a dot is an empty cell, a question mark follows what is unsure."""
    rows, columns = grid.shape
    width = max(len(cell.text or ".") for cell in grid.cells) + 1
    turned = f", turned by {grid.turned} degrees" if grid.turned else ""
    lines = [printable(f"{grid.source}: {rows} x {columns}{turned}")]
    for start in range(0, len(grid.cells), columns):
        lines.append(" ".join(_sign(cell, width) for cell in grid.cells[start : start + columns]).rstrip())
    return "\n".join(lines)


def _sign(cell: Cell, width: int) -> str:
    """So many characters for a cell."""
    return f"{cell.text or '.'}{'?' if cell.status == 'unsure' else ''}".ljust(width)


def _as_row(photo: str, cell: Cell) -> list[object]:
    """The values of one line of --csv."""
    corners = [value for corner in cell.box for value in corner]
    text = number_cell(cell.text or "")
    return [photo, cell.row, cell.column, cell.label, cell.probability, cell.status, *corners, text]
