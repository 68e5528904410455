"""What `digits read` tells of one photo or crop, the same way whatever is read on it."""

from __future__ import annotations

import csv as csv_format
import io
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from digit_recognizer.cli.output import complain, note
from digit_recognizer.files import write_whole

if TYPE_CHECKING:
    from PIL.Image import Image

    from digit_recognizer.cli.options import Printed


@dataclass(frozen=True)
class Told:
    """What there is to tell."""

    made: Mapping[str, Any]  # the object of --json
    rows: Sequence[Sequence[object]] = ()  # of --csv
    words: Sequence[str] = ()  # for people
    notes: Sequence[str] = ()
    error: str | None = None  # why it could not be read
    empty: bool = False  # nothing is read on it
    drawn: Callable[[], Image] | None = None  # for --annotate


def tell(told: Told, printed: Printed, write: Callable[[Any], None], annotate: Path | None = None) -> str:
    """Print it; "read", "none" where nothing is read on it, or "error". write: takes the object of --json."""
    write(told.made)
    if told.error is not None:
        complain(told.error)
    if printed == "csv":
        write_rows(told.rows)
    elif printed == "words":
        for line in told.words:
            typer.echo(line)
    for each in told.notes:
        note(each)
    if annotate and told.drawn:
        content = io.BytesIO()
        told.drawn().save(content, "PNG")
        write_whole(annotate, content.getvalue())
    return "error" if told.error is not None else "none" if told.empty else "read"


def write_rows(rows: Sequence[Sequence[object]]) -> None:
    """Lines of CSV to standard output."""
    csv_format.writer(sys.stdout, lineterminator="\n").writerows(rows)


@contextmanager
def rows_in(csv: str | None) -> Iterator[None]:
    """Where the rows of --csv go: to standard output, or once all are there to a file, whole or not at all."""
    if csv in (None, "-"):
        yield
        return
    with redirect_stdout(io.StringIO()) as rows:
        yield
    write_whole(Path(csv or ""), rows.getvalue().encode())


def doubt_in_words(text: str, probability: float | None, reason: str | None) -> str:
    """What a person is told of a text that is not sure."""
    return f"{text}  unsure ({100 * (probability or 0.0):.1f} %): {reason}"
