"""One model made usable: pictures in, predictions out."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterator, Sequence
from copy import copy
from functools import lru_cache
from pathlib import Path
from typing import Literal, overload

import numpy as np
from numpy.typing import NDArray

from digit_recognizer.data.class_names import not_digits
from digit_recognizer.dicom.modality import modality_of
from digit_recognizer.errors import ConfigError, ImageError, ModelFileError
from digit_recognizer.evaluation.calibration import Calibration, read_calibration
from digit_recognizer.images import Picture, read_picture
from digit_recognizer.images.given import as_list, is_turned, source_name
from digit_recognizer.images.ink import Writing
from digit_recognizer.images.notes import tell
from digit_recognizer.models import Model, load_model
from digit_recognizer.prediction import (
    DOUBTFUL,
    ELSEWHERE,
    NO_INK,
    STRANGE,
    STRANGER,
    Prediction,
    as_one_digit,
    in_words,
    refused,
)
from digit_recognizer.statistics.selective import SelectiveThreshold
from digit_recognizer.tables.orientation import TRANSPOSED, are_transposed, of_one_array
from digit_recognizer.tables.reading import kind_of, split_keys
from digit_recognizer.tables.rows import rows_of

DEFAULT_MODEL = "best"
_DEFAULT_LEVEL = 0.99  # of prediction sets
BATCH = 512  # prepared pictures held at once
_GIVEN = 0.5  # the probability from which on a label is given, where a picture may bear several

Pictures = Picture | Sequence[Picture]
Input = NDArray[np.uint8]  # a prepared picture, (H, W) or (H, W, 3): what the network was given, as grey levels
Recognised = tuple[Prediction, Input | None]  # None where the network was given nothing


class Recognizer:
    """A model that takes pictures of any kind.

    recognizer = Recognizer.load("best")
    recognizer.predict("three.png")[0].label
    """

    def __init__(
        self, model: Model, max_error: float | None = None, level: float = _DEFAULT_LEVEL, keep_ids: bool = False
    ) -> None:
        """max_error, level, keep_ids: as for `load`."""
        self.model, self.max_error, self.level, self.keep_ids = model, max_error, level, keep_ids
        self.check: Callable[[], None] | None = None
        self.digits_only = not not_digits(model.header.class_names)
        calibration = read_calibration(model.header)
        self.answers = answering(model, calibration, max_error)
        self.sets = calibration.set_at(level) if calibration else None
        self.typical = calibration.typical if calibration else None
        limit = calibration.strangest if calibration else None
        self.strangest = math.inf if limit is None else limit

    @classmethod
    def load(
        cls,
        model: str | Path = DEFAULT_MODEL,
        runtime: str = "auto",
        max_error: float | None = None,
        level: float = _DEFAULT_LEVEL,
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

    def stoppable(self, check: Callable[[], None]) -> Recognizer:
        """The same recognizer, which calls `check` before each batch of pictures; what that raises ends the work."""
        made = copy(self)
        made.check = check
        return made

    def before_batch(self) -> None:
        """What is due before each batch: the check of a stoppable recognizer, which may raise."""
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

        pictures: one or a list of: file names; PIL images; arrays, tensors or lists of rows of numbers, of one picture:
            (H, W), (784,), (1, H, W), (H, W, 1), (H, W, 3), (H, W, 4). Also an array of N pictures: (N, 784),
            (N, H, W), (N, 1, H, W), (N, 3, H, W), (N, H, W, 1), (N, H, W, 3). All arrays of a call are in one range of
            values: 0..255, 0..1 or -1..1. A shape that could be two things gives an error that says how to give each.
            One file name may be that of a table (.npy, a CSV of pixels): each of its rows is a picture.
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
            self.before_batch()
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
        found = self.read(pictures, sources)
        doubtful = [i for i, (each, _) in enumerate(found) if each.status in DOUBTFUL and is_turned(pictures[i])]
        as_stored = self.read([pictures[i] for i in doubtful], [sources[i] for i in doubtful], as_stored=True)
        for i, other in zip(doubtful, as_stored, strict=True):
            found[i] = other if other[0].status == "ok" else found[i]
        return found

    def stranger(self, picture: Picture, image: NDArray[np.uint8]) -> str | None:
        """Why a picture, and what was prepared of it, are of another kind than those that the model learned from.

        By what its file states, or since it is light and dark elsewhere than they are.
        """
        learned = self.model.header.data.get("modalities")
        stated = modality_of(picture) if learned and isinstance(picture, str | os.PathLike) else None
        if learned is not None and stated is not None and stated not in learned:
            return f"its file states the modality {stated}, and the model learned from {', '.join(map(str, learned))}"
        return None if self.typical is None or self.typical.is_like(image) else ELSEWHERE

    def read(self, pictures: Sequence[Picture], sources: Sequence[str], as_stored: bool = False) -> list[Recognised]:
        """Predictions of pictures with these names, upright as they state or as stored."""
        prepared = [self._prepare(*each, as_stored) for each in zip(pictures, sources, strict=True)]
        ready = [each[0] for each in prepared if not isinstance(each, Prediction)]
        rows = self.rows(np.stack(ready)) if ready else iter(())
        found: list[Recognised] = []
        for picture, source, each in zip(pictures, sources, prepared, strict=True):
            if isinstance(each, Prediction):
                found.append((each, None))
            else:
                image, writing = each
                answer = refused(self.answer(source, *next(rows), as_stored), self.stranger(picture, image))
                found.append((as_one_digit(answer, writing) if self.digits_only else answer, image))
        return found

    def _prepare(self, picture: Picture, source: str, as_stored: bool) -> tuple[Input, Writing | None] | Prediction:
        """What the network is given of a picture, and the writing on it; the prediction where there is nothing."""
        prepare = self.model.preprocess
        try:
            read = read_picture(picture, as_stored, prepare.channels, self.keep_ids, source, prepare.form)
            fitted, writing = prepare.fit_writing(read)
        except ImageError as error:
            return Prediction(source, "error", error=str(error))
        return Prediction(source, "not a digit", reason=NO_INK) if fitted is None else (fitted, writing)

    def rows(self, images: NDArray[np.uint8]) -> Iterator[tuple[list[float], list[bool], float]]:
        """Of each of the images (N, H, W): its probabilities (K,), which of them stand in its set, its strangeness.

        The set is empty without a calibration; without a watch no image is strange.
        """
        logits, strangeness = self.model.observe(images)
        probabilities = self.model.as_probabilities(logits)
        inside = self.sets.sets(probabilities) if self.sets else np.zeros((len(logits), 0), np.bool_)
        strange = np.zeros(len(logits)) if strangeness is None else strangeness
        return zip(probabilities.tolist(), inside.tolist(), strange.tolist(), strict=True)

    def answer(
        self, source: str, probabilities: list[float], inside: list[bool], strangeness: float, as_stored: bool = False
    ) -> Prediction:
        """The prediction that a row of `rows` stands for."""
        header = self.model.header
        best = max(range(len(probabilities)), key=probabilities.__getitem__)  # the first of equals, as argmax
        probability = probabilities[best]
        status, reason = "ok", None
        if strangeness > self.strangest:
            form = self.model.preprocess.form
            status, reason = STRANGER[form], STRANGE.format(form)
        elif self.answers and probability < self.answers.threshold:
            status, reason = "unsure", in_words(self.answers, probability)
        return Prediction(
            source,
            status,
            header.label_of(best),
            header.class_names[best],
            probability,
            tuple(probabilities),
            tuple(header.label_of(i) for i, each in enumerate(inside) if each),
            tuple(header.label_of(i) for i, each in enumerate(probabilities) if each >= _GIVEN and header.multi_label),
            reason,
            as_stored=as_stored,
            index=best,
        )


@lru_cache(maxsize=1)
def same_recognizer(
    model: str, sha256: str, max_error: float | None = None, level: float = _DEFAULT_LEVEL, runtime: str = "auto"
) -> Recognizer:
    """Another process's recognizer, in this one: on one thread, since every core has a process.

    model, sha256: its file, and what was read of it there. The others: as for `Recognizer.load`.
    Raises ModelFileError where the file that is found here is another one.
    """
    found = load_model(model, runtime, threads=1)
    if found.sha256 != sha256:
        raise ModelFileError(
            f"{found.path}: is another model than the one this run began with ({found.sha256[:12]}, not {sha256[:12]})."
            " Copy that one here."
        )
    return Recognizer(found, max_error, level)


def answering(model: Model, calibration: Calibration | None, max_error: float | None) -> SelectiveThreshold | None:
    """From which probability on a model answers; None: it always does."""
    if max_error == 1:
        return None
    if calibration is None:
        if max_error is not None:
            raise ConfigError(
                f"{model.title}: has no calibration, so nothing is known of its errors."
                " Calibrate it on labelled pictures.",
                see=("calibrate",),
            )
        return None
    return calibration.answers.usual() if max_error is None else calibration.answers.threshold(max_error)


def get_predicted_label(picture: Picture, model: str | Path | Recognizer = DEFAULT_MODEL) -> int | str:
    """The digit on one picture; of a model whose classes are named by other words the class's name.

    Raises ImageError where the picture cannot be read or holds no ink.
    """
    recognizer = model if isinstance(model, Recognizer) else loaded(model)
    (prediction,) = recognizer.predict([picture])
    if prediction.label is None:
        raise ImageError(prediction.error or f"{prediction.source}: holds no ink, so there is no digit to read.")
    return recognizer.model.header.shown(prediction.label)


@lru_cache(maxsize=4)
def loaded(model: str | Path) -> Recognizer:
    """A recognizer, kept for the next call."""
    return Recognizer.load(model)
