"""A picture of any kind -> one grey or coloured image, its bytes and pixels bounded before they are decoded."""

from __future__ import annotations

import io
import os
import warnings
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from digit_recognizer.dicom.names import SUFFIXES as DICOM_SUFFIXES
from digit_recognizer.dicom.names import is_dicom, named_by
from digit_recognizer.dicom.read import read_dicom
from digit_recognizer.errors import DigitRecognizerWarning, ImageError, PictureKindError, PictureSizeError
from digit_recognizer.files import read_bounded
from digit_recognizer.images.arrays import from_tensor, one_picture
from digit_recognizer.images.encoded import MAX_BYTES as MAX_BYTES
from digit_recognizer.images.encoded import DecodedPicture, EncodedPicture, as_encoded
from digit_recognizer.images.flatten import early_end, to_colour, to_grey, with_channels
from digit_recognizer.images.formats import COMMON, FIRST, formats_for, is_packed
from digit_recognizer.images.headers import check_jpeg, check_tiff
from digit_recognizer.images.large import JPEG_START, MAX_STATED, open_jpeg
from digit_recognizer.images.large import MAX_PIXELS as MAX_PIXELS
from digit_recognizer.images.levels import FULL, SIGNED, is_wide, range_note, sixteen_to_eight, stored_wide
from digit_recognizer.images.pages import (
    TIFF_STARTS,
    is_heic,
    is_pdf,
    open_heic,
    read_pdf,
    shown_name,
    states_turn,
    turn_to,
)
from digit_recognizer.paging import split_page

# A path, a file's bytes, a PIL image, an array or a tensor. `Any` stands for the tensor: the base install has no torch.
Picture = str | os.PathLike[str] | EncodedPicture | DecodedPicture | Image.Image | NDArray[Any] | Any


def read_picture(
    picture: Picture,
    as_stored: bool = False,
    channels: int = 1,
    keep_ids: bool = False,
    source: str | None = None,
    form: str = "digit",
) -> NDArray[np.uint8]:
    """One picture as a grey image of shape (H, W), uint8, 0 black to 255 white.

    picture: a file name, of a TIFF, PDF or DICOM file of several pages with the page, `scan.tif[2]`, counted from 1; a
        PIL image; a file's bytes, an open file, or an EncodedPicture;
        or an array or tensor of one picture, by the rules of shapes.py and ranges.py: (H, W), (784,), (H, W, 3)...,
        integers in 0..255 or floats in 0..1, -1..1 (the classic normalisation) or 0..255.
    as_stored: leave the EXIF orientation aside, which some photos carry wrongly.
    channels: with 3 the image is in colour, (H, W, 3), red first; what is grey has three equal channels.
    keep_ids: whether an error may call a DICOM file by its own name, which may be a patient's (dicom/names.py).
    source: what an error calls a picture that is not a file; a file has its own name.
    form: what it is a picture of, as in Preprocess: a "picture" keeps all levels of values that end early (levels.py).
    Raises ImageError, naming the file, the cause and the remedy. Warns of 16 bits of which the upper ones are empty.
    """
    picture = as_encoded(picture)
    if isinstance(picture, str | os.PathLike):
        return _read_file(*split_page(os.fspath(picture)), as_stored, channels, keep_ids, form)
    if isinstance(picture, DecodedPicture):
        return picture.as_stored() if as_stored else picture.pixels
    if isinstance(picture, Image.Image):
        called = source or "the picture"
        check_pixels(picture.size, called)
        return decode(picture, called, as_stored, channels, form)
    if isinstance(picture, EncodedPicture):
        called = source or "the picture"
        if len(picture.content) > MAX_BYTES:
            raise ImageError(f"{called}: is larger than {MAX_BYTES // 2**20} MiB, the most that is read of a picture.")
        opened_one = open_picture(picture.content, called, picture.page)
        return _decoded(opened_one, called, as_stored, channels, form)
    return _read_array(picture, source or "the array", channels, form)


def _read_array(array: Any, name: str, channels: int = 1, form: str = "digit") -> NDArray[np.uint8]:
    """An array or tensor as `read_picture` reads it."""
    if hasattr(array, "detach"):
        array = from_tensor(array, name)
    if is_wide(array):
        tell(range_note(int(array.max()), form, name))
        if form != "digit":
            array = sixteen_to_eight(array, form, SIGNED if array.dtype == np.int16 else FULL)
    return one_picture(array, MAX_PIXELS, name, channels, form)


def tell(note: str | None) -> None:
    """Warn the caller of `read_picture`, where there is something to tell."""
    if note:
        warnings.warn(note, DigitRecognizerWarning, stacklevel=2)


def _read_file(
    name: str,
    page: int | None = None,
    as_stored: bool = False,
    channels: int = 1,
    keep_ids: bool = False,
    form: str = "digit",
) -> NDArray[np.uint8]:
    """The picture in a file, or on a page of it, as (H, W) or (H, W, 3) uint8; an animation's first frame counts."""
    path, shown = Path(name), shown_name(name, keep_ids)
    if os.path.isdir(path):  # noqa: PTH112 - never raises, whatever the name
        raise ImageError(f"{path}: is a folder, not a picture. Name the pictures in it.")
    content = read_bounded(path, MAX_BYTES, ImageError, "a picture", shown)
    picture = (
        read_dicom(content, page, shown, check_pixels) if is_dicom(content) else _open_named(content, path, page, shown)
    )
    return _decoded(picture, shown, as_stored, channels, form)


