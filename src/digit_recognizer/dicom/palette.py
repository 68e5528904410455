"""Palettes of DICOM files: a red, a green and a blue table, plain or in segments (PS3.3, C.7.6.3.1.5 and C.7.9.2)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from digit_recognizer.dicom.cells import is_signed, little_endian
from digit_recognizer.dicom.tables import MOST, ShadeError, Table, as_little_endian, table_of, words

_CHANNELS = ("Red", "Green", "Blue")
_DEPTHS = (8, 10, 12, 16)  # bits that entries of devices have
_DISCRETE, LINEAR, _INDIRECT = 0, 1, 2


def from_palette(values: NDArray[Any], header: Any) -> NDArray[np.uint8]:
    """Stored values (H, W) as the colours that they stand for, (H, W, 3) uint8."""
    tables = [_palette_of(header, channel) for channel in _CHANNELS]
    used = max(table.used for table in tables)
    bits = next(depth for depth in _DEPTHS if depth >= used)
    made = np.empty((*values.shape, len(_CHANNELS)), np.uint8)
    for channel, table in enumerate(tables):
        shades = np.rint(table.entries * (255 / (2**bits - 1))).astype(np.uint8)
        made[..., channel] = shades[table.places(values, signed=is_signed(header))]
    return made


def _palette_of(header: Any, channel: str) -> Table:
    """The table of one channel."""
    descriptor, data = (f"{channel}PaletteColorLookupTable{what}" for what in ("Descriptor", "Data"))
    little = little_endian(header)
    if f"Segmented{data}" not in header or data in header:
        return table_of(header, descriptor, data, little=little)
    stated = words(header, descriptor, little=little)
    if len(stated) < 3:
        raise ShadeError("a lookup table is not described")
    count, start, bits = (int(each) for each in stated[:3])
    content = as_little_endian(header, f"Segmented{data}", little=little)
    wide = bits > 8
    parts = np.frombuffer(content, "<u2", len(content) // 2) if wide else np.frombuffer(content, np.uint8)
    entries = np.array(expanded(parts.tolist(), count or MOST, wide=wide), np.int64)
    if len(entries) < (count or MOST):
        raise ShadeError("a lookup table is shorter than it states")
    return Table(entries, start, bits)


def expanded(parts: list[int], count: int, *, wide: bool) -> list[int]:
    """The first `count` entries that segments stand for; wide: their numbers are of 16 bits, not of 8.

    A segment may repeat others, but none of those that repeat; more than is asked for is never made.
    """
    entries: list[int] = []
    at = back = repeats = 0  # where we read, where we go back to, and after how many segments
    while len(entries) < count and at + 1 < len(parts):
        kind, length = parts[at], parts[at + 1]
        at += 2
        if kind == _INDIRECT and length and not repeats and at + (1 if wide else 3) < len(parts):
            size = 2 if wide else 4
            offset = sum(part << (16 if wide else 8) * place for place, part in enumerate(parts[at : at + size]))
            back, at, repeats = at + size, offset // 2 if wide else offset, length
            continue
        if kind == _DISCRETE and length:
            entries += parts[at : at + length]
            at += length
        elif kind == LINEAR and length and entries and at < len(parts):
            entries += np.rint(np.linspace(entries[-1], parts[at], length + 1)[1:]).astype(int).tolist()
            at += 1
        else:
            raise ShadeError("a lookup table has a segment that DICOM does not know")
        repeats = max(repeats - 1, 0)
        if back and not repeats:
            at, back = back, 0
    return entries[:count]
