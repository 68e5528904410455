"""A picture of any kind: one of a format whose decoder keeps to no bound is read by another process."""

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
from digit_recognizer.images.pages import TIFF_STARTS
from digit_recognizer.paging import split_page

_START = 16  # bytes by which these formats are known
_ELSEWHERE = (b"%PDF-", *TIFF_STARTS, b"\x00\x00\x00\x0cjP  ", b"\xff\x4f\xff\x51")  # the last two are JPEG 2000
_BOXES = b"ftyp"  # from the fifth byte on: HEIC, AVIF


def read_apart(
    picture: Picture,
    as_stored: bool = False,
    channels: int = 1,
    keep_ids: bool = False,
    source: str | None = None,
    form: str = "digit",
) -> NDArray[np.uint8]:
    """`read_picture`, with the same arguments, results and errors.

    A PDF, TIFF, HEIC, AVIF or JPEG 2000 file that takes too much memory or time is an ImageError, too.
    """
    picture = as_encoded(picture)
    encoded = _to_send(picture, keep_ids)
    if encoded is None:
        return read_picture(picture, as_stored, channels, keep_ids, source, form)
    shown = shown_name(picture, keep_ids) if isinstance(picture, str | os.PathLike) else source or "the picture"
    (found,) = own_decoders().decode([encoded], [shown], channels, form)
    if isinstance(found, DecodedPicture):
        return found.as_stored() if as_stored else found.pixels
    assert isinstance(found, ImageError)  # only what is not quick is left
    raise found


def _to_send(picture: Picture, keep_ids: bool) -> EncodedPicture | None:
    """The bytes of a picture that another process is to read; None for any other, and for an unreadable file."""
    if isinstance(picture, EncodedPicture):
        return picture if _is_elsewhere(picture.content[:_START]) and len(picture.content) <= MAX_BYTES else None
    if not isinstance(picture, str | os.PathLike):
        return None
    name, page = split_page(os.fspath(picture))
    with suppress(OSError, ValueError):
        if Path(name).is_file() and _is_elsewhere(_start_of(name)):
            shown = shown_name(name, keep_ids)
            return EncodedPicture(read_bounded(Path(name), MAX_BYTES, ImageError, "a picture", shown), page)
    return None


def _is_elsewhere(start: bytes) -> bool:
    return start.startswith(_ELSEWHERE) or start[4:8] == _BOXES


def _start_of(name: str) -> bytes:
    with Path(name).open("rb") as file:
        return file.read(_START)
