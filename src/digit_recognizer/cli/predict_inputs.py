"""What `digits predict` is given: pictures in files, or tables whose rows are pictures; and its answers as a table."""

from __future__ import annotations

import csv as csv_format
import io
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from digit_recognizer.errors import ConfigError, DataError
from digit_recognizer.files import storable, write_whole
from digit_recognizer.images.arrays import Refused
from digit_recognizer.prediction import Prediction

_ID, _LABEL = "ImageId", "Label"  # what Kaggle calls the columns of an answer
_FORMULA = ("=", "+", "-", "@", "\t", "\r")  # how a cell begins that a spreadsheet would compute


@dataclass(frozen=True)
class Group:
    """Pictures that are answered in one order: files, or the rows of one table."""

    pictures: Sequence[Any] = field(repr=False)
    sources: Sequence[str] | None = field(default=None, repr=False)  # None: their file names
    ids: Sequence[str] | None = field(default=None, repr=False)  # of a table's rows
    id_name: str = _ID


def groups_in(names: list[str], files_in: Callable[[list[str]], Iterator[str]]) -> Iterator[Group]:
    """What the words on the command line name, in their order. files_in: gives the pictures of files and folders."""
    from digit_recognizer.tables.reading import kind_of, split_keys

    files: list[str] = []
    for name in names:
        if kind_of(Path(split_keys(name)[0])) is None:
            files.append(name)
            continue
        if files:
            yield Group(list(files_in(files)))
            files = []
        yield from _of_table(name, files_in)
    if files:
        yield Group(list(files_in(files)))


def _of_table(name: str, files_in: Callable[[list[str]], Iterator[str]]) -> Iterator[Group]:
    """The rows of a table, of a list of files the pictures that it names; or one error that says what is wrong."""
    from digit_recognizer.cli.output import note
    from digit_recognizer.tables.listed import files_listed
    from digit_recognizer.tables.reading import read_tables, sources_in

    try:
        parts = read_tables(name, alone=True)
        if parts is None:
            yield Group(list(files_in(files_listed(Path(name)))))
            return
    except DataError as error:
        yield Group([Refused(str(error).removeprefix(f"{name}: "))], [name])
        return
    for said in dict.fromkeys(said for table in parts.values() for said in table.notes):
        note(f"{name}: {said}.")
    if any(table.labels is not None for table in parts.values()):
        note(f"{name}: its labels are not used. To evaluate a model on them: digits evaluate --data {name}")
    for part, table in parts.items():
        numbers = [str(number) for number in range(1, len(table) + 1)]
        yield Group(table.pictures, sources_in(name, {part: table}), table.ids or numbers, table.id_name)


def check_target(csv: str | None, json: str | None) -> None:
    """Refuse a table that would be mixed with the lines of --json."""
    if csv == json == "-":
        raise ConfigError("--json and --csv exclude each other on standard output. Write one to a file: --csv=FILE.")


class CsvAnswers:
    """The answers as a CSV table: of one table of pictures what Kaggle asks for, else a row a file with its status."""

    def __init__(self, target: str | None, groups: Sequence[Group]) -> None:
        """target: a file, "-" for standard output, None for no table."""
        self.target = target
        self.of_table = len(groups) == 1 and groups[0].ids is not None
        if self.of_table:
            name = groups[0].id_name
            self.rows: list[list[Any]] = [[name, _LABEL if name == _ID else _LABEL.lower()]]
            self.ids = iter(groups[0].ids or ())
        else:
            self.rows = [["file", "label", "probability", "status"]]
        self.without = 0

    def add(self, prediction: Prediction) -> None:
        """One answer."""
        if self.target is None:
            return
        label = "" if prediction.name is None else prediction.name
        self.without += not label
        if self.of_table:
            self.rows.append([number_cell(next(self.ids)), number_cell(label)])
            return
        probability = "" if prediction.probability is None else prediction.probability
        self.rows.append([plain_cell(prediction.source), number_cell(label), probability, prediction.status])

    def write(self) -> None:
        """The table to its file, whole or not at all, and a line that says so; or to standard output."""
        if self.target is None:
            return
        from digit_recognizer.cli.output import note

        text = io.StringIO()
        csv_format.writer(text, lineterminator="\n").writerows(self.rows)
        if self.target == "-":
            sys.stdout.write(text.getvalue())
            sys.stdout.flush()
        else:
            write_whole(Path(self.target), text.getvalue().encode())
            note(f"{self.target}: {len(self.rows) - 1:,} rows.")
        if self.without:
            note(f"Rows without a label: {self.without:,}. Their pictures hold no ink, or could not be read.")


def plain_cell(text: str) -> str:
    """A cell that a spreadsheet shows and does not compute: a file may be called "=1+1.png". Its text fits any
    file, and steers no terminal."""
    from digit_recognizer.cli.output import lines

    return lines(storable(f"'{text}" if text.startswith(_FORMULA) else text))


def number_cell(text: str) -> str:
    """A cell that may hold a number, which begins with its sign and has a decimal point or comma."""
    with suppress(ValueError):
        float(text.replace(",", ".", 1))
        return text
    return plain_cell(text)
