"""Text tables whose columns are pixels (`label,pixel0..pixel783`), read in pieces, so that memory stays bounded."""

from __future__ import annotations

import io
import itertools
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from digit_recognizer.errors import DataError
from digit_recognizer.images.given import in_batch
from digit_recognizer.tables.columns import plain_labels
from digit_recognizer.tables.found import PictureTable, coloured
from digit_recognizer.tables.layout import Layout, find_layout
from digit_recognizer.tables.packed import MOST_HELD, opened
from digit_recognizer.tables.text import encoding_of, not_text, rows_of, separator_of, without_statement

SAMPLE = 2**20  # bytes by which a table's form is found
ROWS = 1000  # read at once
MOST_ROWS = 5_000_000
LONGEST = 2**24  # characters of a line


@dataclass(frozen=True)
class _TextForm:
    """How a text table is written."""

    encoding: str
    separator: str
    skipped: int  # lines before the first row: that which states the separator
    rows: list[list[str]]  # the first ones


def form_of(path: Path) -> _TextForm:
    """The form of a text table by its beginning. Raises DataError for what cannot be read, ValueError for no text."""
    with opened(path) as stream:
        content = stream.read(SAMPLE)
    encoding = encoding_of(content)
    text = content.decode(encoding, "ignore" if len(content) == SAMPLE else "strict")
    if "\0" in text:
        raise ValueError("it holds zero bytes, so it is not text")
    bare, stated = without_statement(text)
    whole = len(content) < SAMPLE
    separator = stated or separator_of(bare, whole)
    rows = [row for row in rows_of(io.StringIO(bare, newline=""), separator) if row] if whole else _cut(bare, separator)
    return _TextForm(encoding, separator, int(stated is not None), rows)


def _cut(text: str, separator: str) -> list[list[str]]:
    """The rows of a text that is cut off somewhere, without the last."""
    lines = text.splitlines(keepends=True)[:-1]
    return [row for row in rows_of(lines, separator) if row]


def layout_of(path: Path) -> tuple[_TextForm, Layout | None]:
    """The form of a text table, and where its pixels stand; None for a table of other things. Raises DataError."""
    try:
        form = form_of(path)
        return form, find_layout(form.rows)
    except UnicodeDecodeError as error:
        raise DataError(f"{path}: cannot be read as a table: {not_text(error, encoding_of(error.object))}.") from None
    except ValueError as error:
        raise DataError(f"{path}: cannot be read as a table: {error}.") from error


def read_pixels(path: Path, form: _TextForm, layout: Layout) -> PictureTable:
    """The pictures of a table of pixels. Raises DataError, with file and line, for what is not a number."""
    pieces: list[NDArray[Any]] = []
    others: list[list[str]] = []
    held = 0
    with _rows(path, form) as rows:
        numbered = enumerate(rows, 1 + form.skipped)
        kept = ((line, row) for line, row in numbered if row)
        for chunk in iter(lambda: list(itertools.islice(kept, ROWS)), []):
            data = chunk[1:] if layout.header and not pieces and not others else chunk
            if not data:
                continue
            pieces.append(_values(path, data, layout))
            others += [layout.others(row) for _, row in data]
            held += pieces[-1].nbytes
            if held > MOST_HELD or len(others) > MOST_ROWS:
                raise DataError(f"{path}: holds more pictures than fit in memory. Split it into several files.")
    if not pieces:
        raise DataError(f"{path}: holds no rows of pixels.")
    return _as_table(_joined(pieces), others, layout)


@contextmanager
def _rows(path: Path, form: _TextForm) -> Iterator[Iterator[list[str]]]:
    """The rows of a text table, one at a time."""
    try:
        with opened(path) as stream, io.TextIOWrapper(stream, form.encoding, newline="") as text:
            yield rows_of(itertools.islice(_lines(path, text), form.skipped, None), form.separator)
    except UnicodeDecodeError as error:
        raise DataError(f"{path}: cannot be read as a table: {not_text(error, form.encoding)}.") from error
    except ValueError as error:
        raise DataError(f"{path}: cannot be read as a table: {error}.") from error


def _lines(path: Path, text: io.TextIOWrapper) -> Iterator[str]:
    while line := text.readline(LONGEST):
        if len(line) == LONGEST:
            raise DataError(f"{path}: has a line of more than {LONGEST:,} characters, so it is not a table of pixels.")
        yield line


def _values(path: Path, rows: Sequence[tuple[int, list[str]]], layout: Layout) -> NDArray[Any]:
    """The pixels of rows with their line numbers, (n, D): uint8 where all are, else float32."""
    count = len(layout.pixels)
    lines = []
    for line, row in rows:
        cells = layout.cells(row)
        if len(row) != layout.width or len(cells) != count:
            found = f"{len(row)} columns" if len(row) != layout.width else f"{len(cells)} pixels"
            raise DataError(
                f"{path}: line {line} has {found}, and the first {layout.width if 'col' in found else count}."
            )
        lines.append("\t".join(cells).replace(",", "."))  # decimal commas: with commas between columns, in quotes
    try:
        values = np.loadtxt(lines, np.float32, delimiter="\t", comments=None, ndmin=2)
    except ValueError:
        raise _not_number(path, rows, layout) from None
    if not np.isfinite(values).all():
        raise _not_number(path, rows, layout)
    small = values.astype(np.uint8) if values.min() >= 0 and values.max() <= 255 else values
    return small if (small == values).all() else values


def _not_number(path: Path, rows: Sequence[tuple[int, list[str]]], layout: Layout) -> DataError:
    """Which cell is not a number."""
    for line, row in rows:
        for place, cell in enumerate(layout.cells(row)):
            try:
                if np.isfinite(float(cell.replace(",", "."))):
                    continue
            except ValueError:
                pass
            return DataError(f"{path}: line {line}: pixel {place + 1} of the picture is {cell[:20]!r}, not a number.")
    return DataError(f"{path}: holds pixels that are not numbers.")


def _joined(pieces: list[NDArray[Any]]) -> NDArray[Any]:
    """All rows of pixels, as whole numbers where all are."""
    whole = np.concatenate(pieces) if len(pieces) > 1 else pieces[0]
    return whole.astype(np.int32) if whole.dtype != np.uint8 and (whole == np.rint(whole)).all() else whole


def _as_table(values: NDArray[Any], others: list[list[str]], layout: Layout) -> PictureTable:
    side, channels = layout.side, layout.channels
    images = values.reshape(-1, side, side) if channels == 1 else coloured(values, side)
    columns = {name: tuple(row[place] for row in others) for place, name in enumerate(layout.names)}
    if "label" in columns:
        columns["label"] = plain_labels(columns["label"])
    return PictureTable(
        in_batch(list(images), images),
        columns.pop("label", None),
        columns.pop("id", None),
        layout.id_name,
        columns,
        notes=layout.notes,
    )
