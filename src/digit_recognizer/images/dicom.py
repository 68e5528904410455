"""A frame of a DICOM file -> a grey or coloured picture, all that it states checked before a pixel is unpacked.

pydicom is given the few elements that a picture needs (dicom_elements.py), so that it meets no patient's name; what it
complains of is told by its kind alone, since its words may quote a file.
"""

from __future__ import annotations

import io
import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from digit_recognizer.errors import ImageError, PictureSizeError, ReaderMissingError
from digit_recognizer.images.dicom_elements import BIG_ENDIAN, EXPLICIT, IMPLICIT, StructureError, take
from digit_recognizer.images.dicom_grey import GREY, PALETTE, ShadeError, as_colour, as_grey
from digit_recognizer.images.dicom_packed import RLE, longest_run, stated_sizes
from digit_recognizer.images.pages import MAX_PAGES, Check, needs, several

COLOUR = ("RGB", "YBR_FULL", "YBR_FULL_422", "YBR_ICT", "YBR_RCT")
PIXELS = ("PixelData", "FloatPixelData", "DoubleFloatPixelData")
WIDEST = {1, 8, 16, 32, 64}  # bits of a sample


def read_dicom(content: bytes, page: int | None, name: str, check: Check) -> Image.Image:
    """A frame of a DICOM file as a grey (L) or coloured (RGB) picture of 8 bits.

    page: the frame, from 1, of a file of several. name: what to call the file in an error. check: raises for too many
    pixels. Rescale slope, window or table, MONOCHROME1, palettes: as_grey and as_colour tell. Raises ImageError, which
    quotes nothing of the file.
    """
    needs("dicom", "DICOM", name)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # pydicom's warnings quote what stands in a file
            header = opened(content)
            frame = checked(header, page, name, check)
            return decoded(header, frame, name, check)
    except ImageError:
        raise
    except (StructureError, ShadeError) as error:
        raise ImageError(f"{name}: is a DICOM file that cannot be shown: {error}. Export it anew.") from None
    except Exception as error:  # pydicom and the decoders raise nearly anything on damaged bytes
        kind = type(error).__name__
        raise ImageError(
            f"{name}: is a damaged DICOM file, cut short, or of an unusual kind ({kind}). Export it anew."
        ) from None


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
            raise ImageError(f"{name}: is a DICOM file that does not state its {what.lower()}. Export it anew.")
    check((header.Columns, header.Rows), name)
    kind, samples = header.get("PhotometricInterpretation"), header.get("SamplesPerPixel", 1)
    if (kind, samples) not in {*((each, 1) for each in (*GREY, PALETTE)), *((each, 3) for each in COLOUR)}:
        raise ImageError(f"{name}: is a DICOM file of a colour space that is not read. Export it as RGB or grey.")
    if header.get("BitsAllocated") not in WIDEST:
        raise ImageError(f"{name}: is a DICOM file that does not state how wide its samples are. Export it anew.")
    frames = int(header.get("NumberOfFrames") or 1)
    if not 1 <= frames <= MAX_PAGES:
        raise PictureSizeError(f"{name}: states {frames:,} frames; 1 to {MAX_PAGES:,} are read. Export it in parts.")
    if page is None and frames > 1:
        raise several(name, "DICOM file", "frames")
    if (page or 1) > frames:
        raise ImageError(f"{name}: has no frame {page}; it states {frames}.")
    check_length(header, frames, name)
    return (page or 1) - 1


def check_length(header: Any, frames: int, name: str) -> None:
    """Refuse pixels that are fewer than the header states, where they are not packed."""
    from pydicom.pixels.utils import get_expected_length

    held = len(next(header[each].value or b"" for each in PIXELS if each in header))
    if not header.file_meta.TransferSyntaxUID.is_compressed and held < get_expected_length(header):
        raise ImageError(
            f"{name}: states {header.Columns} x {header.Rows} pixels and {frames} frames, and holds only {held:,} bytes"
            " of them. It is cut short: copy it again."
        )


def decoded(header: Any, frame: int, name: str, check: Check) -> Image.Image:
    """A frame, from 0, unpacked and brought to 8 bits."""
    from pydicom.pixels.utils import pixel_array

    syntax, missing = header.file_meta.TransferSyntaxUID, []
    if syntax.is_compressed:
        missing = missing_decoders(syntax, name)
        check_packed(header, frame, name, check)
    # Of run lengths pydicom's own reader: pylibjpeg-rle ends on damaged bytes with what is no Exception.
    own = "pydicom" if syntax == RLE else ""
    try:
        stored: NDArray[Any] = pixel_array(header, index=frame, decoding_plugin=own)
    except RuntimeError:  # of all decoders that are there
        if missing:
            raise needs_others(name, syntax, missing) from None
        raise
    if stored.shape[:2] != (header.Rows, header.Columns):
        raise ImageError(f"{name}: holds a picture of another size than it states. Export it anew.")
    shown = as_grey(stored, header, frame) if header.PhotometricInterpretation in GREY else as_colour(stored, header)
    return Image.fromarray(np.ascontiguousarray(shown))


def missing_decoders(syntax: Any, name: str) -> list[str]:
    """The packages that might unpack a transfer syntax too; raises ImageError where none that is here does."""
    from pydicom.pixels.decoders.base import get_decoder

    try:
        decoder = get_decoder(syntax)
    except NotImplementedError:  # what pydicom raises for a packing that it only knows by name: films, JPIP
        raise unknown_packing(name, f" ({syntax.name})") from None
    missing: list[str] = decoder.missing_dependencies
    if not decoder.is_available:
        raise needs_others(name, syntax, missing)
    return missing


def unknown_packing(name: str, known: str = "") -> ImageError:
    """Pixels that no package unpacks; known: what is known of the way, in brackets after a space."""
    return ImageError(
        f"{name}: is a DICOM file whose pixels are packed in a way{known} that nothing reads here. Export it as"
        " JPEG 2000 or unpacked."
    )


def needs_others(name: str, syntax: Any, missing: list[str]) -> ReaderMissingError:
    """Pixels that what is installed here does not unpack."""
    from digit_recognizer.installed import install_command

    remedy = (
        f"nothing installed here unpacks them. Unless they are damaged, one of these does: {'; '.join(missing)}.\n"
        f"Install them with: {install_command('medical-codecs')}"
    )
    return ReaderMissingError(name, "DICOM", remedy, f" whose pixels are packed as {syntax.name}")


def check_packed(header: Any, frame: int, name: str, check: Check) -> None:
    """Refuse a packed frame that unpacks to more than its file states; decoders believe its own head."""
    from pydicom.encaps import get_frame

    packed = get_frame(header.PixelData, frame, number_of_frames=int(header.get("NumberOfFrames") or 1))
    for size in stated_sizes(packed):
        check(size, name)
    most = 2 * header.Rows * header.Columns + 2**16  # a plane is a byte of each pixel; some writers pad it
    if header.file_meta.TransferSyntaxUID == RLE and longest_run(packed) > most:
        raise PictureSizeError(f"{name}: unpacks to more than the size that it states. Export it anew.")
