"""What the server's threads do: recognise, read and explain pictures that someone sent."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable
from functools import partial
from threading import Event
from typing import NamedTuple, TypeVar

from PIL import Image

from digit_recognizer.errors import DigitRecognizerWarning, ImageError, PictureKindError, PictureSizeError
from digit_recognizer.images import open_picture
from digit_recognizer.images.pages import is_pdf
from digit_recognizer.prediction import Prediction
from digit_recognizer.recognizer import Recognizer, same_recognizer
from digit_recognizer.schemas.predictions import ExplanationObject, prediction_object
from digit_recognizer.schemas.readings import GridObject, LineObject, PageObject, grid_object, line_object, page_object
from digit_recognizer.server.problems import log_remedies, remedy_of, status_of, told
from digit_recognizer.server.uploads import Upload

_Object = TypeVar("_Object", PageObject, GridObject, LineObject)


class Recognised(NamedTuple):
    """What was recognised on a picture."""

    prediction: Prediction
    status: int  # of an answer that holds nothing else
    remedy: str | None = None  # for the server's log, which the process that recognises may not have


def opened(upload: Upload) -> Image.Image:
    """A picture, not yet decoded. Raises ImageError."""
    if is_pdf(upload.content):  # its library serves one thread at a time
        raise PictureKindError(f"{upload.source}: is a PDF. Send its page as a picture.")
    picture = open_picture(upload.content, upload.source)
    assert isinstance(picture, Image.Image)  # only a PDF gives an array
    return picture


def predict_uploads(recognizer: Recognizer, uploads: list[Upload], most_pixels: int) -> list[Recognised | None]:
    """What is recognised on each picture, as `Recognizer.predict` does it; None for one of more than `most_pixels`."""
    found: dict[int, Recognised | None] = {}
    pictures: dict[int, Image.Image] = {}
    for number, upload in enumerate(uploads):
        try:
            picture = opened(upload)
        except ImageError as error:
            refused = Prediction(upload.source, "error", error=told(error))
            found[number] = Recognised(refused, status_of(error), remedy_of(error))
            continue
        if picture.width * picture.height > most_pixels:
            found[number] = None
        else:
            pictures[number] = picture
    sources = [uploads[number].source for number in pictures]
    predictions = recognizer.predict(list(pictures.values()), sources) if pictures else []
    for number, prediction in zip(pictures, predictions, strict=True):
        found[number] = Recognised(prediction, 422 if prediction.error is not None else 200)
    return [found[number] for number in range(len(uploads))]


def elsewhere(recognizer: Recognizer) -> Callable[[], Recognizer]:
    """What makes the same recognizer in another process, once there; it can be pickled."""
    model = recognizer.model
    runtime = "torch" if model.runtime.name == "torch" else "onnx"
    return partial(same_recognizer, str(model.path), model.sha256, recognizer.max_error, recognizer.level, runtime)


def predict_elsewhere(
    make: Callable[[], Recognizer], uploads: list[Upload], most_pixels: int
) -> list[Recognised | None]:
    """`predict_uploads` in another process than the recognizer's, whose log has no place for notes on pictures."""
    warnings.simplefilter("ignore", DigitRecognizerWarning)
    return predict_uploads(make(), uploads, most_pixels)


def within(recognizer: Recognizer, seconds: float, left: Event, upload: Upload) -> Recognizer:
    """The recognizer until so many seconds from now are over, or the client has left; then it raises ImageError."""
    end = time.monotonic() + seconds

    def check() -> None:
        if left.is_set():
            raise ImageError(f"{upload.source}: the client has disconnected.")
        if time.monotonic() > end:
            raise PictureSizeError(
                f"{upload.source}: takes too long to read: the limit is {seconds:g} seconds. Send it in parts."
            )

    return recognizer.stopped_by(check)


def read_upload(recognizer: Recognizer, seconds: float, left: Event, upload: Upload) -> tuple[PageObject, int]:
    """The numbers on a photo, and the status of an answer that holds nothing else. seconds, left: as for `within`."""
    from digit_recognizer.reading import read_page

    model, source = recognizer.model.header.name, upload.source
    hurried = within(recognizer, seconds, left, upload)
    return _with_status(
        lambda: page_object(source, read_page(opened(upload), hurried, source), model),
        lambda error: page_object(source, None, model, error),
    )


def _with_status(read: Callable[[], _Object], failed: Callable[[str], _Object]) -> tuple[_Object, int]:
    """What is read, or the object of an error's words; and the status of an answer that holds nothing else."""
    try:
        return read(), 200
    except ImageError as error:
        log_remedies([remedy_of(error)])
        return failed(told(error)), status_of(error)


def read_line_upload(recognizer: Recognizer, seconds: float, left: Event, upload: Upload) -> tuple[LineObject, int]:
    """The number on a crop of a line, and the status of an answer that holds nothing else, as `read_upload` does."""
    from digit_recognizer.models.line_reader import shipped_reader
    from digit_recognizer.reading import Line, read_line

    reader = shipped_reader()
    name, source = reader.model.header.name, upload.source
    within(recognizer, seconds, left, upload).raise_if_stopped()
    return _with_status(
        lambda: line_object(read_line(opened(upload), reader, source), name),
        lambda error: line_object(Line(source, "error", error=error), name),
    )


def read_grid_upload(
    recognizer: Recognizer, seconds: float, left: Event, upload: Upload, shape: tuple[int, int] | None
) -> tuple[GridObject, int]:
    """The ruled grid in a photo, and the status of an answer that holds nothing else, as `read_upload` does."""
    from digit_recognizer.reading import read_grid

    model, source = recognizer.model.header.name, upload.source
    hurried = within(recognizer, seconds, left, upload)
    return _with_status(
        lambda: grid_object(source, read_grid(opened(upload), hurried, shape, source), model),
        lambda error: grid_object(source, None, model, error),
    )


def explain_upload(recognizer: Recognizer, upload: Upload, label: str | None) -> ExplanationObject:
    """What the model saw of a picture and which pixels spoke for a class, the most probable one where none is named.

    Raises ImageError; ConfigError for a class that there is not.
    """
    from digit_recognizer.explaining import occlusion_map
    from digit_recognizer.explaining.occlusion import checked_label

    picture = opened(upload)
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
