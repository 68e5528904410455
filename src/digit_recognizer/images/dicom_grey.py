"""The stored values of a DICOM picture -> grey or colour as a reader's screen shows it.

The order is that of DICOM PS3.3, C.7.6.16.1: stored values, modality (what they stand for), values of interest (the
window), presentation. A header here is a pydicom Dataset: the file's, or that of a frame's group of functions.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Stored = NDArray[Any]  # (H, W), integers or floats
Floats = NDArray[np.float64]

GREY = ("MONOCHROME1", "MONOCHROME2")
PALETTE = "PALETTE COLOR"
FLAT = 0.5  # the grey, 0 to 1, of a picture that shows nothing: black or white would depend on how it is stored


class ShadeError(Exception):
    """Why values cannot be shown; its text holds nothing that stands in the file."""


def as_grey(stored: Stored, header: Any, frame: int) -> NDArray[np.uint8]:
    """Stored values (H, W) of one sample as (H, W) uint8, 0 black to 255 white, whichever way they are stored.

    The first window or table counts where there are several. Without one, values of up to 8 bits are shown as they
    are, and others from the least to the greatest in the frame. Padding is black. Raises ShadeError.
    """
    padded = padding(stored, header)
    values, changed = modality(stored, of_frame(header, frame, "PixelValueTransformationSequence"))
    interest = of_frame(header, frame, "FrameVOILUTSequence")
    if interest.get("VOILUTSequence"):
        shade = looked_up(values, interest.VOILUTSequence[0])
    elif interest.get("WindowCenter") is not None and interest.get("WindowWidth") is not None:
        function = str(interest.get("VOILUTFunction") or "LINEAR").upper()
        shade = windowed(values, first(interest.WindowCenter), first(interest.WindowWidth), function)
    elif not changed and (header.get("BitsStored") or 32) <= 8:
        lowest = -(2 ** (header.BitsStored - 1)) if header.get("PixelRepresentation") else 0
        shade = (values - lowest) / (2**header.BitsStored - 1)
    else:
        shade = stretched(values, ~padded & np.isfinite(values))
    shade = 1 - shade if header.PhotometricInterpretation == "MONOCHROME1" else shade
    shade[padded | ~np.isfinite(shade)] = 0
    made: NDArray[np.uint8] = np.rint(255 * shade.clip(0, 1)).astype(np.uint8)
    return made


def padding(stored: Stored, header: Any) -> NDArray[np.bool_]:
    """Where a picture is filled up with a value that stands for nothing (PS3.3, C.7.5.1.1.2), (H, W)."""
    value = header.get("PixelPaddingValue")
    if not isinstance(value, int):
        return np.zeros(stored.shape, bool)
    limit = header.get("PixelPaddingRangeLimit")
    low, high = sorted((value, limit if isinstance(limit, int) else value))
    return (stored >= low) & (stored <= high)


def of_frame(header: Any, frame: int, sequence: str) -> Any:
    """Where a function of a frame, from 0, is described: for it alone, for all frames, or in the header itself."""
    for groups, place in (("PerFrameFunctionalGroupsSequence", frame), ("SharedFunctionalGroupsSequence", 0)):
        items = header.get(groups) or ()
        if place < len(items) and items[place].get(sequence):
            return items[place][sequence].value[0]
    return header


def modality(stored: Stored, header: Any) -> tuple[Floats, bool]:
    """What stored values (H, W) stand for, such as Hounsfield units, and whether that is anything but themselves."""
    if header.get("ModalityLUTSequence"):
        item = header.ModalityLUTSequence[0]
        return looked_up(stored, item) * (2 ** bits_of(item) - 1), True
    values = stored.astype(np.float64)
    slope, intercept = header.get("RescaleSlope"), header.get("RescaleIntercept")
    if slope is None or intercept is None:
        return values, False
    if first(slope) == 0:
        raise ShadeError("its rescale slope is 0, so all its values are one")
    return values * first(slope) + first(intercept), (first(slope), first(intercept)) != (1, 0)


def windowed(values: Floats, center: float, width: float, function: str) -> Floats:
    """Values (H, W) as shades 0 to 1 within a window (PS3.3, C.11.2.1.2 and C.11.2.1.3)."""
    if function not in ("LINEAR", "LINEAR_EXACT", "SIGMOID"):
        raise ShadeError("its window has a function that DICOM does not know")
    if width < 1 if function == "LINEAR" else width <= 0:
        raise ShadeError(f"its window is {width:g} wide, which is too narrow")
    if function == "SIGMOID":
        return (1 + np.tanh(2 * (values - center) / width)) / 2
    if function == "LINEAR":
        center, width = center - 0.5, width - 1
    if width == 0:
        return np.where(values > center, 1.0, 0.0)
    return ((values - center) / width + 0.5).clip(0, 1)


def stretched(values: Floats, counted: NDArray[np.bool_]) -> Floats:
    """Values (H, W) as shades, 0 the least and 1 the greatest of those that count."""
    if not counted.any():
        return np.zeros(values.shape)
    low, high = values[counted].min(), values[counted].max()
    return np.full(values.shape, FLAT) if low == high else (values - low) / (high - low)


def looked_up(values: Stored, item: Any) -> Floats:
    """Values (H, W) as shades 0 to 1 by a lookup table (PS3.3, C.11.1.1), what lies beyond its ends as these.

    pydicom 3.0's own wraps around where a table has more entries than its bits can count.
    """
    entries, start, _ = (int(each) for each in item.LUTDescriptor)
    raw = item.LUTData
    table = np.frombuffer(raw, "<u2") if isinstance(raw, bytes) else np.atleast_1d(np.asarray(raw, np.int64))
    entries = entries or 2**16
    if len(table) < entries:
        raise ShadeError("a lookup table is shorter than it states")
    places = (np.rint(values) - start).clip(0, entries - 1).astype(np.int64)
    shade: Floats = table[places] / (2 ** bits_of(item) - 1)
    return shade


def bits_of(item: Any) -> int:
    """Of an entry of a lookup table."""
    bits = int(item.LUTDescriptor[2])
    if not 8 <= bits <= 16:
        raise ShadeError("a lookup table has entries of another size than 8 to 16 bits")
    return bits


def first(value: Any) -> float:
    """The first of one or several numbers. Raises ShadeError for one that is none."""
    number = float(value[0] if hasattr(value, "__len__") and not isinstance(value, str) else value)
    if not np.isfinite(number):
        raise ShadeError("a number of its window or of its scale is not finite")
    return number


def as_colour(stored: Stored, header: Any) -> NDArray[np.uint8]:
    """Samples (H, W, 3), red first, or indices (H, W) into a palette, as (H, W, 3) uint8."""
    if header.PhotometricInterpretation == PALETTE:
        from pydicom.pixels.processing import apply_color_lut

        entries, _, bits = (int(each) for each in header.RedPaletteColorLookupTableDescriptor)
        if bits == 8 and not 1 <= entries <= 256:  # pydicom 3.0 would count beyond 255 from 0 again
            raise ShadeError("its palette has more colours than its 8 bits can count")
        stored = apply_color_lut(stored, header)[..., :3]
    else:
        bits = int(header.BitsStored)
    if bits == 8:
        return stored.astype(np.uint8)
    made: NDArray[np.uint8] = np.rint(stored * (255 / (2**bits - 1))).clip(0, 255).astype(np.uint8)
    return made
