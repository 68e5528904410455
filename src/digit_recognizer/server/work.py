"""What the server's threads do: recognise, read and explain pictures that someone sent."""

from __future__ import annotations

import shutil
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event
from typing import Any, NamedTuple, TypeVar

from digit_recognizer.decoding import Decoded, Decoders, DecodingTimeError, own_decoders
from digit_recognizer.errors import (
    DigitRecognizerWarning,
    ImageError,
    PictureKindError,
    PictureSizeError,
    RunError,
    StorageError,
)
from digit_recognizer.images import Preprocess
from digit_recognizer.images.encoded import DecodedPicture, EncodedPicture
from digit_recognizer.images.pages import is_pdf
from digit_recognizer.prediction import Prediction
from digit_recognizer.recognizer import Recognizer, same_recognizer
from digit_recognizer.schemas.predictions import ExplanationObject, prediction_object
from digit_recognizer.schemas.readings import GridObject, LineObject, PageObject, grid_object, line_object, page_object
from digit_recognizer.server.problems import log_remedies, overloaded, remedy_of, status_of, told
from digit_recognizer.server.uploads import Upload

_PDF = "{}: is a PDF. Send its page as a picture."
_Object = TypeVar("_Object", PageObject, GridObject, LineObject)


class Recognised(NamedTuple):
    """What was recognised on a picture."""

    prediction: Prediction
    status: int  # of an answer that holds nothing else
    remedy: str | None = None  # for the server's log, which the process that recognises may not have


def decoded(
    decoders: Decoders, uploads: Sequence[Upload], recognizer: Recognizer | None = None, **bounds: Any
) -> Iterator[Decoded]:
    """The picture of each upload, or why there is none. bounds: as for `Decoders.decode`.

    recognizer: whose form and channels count; grey pictures of digits where there is none.
    """
    prepare = recognizer.model.preprocess if recognizer else Preprocess()
    readable = [each for each in uploads if not is_pdf(each.content)]
    pictures, names = [EncodedPicture(each.content) for each in readable], [each.source for each in readable]
    try:
        found = decoders.decode(pictures, names, prepare.channels, prepare.form, **bounds)
        for each in uploads:
            yield PictureKindError(_PDF.format(each.source)) if is_pdf(each.content) else next(found)
    except RunError as error:
        raise overloaded("No process is free to decode pictures.") from error


def predict_uploads(
    recognizer: Recognizer, decoders: Decoders, uploads: list[Upload], **bounds: Any
) -> list[Recognised | None]:
    """What is recognised on each picture, as `Recognizer.predict` does it. bounds: as for `Decoders.decode`.

    With the bound quick_pixels None for a picture that is not quick to decode, by what it states or as it turns out.
    """
    found: dict[int, Recognised | None] = {}
    pictures: dict[int, DecodedPicture] = {}
    for number, picture in enumerate(decoded(decoders, uploads, recognizer, **bounds)):
        if isinstance(picture, DecodedPicture):
            pictures[number] = picture
        elif picture is None or ("quick_pixels" in bounds and isinstance(picture, DecodingTimeError)):
            found[number] = None
        else:
            refused = Prediction(uploads[number].source, "error", error=told(picture))
            found[number] = Recognised(refused, status_of(picture), remedy_of(picture))
    sources = [uploads[number].source for number in pictures]
    predictions = recognizer.predict(list(pictures.values()), sources) if pictures else []
    for number, prediction in zip(pictures, predictions, strict=True):
        found[number] = Recognised(prediction, 422 if prediction.error is not None else 200)
    return [found[number] for number in range(len(uploads))]


class _KeptFile(NamedTuple):
    """A copy of the model's file, so that a process that is started later has the model that is served."""

    folder: TemporaryDirectory[str]
    path: Path

    def close(self) -> None:
        """Delete it."""
        self.folder.cleanup()


def kept_file(recognizer: Recognizer) -> _KeptFile:
    """A copy of the file that the recognizer's model was read from. Raises StorageError."""
    path = recognizer.model.path
    try:
        folder = TemporaryDirectory(prefix="digits-serve-")
        return _KeptFile(folder, Path(shutil.copy(path, folder.name)))
    except OSError as error:
        raise StorageError(f"{path}: cannot be copied for the worker processes ({error.strerror}).") from error


def elsewhere(recognizer: Recognizer, kept: _KeptFile) -> Callable[[], Recognizer]:
    """What makes the same recognizer in another process, once there; it can be pickled."""
    model = recognizer.model
    runtime = "torch" if model.runtime.name == "torch" else "onnx"
    return partial(same_recognizer, str(kept.path), model.sha256, recognizer.max_error, recognizer.level, runtime)


