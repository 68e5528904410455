"""`digits read`: photos of pages in, the numbers on them out."""

from __future__ import annotations

import csv as csv_format
import io
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from digit_recognizer.cli.options import Csv, JsonLines, KeepIds, Printed
from digit_recognizer.cli.remedies import with_remedy
from digit_recognizer.cli.typed import taking
from digit_recognizer.errors import ConfigError, ImageError
from digit_recognizer.files import write_whole

if TYPE_CHECKING:
    from digit_recognizer.reading import Number, Page
    from digit_recognizer.recognizer import Recognizer

COLUMNS = ("source", "number", "place", "label", "probability", "status", "left", "top", "width", "height", "text")
_NO_DIGITS = "holds no digits that can be read. Take the photo nearer, in more light, or name another model."


@dataclass(frozen=True)
class _Options:
    """What to read, and how it is told."""

    photos: Annotated[list[str], typer.Argument(help="Photo files, or folders or archives of them.")]
    grid: Annotated[
        str | None,
        typer.Option(
            metavar="ROWSxCOLUMNS|auto", help="Read a ruled grid, such as 9x9; auto counts its rows and columns."
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
    """Read the numbers on photos of pages. Exit 1 where some hold no digits, 2 where none could be opened."""
    from digit_recognizer.cli.output import json_lines
    from digit_recognizer.cli.predict import picture_files
    from digit_recognizer.cli.read_grid import read_grids
    from digit_recognizer.cli.read_lines import read_crops_of_lines
    from digit_recognizer.reading import PAGE_MODEL
    from digit_recognizer.reading.digits import check_reads
    from digit_recognizer.reading.grid import check_shape
    from digit_recognizer.recognizer import Recognizer
    from digit_recognizer.server.answers import as_shape

    printed: Printed = "csv" if options.csv else "json" if options.json == "-" else "words"
    if options.csv and options.json == "-":
        raise ConfigError("--json and --csv exclude each other. Give one, or write JSON to a file: --json=FILE.")
    shape = as_shape(options.grid, "--grid") if options.grid else None
    files = list(picture_files(options.photos))
    if options.line:
        if options.grid or options.annotate:
            raise ConfigError("--line reads crops of one line; --grid and --annotate are for photos of pages.")
        with json_lines(options.json) as write, rows_in(options.csv):
            told = read_crops_of_lines(files, options.model, printed, write, keep_ids=options.keep_ids)
        if told != {"read"}:
            raise typer.Exit(2 if told == {"error"} else 1)
        return
    if options.annotate and len(files) != 1:
        raise ConfigError(f"--annotate draws on one photo, and {len(files)} were given. Name one.")
    if options.grid:
        check_shape(shape)
    recognizer = Recognizer.load(options.model or PAGE_MODEL, keep_ids=options.keep_ids)
    check_reads(recognizer.model)
    with json_lines(options.json) as write, rows_in(options.csv):
        if options.grid:
            seen = read_grids(files, shape, recognizer, printed, write, options.annotate)
        else:
            seen = _read_pages(files, recognizer, printed, write, options.annotate)
    if seen != {"read"}:
        raise typer.Exit(2 if seen == {"error"} else 1)


@contextmanager
def rows_in(csv: str | None) -> Iterator[None]:
    """Where the rows of --csv go: to standard output, or once all are there to a file, whole or not at all."""
    if csv in (None, "-"):
        yield
        return
    with redirect_stdout(io.StringIO()) as rows:
        yield
    write_whole(Path(csv or ""), rows.getvalue().encode())


def _read_pages(
    files: list[str], recognizer: Recognizer, printed: Printed, write: Callable[[Any], None], annotate: Path | None
) -> set[str]:
    """Print the numbers on photos of pages; what became of them, as `_read_one` has it."""
    if printed == "csv":
        _write_rows([COLUMNS])
    return {_read_one(file, recognizer, printed, write, annotate) for file in files}


def _read_one(
    file: str, recognizer: Recognizer, printed: Printed, write: Callable[[Any], None], annotate: Path | None
) -> str:
    """Print the numbers on one photo; "read", "none" where it holds none, or "error" where it cannot be read.

    write: takes the object of --json.
    """
    from digit_recognizer.cli.output import complain, note, printable
    from digit_recognizer.images import shown_name
    from digit_recognizer.reading import read_page
    from digit_recognizer.server.answers import page_object

    model, shown = recognizer.model.header.name, shown_name(file, recognizer.keep_ids)
    try:
        page = read_page(file, recognizer)
    except ImageError as error:
        write(page_object(shown, None, model, str(error)))
        complain(with_remedy(error))
        return "error"
    write(page_object(shown, page, model))
    if printed == "csv":
        _write_rows(rows(page))
    elif printed == "words":
        for number in page.numbers:
            typer.echo(printable(f"{shown}: {in_words(number)}"))
    if page.turned:
        note(f"{shown}: lies turned by {page.turned} degrees, and was read so.")
    if not page.surely_so:
        note(f"{shown}: may lie turned; nothing on it is sure. Turn it upright.")
    if annotate:
        draw(file, page, annotate)
    if not page.numbers:
        note(f"{shown}: {_NO_DIGITS}")
    return "read" if page.numbers else "none"


def in_words(number: Number) -> str:
    """What a person is told: the number, and why it is not sure."""
    if number.status == "ok":
        return number.text
    return f"{number.text}  unsure ({100 * number.probability:.1f} %): {number.reason or 'the page may lie turned'}"


def rows(page: Page) -> list[tuple[object, ...]]:
    """The lines of --csv, numbers and places counted from 1."""
    from digit_recognizer.cli.predict_inputs import plain_cell

    source = plain_cell(page.source)
    return [
        (source, count, place, digit.label, digit.probability, digit.status, *digit.box, plain_cell(number.text))
        for count, number in enumerate(page.numbers, 1)
        for place, digit in enumerate(number.digits, 1)
    ]


def _write_rows(lines: Sequence[Sequence[object]]) -> None:
    """Lines of CSV to standard output."""
    csv_format.writer(sys.stdout, lineterminator="\n").writerows(lines)


def draw(file: str, page: Page, target: Path) -> None:
    """Write the photo with what was read on it as a PNG file."""
    from digit_recognizer.files import write_whole
    from digit_recognizer.images import read_picture
    from digit_recognizer.images.large import times_smaller
    from digit_recognizer.reading.draw import annotated_page
    from digit_recognizer.reading.page import scaled

    content = io.BytesIO()
    annotated_page(read_picture(file), scaled(page, 1 / times_smaller(file))).save(content, "PNG")
    write_whole(target, content.getvalue())
