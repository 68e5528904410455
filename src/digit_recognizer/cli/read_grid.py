"""The half of `digits read` that reads ruled grids."""

from __future__ import annotations

import csv as csv_format
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from digit_recognizer.cli.output import complain, note, printable
from digit_recognizer.errors import ImageError

if TYPE_CHECKING:
    from digit_recognizer.cli.options import Printed
    from digit_recognizer.reading import Cell, Grid
    from digit_recognizer.recognizer import Recognizer

_CORNERS = ("upper_left", "upper_right", "lower_right", "lower_left")
COLUMNS = ("source", "row", "column", "label", "probability", "status")
_LAST = "text"  # a cell's whole text, behind all other columns


def read_grids(
    photos: list[str],
    shape: tuple[int, int] | None,
    recognizer: Recognizer,
    printed: Printed,
    write: Callable[[Any], None],
    annotate: Path | None,
) -> set[str]:
    """Print the grid in each photo; what became of them, as `_read_one` has it."""
    if printed == "csv":
        _write_row([*COLUMNS, *(f"{corner}_{axis}" for corner in _CORNERS for axis in ("x", "y")), _LAST])
    return {_read_one(photo, shape, recognizer, printed, write, annotate) for photo in photos}


def _read_one(
    photo: str,
    shape: tuple[int, int] | None,
    recognizer: Recognizer,
    printed: Printed,
    write: Callable[[Any], None],
    annotate: Path | None,
) -> str:
    """Print the grid in one photo; "read", "none" where it holds no grid, or "error" where it cannot be read.

    write: takes the object of --json.
    """
    from digit_recognizer.images import shown_name
    from digit_recognizer.reading import read_grid
    from digit_recognizer.schemas.readings import grid_object

    name, shown, error, grid = recognizer.model.header.name, shown_name(photo, recognizer.keep_ids), None, None
    try:
        grid = read_grid(photo, recognizer, shape)
    except ImageError as problem:
        error = str(problem)
    write(grid_object(shown, grid, name, error))
    if printed == "csv" and grid:
        for cell in grid.cells:
            _write_row(_as_row(shown, cell))
    elif printed == "words" and grid:
        typer.echo(in_words(grid))
    if error:
        complain(error)
        return "error"
    if grid is None:
        wanted = (
            f"grid of {shape[0]} x {shape[1]}" if shape else "ruled grid: no rules cross so that they enclose cells"
        )
        note(f"{shown}: shows no {wanted}.")
        return "none"
    for each in grid.notes:
        note(f"{shown}: {each}.")
    if annotate:
        _write_annotated(photo, grid, annotate)
    return "read"


def _write_annotated(photo: str, grid: Grid, target: Path) -> None:
    """The photo with its grid drawn onto it, as a PNG file."""
    import io

    from digit_recognizer.files import write_whole
    from digit_recognizer.images import read_picture
    from digit_recognizer.images.large import times_smaller
    from digit_recognizer.reading.annotate import annotated
    from digit_recognizer.reading.grid import scaled

    content = io.BytesIO()
    annotated(read_picture(photo), scaled(grid, 1 / times_smaller(photo))).save(content, "PNG")
    write_whole(target, content.getvalue())


def in_words(grid: Grid) -> str:
    """The table for people: a dot is an empty cell, a question mark follows what is unsure."""
    rows, columns = grid.shape
    width = max(len(cell.text or ".") for cell in grid.cells) + 1
    turned = f", turned by {grid.turned} degrees" if grid.turned else ""
    lines = [printable(f"{grid.source}: {rows} x {columns}{turned}")]
    for start in range(0, len(grid.cells), columns):
        lines.append(" ".join(sign(cell, width) for cell in grid.cells[start : start + columns]).rstrip())
    return "\n".join(lines)


def sign(cell: Cell, width: int) -> str:
    """So many characters for a cell."""
    return f"{cell.text or '.'}{'?' if cell.status == 'unsure' else ''}".ljust(width)


def _as_row(photo: str, cell: Cell) -> list[object]:
    """The values of one line of --csv."""
    from digit_recognizer.cli.predict_inputs import plain_cell

    corners = [value for corner in cell.box for value in corner]
    return [
        photo,
        cell.row,
        cell.column,
        cell.label,
        cell.probability,
        cell.status,
        *corners,
        plain_cell(cell.text or ""),
    ]


def _write_row(values: list[Any]) -> None:
    """One line of CSV to standard output."""
    csv_format.writer(sys.stdout, lineterminator="\n").writerow(values)
