"""What lies in a cell of a DICOM picture -> its stored value, and which values are padding (PS3.5, section 8).

Of a cell's bits those up to the high bit count; what stands in the others is old overlays or dirt. Numbers that a
header states of values may be signed or unsigned, whatever the values are: they are compared by their bits.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Cells = NDArray[Any]  # (H, W) or (H, W, 3), integers or floats, as they were unpacked
_WORD = 16  # bits of a number that a header states of values


def bits_stored(header: Any) -> int:
    """The bits that a value has: those of its cell where the header states none, or more than these."""
    allocated = int(header.BitsAllocated)
    stated = header.get("BitsStored")
    return stated if isinstance(stated, int) and 1 <= stated <= allocated else allocated


def is_signed(header: Any) -> bool:
    return bool(header.get("PixelRepresentation") == 1)


def values_of(cells: Cells, header: Any, precision: int | None = None) -> Cells:
    """The values in integer cells, without what else lies in them; floats are values.

    precision: bits of a value in the packed stream, of streams that state it: these hold no bits below a value.
    """
    if cells.dtype.kind not in "iu":
        return cells
    bits, unsigned = bits_stored(header), _as_unsigned(cells)
    if shift := _shift_of(unsigned, header, bits, precision):
        unsigned = unsigned >> unsigned.dtype.type(shift)
    return _extended(unsigned, bits, header)


def _as_unsigned(cells: Cells) -> Cells:
    """The cells' bits as unsigned integers."""
    return cells.view(f"u{cells.dtype.itemsize}")


def _shift_of(unsigned: Cells, header: Any, bits: int, precision: int | None) -> int:
    """How many bits of a cell lie below its value.

    A high bit of 15 over values of 12 bits is also a frequent slip of files whose values end at 4,095 all the same.
    """
    high = header.get("HighBit")
    shift = high + 1 - bits if isinstance(high, int) and bits <= high + 1 <= 8 * unsigned.dtype.itemsize else 0
    if shift == 0 or (precision is not None and precision <= bits):
        return 0
    return shift if int(unsigned.max(initial=0)) >= 2**bits else 0


def _extended(unsigned: Cells, bits: int, header: Any) -> Cells:
    """The lowest bits of unsigned cells as values, their sign taken from the highest of these."""
    size = unsigned.dtype.itemsize
    unused = max(8 * size - bits, 0)
    if not is_signed(header):
        low: Cells = unsigned & unsigned.dtype.type(2 ** (8 * size - unused) - 1)
        return low
    moved: Cells = (unsigned << unsigned.dtype.type(unused)).view(f"i{size}")
    moved >>= moved.dtype.type(unused)
    return moved


def padding(cells: Cells, values: Cells, header: Any) -> NDArray[np.bool_]:
    """Where a picture is filled up with a value that stands for nothing (PS3.3, C.7.5.1.1.2), (H, W)."""
    if values.dtype.kind == "f":
        return _float_padding(values, header)
    word = _word_of(header, "PixelPaddingValue")
    if word is None:
        return np.zeros(values.shape, bool)
    found = np.zeros(values.shape, bool)
    if cells.dtype.itemsize == _WORD // 8:  # a value beyond the bits stored can stand in the whole cell alone
        found |= _as_unsigned(cells) == word
    value, limit = _as_value(word, header), _word_of(header, "PixelPaddingRangeLimit")
    if value is None:
        return found
    end = None if limit is None else _as_value(limit, header)
    low, high = sorted((value, value if end is None else end))
    return found | ((values >= low) & (values <= high))


def _word_of(header: Any, keyword: str) -> int | None:
    """The bits of a number of 16 bits that a header states, of whatever sign."""
    value = header.get(keyword)
    if isinstance(value, bytes):  # where it does not say whether its values are signed
        value = int.from_bytes(value[: _WORD // 8], "little" if little_endian(header) else "big") if value else None
    return value % 2**_WORD if isinstance(value, int) else None


def little_endian(header: Any) -> bool:
    return bool(header.file_meta.TransferSyntaxUID.is_little_endian)


def _as_value(word: int, header: Any) -> int | None:
    """The stored value that a word's bits stand for; None for one that the bits stored cannot hold."""
    bits = min(bits_stored(header), _WORD)
    above = word >> bits
    if above not in ({0, 2 ** (_WORD - bits) - 1} if is_signed(header) or bits <= 8 else {0}):
        return None
    value: int = word % 2**bits
    return value - 2**bits if is_signed(header) and value >= 2 ** (bits - 1) else value


def _float_padding(values: Cells, header: Any) -> NDArray[np.bool_]:
    """The same of floats, whose padding has elements of its own."""
    for kind in ("Float", "DoubleFloat"):
        value = header.get(f"{kind}PixelPaddingValue")
        if isinstance(value, float):
            limit = header.get(f"{kind}PixelPaddingRangeLimit")
            low, high = sorted((value, limit if isinstance(limit, float) else value))
            return np.asarray((values >= low) & (values <= high))
    return np.zeros(values.shape, bool)
