"""What a network says of one picture -> a prediction; from which probability on a model answers."""

from __future__ import annotations

import os
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from digit_recognizer.dicom.modality import modality_of
from digit_recognizer.errors import ConfigError
from digit_recognizer.evaluation.calibration import Calibration
from digit_recognizer.evaluation.typical import Typical
from digit_recognizer.images import Picture
from digit_recognizer.models import Model
from digit_recognizer.models.header import ModelHeader
from digit_recognizer.prediction import ELSEWHERE, Prediction
from digit_recognizer.statistics.selective import SelectiveThreshold

_GIVEN = 0.5  # the probability from which on a label is given, where a picture may bear several


class Row(NamedTuple):
    """What a network says of one picture."""

    probabilities: list[float]  # (K,)
    inside: list[bool]  # (K,): which classes stand in its prediction set
    ood_score: float

    @property
    def best(self) -> int:
        """The most probable class; the first of equals, as argmax."""
        return max(range(len(self.probabilities)), key=self.probabilities.__getitem__)

    @property
    def probability(self) -> float:
        """Of the most probable class."""
        return self.probabilities[self.best]


def prediction_of(
    row: Row, header: ModelHeader, source: str, status: str, reason: str | None, as_stored: bool
) -> Prediction:
    """A row as a prediction of this status, its classes named as the model's header names them."""
    best, given = row.best, [each >= _GIVEN and header.multi_label for each in row.probabilities]
    return Prediction(
        source,
        status,
        header.label_of(best),
        header.class_names[best],
        row.probabilities[best],
        tuple(row.probabilities),
        tuple(header.label_of(i) for i, each in enumerate(row.inside) if each),
        tuple(header.label_of(i) for i, each in enumerate(given) if each),
        reason,
        as_stored=as_stored,
        index=best,
    )


def threshold_of_answers(
    model: Model, calibration: Calibration | None, max_error: float | None
) -> SelectiveThreshold | None:
    """From which probability on a model answers; None: it always does."""
    if max_error == 1:
        return None
    if calibration is None:
        if max_error is not None:
            raise ConfigError(
                f"{model.title}: has no calibration, so its error rate is not known."
                " Calibrate it on labelled pictures.",
                see=("calibrate",),
            )
        return None
    return calibration.answers.usual() if max_error is None else calibration.answers.threshold(max_error)


def why_unfamiliar(
    picture: Picture, image: NDArray[np.uint8], header: ModelHeader, typical: Typical | None
) -> str | None:
    """Why a picture, and what was prepared of it, are of another kind than those that the model learned from.

    By what its file states, or since it is light and dark elsewhere than they are.
    """
    learned = header.data.get("modalities")
    stated = modality_of(picture) if learned and isinstance(picture, str | os.PathLike) else None
    if learned is not None and stated is not None and stated not in learned:
        return f"its file states the modality {stated}, and the model was trained on {', '.join(map(str, learned))}"
    return None if typical is None or typical.is_like(image) else ELSEWHERE
