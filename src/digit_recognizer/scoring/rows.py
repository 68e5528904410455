"""The rows of a part: what the columns are, and a prediction or a page as rows."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow

    from digit_recognizer.models.header import ModelHeader
    from digit_recognizer.prediction import Prediction
    from digit_recognizer.reading import Page

Row = dict[str, Any]


@cache
def schema_of_pictures(numbers: bool = True) -> pyarrow.Schema:
    """A row a picture; label and probability are null where there is none, error where all went well.

    numbers: whether the classes are named by whole numbers; their labels are these, or else the names as text.
    """
    import pyarrow as pa

    kind = pa.int32() if numbers else pa.string()
    return pa.schema(
        [
            pa.field("source", pa.string(), nullable=False),
            pa.field("label", kind),
            pa.field("probability", pa.float64()),
            pa.field("status", pa.string(), nullable=False),
            pa.field("prediction_set", pa.list_(kind)),
            pa.field("error", pa.string()),
            pa.field("model_sha256", pa.string(), nullable=False),
        ]
    )


@cache
def schema_of_pages() -> pyarrow.Schema:
    """A row a digit of a number, in reading order; a page without numbers has one row, of status "no digits"."""
    import pyarrow as pa

    places = [pa.field(name, pa.int32()) for name in ("left", "top", "width", "height")]
    return pa.schema(
        [
            pa.field("source", pa.string(), nullable=False),
            pa.field("number", pa.int32()),  # of the page, from 0
            pa.field("text", pa.string()),  # the whole number
            pa.field("digit", pa.int32()),  # of the number, from 0
            *places,
            pa.field("label", pa.int32()),
            pa.field("probability", pa.float64()),
            pa.field("status", pa.string(), nullable=False),
            pa.field("error", pa.string()),
            pa.field("model_sha256", pa.string(), nullable=False),
        ]
    )


def of_prediction(prediction: Prediction, source: str, sha256: str, header: ModelHeader) -> Row:
    """One picture's row; header: the model's."""
    return {
        "source": source,
        "label": None if prediction.label is None else header.shown(prediction.label),
        "probability": prediction.probability,
        "status": prediction.status,
        "prediction_set": [header.shown(label) for label in prediction.prediction_set],
        "error": prediction.error,
        "model_sha256": sha256,
    }


def of_error(source: str, error: str | None, sha256: str) -> Row:
    """The row of what could not be read."""
    return {"source": source, "status": "error", "error": error, "model_sha256": sha256}


def of_page(page: Page, source: str, sha256: str) -> Iterator[Row]:
    """The rows of a page of numbers."""
    if not page.numbers:
        yield {"source": source, "status": "no digits", "model_sha256": sha256}
    for number, each in enumerate(page.numbers):
        for place, digit in enumerate(each.digits):
            box = dict(zip(("left", "top", "width", "height"), map(round, digit.box), strict=True))
            yield {
                "source": source,
                "number": number,
                "text": each.text,
                "digit": place,
                **box,
                "label": digit.label,
                "probability": digit.probability,
                "status": digit.status,
                "model_sha256": sha256,
            }
