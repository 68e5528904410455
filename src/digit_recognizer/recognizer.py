"""One model made usable: pictures in, predictions out."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from digit_recognizer.errors import ImageError
from digit_recognizer.images import Picture, read_picture
from digit_recognizer.models import Model, load_model

DEFAULT_MODEL = "best"
BATCH = 512  # prepared pictures held at once


@dataclass(frozen=True)
class Prediction:
    """What was recognised on one picture."""

    source: str  # the file name, or "picture 3" for what has no name
    status: str  # "ok", "not a digit" (no ink) or "error"
    label: int | None = None  # the most probable class, 0..K-1; None without ink or for an error
    name: str | None = None  # that class's name
    probability: float | None = None  # of that class, 0..1
    probabilities: tuple[float, ...] = ()  # of all K classes
    error: str | None = None  # what was wrong with the picture


class Recognizer:
    """A model that takes pictures of any kind.

    recognizer = Recognizer.load("best")
    recognizer.predict("three.png")[0].label
    """

    def __init__(self, model: Model) -> None:
        self.model = model

    @classmethod
    def load(cls, model: str | Path = DEFAULT_MODEL, runtime: str = "auto") -> Recognizer:
        """A shipped name, a model file or a run folder. Raises ModelFileError."""
        return cls(load_model(model, runtime))

    def predict(self, pictures: Picture | Sequence[Picture]) -> list[Prediction]:
        """One prediction a picture, in order; a picture that cannot be read gives status "error" and stops no other.

        pictures: one or a list of: file names; PIL images; arrays or tensors of shape (H, W), (1, H, W), (H, W, 3),
            (H, W, 4) or (784,); also an array or tensor of N pictures, (N, 1, H, W).
        """
        several = as_list(pictures)
        found: list[Prediction] = []
        for start in range(0, len(several), BATCH):
            found += self.predict_batch(several[start : start + BATCH], start)
        return found

    def predict_batch(self, pictures: Sequence[Picture], start: int) -> list[Prediction]:
        """Predictions of up to BATCH pictures, the first of which is number `start` of the call."""
        found: list[Prediction | None] = []
        ready: list[NDArray[np.uint8]] = []
        for number, picture in enumerate(pictures, start):
            source = source_name(picture, number)
            try:
                fitted = self.model.preprocess.fit(read_picture(picture))
            except ImageError as error:
                found.append(Prediction(source, "error", error=str(error)))
                continue
            if fitted is None:
                found.append(Prediction(source, "not a digit"))
                continue
            ready.append(fitted)
            found.append(None)
        rows = iter(self.model.probabilities(np.stack(ready)) if ready else ())
        return [
            self.answer(source_name(picture, number), next(rows)) if prediction is None else prediction
            for number, (picture, prediction) in enumerate(zip(pictures, found, strict=True), start)
        ]

    def answer(self, source: str, probabilities: NDArray[np.float64]) -> Prediction:
        """The prediction that one row of probabilities (K,) stands for."""
        label = int(probabilities.argmax())
        name = self.model.header.class_names[label]
        return Prediction(source, "ok", label, name, float(probabilities[label]), tuple(probabilities.tolist()))


def get_predicted_label(picture: Picture, model: str | Path | Recognizer = DEFAULT_MODEL) -> int:
    """The digit on one picture. Raises ImageError where it cannot be read or holds no ink."""
    recognizer = model if isinstance(model, Recognizer) else loaded(model)
    (prediction,) = recognizer.predict([picture])
    if prediction.label is None:
        raise ImageError(prediction.error or f"{prediction.source}: holds no ink, so there is no digit to read.")
    return prediction.label


@lru_cache(maxsize=4)
def loaded(model: str | Path) -> Recognizer:
    """A recognizer, kept for the next call."""
    return Recognizer.load(model)


def as_list(pictures: Any) -> list[Any]:
    """One picture or many as a list of pictures."""
    if isinstance(pictures, str | bytes | os.PathLike | Image.Image) or not hasattr(pictures, "__iter__"):
        return [pictures]
    if hasattr(pictures, "shape"):
        return list(pictures) if len(pictures.shape) == 4 else [pictures]
    return list(pictures)


def source_name(picture: Any, number: int) -> str:
    """What to call a picture: its file name, or its number."""
    if isinstance(picture, str | os.PathLike):
        return os.fspath(picture)
    return f"picture {number}"
