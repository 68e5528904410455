"""What is recognised on one picture, and which of its pixels spoke for it, as objects of JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NotRequired

from typing_extensions import TypedDict

if TYPE_CHECKING:
    from digit_recognizer.models.header import ModelHeader
    from digit_recognizer.prediction import Prediction


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


class ExplanationObject(TypedDict):
    """What the model saw of one picture, and which pixels spoke for a class."""

    prediction: PredictionObject
    label: int | str | None  # the class that is explained; None, as the two below, without ink and in colour
    seen: list[list[int]] | None  # rows of grey levels, 0..255, light ink on black
    heat: list[list[float]] | None  # rows of log odds, in nats, as `occlusion_map` gives them


def prediction_object(prediction: Prediction, model: ModelHeader, probabilities: bool = False) -> PredictionObject:
    """What a model recognised on one picture; with all classes' probabilities where wanted."""
    made: PredictionObject = {
        "schema": "digit-recognizer/prediction/1",
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
