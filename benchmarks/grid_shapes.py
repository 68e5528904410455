"""Whether `digits read --grid auto` finds the shape of a grid by itself, or says that it doubts it.

Right: the shape that was drawn, without a doubt. Noted: nothing found, or a doubt said and no cell sure. Wrong: another
shape, or one where there is none, and nothing said. Cells right: of those of the right shapes.

    python benchmarks/grid_shapes.py [--each 10] [--seed 0] [--only WORDS] [--wrong] [--json FILE|-]
"""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from common import conditions, parser, report, say, timed
from digit_recognizer import Recognizer
from digit_recognizer.data import load_dataset
from digit_recognizer.reading import PAGE_MODEL, Grid, read_grid
from ruled_grids import KINDS, Drawn, drawn_grid, use_handwriting


def outcome(drawn: Drawn, grid: Grid | None) -> str:
    """One of "right", "noted" and "wrong"."""
    if grid is None:
        return "noted" if drawn.shape else "right"
    notes, surely = getattr(grid, "notes", ()), any(cell.status == "ok" for cell in grid.cells)
    if drawn.shape == grid.shape:
        return "noted" if notes else "right"
    if drawn.shape is None and notes:
        return "right"
    return "noted" if notes and not surely else "wrong"


def cells_right(drawn: Drawn, grid: Grid | None) -> list[bool]:
    """Which cells are read as they were written, where the shape is right."""
    if grid is None or grid.shape != drawn.shape or not drawn.table:
        return []
    found = [cell.label for cell in grid.cells]
    return [a == b for a, b in zip(found, [each for row in drawn.table for each in row], strict=True)]


def measure(each: int, seed: int, only: str, wrong: bool) -> dict[str, Any]:
    """Each kind's counts."""
    recognizer = Recognizer.load(PAGE_MODEL)
    split = load_dataset("mnist").split("validation")
    use_handwriting(split.take(np.arange(2_000)), np.asarray(split.labels[:2_000]))
    found: dict[str, Any] = {}
    for kind in KINDS:
        if only not in kind:
            continue
        counts = {"right": 0, "noted": 0, "wrong": 0}
        cells: list[bool] = []
        seconds = 0.0
        for number in range(each):
            drawn = drawn_grid(kind, seed + number)
            grid, took = timed(partial(read_grid, drawn.picture, recognizer))
            seconds += took
            counts[what := outcome(drawn, grid)] += 1
            cells += cells_right(drawn, grid)
            if wrong and what != "right":
                notes = getattr(grid, "notes", ())
                say(f"{kind}, {seed + number}: {drawn.shape}, {what}: {grid and grid.shape} {notes}")
        found[kind] = counts | {"cells_right": round(float(np.mean(cells)), 4) if cells else None, "seconds": seconds}
        say(f"{kind:32} {counts} cells {found[kind]['cells_right']} {seconds / each:.2f} s")
    return found


def main() -> None:
    arguments = parser(__doc__.splitlines()[0])
    arguments.add_argument("--each", type=int, default=10, metavar="N", help="pictures of each kind")
    arguments.add_argument("--seed", type=int, default=0)
    arguments.add_argument("--only", default="", metavar="WORDS", help="kinds whose names hold these words")
    arguments.add_argument("--wrong", action="store_true", help="tell each picture that is not right")
    options = arguments.parse_args()
    kinds = measure(options.each, options.seed, options.only, options.wrong)
    total = {what: sum(kind[what] for kind in kinds.values()) for what in ("right", "noted", "wrong")}
    report({"each": options.each, "seed": options.seed, "kinds": kinds, "all": total, **conditions()}, options.json)


if __name__ == "__main__":
    main()
