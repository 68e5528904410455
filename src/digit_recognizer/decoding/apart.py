"""A picture of any kind, read here, but for a PDF: its library keeps to no bound, so another process draws its page."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from digit_recognizer.decoding.decoders import own_decoders
from digit_recognizer.errors import ImageError
from digit_recognizer.files import read_bounded
from digit_recognizer.images import Picture, read_picture, shown_name
from digit_recognizer.images.encoded import MAX_BYTES, DecodedPicture, EncodedPicture, as_encoded
from digit_recognizer.images.pages import is_pdf
from digit_recognizer.paging import split_page

_START = 8  # bytes by which a PDF is known


def read_apart(
    picture: Picture,
    as_stored: bool = False,
    channels: int = 1,
    keep_ids: bool = False,
    source: str | None = None,
    form: str = "digit",
) -> NDArray[np.uint8]:
    """`read_picture`, with the same arguments and errors. A PDF that takes too much memory or time is an ImageError."""
    picture = as_encoded(picture)
    document = _pdf_of(picture, keep_ids)
    if document is None:
        return read_picture(picture, as_stored, channels, keep_ids, source, form)
    shown = shown_name(picture, keep_ids) if isinstance(picture, str | os.PathLike) else source or "the picture"
    (found,) = own_decoders().decode([document], [shown], channels, form)
    if isinstance(found, DecodedPicture):
        return found.pixels
    assert isinstance(found, ImageError)  # only what is not quick is left
    raise found


def _pdf_of(picture: Picture, keep_ids: bool) -> EncodedPicture | None:
    """The bytes of a PDF with the page of it; None for anything else, and for a file that cannot be read."""
    if isinstance(picture, EncodedPicture):
        return picture if is_pdf(picture.content) else None
    if not isinstance(picture, str | os.PathLike):
        return None
    name, page = split_page(os.fspath(picture))
    with suppress(OSError, ValueError):
        if Path(name).is_file() and is_pdf(_start_of(name)):
            return EncodedPicture(
                read_bounded(Path(name), MAX_BYTES, ImageError, "a picture", shown_name(name, keep_ids)), page
            )
    return None


def _start_of(name: str) -> bytes:
    with Path(name).open("rb") as file:
        return file.read(_START)
