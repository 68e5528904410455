"""The half of `digits read` that reads crops of single lines."""

from __future__ import annotations

import csv as csv_format
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import typer

from digit_recognizer.cli.output import complain, note, printable

if TYPE_CHECKING:
    from digit_recognizer.cli.options import Printed
    from digit_recognizer.reading import Line

COLUMNS = ("source", "text", "probability", "status")
_BATCH = 64  # crops that are decoded together


def read_crops_of_lines(
    files: Sequence[str], model: str | None, printed: Printed, write: Callable[[Any], None], *, keep_ids: bool
) -> set[str]:
    """Print what stands on each crop; what became of them: "read", "none" where nothing is written, or "error".

    write: takes the object of --json. keep_ids: call DICOM files by their own names.
    """
    from digit_recognizer.images import shown_name
    from digit_recognizer.models.line_reader import load_line_reader, shipped_reader
    from digit_recognizer.reading import read_lines
    from digit_recognizer.schemas.readings import line_object

    reader = load_line_reader(model) if model else shipped_reader()
    if printed == "csv":
        _write_row(COLUMNS)
    seen = set()
    for start in range(0, len(files), _BATCH):
        some = files[start : start + _BATCH]
        for line in read_lines(some, reader, [shown_name(file, keep_ids) for file in some]):
            write(line_object(line, reader.model.header.name))
            _tell(line, printed)
            seen.add("error" if line.status == "error" else "read" if line.text else "none")
    return seen


def _tell(line: Line, printed: Printed) -> None:
    """One line of words or of CSV."""
    from digit_recognizer.cli.predict_inputs import plain_cell

    if line.status == "error":
        complain(line.error or "")
    if printed == "csv":
        shown = "" if line.status == "error" else plain_cell(line.text)
        _write_row((plain_cell(line.source), shown, line.probability, line.status))
    elif printed == "words" and line.text:
        typer.echo(printable(f"{line.source}: {_in_words(line)}"))
    if line.status != "error" and not line.text:
        note(f"{line.source}: {'nothing is written there' if line.status == 'empty' else line.reason}.")


def _in_words(line: Line) -> str:
    """What a person is told: the text, and why it is not sure."""
    if line.status == "ok":
        return line.text
    return f"{line.text}  unsure ({100 * (line.probability or 0.0):.1f} %): {line.reason}"


def _write_row(values: Sequence[object]) -> None:
    csv_format.writer(sys.stdout, lineterminator="\n").writerow(values)
