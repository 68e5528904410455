"""The rows of a table as a list of pictures, which a recognizer answers one by one."""

from __future__ import annotations

from typing import Any

from digit_recognizer.errors import DataError
from digit_recognizer.images.arrays import Refused
from digit_recognizer.tables.reading import read_tables, sources_in


def rows_of(name: str) -> tuple[list[Any], list[str]]:
    """The pictures in a table, and what each is called; one with an error where the table cannot be read."""
    try:
        parts = read_tables(name, alone=True)
    except DataError as error:
        return [Refused(str(error).removeprefix(f"{name}: "))], [name]
    if parts is None:
        return [Refused("is a text that is not a table of pixels. Name the pictures themselves.")], [name]
    return [picture for table in parts.values() for picture in table.pictures], sources_in(name, parts)
