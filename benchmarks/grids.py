"""How well the grids in photos of published sets are read: cells, pages, seconds.

Each folder holds photos, imageN.jpg, and beside each imageN.dat: two lines on the phone, then rows of digits, 0 for an
empty cell (Wicht and Hennebert, ICDAR 2015). A cell is right when its digit is, or when it is empty and said to be; all
cells of a photo in which no grid is found are wrong. Intervals are Wilson's, those of cells clustered by photo.

    python benchmarks/grids.py FOLDER ... [--model NAME|FILE] [--shape auto] [--wrong] [--json FILE|-]
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from common import conditions, parser, report, say, summary, timed
from digit_recognizer import Recognizer
from digit_recognizer.reading import PAGE_MODEL, Grid, read_grid
from digit_recognizer.reading.grid_shape import as_shape
from digit_recognizer.statistics.clustered import proportion_interval

Table = list[list[int | None]]


@dataclass(frozen=True)
class Reading:
    """What one photo shows, and what was read."""

    photo: Path
    actual: Table
    grid: Grid | None
    seconds: float

    @property
    def right(self) -> list[bool]:
        """Whether each cell is right, row by row."""
        found = self.grid.rows if self.grid and self.grid.shape == shape_of(self.actual) else None
        return [
            found is not None and found[row][column] == label
            for row, labels in enumerate(self.actual)
            for column, label in enumerate(labels)
        ]


def shape_of(table: Table) -> tuple[int, int]:
    return len(table), len(table[0])


def read_table(path: Path) -> Table:
    """The rows of a .dat file, None for an empty cell."""
    lines = [line.split() for line in path.read_text().splitlines()[2:] if line.strip()]
    return [[int(digit) or None for digit in line] for line in lines]


def read_folder(folder: Path, recognizer: Recognizer, shape: tuple[int, int] | None) -> list[Reading]:
    """All photos of a folder, read one after the other."""
    readings = []
    for photo in sorted(folder.glob("*.jpg"), key=lambda path: (len(path.name), path.name)):
        grid, seconds = timed(partial(read_grid, photo, recognizer, shape))
        readings.append(Reading(photo, read_table(photo.with_suffix(".dat")), grid, seconds))
    return readings


def figures(readings: list[Reading]) -> dict[str, Any]:
    """Cells and pages right with their intervals, grids found, and seconds a photo."""
    right = [each.right for each in readings]
    cells = np.concatenate(right)
    photos = np.repeat(np.arange(len(readings)), [len(each) for each in right])
    pages = [all(each) for each in right]
    return {
        "photos": len(readings),
        "grids_found": sum(each.grid is not None for each in readings),
        "cells": share(cells, photos),
        "pages": share(np.array(pages), None),
        "wrong_but_ok": wrong_but_ok(readings),
        "seconds": summary([each.seconds for each in readings]),
    }


def share(right: np.ndarray, groups: np.ndarray | None) -> dict[str, Any]:
    """A share with n and its interval."""
    interval = proportion_interval(right, groups).to_dict()
    return {"share": float(right.mean()), "right": int(right.sum()), "n": len(right), "interval": interval}


def wrong_but_ok(readings: list[Reading]) -> int:
    """Cells that were read wrongly without being called unsure."""
    return sum(
        not right and cell.status == "ok"
        for each in readings
        if each.grid
        for right, cell in zip(each.right, each.grid.cells, strict=False)
    )


def tell_wrong(reading: Reading) -> None:
    """What was misread in a photo, on standard error."""
    if reading.grid is None or reading.grid.shape != shape_of(reading.actual):
        say(f"{reading.photo}: {'no grid' if reading.grid is None else reading.grid.shape}")
        return
    actual = [label for row in reading.actual for label in row]
    for cell, label, right in zip(reading.grid.cells, actual, reading.right, strict=True):
        if not right:
            say(f"{reading.photo}: row {cell.row}, column {cell.column}: {label} read as {cell.label} ({cell.status})")


def main() -> None:
    arguments = parser(__doc__.splitlines()[0])
    arguments.add_argument("folders", nargs="+", type=Path, metavar="FOLDER")
    arguments.add_argument("--model", default=PAGE_MODEL, metavar="NAME|FILE")
    arguments.add_argument(
        "--shape", type=lambda text: as_shape(text, "--shape"), default=(9, 9), metavar="ROWSxCOLUMNS|auto"
    )
    arguments.add_argument("--wrong", action="store_true", help="tell each cell that is misread")
    options = arguments.parse_args()
    found: dict[str, Any] = {"model": options.model, "conditions": conditions()}
    recognizer = Recognizer.load(options.model)
    for folder in options.folders:
        readings = read_folder(folder, recognizer, options.shape)
        found[folder.name] = figures(readings)
        for reading in readings if options.wrong else ():
            tell_wrong(reading)
    report(found, options.json)


if __name__ == "__main__":
    main()
