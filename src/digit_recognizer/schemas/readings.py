"""What is read on a page, in a grid or on a line, as objects of JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NotRequired

from typing_extensions import TypedDict

if TYPE_CHECKING:
    from digit_recognizer.reading import Character, Digit, Grid, Line, Number, Page


class _DigitObject(TypedDict):
    """One digit on a page."""

    label: int  # the digit
    box: list[int]  # left, top, width, height in pixels of the photo
    probability: float
    status: Literal["ok", "unsure"]


class _CharacterObject(TypedDict):
    """One character of a line."""

    text: str  # one of 0-9 . , - / : + % ( )
    box: list[int]  # left, top, width, height in pixels
    probability: float


class _NumberObject(TypedDict):
    """Characters that stand together."""

    text: str  # as it is written: signs, leading zeros
    box: list[int]
    digits: list[_DigitObject]  # the digits among the characters
    status: Literal["ok", "unsure"]  # of the whole
    probability: float  # that all of the text is right
    characters: list[_CharacterObject]
    reason: NotRequired[str]


class LineObject(TypedDict):
    """What is written on a crop of one line."""

    schema: Literal["digit-recognizer/line/1"]
    source: str
    text: str | None
    status: Literal["ok", "unsure", "empty", "error"]
    probability: float | None  # that all of the text is right
    characters: list[_CharacterObject]
    model: str
    reason: NotRequired[str]
    error: NotRequired[str]


class PageObject(TypedDict):
    """The numbers on one photo."""

    schema: Literal["digit-recognizer/page/1"]
    source: str
    numbers: list[_NumberObject]
    turned: NotRequired[int]
    model: str
    error: NotRequired[str]


class _CellObject(TypedDict):
    """One cell of a grid."""

    row: int
    column: int
    box: list[tuple[float, float]]  # corners, clockwise from the digit's upper left
    status: Literal["ok", "unsure", "empty"]
    label: int | None
    probability: float | None
    text: str | None  # what stands in the cell: of several characters, too


class GridObject(TypedDict):
    """The table in one photo; no rows and no cells where it shows none."""

    schema: Literal["digit-recognizer/grid/1"]
    source: str
    rows: list[list[int | None]]
    cells: list[_CellObject]
    turned: NotRequired[int]
    notes: NotRequired[list[str]]  # what is doubtful; where it is the shape, no cell is "ok"
    model: str
    error: NotRequired[str]


def _digit_object(digit: Digit) -> _DigitObject:
    """One digit on a page."""
    status: Literal["ok", "unsure"] = "ok" if digit.status == "ok" else "unsure"
    return {"label": digit.label, "box": list(digit.box), "probability": digit.probability, "status": status}


def _character_object(character: Character) -> _CharacterObject:
    """One character of a line or a number."""
    return {"text": character.text, "box": list(character.box), "probability": character.probability}


def _number_object(number: Number) -> _NumberObject:
    """One number on a page."""
    made: _NumberObject = {
        "text": number.text,
        "box": list(number.box),
        "digits": [_digit_object(digit) for digit in number.digits],
        "status": "ok" if number.status == "ok" else "unsure",
        "probability": number.probability,
        "characters": [_character_object(each) for each in number.characters],
    }
    if number.reason is not None:
        made["reason"] = number.reason
    return made


def line_object(line: Line, model: str) -> LineObject:
    """One line; model: the name of the line reader."""
    made: LineObject = {
        "schema": "digit-recognizer/line/1",
        "source": line.source,
        "text": None if line.status == "error" else line.text,
        "status": line.status,  # type: ignore[typeddict-item]  # one of the four
        "probability": line.probability,
        "characters": [_character_object(each) for each in line.characters],
        "model": model,
    }
    if line.reason is not None:
        made["reason"] = line.reason
    if line.error is not None:
        made["error"] = line.error
    return made


def page_object(source: str, page: Page | None, model: str, error: str | None = None) -> PageObject:
    """The numbers on one photo; page: None where it could not be read, for the reason `error`."""
    made: PageObject = {"schema": "digit-recognizer/page/1", "source": source, "numbers": [], "model": model}
    if page:
        made["numbers"] = [_number_object(number) for number in page.numbers]
        made["turned"] = page.turned
    if error is not None:
        made["error"] = error
    return made


def grid_object(source: str, grid: Grid | None, model: str, error: str | None = None) -> GridObject:
    """The table in one photo; grid: None where it shows none, or could not be read for the reason `error`."""
    made: GridObject = {"schema": "digit-recognizer/grid/1", "source": source, "rows": [], "cells": [], "model": model}
    if grid:
        made["rows"], made["turned"], made["notes"] = grid.rows, grid.turned, list(grid.notes)
        made["cells"] = [vars(cell) | {"box": list(cell.box)} for cell in grid.cells]  # type: ignore[misc]
    if error is not None:
        made["error"] = error
    return made
