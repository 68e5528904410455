"""Recognizers that are loaded once and kept for the next call."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from digit_recognizer.errors import ImageError, ModelFileError
from digit_recognizer.images import Picture
from digit_recognizer.models import load_model
from digit_recognizer.recognizer.recognizer import DEFAULT_LEVEL, DEFAULT_MODEL, Recognizer


@lru_cache(maxsize=1)
def same_recognizer(
    model: str, sha256: str, max_error: float | None = None, level: float = DEFAULT_LEVEL, runtime: str = "auto"
) -> Recognizer:
    """Another process's recognizer, in this one: on one thread, since every core has a process.

    model, sha256: its file, and what was read of it there. The others: as for `Recognizer.load`.
    Raises ModelFileError where the file that is found here is another one.
    """
    found = load_model(model, runtime, threads=1)
    if found.sha256 != sha256:
        raise ModelFileError(
            f"{found.path}: is not the model that this run began with ({found.sha256[:12]}, not {sha256[:12]})."
            " Copy that one here."
        )
    return Recognizer(found, max_error, level)


def get_predicted_label(picture: Picture, model: str | Path | Recognizer = DEFAULT_MODEL) -> int | str:
    """The digit on one picture; of a model whose classes are named by other words the class's name.

    Raises ImageError where the picture cannot be read or holds no ink.
    """
    recognizer = model if isinstance(model, Recognizer) else _loaded(model)
    (prediction,) = recognizer.predict([picture])
    if prediction.label is None:
        raise ImageError(prediction.error or f"{prediction.source}: holds no ink, so there is no digit to read.")
    return recognizer.model.header.shown(prediction.label)


@lru_cache(maxsize=4)
def _loaded(model: str | Path) -> Recognizer:
    """A recognizer, kept for the next call."""
    return Recognizer.load(model)
