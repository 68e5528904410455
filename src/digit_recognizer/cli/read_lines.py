"""The part of `digits read` that reads crops of single lines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from digit_recognizer.cli.predict_inputs import number_cell, plain_cell
from digit_recognizer.cli.reading import Told, doubt_in_words
from digit_recognizer.files import printable

if TYPE_CHECKING:
    from digit_recognizer.reading import Line

COLUMNS: tuple[str, ...] = ("source", "text", "probability", "status")
_BATCH = 64  # crops that are decoded together


def read_crops_of_lines(files: Sequence[str], model: str | None, *, keep_ids: bool) -> Iterator[Told]:
    """What is told of each crop. keep_ids: call DICOM files by their own names."""
    from digit_recognizer.images import shown_name
    from digit_recognizer.models.line_reader import load_line_reader, shipped_reader
    from digit_recognizer.reading import read_lines

    reader = load_line_reader(model) if model else shipped_reader()
    for start in range(0, len(files), _BATCH):
        some = files[start : start + _BATCH]
        for line in read_lines(some, reader, [shown_name(file, keep_ids) for file in some]):
            yield _told(line, reader.model.header.name)


def _told(line: Line, model: str) -> Told:
    """What is told of one line. model: the reader's name."""
    from digit_recognizer.schemas.readings import line_object

    made, source = line_object(line, model), plain_cell(line.source)
    if line.status == "error":
        return Told(made, [(source, "", line.probability, line.status)], error=line.error or "")
    row = source, number_cell(line.text), line.probability, line.status
    if not line.text:
        why = "nothing is written there" if line.status == "empty" else line.reason
        return Told(made, [row], notes=[f"{line.source}: {why}."], empty=True)
    text = line.text if line.status == "ok" else doubt_in_words(line.text, line.probability, line.reason)
    return Told(made, [row], [printable(f"{line.source}: {text}")])
