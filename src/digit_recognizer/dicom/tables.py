"""Lookup tables of DICOM files, read by what they hold (PS3.3, C.11.1.1 and C.7.6.3.1.5).

What a descriptor states and what devices write differ: entries of a byte or of two, in the order of the file's bytes,
of fewer or more bits than stated; a first value that is signed or not.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

MOST = 2**16  # entries; stated as 0
_WORD = 2  # bytes


class ShadeError(Exception):
    """Why values cannot be shown; its text holds nothing that stands in the file."""


@dataclass(frozen=True)
class Table:
    """entries: (N,) unsigned; start: the value that the first is for, of 16 bits of either sign; bits: as stated."""

    entries: NDArray[np.int64]
    start: int
    bits: int

    @property
    def used(self) -> int:
        """The bits that its greatest entry needs, at least one."""
        return max(int(self.entries.max()).bit_length(), 1)

    def places(self, values: NDArray[Any], *, signed: bool) -> NDArray[Any]:
        """Which entries are for values, what lies beyond the ends as these; signed: whether values may be below 0."""
        start = self.start - 2**16 if signed and self.start >= 2**15 else self.start
        small = values.dtype.kind in "iu" and values.dtype.itemsize <= _WORD  # of a large picture half the memory
        whole = values.astype(np.int32) if small else np.rint(values).astype(np.float64)
        return (whole - start).clip(0, len(self.entries) - 1).astype(np.int32)

    def look_up(self, values: NDArray[Any], *, signed: bool) -> NDArray[np.int64]:
        """The entries of values; signed: as for `places`."""
        found: NDArray[np.int64] = self.entries[self.places(values, signed=signed)]
        return found


def table_of(item: Any, descriptor: str, data: str, *, little: bool) -> Table:
    """The table in a pydicom Dataset under two keywords; little: whether low bytes stand first in its file."""
    stated = words(item, descriptor, little=little)
    if len(stated) < 3:
        raise ShadeError("a lookup table is not described")
    count, start, bits = (int(each) for each in stated[:3])
    if not 1 <= bits <= 16:
        raise ShadeError("a lookup table has entries of another size than 8 to 16 bits")
    count = count or MOST
    content = as_little_endian(item, data, little=little)
    if len(content) >= _WORD * count:
        return Table(np.frombuffer(content, "<u2", count).astype(np.int64), start, bits)
    if len(content) < count or (bits > 8 and len(content) > count + 1):
        raise ShadeError("a lookup table is shorter than it states")
    return Table(np.frombuffer(content, np.uint8, count).astype(np.int64), start, bits)


def words(item: Any, keyword: str, *, little: bool) -> NDArray[np.uint16]:
    """The numbers of 16 bits in an element, as unsigned ones."""
    content = as_little_endian(item, keyword, little=little)
    return np.frombuffer(content, "<u2", len(content) // _WORD)


def as_little_endian(item: Any, keyword: str, *, little: bool) -> bytes:
    """The bytes of an element of words, the low byte of each first, whether pydicom gives numbers or bytes."""
    if keyword not in item:
        return b""
    value, kind = item[keyword].value, item[keyword].VR
    if not isinstance(value, bytes):
        numbers = np.atleast_1d(np.asarray([] if value is None else value, np.int64))
        return (numbers % 2**16).astype("<u2").tobytes()
    if little or kind == "OB":
        return value
    return np.frombuffer(value[: len(value) // _WORD * _WORD], ">u2").astype("<u2").tobytes()
