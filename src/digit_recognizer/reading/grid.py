"""A photo of a ruled grid -> its table: which digit stands in each cell, or none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from digit_recognizer.decoding import read_apart
from digit_recognizer.images import Picture
from digit_recognizer.images.given import source_name
from digit_recognizer.images.large import times_smaller
from digit_recognizer.images.small_digits import for_small_digits
from digit_recognizer.models.line_reader import LineReader, shipped_reader
from digit_recognizer.prediction import Prediction
from digit_recognizer.reading.cell_page import straighten
from digit_recognizer.reading.cells import Ink, cell_inks, grey_cells
from digit_recognizer.reading.digits import check_reads
from digit_recognizer.reading.found import Found, find_any_grid
from digit_recognizer.reading.frame import PAPER, Grey, area, darkness, frame_candidates, reduced
from digit_recognizer.reading.grid_rules import MAX_RULES, find_nodes
from digit_recognizer.reading.grid_shape import check_shape
from digit_recognizer.reading.line import read_crops
from digit_recognizer.recognizer import Recognizer

Nodes = NDArray[np.float64]  # (R + 1, C + 1, 2): where rules cross, across and down, in pixels of the photo
_Point = tuple[float, float]

_GOOD = 0.93  # quality of a grid from which on no other outline is looked at
_SMALLER = 0.5  # outlines smaller than this share of the first grid's are grids of their own
_CLEAR = 0.8  # share of the dark ink that is surely digits; with less the grid is read turned, too
LIKELY = 0.5  # probability of several characters in a cell that one digit is not sure of
_CLEARER = 0.1  # share that a turned reading must gain


@dataclass(frozen=True)
class Cell:
    """One cell of a grid, and what was recognised in it."""

    row: int  # from 0, from the top of the digits
    column: int
    box: tuple[
        _Point, _Point, _Point, _Point
    ]  # corners, across and down in pixels, clockwise from the digit's upper left
    status: str  # "ok", "unsure" or "empty"
    label: int | None = None  # the most probable digit; None where the cell is empty, or holds several characters
    probability: float | None = None  # of that class, or that all of several characters is right, 0..1
    text: str | None = None  # what stands in the cell, also several characters such as 12,5; None where it is empty

    @property
    def number(self) -> int | None:
        """What stands in the cell as a whole number; None where it is empty or something else."""
        return int(self.text) if self.text and self.text.isdecimal() else None


@dataclass(frozen=True)
class Grid:
    """The table in a photo."""

    source: str
    shape: tuple[int, int]  # rows, columns
    cells: tuple[Cell, ...]  # row by row
    turned: int  # degrees, clockwise, that the digits stand turned in the photo: 0, 90, 180 or 270
    notes: tuple[str, ...] = ()  # what is doubtful: where it is the shape, no cell is "ok"

    @property
    def rows(self) -> list[list[int | None]]:
        """The whole number in each cell, None where it is empty or holds something else."""
        width = self.shape[1]
        labels = [cell.number for cell in self.cells]
        return [labels[start : start + width] for start in range(0, len(labels), width)]


def read_grid(
    picture: Picture, recognizer: Recognizer, shape: tuple[int, int] | None = None, source: str | None = None
) -> Grid | None:
    """The largest ruled grid in a photo, read; None where there is none.

    picture: as for `read_picture`. shape: rows and columns, 1 to 100 each; None: they are counted, and where the rules
    leave a doubt `notes` say it, and no cell is "ok".
    source: what to call a picture that is not a file.
    Digits that stand turned by 90, 180 or 270 degrees are read so where that reads clearly better.
    Raises ImageError for what is no picture, ConfigError for a shape that no grid has, ModelFileError for a model whose
    classes are not digits.
    """
    check_reads(recognizer.model)
    check_shape(shape)
    source = source_name(picture, source or "the picture", recognizer.keep_ids)
    grey = read_apart(picture, keep_ids=recognizer.keep_ids, source=source)
    grid = grid_on(grey, recognizer, shape, source)
    return grid and scaled(grid, times_smaller(picture))


def grid_on(grey: Grey, recognizer: Recognizer, shape: tuple[int, int] | None, source: str) -> Grid | None:
    """`read_grid` of a photo (H, W) uint8 that is decoded already, in whose pixels the places are."""
    found = find_any_grid(grey) if shape is None else _find_grid(grey, shape)
    if found is None:
        return None
    quarters = (0, 1, 2, 3) if shape is None or shape[0] == shape[1] else (0, 2)
    if shape is not None and found.shape != shape:
        quarters = (1, 3)
    page = straighten(255 - grey if found.light else grey, found.nodes)
    grid = _best_turn(found.nodes, cell_inks(page), quarters, recognizer, source)
    grid = _with_lines(grid, grey_cells(page), found.shape, shipped_reader())
    return noted(grid, found)


def scaled(grid: Grid, by: float) -> Grid:
    """A grid's places in a photo so many times as large."""
    if by == 1:
        return grid

    def point(x: float, y: float) -> _Point:
        return round(by * x, 1), round(by * y, 1)

    def box(cell: Cell) -> tuple[_Point, _Point, _Point, _Point]:
        first, second, third, fourth = cell.box
        return point(*first), point(*second), point(*third), point(*fourth)

    return replace(grid, cells=tuple(replace(cell, box=box(cell)) for cell in grid.cells))


