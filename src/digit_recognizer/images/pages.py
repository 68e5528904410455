"""Files of several pages (TIFF, PDF, frames of DICOM) and HEIC photos: each page is a picture with a name of its own,
`scan.tif[2]`."""

from __future__ import annotations

import io
import os
import re
import warnings
from collections.abc import Callable
from contextlib import nullcontext, suppress
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from digit_recognizer.dicom.elements import frame_count
from digit_recognizer.dicom.names import MOST, first_bytes, is_dicom, name_of
from digit_recognizer.dicom.start import HEAD
from digit_recognizer.errors import ImageError
from digit_recognizer.images.encoded import EncodedPicture, binary_file
from digit_recognizer.images.headers import check_tiff
from digit_recognizer.paging import MAX_PAGES, Check, needs, page_name, several, split_page

TIFF_STARTS = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
_RAW = (
    *(".cr2", ".nef", ".nrw", ".arw", ".sr2", ".dng", ".pef", ".srw", ".erf", ".3fr", ".iiq"),
    *(".kdc", ".mef", ".mos", ".dcr"),
)
DOTS_PER_INCH, _POINTS_PER_INCH = 200, 72  # a page of a PDF is drawn as an office scanner records one
_ORIENTATION, TURNED = 274, range(2, 9)  # EXIF 2.3, section 4.6.4
UNPACKED = "digits-unpacked-"  # begins the name of a temporary folder that holds an unpacked archive, and eight letters
_IN_ARCHIVE = re.compile(rf".*[/\\]{UNPACKED}\w{{8}}[/\\]", re.DOTALL)
_HEIC_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1")


def page_names(name: str) -> list[str]:
    """The names of a file's pages where it has several; its own name otherwise, readable or not.

    Its bytes tell its kind: scans may lack a suffix. Of more than MAX_PAGES pages the others are left to the file's own
    name, which is then the last, and which `read_picture` refuses with the reason.
    """
    first = first_bytes(name, HEAD)
    if is_dicom(first):
        numbers = _numbers(lambda: _dicom_frames(name))
        numbers = numbers if numbers[-1] else [None]  # one of more frames is refused whole
    elif is_pdf(first):
        numbers = _numbers(lambda: _pdf_pages(name))
    else:
        numbers = tiff_numbers(name, name, first)
    return [page_name(name, number) for number in numbers]


def tiff_numbers(name: str, file: str | IO[bytes], first: bytes) -> list[int | None]:
    """The pages of a TIFF, as `page_names` names them, None for the file itself; [None] for any other file.

    file: its name or its bytes as a stream. first: its first bytes. The parts of a camera's raw file are one photo in
    several sizes, so they are not pages.
    """
    if not first.startswith(TIFF_STARTS) or name.lower().endswith(_RAW):
        return [None]
    return _numbers(lambda: _tiff_pages(file))


def _numbers(count_pages: Callable[[], int]) -> list[int | None]:
    """The numbers of as many pages as are counted."""
    count = 1
    with suppress(Exception), warnings.catch_warnings():  # whatever is wrong with it is told when it is read
        warnings.simplefilter("ignore")
        count = count_pages()
    if count <= 1:
        return [None]
    return [*range(1, min(count, MAX_PAGES) + 1), *([None] if count > MAX_PAGES else [])]


def shown_name(name: str | os.PathLike[str], keep_ids: bool = False) -> str:
    """What a picture file or a page of one is called in every output: its own name, of DICOM a hash (dicom/names.py).

    A file of an archive that was unpacked is called as if the archive were a folder. keep_ids: its own name all the
    same.
    """
    file, page = split_page(os.fspath(name))
    shown = _IN_ARCHIVE.sub("", file if keep_ids else name_of(file))
    return page_name(shown, page)


def _dicom_frames(name: str) -> int:
    """How many frames a DICOM file states."""
    return frame_count(first_bytes(name, MOST))