def _decoded(
    picture: Image.Image | NDArray[np.uint8], name: str, as_stored: bool, channels: int, form: str
) -> NDArray[np.uint8]:
    """What a file holds, opened, as (H, W) or (H, W, 3); of a PDF and of DICOM it is an array already."""
    if isinstance(picture, np.ndarray):
        return with_channels(picture, channels)
    return decode(picture, name, as_stored, channels, form)


def _open_named(content: bytes, path: Path, page: int | None, shown: str) -> Image.Image | NDArray[np.uint8]:
    """`open_picture` of a file's bytes. The error for an archive, or a file with a DICOM name, says what is wrong."""
    try:
        return open_picture(content, shown, page)
    except PictureKindError:
        if is_packed(content):
            raise PictureKindError(
                f"{shown}: is an archive that cannot be read. Supported are .zip, .tar, .tar.gz, .tar.bz2,"
                " .tar.xz and .tar.zst without a password, and no archives inside them. Unpack it and name its folder."
            ) from None
        if path.suffix.lower() not in DICOM_SUFFIXES:
            raise
        raise PictureKindError(
            f"{shown}: has the suffix of a DICOM file, but neither the mark DICM after 128 bytes nor elements of DICOM"
            " at its start. It is damaged or of another kind: export it again."
        ) from None


def open_picture(content: bytes, name: str, page: int | None = None) -> Image.Image | NDArray[np.uint8]:
    """A file's bytes as a picture for `read_picture`: an image, not yet decoded; of a PDF the page, grey (H, W) uint8.
    DICOM is refused: it is read from files alone.

    name: what to call it in an error. page: as for `read_picture`, of a TIFF or PDF of several pages.
    Raises PictureKindError for what is no picture, PictureSizeError for too many pixels, ImageError for a damaged one.
    """
    if not content:
        raise ImageError(f"{name}: is empty. Save the picture again.")
    if is_dicom(content):  # its header names a patient, and its decoders are not for bytes that come by a network
        raise PictureKindError(
            f"{named_by(content)}: is a DICOM file, which is read only where it is named itself, or by a data set."
        )
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow warns of harmless oddities in untrusted files
            return read_pdf(content, page, name, check_pixels) if is_pdf(content) else opened(content, page, name)
    except UnidentifiedImageError as error:
        raise PictureKindError(
            f"{name}: is not a picture of a known kind ({', '.join(COMMON)}, HEIC, PDF, DICOM)."
        ) from error
    except ImageError:
        raise
    except Image.DecompressionBombError as error:
        raise PictureSizeError(f"{name}: unpacks to more than is safe to decode ({error}).") from error
    except Exception as error:
        raise damaged(name, error) from error


def opened(content: bytes, page: int | None, name: str) -> Image.Image:
    """A picture's bytes, opened, not yet decoded, and no larger than is decoded."""
    if is_heic(content):
        return open_heic(content, name, check_pixels)
    if content.startswith(TIFF_STARTS):
        check_tiff(io.BytesIO(content), name)
    elif content.startswith(JPEG_START):
        check_jpeg(content, name)
    if large := open_jpeg(content):
        return large
    image = Image.open(io.BytesIO(content), formats=formats_for(name, content[:FIRST]))
    check_pixels(image.size, name)
    turn_to(image, page, name)
    check_pixels(image.size, name)  # a page may be larger than the first
    return image


def decode(
    image: Image.Image, name: str, as_stored: bool = False, channels: int = 1, form: str = "digit"
) -> NDArray[np.uint8]:
    """An opened picture, turned upright as its EXIF orientation says unless as stored, as (H, W) or (H, W, 3) uint8."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            wide = stored_wide(image)
            image.load()
            turned = not as_stored and states_turn(image)
            upright = ImageOps.exif_transpose(image) if turned else image
            note = early_end(upright, name, form, wide=wide)
            made = to_grey(upright, name, form) if channels == 1 else to_colour(upright, name, form)
    except ImageError:
        raise
    except Exception as error:  # Pillow's decoders raise nearly anything on damaged bytes
        raise damaged(name, error) from error
    tell(note)
    return made


def damaged(name: str, error: Exception) -> ImageError:
    """What is said of a picture on which a decoder failed."""
    if isinstance(error, MemoryError):
        return PictureSizeError(f"{name}: needs too much memory to be decoded. Scale it down, or save it as PNG.")
    return ImageError(f"{name}: is damaged, truncated or of an unusual kind ({error}). Save it again, as PNG.")


def check_pixels(size: tuple[int, int], name: str) -> None:
    """Refuse a picture by its stated size, before a pixel of it is decoded."""
    width, height = size
    if width * height > MAX_PIXELS:
        raise PictureSizeError(
            f"{name}: has {width} x {height} pixels; at most {MAX_PIXELS // 10**6} million are decoded"
            f" ({MAX_STATED // 10**6} million of a baseline JPEG). Scale it down."
        )
