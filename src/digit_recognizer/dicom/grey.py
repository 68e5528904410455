"""The stored values of a DICOM picture -> grey as a reader's screen shows it.

The order is that of DICOM PS3.3, C.7.6.16.1: stored values, modality (what they stand for), values of interest (the
window), presentation. A header here is a pydicom Dataset: the file's, or that of a frame's group of functions.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from digit_recognizer.dicom.cells import Cells, bits_stored, is_signed, little_endian, padding, values_of
from digit_recognizer.dicom.tables import ShadeError, Table, table_of
from digit_recognizer.dicom.window import number_of, window_of, windowed

Stored = NDArray[Any]  # (H, W), integers or floats
Floats = NDArray[np.float64]

GREY = ("MONOCHROME1", "MONOCHROME2")
_FLAT = 0.5  # the grey, 0 to 1, of a picture that shows nothing: black or white would depend on how it is stored


def as_grey(
    cells: Cells, header: Any, frame: int, precision: int | None = None
) -> tuple[NDArray[np.uint8], str | None]:
    """Cells (H, W) of one sample as (H, W) uint8, 0 black to 255 white, whichever way they are stored; and a note.

    The first window or table counts where there are several. Without one, values of up to 8 bits are shown as they
    are, and others from the least to the greatest in the frame; so are those whose window has no width, with a note.
    Padding is black. precision: as for `values_of`. Raises ShadeError.
    """
    stored = values_of(cells, header, precision)
    padded = padding(cells, stored, header)
    scale = _of_frame(header, frame, "PixelValueTransformationSequence")
    values, changed = modality(stored, scale, header)
    interest = _of_frame(header, frame, "FrameVOILUTSequence")
    note = None
    if interest.get("VOILUTSequence"):
        table = table_of(interest.VOILUTSequence[0], "LUTDescriptor", "LUTData", little=little_endian(header))
        shade = table.look_up(values, signed=_may_be_negative(scale, header)) / (2**table.used - 1)
    elif (window := window_of(interest)) is not None and window.usable:
        shade = windowed(values, window)
    elif not changed and window is None and stored.dtype.kind in "iu" and bits_stored(header) <= 8:
        lowest = -(2 ** (bits_stored(header) - 1)) if is_signed(header) else 0
        shade = (values - lowest) / (2 ** bits_stored(header) - 1)
    else:
        note = window.doubt if window else None
        shade = stretched(values, ~padded & np.isfinite(values))
    shade = 1 - shade if header.PhotometricInterpretation == "MONOCHROME1" else shade
    shade[padded | ~np.isfinite(shade)] = 0
    made: NDArray[np.uint8] = np.rint(255 * shade.clip(0, 1)).astype(np.uint8)
    return made, note


def _of_frame(header: Any, frame: int, sequence: str) -> Any:
    """Where a function of a frame, from 0, is described: for it alone, for all frames, or in the header itself."""
    for groups, place in (("PerFrameFunctionalGroupsSequence", frame), ("SharedFunctionalGroupsSequence", 0)):
        items = header.get(groups) or ()
        if place < len(items) and items[place].get(sequence):
            return items[place][sequence].value[0]
    return header


def modality(stored: Stored, scale: Any, header: Any) -> tuple[Floats, bool]:
    """What stored values (H, W) stand for, such as Hounsfield units, and whether that is anything but themselves.

    scale: the dataset with the slope or table; header: the file's.
    """
    if scale.get("ModalityLUTSequence"):
        table = _modality_table(scale, header)
        return table.look_up(stored, signed=is_signed(header)).astype(np.float64), True
    values = stored.astype(np.float64)
    slope, intercept = _slope_of(scale)
    return values * slope + intercept, (slope, intercept) != (1, 0)


def _modality_table(scale: Any, header: Any) -> Table:
    return table_of(scale.ModalityLUTSequence[0], "LUTDescriptor", "LUTData", little=little_endian(header))


def _slope_of(scale: Any) -> tuple[float, float]:
    """Slope and intercept; 1 and 0 where both are not stated."""
    slope, intercept = number_of(scale, "RescaleSlope"), number_of(scale, "RescaleIntercept")
    if slope is None or intercept is None:
        return 1, 0
    if slope == 0:
        raise ShadeError("its rescale slope is 0, so all its values are one")
    if not (math.isfinite(slope) and math.isfinite(intercept)):
        raise ShadeError("its rescale slope or intercept is not a number")
    return slope, intercept


def _may_be_negative(scale: Any, header: Any) -> bool:
    """Whether a stored value can stand for less than 0: then the first value of a table for them has a sign."""
    if scale.get("ModalityLUTSequence"):
        return False
    bits = bits_stored(header)
    ends = (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) if is_signed(header) else (0, 2**bits - 1)
    slope, intercept = _slope_of(scale)
    return min(slope * end + intercept for end in ends) < 0


def stretched(values: Floats, counted: NDArray[np.bool_]) -> Floats:
    """Values (H, W) as shades, 0 the least and 1 the greatest of those that count."""
    if not counted.any():
        return np.zeros(values.shape)
    low, high = values[counted].min(), values[counted].max()
    return np.full(values.shape, _FLAT) if low == high else (values - low) / (high - low)
