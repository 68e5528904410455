"""Text tables as programs write them: the encoding and the separator are found by content, then the rows are split."""

from __future__ import annotations

import codecs
import csv
import io
import itertools
import re
from collections.abc import Iterable, Iterator

_SEPARATORS = ("\t", ";", ",", "|")  # where several fit, the first: a comma may be that of a decimal number
_SPACES = " "  # one or more blanks, as scientific programs write numbers
SAMPLE = 2**16  # characters by which the form of a text is found
_STATED = re.compile(r"sep=(.)\r?\n", re.IGNORECASE)  # the first line of what spreadsheets export
_NUMBERS = re.compile(r"[\d.eE+-]+")
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # begins as UTF-16's does
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def encoding_of(start: bytes) -> str:
    """The encoding of a text by its first bytes: its mark, or the zeros that UTF-16 has beside Latin letters."""
    for mark, encoding in _MARKS:
        if start.startswith(mark):
            return encoding
    even, odd = start[0:512:2], start[1:512:2]
    if odd.count(0) > len(odd) / 2:
        return "utf-16-le"
    return "utf-16-be" if even.count(0) > len(even) / 2 else "utf-8"


def decoded(content: bytes) -> str:
    """Bytes as text. Raises ValueError, saying what was found, for what is not text."""
    encoding = encoding_of(content)
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        raise ValueError(not_text(error, encoding)) from None
    if "\0" in text:
        raise ValueError(f"it holds zero bytes, so it is not text; {_REMEDY}")
    return text


_REMEDY = "save it as CSV in UTF-8"


def not_text(error: UnicodeDecodeError, encoding: str) -> str:
    """What to say of bytes that the encoding has not."""
    where = error.object.count(b"\n", 0, error.start) + 1
    byte = error.object[error.start] if error.start < len(error.object) else 0
    return f"line {where} holds the byte 0x{byte:02x}, which is not {encoding.removesuffix('-sig').upper()}; {_REMEDY}"


def separator_of(sample: str, whole: bool = True) -> str:
    """What stands between the columns, by the first lines of a text: one of SEPARATORS, or SPACES.

    whole: the sample is the whole text; otherwise its last row may be cut short and does not count.
    """
    rows = sample.splitlines(keepends=True)
    first = next((row for row in rows if row.strip()), "")
    fit: list[tuple[bool, int, str]] = []
    for separator in _SEPARATORS:
        widths = [len(row) for row in _parsed(rows, separator) if row]
        if separator in first and widths and widths[0] > 1:
            known = widths if whole or len(widths) == 1 else widths[:-1]
            fit.append((len(set(known)) == 1, widths[0], separator))
    agreeing = [separator for agrees, _, separator in fit if agrees]
    if agreeing:
        return agreeing[0]
    if fit:
        return max(fit, key=lambda each: each[1])[2]
    numbers = [row.split() for row in rows[: None if whole else -1] if row.strip()]
    spaced = bool(numbers) and len(numbers[0]) > 1 and len({len(row) for row in numbers}) == 1
    return _SPACES if spaced and all(_NUMBERS.fullmatch(word) for row in numbers[:50] for word in row) else ","


def _parsed(rows: Iterable[str], separator: str) -> list[list[str]]:
    """Rows split by one separator; as far as they go where the quotes do not close."""
    made: list[list[str]] = []
    try:
        made.extend(csv.reader(rows, delimiter=separator))
    except csv.Error:
        return made
    return made


def without_statement(sample: str) -> tuple[str, str | None]:
    """A text without the line in which a spreadsheet states the separator, and that separator."""
    stated = _STATED.match(sample)
    return (sample[stated.end() :], stated[1]) if stated else (sample, None)


def split_rows(content: bytes) -> list[list[str]]:
    """The rows of a text table, without empty lines. Raises ValueError, saying what was found, for what is none."""
    text, stated = without_statement(decoded(content))
    separator = stated or separator_of(text[:SAMPLE], whole=len(text) <= SAMPLE)
    return [row for row in rows_of(io.StringIO(text, newline=""), separator) if row]


def rows_of(lines: Iterable[str], separator: str) -> Iterator[list[str]]:
    """The rows of lines. Raises ValueError where quotes are set wrongly."""
    if separator == _SPACES:
        yield from (line.split() for line in lines)
        return
    try:
        yield from csv.reader(lines, delimiter=separator, strict=True)
    except csv.Error as error:
        raise ValueError(f"it is not CSV text: {error}") from None


def named_rows(content: bytes) -> list[dict[str, str]]:
    """The rows of a table whose first line names the columns, by these names; what a row lacks is empty.

    Names are in small letters. Raises ValueError, saying what was found, for what is no such table.
    """
    names, *rows = split_rows(content) or [[]]
    low = [name.strip().lower() for name in names]
    twice = sorted({name for name in low if name and low.count(name) > 1})
    if twice:
        raise ValueError(f"two of its columns are called {twice[0]!r}; give each its own name")
    return [
        {name: cell.strip() for name, cell in itertools.zip_longest(low, row[: len(low)], fillvalue="")} for row in rows
    ]
