"""The objects that programs get, the same over HTTP and from `digits predict --json` and `digits read --json`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal, NotRequired

from typing_extensions import TypedDict

from digit_recognizer.errors import ConfigError

if TYPE_CHECKING:
    from digit_recognizer.models.header import ModelHeader
    from digit_recognizer.prediction import Prediction
    from digit_recognizer.reading import Character, Digit, Grid, Line, Number, Page

_PREDICTION: Literal["digit-recognizer/prediction/1"] = "digit-recognizer/prediction/1"
_PAGE: Literal["digit-recognizer/page/1"] = "digit-recognizer/page/1"
_GRID: Literal["digit-recognizer/grid/1"] = "digit-recognizer/grid/1"
LINE: Literal["digit-recognizer/line/1"] = "digit-recognizer/line/1"


class PredictionObject(TypedDict):
    """What was recognised on one picture; the fields are those of `Prediction`, its classes by name."""

    schema: Literal["digit-recognizer/prediction/1"]
    source: str
    label: int | str | None  # the class's name: as a number where all classes are named by whole numbers
    name: str | None
    probability: float | None
    status: Literal["ok", "unsure", "not a digit", "unfamiliar", "error"]
    prediction_set: list[int | str]  # labels
    model: str
    labels: NotRequired[list[str]]  # names, of a model that gives several
    reason: NotRequired[str]
    error: NotRequired[str]
    probabilities: NotRequired[list[float]]  # over HTTP, where asked for
    caveats: NotRequired[list[str]]  # of a model whose every output says some


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


class ExplanationObject(TypedDict):
    """What the model saw of one picture, and which pixels spoke for a class."""

    prediction: PredictionObject
    label: int | str | None  # the class that is explained; None, as the two below, without ink and in colour
    seen: list[list[int]] | None  # rows of grey levels, 0..255, light ink on black
    heat: list[list[float]] | None  # rows of log odds, in nats, as `occlusion_map` gives them


def prediction_object(prediction: Prediction, model: ModelHeader, probabilities: bool = False) -> PredictionObject:
    """What a model recognised on one picture; with all classes' probabilities where wanted."""
    made: PredictionObject = {
        "schema": _PREDICTION,
        "source": prediction.source,
        "label": None if prediction.label is None else model.shown(prediction.label),
        "name": prediction.name,
        "probability": prediction.probability,
        "status": prediction.status,  # type: ignore[typeddict-item]  # one of the five
        "prediction_set": [model.shown(label) for label in prediction.prediction_set],
        "model": model.name,
    }
    if prediction.labels:
        made["labels"] = [str(model.shown(label)) for label in prediction.labels]
    if prediction.reason is not None:
        made["reason"] = prediction.reason
    if prediction.error is not None:
        made["error"] = prediction.error
    if probabilities:
        made["probabilities"] = list(prediction.probabilities)
    if model.caveats:
        made["caveats"] = list(model.caveats)
    return made


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
        "schema": LINE,
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
    made: PageObject = {"schema": _PAGE, "source": source, "numbers": [], "model": model}
    if page:
        made["numbers"] = [_number_object(number) for number in page.numbers]
        made["turned"] = page.turned
    if error is not None:
        made["error"] = error
    return made


def grid_object(source: str, grid: Grid | None, model: str, error: str | None = None) -> GridObject:
    """The table in one photo; grid: None where it shows none, or could not be read for the reason `error`."""
    made: GridObject = {"schema": _GRID, "source": source, "rows": [], "cells": [], "model": model}
    if grid:
        made["rows"], made["turned"], made["notes"] = grid.rows, grid.turned, list(grid.notes)
        made["cells"] = [vars(cell) | {"box": list(cell.box)} for cell in grid.cells]  # type: ignore[misc]
    if error is not None:
        made["error"] = error
    return made


def as_shape(text: str, named: str) -> tuple[int, int] | None:
    """Rows and columns from "9x9"; None from "auto". Raises ConfigError, which says what was `named` so, otherwise."""
    if text == "auto":
        return None
    numbers = re.fullmatch(r"([0-9]{1,4})\s*[xX×]\s*([0-9]{1,4})", text.strip())
    if numbers is None:
        raise ConfigError(f"{named} {text!r} is not a shape. Write rows and columns like 9x9, or auto.")
    return int(numbers[1]), int(numbers[2])
