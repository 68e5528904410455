"""What the description of the interface says beside the routes: bodies, answers, examples."""

from __future__ import annotations

from typing import Any

from typing_extensions import TypedDict

from digit_recognizer.schemas.predictions import ExplanationObject, PredictionObject
from digit_recognizer.schemas.readings import GridObject, LineObject, PageObject
from digit_recognizer.server.problems import MEDIA_TYPE

DESCRIPTION = """Recognises handwritten digits in pictures.

Send a picture as the body, one or several as the files of a form, or as base64 in JSON ({"images": ["..."]}):

    curl --data-binary @three.png -H 'Content-Type: image/png' http://127.0.0.1:8000/v1/predict
    curl -F picture=@three.png -F picture=@four.png http://127.0.0.1:8000/v1/predict
"""
PICTURE = {"type": "string", "format": "binary", "description": "PNG, JPEG, WebP, BMP, TIFF, GIF or HEIC."}
_ENCODED = {"type": "string", "description": "A picture in base64, or as a data URL."}
_IN_JSON = {
    "type": "object",
    "properties": {"image": _ENCODED, "images": {"type": "array", "items": _ENCODED, "minItems": 1}},
}
KINDS = ("image/png", "image/jpeg", "image/webp", "application/octet-stream")
_PREDICTION = {
    "schema": "digit-recognizer/prediction/1",
    "source": "three.png",
    "label": 3,
    "name": "3",
    "probability": 0.9987,
    "status": "ok",
    "prediction_set": [3],
    "model": "best",
}
_DIGIT = {"label": 4, "box": [12, 20, 31, 48], "probability": 0.998, "status": "ok"}
_PAGE = {
    "schema": "digit-recognizer/page/1",
    "source": "page.jpg",
    "numbers": [
        {
            "text": "4",
            "box": [12, 20, 31, 48],
            "digits": [_DIGIT],
            "status": "ok",
            "probability": 0.998,
            "characters": [{"text": "4", "box": [12, 20, 31, 48], "probability": 0.998}],
        }
    ],
    "model": "best",
    "turned": 0,
}


class Predictions(TypedDict):
    predictions: list[PredictionObject]


class Pages(TypedDict):
    pages: list[PageObject]


class Grids(TypedDict):
    grids: list[GridObject]


class Lines(TypedDict):
    lines: list[LineObject]


class Figures(TypedDict):
    """How many of n test images a model reads rightly."""

    n: int
    correct: int
    accuracy: float
    interval: dict[str, float | str]  # low, high, level, and by which method


class _ModelObject(TypedDict):
    """A shipped model."""

    name: str
    purpose: str
    parameters: int
    bytes: int
    test: Figures


class _Models(TypedDict):
    serving: str
    classes: list[str]
    caveats: list[str]  # what every answer of the model says
    models: list[_ModelObject]


class _Status(TypedDict):
    status: str


def body(several: bool) -> dict[str, Any]:
    """A request's body: a picture, or a form of them."""
    files = {"type": "array", "items": PICTURE, "minItems": 1} if several else PICTURE
    form = {"type": "object", "properties": {"picture": files}, "required": ["picture"]}
    content: dict[str, Any] = {kind: {"schema": PICTURE} for kind in KINDS}
    forms = {"multipart/form-data": {"schema": form}, "application/json": {"schema": _IN_JSON}}
    return {"requestBody": {"required": True, "content": content | forms}}


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Of each status: a sentence that says what was wrong."""
    properties = {"type": {"type": "string"}, "title": {"type": "string"}, "status": {"type": "integer"}}
    schema = {
        "type": "object",
        "properties": properties | {"detail": {"type": "string"}},
        "required": ["type", "title", "status", "detail"],
    }
    return {status: {"description": WORDS[status], "content": {MEDIA_TYPE: {"schema": schema}}} for status in statuses}


WORDS = {
    400: "The request is malformed.",
    401: "A token is required.",
    403: "The request came from a page of another site.",
    408: "The request arrived too slowly.",
    413: "Too many bytes, pixels or pictures.",
    415: "The file is not a picture in a known format.",
    421: "The Host field names another server.",
    422: "The picture or a parameter is invalid.",
    431: "The header is too long.",
    503: "Too many requests.",
}
_ASKING = problems(400, 401, 403, 408, 413, 415, 421, 422, 431, 503)
_LOOKING = problems(400, 401, 421, 431, 503)


def _route(made: Any, example: Any, several: bool = True) -> dict[str, Any]:
    """What FastAPI is told of a route that takes pictures."""
    good = {"model": made, "content": {"application/json": {"example": example}}}
    return {"responses": {200: good, **_ASKING}, "response_model": None, "openapi_extra": body(several)}


PREDICT = _route(Predictions, {"predictions": [_PREDICTION]})
READ = _route(Pages | Grids | Lines, {"pages": [_PAGE]})
EXPLAIN = _route(ExplanationObject, {"prediction": _PREDICTION, "label": None, "seen": None, "heat": None}, False)
MODELS: dict[str, Any] = {"responses": {200: {"model": _Models}, **_LOOKING}, "response_model": None}
HEALTH: dict[str, Any] = {"responses": {200: {"model": _Status}, **_LOOKING}, "response_model": None}
READY: dict[str, Any] = HEALTH
METRICS: dict[str, Any] = {
    "responses": {200: {"content": {"text/plain": {"schema": {"type": "string"}}}}, **_LOOKING},
    "response_model": None,
}
METRICS["responses"][200]["description"] = "Counters in Prometheus's text format."
