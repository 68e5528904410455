"""A frame of a DICOM file -> a grey or coloured picture, all that it states checked before a pixel is unpacked.

pydicom is given the few elements that a picture needs (elements.py), so that it meets no patient's name; what it
complains of is told by its kind alone, since its words may quote a file.
"""

from __future__ import annotations

import io
import warnings
from typing import Any

import numpy as np
from PIL import Image

from digit_recognizer.dicom.colour import COLOUR, PALETTE, as_colour
from digit_recognizer.dicom.elements import BIG_ENDIAN, EXPLICIT, IMPLICIT, StructureError, take
from digit_recognizer.dicom.grey import GREY, as_grey
from digit_recognizer.dicom.tables import ShadeError
from digit_recognizer.dicom.unpack import Frame, packed_frame, unknown_packing
from digit_recognizer.errors import DigitRecognizerWarning, ImageError, PictureSizeError
from digit_recognizer.paging import MAX_PAGES, Check, needs, several

PIXELS = ("PixelData", "FloatPixelData", "DoubleFloatPixelData")
_WIDEST = {1, 8, 16, 32, 64}  # bits of a sample


def read_dicom(content: bytes, page: int | None, name: str, check: Check) -> Image.Image:
    """A frame of a DICOM file as a grey (L) or coloured (RGB) picture of 8 bits.

    page: the frame, from 1, of a file of several. name: what to call the file in an error. check: raises for too many
    pixels. Rescale slope, window or table, MONOCHROME1, palettes: as_grey and as_colour tell. Warns of a window that
    cannot be used. Raises ImageError, which quotes nothing of the file.
    """
    needs("dicom", "DICOM", name)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # pydicom's warnings quote what stands in a file
            header = opened(content)
            frame = checked(header, page, name, check)
            shown, note = decoded(header, frame, name, check)
    except ImageError:
        raise
    except (StructureError, ShadeError) as error:
        raise ImageError(f"{name}: is a DICOM file that cannot be shown: {error}. Export it again.") from None
    except Exception as error:  # pydicom and the decoders raise nearly anything on damaged bytes
        kind = type(error).__name__
        raise ImageError(f"{name}: is a damaged, truncated or unusual DICOM file ({kind}). Export it again.") from None
    if note:
        warnings.warn(f"{name}: {note}, so the frame's own values are shown.", DigitRecognizerWarning, stacklevel=2)
    return shown


def opened(content: bytes) -> Any:
    """The elements that a picture needs, as a pydicom Dataset."""
    from pydicom.dataset import FileMetaDataset
    from pydicom.filereader import read_dataset
    from pydicom.uid import UID

    taken = take(content)
    header = read_dataset(io.BytesIO(taken.content), taken.implicit, taken.syntax != BIG_ENDIAN)
    header.file_meta = FileMetaDataset()
    header.file_meta.TransferSyntaxUID = UID(taken.syntax or (IMPLICIT if taken.implicit else EXPLICIT))
    header.set_original_encoding(taken.implicit, taken.syntax != BIG_ENDIAN)
    return header


def checked(header: Any, page: int | None, name: str, check: Check) -> int:
    """The frame that is asked for, from 0. Raises ImageError for what cannot be, or is too much."""
    if not any(each in header for each in PIXELS):
        raise ImageError(f"{name}: is a DICOM file without a picture (a report, a plan, an index). Name one that has.")
    if not header.file_meta.TransferSyntaxUID.is_transfer_syntax:  # a maker's own: pydicom knows nothing of it
        raise unknown_packing(name)
    for what in ("Rows", "Columns"):
        if not isinstance(header.get(what), int) or header[what].value < 1:
            raise ImageError(f"{name}: is a DICOM file that does not state its {what.lower()}. Export it again.")
    check((header.Columns, header.Rows), name)
    kind, samples = header.get("PhotometricInterpretation"), header.get("SamplesPerPixel", 1)
    if (kind, samples) not in {*((each, 1) for each in (*GREY, PALETTE)), *((each, 3) for each in COLOUR)}:
        raise ImageError(f"{name}: is a DICOM file in a colour space that is not supported. Export it as RGB or grey.")
    if header.get("BitsAllocated") not in _WIDEST:
        raise ImageError(f"{name}: is a DICOM file that does not state the bits of its samples. Export it again.")
    frames = int(header.get("NumberOfFrames") or 1)
    if not 1 <= frames <= MAX_PAGES:
        raise PictureSizeError(f"{name}: states {frames:,} frames; 1 to {MAX_PAGES:,} are read. Export it in parts.")
    if page is None and frames > 1:
        raise several(name, "DICOM file", "frames")
    if (page or 1) > frames:
        raise ImageError(f"{name}: has no frame {page}; it states {frames}.")
    _check_length(header, frames, name)
    return (page or 1) - 1


def _check_length(header: Any, frames: int, name: str) -> None:
    """Refuse pixels that are fewer than the header states, where they are not packed, and those packed unawares."""
    from pydicom.pixels.utils import get_expected_length

    if header.file_meta.TransferSyntaxUID.is_compressed:
        return
    pixels = next(header[each] for each in PIXELS if each in header)
    if pixels.is_undefined_length:
        raise ImageError(
            f"{name}: is a DICOM file whose pixels are compressed, and does not state how (its transfer syntax is"
            " absent or wrong). Export it again."
        )
    held = len(pixels.value or b"")
    if held < get_expected_length(header):
        raise ImageError(
            f"{name}: states {header.Columns} x {header.Rows} pixels and {frames} frames, and holds only {held:,} bytes"
            " of them. It is truncated: copy it again."
        )


def decoded(header: Any, frame: int, name: str, check: Check) -> tuple[Image.Image, str | None]:
    """A frame, from 0, unpacked and brought to 8 bits; and a note where it is not shown as it states."""
    pixels = Frame(header, frame, name, packed_frame(header, frame, name, check))
    if header.PhotometricInterpretation in GREY:
        shown, note = as_grey(pixels.cells(), header, frame, pixels.precision)
    else:
        shown, note = as_colour(pixels, header), None
    return Image.fromarray(np.ascontiguousarray(shown)), note
