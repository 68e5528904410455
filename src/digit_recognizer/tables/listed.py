"""A text table that lists files: the names in its column `file`."""

from __future__ import annotations

from pathlib import Path

from digit_recognizer.errors import DataError
from digit_recognizer.tables.columns import called
from digit_recognizer.tables.packed import whole
from digit_recognizer.tables.text import named_rows

MAX_BYTES = 64 * 2**20


def files_listed(path: Path) -> list[str]:
    """The files that a table names, beside it. Raises DataError, saying what was found, for a table of other things."""
    try:
        rows = named_rows(whole(path, MAX_BYTES))
        names = called(list(rows[0])) if rows else {}
    except ValueError as error:
        raise DataError(f"{path}: cannot be read as a table: {error}.") from error
    if "file" not in names:
        found = ", ".join(map(repr, [*rows[0]][:10])) if rows else "no rows below it"
        raise DataError(
            f"{path}: has neither columns of pixels (label,pixel0..pixel783) nor a column 'file' of pictures; its first"
            f" line has {found}."
        )
    return [str(located(path.parent, row[names["file"]])) for row in rows if row[names["file"]]]


def located(folder: Path, name: str) -> Path:
    """Where a file that a table names lies; a table written on Windows has backslashes between folders."""
    place = folder / name
    return folder / name.replace("\\", "/") if "\\" in name and not place.exists() else place
