"""Photos of more pixels than are decoded: a JPEG is decoded at a half, a quarter or an eighth of its size."""

from __future__ import annotations

import io
import os
import warnings
from contextlib import suppress
from typing import Any

from PIL import Image
from PIL.JpegImagePlugin import JpegImageFile

from digit_recognizer.images.encoded import DecodedPicture, EncodedPicture, binary_file

MAX_PIXELS = 64_000_000  # that are decoded: a phone's 48 megapixels fit; a 20,000 x 20,000 bomb does not
MAX_STATED = 256_000_000  # of a JPEG that is decoded smaller; the largest phones' have 200 megapixels
JPEG_START = b"\xff\xd8\xff"
_DECODED_AT = "digit_recognizer.reduced"  # in Image.info


def open_jpeg(content: bytes) -> Image.Image | None:
    """A large JPEG's bytes opened, so that it is decoded at a whole fraction of its size; None for other pictures.

    A progressive one is not: all of its coefficients would lie in memory first (ITU-T T.81, section 4.2).
    """
    if not content.startswith(JPEG_START):
        return None
    try:
        image = JpegImageFile(io.BytesIO(content))  # Image.open refuses 179 million pixels before they can be reduced
    except Exception:  # damaged: whoever opens it by the usual way is told
        return None
    times = _times(image.size)
    if times == 1 or image.size[0] * image.size[1] > MAX_STATED or "progressive" in image.info:
        return None
    image.draft(None, (image.size[0] // times, image.size[1] // times))
    image.info[_DECODED_AT] = times
    return image


def times_smaller(picture: Any) -> int:
    """How many times smaller than a picture states to be `read_picture` gives it: 1 but for large JPEGs, else 2, 4, 8.

    picture: as for `read_picture`.
    """
    if isinstance(picture, DecodedPicture):
        return picture.times_smaller
    if isinstance(picture, Image.Image):
        return int(picture.info.get(_DECODED_AT, 1))
    if isinstance(picture, str | os.PathLike | EncodedPicture):
        with suppress(Exception), warnings.catch_warnings():  # it was read once: what is wrong with it was told
            warnings.simplefilter("ignore")
            with binary_file(picture) as file:
                is_jpeg = file.read(len(JPEG_START)) == JPEG_START and not file.seek(0)
                return _times(JpegImageFile(file).size) if is_jpeg else 1
    return 1


def _times(size: tuple[int, int]) -> int:
    """By what a JPEG's sides are divided for it to be decoded."""
    return next((by for by in (1, 2, 4) if (size[0] // by) * (size[1] // by) <= MAX_PIXELS), 8)