def noted(grid: Grid, found: Found) -> Grid:
    """The grid with what is to be said of it; none of its cells is sure where its shape is not."""
    notes = []
    if found.others:
        notes.append("there is another grid in the photo, which was not read")
    if found.unseen:
        notes.append(f"some sides of cells ({found.unseen}) show no line; cells may be merged there")
    if not found.doubts:
        return replace(grid, notes=tuple(notes))
    notes.append(f"it may have another shape, so no cell is ok: {', '.join(found.doubts)}")
    cells = tuple(replace(cell, status="unsure") if cell.status == "ok" else cell for cell in grid.cells)
    return replace(grid, cells=cells, notes=tuple(notes))


def _find_grid(grey: Grey, shape: tuple[int, int]) -> Found | None:
    """The largest grid of a shape in a photo (H, W) uint8; None where there is none.

    A grid that is not square may lie on its side: its nodes are then (C + 1, R + 1, 2).
    """
    nodes = _find_even_grid(grey, shape) if min(shape) > 1 and max(shape) <= MAX_RULES else None
    if nodes is not None:
        return Found(nodes)
    found = find_any_grid(grey)
    return replace(found, doubts=()) if found and found.shape in (shape, shape[::-1]) else None


def _find_even_grid(grey: Grey, shape: tuple[int, int]) -> Nodes | None:
    """Where the rules of the largest grid with even steps cross."""
    small, factor = reduced(grey)
    dark = darkness(small, PAPER * max(small.shape))
    shapes = [shape] if shape[0] == shape[1] else [shape, shape[::-1]]
    best: tuple[float, float, Nodes] | None = None
    for quad in frame_candidates(small):
        if best is not None and (best[0] >= _GOOD or area(quad) < _SMALLER * best[1]):
            break
        for each in shapes:
            found = find_nodes(dark, quad, each)
            if found is not None and (best is None or found[1] > best[0]):
                best = found[1], area(quad), found[0]
    return None if best is None else best[2] / factor


def _best_turn(
    nodes: Nodes, inks: list[Ink | None], quarters: tuple[int, ...], recognizer: Recognizer, source: str
) -> Grid:
    """The reading with the digits turned by the first of the quarters (clockwise), or a clearly better one."""
    dark = sum(ink is not None and not ink.pale for ink in inks)
    best = _read_cells(nodes, inks, quarters[0], recognizer, source)
    for quarter in quarters[1:]:
        if _surely_read(best) >= _CLEAR * dark:
            break
        found = _read_cells(nodes, inks, quarter, recognizer, source)
        if _surely_read(found) > _surely_read(best) + _CLEARER * dark:
            best = found
    return best


