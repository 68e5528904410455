"""`digits read`: photos of pages in, the numbers on them out."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from digit_recognizer.cli.options import Csv, JsonLines, KeepIds, Printed
from digit_recognizer.cli.typed import taking
from digit_recognizer.errors import ConfigError


@dataclass(frozen=True)
class _Options:
    """What to read, and how it is told."""

    photos: Annotated[list[str], typer.Argument(help="Photo files, or folders or archives of them.")]
    grid: Annotated[
        str | None,
        typer.Option(
            metavar="ROWSxCOLUMNS|auto", help="Read a ruled grid, such as 9x9; auto finds its rows and columns."
        ),
    ] = None
    line: Annotated[bool, typer.Option("--line", help="Each picture is a crop of one line.")] = False
    model: Annotated[
        str | None,
        typer.Option(help="A shipped name, a model file or a run folder. Default: mixed, with --line lines."),
    ] = None
    json: JsonLines = None
    csv: Csv = None
    annotate: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write the photo with the readings drawn on it (.png). One photo only."),
    ] = None
    keep_ids: KeepIds = False


@taking(_Options)
def read(options: _Options) -> None:
    """Read the numbers on photos of pages. Exit 1 if some show no digits, 2 if none could be opened."""
    from digit_recognizer.cli import read_grids, read_lines, read_pages
    from digit_recognizer.cli.output import json_lines
    from digit_recognizer.cli.predict import picture_files
    from digit_recognizer.cli.reading import rows_in, tell, write_rows
    from digit_recognizer.reading import PAGE_MODEL
    from digit_recognizer.reading.digits import check_reads
    from digit_recognizer.reading.grid_shape import as_shape, check_shape
    from digit_recognizer.recognizer import Recognizer

    printed: Printed = "csv" if options.csv else "json" if options.json == "-" else "words"
    if options.csv and options.json == "-":
        raise ConfigError("--json and --csv exclude each other. Give one, or write JSON to a file: --json=FILE.")
    shape = as_shape(options.grid, "--grid") if options.grid else None
    files = list(picture_files(options.photos))
    if options.line and (options.grid or options.annotate):
        raise ConfigError("--line reads crops of one line; --grid and --annotate are for photos of pages.")
    if options.annotate and len(files) != 1:
        raise ConfigError(f"--annotate draws on one photo, and {len(files)} were given. Name one.")
    check_shape(shape)
    if options.line:
        columns = read_lines.COLUMNS
        all_told = read_lines.read_crops_of_lines(files, options.model, keep_ids=options.keep_ids)
    else:
        recognizer = Recognizer.load(options.model or PAGE_MODEL, keep_ids=options.keep_ids)
        check_reads(recognizer.model)
        if options.grid:
            columns, all_told = read_grids.COLUMNS, read_grids.read_grids(files, recognizer, shape)
        else:
            columns, all_told = read_pages.COLUMNS, read_pages.read_pages(files, recognizer)
    with json_lines(options.json) as write, rows_in(options.csv):
        if printed == "csv":
            write_rows([columns])
        seen = {tell(told, printed, write, options.annotate) for told in all_told}
    if seen != {"read"}:
        raise typer.Exit(2 if seen == {"error"} else 1)