def _tiff_pages(file: str | IO[bytes]) -> int:
    """How many pages a TIFF has, at most one more than MAX_PAGES: counting all of a long file is slow."""
    opened = open(file, "rb") if isinstance(file, str) else nullcontext(file)  # noqa: PTH123, SIM115 - closed below
    with opened as stream:
        check_tiff(stream, "")
        image = Image.open(stream, formats=("TIFF",))
        for page in range(1, MAX_PAGES + 1):
            try:
                image.seek(page)
            except EOFError:
                return page
    return MAX_PAGES + 1


def _pdf_pages(name: str) -> int:
    """How many pages a PDF has."""
    import pypdfium2

    document = pypdfium2.PdfDocument(name)
    try:
        return len(document)
    finally:
        document.close()


def turn_to(image: Image.Image, page: int | None, name: str) -> None:
    """Turn an opened TIFF to a page. Raises ImageError where there is no such page, or several and none is named.

    A TIFF of several pages is several pictures: to read one silently would lose the rest.
    """
    if image.format != "TIFF":
        if page is not None:
            raise ImageError(f"{name}: has no pages; TIFF and PDF files have.")
        return
    try:
        image.seek(1 if page is None else page - 1)  # counting all pages of a long file is slow
    except EOFError:
        image.seek(0)
        if page is not None:
            raise ImageError(f"{name}: has no page {page}.") from None
        return
    if page is None:
        raise several(name, "TIFF")


def is_pdf(content: bytes) -> bool:
    return content.startswith(b"%PDF-")


def is_heic(content: bytes) -> bool:
    return content[4:8] == b"ftyp" and content[8:12] in _HEIC_BRANDS


def read_pdf(content: bytes, page: int | None, name: str, check: Check) -> NDArray[np.uint8]:
    """A page of a PDF as grey (H, W) uint8, at DOTS_PER_INCH; check: raises for too many pixels before any is drawn."""
    needs("pdf", "PDF", name)
    import pypdfium2

    try:
        document = pypdfium2.PdfDocument(content)
    except pypdfium2.PdfiumError as error:
        raise ImageError(f"{name}: is damaged or protected by a password ({error}). Save it again.") from error
    try:
        if page is None and len(document) > 1:
            raise several(name, "PDF")
        if (page or 1) > len(document):
            raise ImageError(f"{name}: has no page {page or 1}.")
        sheet = document[(page or 1) - 1]
        scale = DOTS_PER_INCH / _POINTS_PER_INCH
        width, height = sheet.get_size()
        check((int(width * scale) + 1, int(height * scale) + 1), name)
        drawn: NDArray[Any] = sheet.render(scale=scale, grayscale=True).to_numpy()
        return drawn.reshape(drawn.shape[:2]).astype(np.uint8)
    except pypdfium2.PdfiumError as error:
        raise ImageError(f"{name}: is damaged ({error}). Save it again.") from error
    finally:
        document.close()


def open_heic(content: bytes, name: str, check: Check) -> Image.Image:
    """A HEIC photo, upright as its container says, which alone counts there; check: as for `read_pdf`."""
    needs("heic", "HEIC", name)
    import pillow_heif

    photo = pillow_heif.open_heif(io.BytesIO(content), convert_hdr_to_8bit=True)
    check(photo.size, name)
    image: Image.Image = photo.to_pillow()
    return image


def orientation_of(image: Image.Image) -> int:
    """The orientation of an opened picture's pixels, as EXIF numbers them; 1, upright, where none is stated.

    Pillow itself turns a TIFF as it loads it.
    """
    if image.format == "TIFF":
        return 1
    with suppress(Exception), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        stated = image.getexif().get(_ORIENTATION, 1)
        return int(stated) if stated in TURNED else 1
    return 1


def states_turn(picture: str | os.PathLike[str] | EncodedPicture | Image.Image) -> bool:
    """Whether a picture's EXIF orientation says that its pixels are not upright; some phones' photos say so wrongly."""
    with suppress(Exception), warnings.catch_warnings():  # it was read once, and is read again only if this is known
        warnings.simplefilter("ignore")
        if isinstance(picture, Image.Image):
            return orientation_of(picture) in TURNED
        named = picture if isinstance(picture, EncodedPicture) else split_page(os.fspath(picture))[0]
        with binary_file(named) as file, Image.open(file) as image:
            return orientation_of(image) in TURNED
    return False