def predict_elsewhere(make: Callable[[], Recognizer], uploads: list[Upload], **bounds: Any) -> list[Recognised | None]:
    """`predict_uploads` in another process than the recognizer's, whose log has no place for notes on pictures."""
    warnings.simplefilter("ignore", DigitRecognizerWarning)
    return predict_uploads(make(), own_decoders(), uploads, **bounds)


class Reading(NamedTuple):
    """What photos are read with, and how long that may take."""

    recognizer: Recognizer
    decoders: Decoders
    seconds: float  # for one photo
    left: Event  # set once nobody waits any more

    def begin(self, upload: Upload) -> tuple[DecodedPicture, Recognizer]:
        """A photo, and the recognizer for it, which raises ImageError once the time is over or the client has left.

        Raises ImageError.
        """
        end = time.monotonic() + self.seconds

        def check() -> None:
            if self.left.is_set():
                raise ImageError(f"{upload.source}: the client has disconnected.")
            if time.monotonic() > end:
                raise PictureSizeError(
                    f"{upload.source}: takes too long to read: the limit is {self.seconds:g} seconds. Send it in parts."
                )

        check()
        (picture,) = decoded(self.decoders, [upload], seconds=self.seconds, is_left=self.left.is_set)
        if not isinstance(picture, DecodedPicture):
            assert picture is not None  # only what is not quick is left
            raise picture
        check()
        return picture, self.recognizer.stopped_by(check)


def read_upload(reading: Reading, upload: Upload) -> tuple[PageObject, int]:
    """The numbers on a photo, and the status of an answer that holds nothing else."""
    from digit_recognizer.reading import read_page

    model, source = reading.recognizer.model.header.name, upload.source
    return _with_status(
        lambda: page_object(source, read_page(*reading.begin(upload), source), model),
        lambda error: page_object(source, None, model, error),
    )


def _with_status(read: Callable[[], _Object], failed: Callable[[str], _Object]) -> tuple[_Object, int]:
    """What is read, or the object of an error's words; and the status of an answer that holds nothing else."""
    try:
        return read(), 200
    except ImageError as error:
        log_remedies([remedy_of(error)])
        return failed(told(error)), status_of(error)


def read_line_upload(reading: Reading, upload: Upload) -> tuple[LineObject, int]:
    """The number on a crop of a line, and the status of an answer that holds nothing else, as `read_upload` does."""
    from digit_recognizer.models.line_reader import shipped_reader
    from digit_recognizer.reading import Line, read_line

    reader = shipped_reader()
    name, source = reader.model.header.name, upload.source
    return _with_status(
        lambda: line_object(read_line(reading.begin(upload)[0], reader, source), name),
        lambda error: line_object(Line(source, "error", error=error), name),
    )


def read_grid_upload(reading: Reading, upload: Upload, shape: tuple[int, int] | None) -> tuple[GridObject, int]:
    """The ruled grid in a photo, and the status of an answer that holds nothing else, as `read_upload` does."""
    from digit_recognizer.reading import read_grid

    model, source = reading.recognizer.model.header.name, upload.source

    def read() -> GridObject:
        picture, hurried = reading.begin(upload)
        return grid_object(source, read_grid(picture, hurried, shape, source), model)

    return _with_status(read, lambda error: grid_object(source, None, model, error))


def explain_upload(reading: Reading, upload: Upload, label: str | None) -> ExplanationObject:
    """What the model saw of a picture and which pixels spoke for a class, the most probable one where none is named.

    Raises ImageError; ConfigError for a class that there is not.
    """
    from digit_recognizer.explaining import occlusion_map
    from digit_recognizer.explaining.occlusion import checked_label

    recognizer = reading.recognizer
    (picture,) = decoded(reading.decoders, [upload], recognizer, seconds=reading.seconds, is_left=reading.left.is_set)
    if not isinstance(picture, DecodedPicture):
        assert picture is not None  # only what is not quick is left
        raise picture
    (prediction,), (seen,) = recognizer.predict([picture], [upload.source], return_inputs=True)
    if prediction.error is not None:
        raise ImageError(prediction.error)
    model = recognizer.model
    made: ExplanationObject = {
        "prediction": prediction_object(prediction, model.header, True),
        "label": None,
        "seen": None,
        "heat": None,
    }
    if model.preprocess.channels != 1:  # of colour a map of greys tells nothing
        return made
    if seen is not None and prediction.label is not None:
        header = model.header
        asked = prediction.label if label is None else header.label_of(checked_label(model, label))
        made["label"], made["seen"] = header.shown(asked), seen.tolist()
        made["heat"] = occlusion_map(model, seen, asked).round(4).tolist()
    return made
