"""The stored samples of a coloured DICOM picture -> red, green and blue of 8 bits."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from digit_recognizer.dicom.cells import bits_stored, values_of
from digit_recognizer.dicom.jpeg import as_rgb, beyond, to_rgb
from digit_recognizer.dicom.palette import from_palette
from digit_recognizer.dicom.unpack import Frame

COLOUR = ("RGB", "YBR_FULL", "YBR_FULL_422", "YBR_ICT", "YBR_RCT")
PALETTE = "PALETTE COLOR"
_YCC = ("YBR_FULL", "YBR_FULL_422")  # those that decoders leave as they are
_JPEG_OF_8_BITS = ("1.2.840.10008.1.2.4.50", "1.2.840.10008.1.2.4.51")  # the second also of 12


def as_colour(frame: Frame, header: Any) -> NDArray[np.uint8]:
    """A frame of three samples, or of indices into a palette, as (H, W, 3) uint8, red first."""
    if header.PhotometricInterpretation == PALETTE:
        return from_palette(values_of(frame.cells(), header, frame.precision), header)
    if header.file_meta.TransferSyntaxUID in _JPEG_OF_8_BITS:
        by_stream = _of_jpeg(frame, header)
        if by_stream is not None:
            return by_stream
    cells, interpretation = frame.unpacked()
    samples = _eight_bits(values_of(cells, header, frame.precision), header)
    # What a tool has unpacked to RGB often still says that it is YCbCr.
    return to_rgb(samples) if interpretation in _YCC and not beyond(samples) else samples


def _of_jpeg(frame: Frame, header: Any) -> NDArray[np.uint8] | None:
    """A JPEG's colours by its own markers; None where pydicom's decoders must try it."""
    stated_ycc = str(header.PhotometricInterpretation).startswith("YBR")
    try:
        return as_rgb(frame.packed, (header.Columns, header.Rows), ycc=stated_ycc)
    except (OSError, ValueError, SyntaxError):  # what Pillow raises for a damaged one
        return None


def _eight_bits(values: NDArray[Any], header: Any) -> NDArray[np.uint8]:
    """Samples of any width as those of 8 bits."""
    bits = bits_stored(header)
    if bits == 8:
        return values.astype(np.uint8)
    made: NDArray[np.uint8] = np.rint(values * (255 / (2**bits - 1))).clip(0, 255).astype(np.uint8)
    return made