def _surely_read(grid: Grid) -> int:
    """How many digits are not unsure.

    Not their mean probability: that of digits upside down is 0.9 and more.
    """
    return sum(cell.status == "ok" for cell in grid.cells)


def _read_cells(nodes: Nodes, inks: list[Ink | None], quarter: int, recognizer: Recognizer, source: str) -> Grid:
    """The grid between nodes with what is written in its cells, its digits turned by `quarter` quarters clockwise."""
    rows, columns = nodes.shape[0] - 1, nodes.shape[1] - 1
    order = np.rot90(np.arange(rows * columns).reshape(rows, columns), quarter)
    upright = [None if ink is None else ink.turned(quarter) for ink in (inks[number] for number in order.ravel())]
    predictions = recognised(upright, recognizer)
    crowded = [ink is not None and not ink.alone for ink in upright]
    nodes = np.rot90(nodes, quarter)
    places = [(row, column) for row in range(order.shape[0]) for column in range(order.shape[1])]
    cells = tuple(_as_cell(*each) for each in zip(places, [nodes] * len(places), predictions, crowded, strict=True))
    return Grid(source, (order.shape[0], order.shape[1]), cells, 90 * quarter)


def recognised(inks: list[Ink | None], recognizer: Recognizer) -> list[Prediction | None]:
    """What each ink is; None where there is none, and where it is pale and not surely a digit: a stain."""
    prepare = for_small_digits(recognizer.model.preprocess)
    tall = [number for number, ink in enumerate(inks) if ink is not None and ink.tall]
    fitted = [prepare.fit_ink(255 - ink.picture) for ink in inks if ink is not None and ink.tall]
    found = dict(zip(tall, recognizer.predict_prepared(np.stack(fitted), "a cell"), strict=True)) if fitted else {}
    predictions = [found.get(number) for number in range(len(inks))]
    return [
        None if ink is None or each is None or (ink.pale and each.status != "ok") else each
        for ink, each in zip(inks, predictions, strict=True)
    ]


def _as_cell(place: tuple[int, int], nodes: Nodes, prediction: Prediction | None, crowded: bool) -> Cell:
    """One cell with what was recognised in it; None: nothing stands there. crowded: something else may, too."""
    row, column = place
    corners = nodes[[row, row, row + 1, row + 1], [column, column + 1, column + 1, column]]
    first, second, third, fourth = ((round(float(x), 1), round(float(y), 1)) for x, y in corners)
    box = (first, second, third, fourth)
    if prediction is None or prediction.label is None:
        return Cell(row, column, box, "empty")
    status = "ok" if prediction.status == "ok" and not crowded else "unsure"
    return Cell(row, column, box, status, prediction.label, prediction.probability, str(prediction.label))


def _with_lines(grid: Grid, crops: Sequence[Grey], shape: tuple[int, int], reader: LineReader) -> Grid:
    """The grid, its doubtful cells read as lines: where that finds several characters, they stand in the cell.

    crops: (H, W) uint8 of the cells, row by row as the grid of a shape lies in the photo.
    """
    quarter = grid.turned // 90
    order = np.rot90(np.arange(len(crops)).reshape(shape), quarter).ravel()
    doubtful = [place for place, cell in enumerate(grid.cells) if cell.status == "unsure"]
    upright = [np.ascontiguousarray(np.rot90(crops[order[place]], quarter)) for place in doubtful]
    lines = read_crops(upright, reader, [grid.source] * len(upright))
    cells = list(grid.cells)
    for place, line in zip(doubtful, lines, strict=True):
        if len(line.text) > 1 and (line.probability or 0.0) >= LIKELY:
            status = "ok" if line.status == "ok" else "unsure"
            several = replace(cells[place], label=None, text=line.text, probability=line.probability)
            cells[place] = replace(several, status=status)
    return replace(grid, cells=tuple(cells))
