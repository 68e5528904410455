"""`digits read`: photos in, the digits that stand on them out."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def read(
    photos: Annotated[list[str], typer.Argument(help="Picture files, or folders of them.")],
    grid: Annotated[
        str, typer.Option("--grid", metavar="ROWSxCOLUMNS|auto", help="A ruled grid, like 9x9; auto counts its rules.")
    ] = "auto",
    model: Annotated[
        str | None, typer.Option(help="A shipped name, a model file or a run folder; the most accurate by default.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="One JSON object a photo.")] = False,
    csv: Annotated[bool, typer.Option("--csv", help="One line a cell.")] = False,
    annotate: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Draw what was read onto a copy of the photo (.png).")
    ] = None,
) -> None:
    """Read the grid of digits in each photo. Exit 1 where some show none or are unreadable, 2 where all are."""
    from digit_recognizer.cli.read_grid import as_shape, read_grids

    raise typer.Exit(read_grids(photos, as_shape(grid), model, json, csv, annotate))
