"""One model made usable: pictures in, predictions out."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterator, Sequence
from copy import copy
from pathlib import Path
from typing import Literal, overload

import numpy as np
from numpy.typing import NDArray

from digit_recognizer.data.class_names import not_digits
from digit_recognizer.decoding import read_apart
from digit_recognizer.errors import ImageError
from digit_recognizer.evaluation.calibration import read_calibration
from digit_recognizer.images import Picture
from digit_recognizer.images.given import as_list, is_turned, source_name
from digit_recognizer.images.ink import Writing
from digit_recognizer.images.notes import tell
from digit_recognizer.models import Model, load_model
from digit_recognizer.prediction import (
    DOUBTFUL,
    NO_INK,
    OUT_OF_DISTRIBUTION,
    UNLIKE,
    Prediction,
    as_one_digit,
    in_words,
    refused,
)
from digit_recognizer.recognizer.answering import Row, prediction_of, threshold_of_answers, why_unfamiliar
from digit_recognizer.tables.orientation import TRANSPOSED, are_transposed, of_one_array
from digit_recognizer.tables.reading import kind_of, split_keys
from digit_recognizer.tables.rows import rows_of

DEFAULT_MODEL = "best"
DEFAULT_LEVEL = 0.99  # of prediction sets
BATCH = 512  # prepared pictures held at once

Pictures = Picture | Sequence[Picture]
Input = NDArray[np.uint8]  # a prepared picture, (H, W) or (H, W, 3): what the network was given, as grey levels
Recognised = tuple[Prediction, Input | None]  # None where the network was given nothing


class Recognizer:
    """A model that takes pictures of any kind.

    recognizer = Recognizer.load("best")
    recognizer.predict("three.png")[0].label
    """

    def __init__(
        self, model: Model, max_error: float | None = None, level: float = DEFAULT_LEVEL, keep_ids: bool = False
    ) -> None:
        """max_error, level, keep_ids: as for `load`."""
        self.model, self.max_error, self.level, self.keep_ids = model, max_error, level, keep_ids
        self.check: Callable[[], None] | None = None
        self.digits_only = not not_digits(model.header.class_names)
        calibration = read_calibration(model.header)
        self.answers = threshold_of_answers(model, calibration, max_error)
        self.sets = calibration.set_at(level) if calibration else None
        self.typical = calibration.typical if calibration else None
        limit = calibration.ood_limit if calibration else None
        self.ood_limit = math.inf if limit is None else limit

    @classmethod
    def load(
        cls,
        model: str | Path = DEFAULT_MODEL,
        runtime: str = "auto",
        max_error: float | None = None,
        level: float = DEFAULT_LEVEL,
        keep_ids: bool = False,
    ) -> Recognizer:
        """A shipped name, a model file or a run folder.

        max_error: share of the answers that may be wrong (0.001 is 0.1 %), or else the status is "unsure"; by default
            the least of `selective.TARGET_ERROR_RATES` that the model can meet and still answer 95 of 100 calibration
            images. 1: always answer.
        level: probability (0..1) that a prediction set holds the actual class; 0.9, 0.95, 0.99 or 0.999.
        Both promises are for pictures like those that the model was calibrated on.
        keep_ids: call DICOM files by their own names, which may be those of patients.
        Raises ModelFileError; ConfigError for a target that the calibration images cannot show.
        """
        return cls(load_model(model, runtime), max_error, level, keep_ids)

    def stopped_by(self, check: Callable[[], None]) -> Recognizer:
        """The same recognizer, which calls `check` before each batch of pictures; what that raises ends the work."""
        made = copy(self)
        made.check = check
        return made

    def raise_if_stopped(self) -> None:
        """Call the check of `stopped_by`, which may raise; due before each batch."""
        if self.check:
            self.check()

    @overload
    def predict(self, pictures: Pictures, sources: Sequence[str] | None = None) -> list[Prediction]: ...
    @overload
    def predict(
        self, pictures: Pictures, sources: Sequence[str] | None = None, *, return_inputs: Literal[True]
    ) -> tuple[list[Prediction], list[Input | None]]: ...
    def predict(
        self, pictures: Pictures, sources: Sequence[str] | None = None, *, return_inputs: bool = False
    ) -> list[Prediction] | tuple[list[Prediction], list[Input | None]]:
        """One prediction a picture, in order; a picture that cannot be read gives status "error" and stops no other.

        pictures: one or a list of: file names; files' bytes or open files; PIL images; arrays, tensors or lists of rows
            of numbers, of one picture: (H, W), (784,), (1, H, W), (H, W, 1), (H, W, 3), (H, W, 4). Also an array of N
            pictures: (N, 784), (N, H, W), (N, 1, H, W), (N, 3, H, W), (N, H, W, 1), (N, H, W, 3). All arrays of a call
            are in one range of values: 0..255, 0..1 or -1..1. A shape that could be two things gives an error that
            says how to give each. One file name may be that of a table (.npy, a CSV of pixels): each of its rows is a
            picture.
        sources: what to call each of them; their file names or numbers by default.
        return_inputs: also return what the network was given of each picture: the prepared image, (H, W) or (H, W, 3)
            uint8; None for a picture that cannot be read or holds no ink.
        """
        if isinstance(pictures, str | os.PathLike) and kind_of(Path(split_keys(os.fspath(pictures))[0])):
            pictures, own = rows_of(os.fspath(pictures))
            sources = sources or own
        together = of_one_array(pictures)
        several = as_list(pictures, self.model.preprocess.channels, self.model.preprocess.form)
        if together and self.model.preprocess.form == "digit" and are_transposed(several):
            tell([TRANSPOSED])
        names = sources or [source_name(each, f"picture {i}", self.keep_ids) for i, each in enumerate(several)]
        predictions: list[Prediction] = []
        inputs: list[Input | None] = []
        for start in range(0, len(several), BATCH):
            self.raise_if_stopped()
            for prediction, given in self.predict_batch(several[start : start + BATCH], names[start : start + BATCH]):
                predictions.append(prediction)
                if return_inputs:  # or else they would be held in memory for nobody
                    inputs.append(given)
        return (predictions, inputs) if return_inputs else predictions

    def predict_batch(self, pictures: Sequence[Picture], sources: Sequence[str]) -> list[Recognised]:
        """Predictions of up to BATCH pictures with these names.

        Where a picture reads badly and its EXIF orientation says that it was turned, that may be wrong: it is read as
        stored too, and an answer that is sure counts.
        """
        found = self._read(pictures, sources)
        doubtful = [i for i, (each, _) in enumerate(found) if each.status in DOUBTFUL and is_turned(pictures[i])]
        as_stored = self._read([pictures[i] for i in doubtful], [sources[i] for i in doubtful], as_stored=True)
        for i, other in zip(doubtful, as_stored, strict=True):
            found[i] = other if other[0].status == "ok" else found[i]
        return found

    def _read(self, pictures: Sequence[Picture], sources: Sequence[str], as_stored: bool = False) -> list[Recognised]:
        """Predictions of pictures with these names, upright as they state or as stored."""
        prepared = [self._prepare(*each, as_stored) for each in zip(pictures, sources, strict=True)]
        ready = [each[0] for each in prepared if not isinstance(each, Prediction)]
        rows = self._rows(np.stack(ready)) if ready else iter(())
        found: list[Recognised] = []
        for picture, source, each in zip(pictures, sources, prepared, strict=True):
            if isinstance(each, Prediction):
                found.append((each, None))
            else:
                image, writing = each
                unlike = why_unfamiliar(picture, image, self.model.header, self.typical)
                answer = refused(self._answer(source, next(rows), as_stored), unlike)
                found.append((as_one_digit(answer, writing) if self.digits_only else answer, image))
        return found

    def _prepare(self, picture: Picture, source: str, as_stored: bool) -> tuple[Input, Writing | None] | Prediction:
        """What the network is given of a picture, and the writing on it; the prediction where there is nothing."""
        prepare = self.model.preprocess
        try:
            read = read_apart(picture, as_stored, prepare.channels, self.keep_ids, source, prepare.form)
            fitted, writing = prepare.fit_writing(read)
        except ImageError as error:
            return Prediction(source, "error", error=str(error))
        return Prediction(source, "not a digit", reason=NO_INK) if fitted is None else (fitted, writing)

    def predict_prepared(self, images: NDArray[np.uint8], source: str) -> list[Prediction]:
        """Predictions of prepared pictures (N, H, W) uint8, light ink on black, all of one source."""
        return [self._answer(source, row) for row in self._rows(images)]

    def _rows(self, images: NDArray[np.uint8]) -> Iterator[Row]:
        """What the network says of each of the images (N, H, W).

        The set is empty without a calibration; without an OOD detector no image is out of distribution.
        """
        logits, ood_score = self.model.observe(images)
        probabilities = self.model.as_probabilities(logits)
        inside = self.sets.sets(probabilities) if self.sets else np.zeros((len(logits), 0), np.bool_)
        scores = np.zeros(len(logits)) if ood_score is None else ood_score
        return map(Row, probabilities.tolist(), inside.tolist(), scores.tolist())

    def _answer(self, source: str, row: Row, as_stored: bool = False) -> Prediction:
        """The prediction that a row stands for."""
        status, reason = "ok", None
        if row.ood_score > self.ood_limit:
            form = self.model.preprocess.form
            status, reason = OUT_OF_DISTRIBUTION[form], UNLIKE.format(form)
        elif self.answers and row.probability < self.answers.threshold:
            status, reason = "unsure", in_words(self.answers, row.probability)
        return prediction_of(row, self.model.header, source, status, reason, as_stored)
