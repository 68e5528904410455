"""What a TIFF or JPEG states of itself that would keep a decoder busy for minutes, read before it is decoded."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from typing import IO, Any

from digit_recognizer.errors import PictureSizeError
from digit_recognizer.images.large import MAX_PIXELS
from digit_recognizer.paging import MAX_PAGES

_MOST_PIECES = 2**18  # strips or tiles of a page: 64 million pixels in tiles of 16 x 16 have 250,000
_MOST_SCANS = 200  # of a progressive JPEG, each of which goes over all of it; programs write about ten
_TILE_SIDES, _PIECES = (322, 323), (273, 279, 324, 325)  # tags of TIFF 6.0: sides of a tile; where strips and tiles lie
# TIFF's types of whole numbers, as struct names them; decoders take those with a sign, too.
_NUMBERS = {3: "H", 4: "I", 8: "H", 9: "I", 13: "I", 16: "Q", 17: "Q", 18: "Q"}
_MARKER = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")  # ITU-T T.81, B.1.1.2: but for those within a scan
_SCAN, _END, _START = 0xDA, 0xD9, 0xD8


def check_tiff(file: IO[bytes], name: str) -> None:
    """Refuse a TIFF whose tiles are too large, or whose strips or tiles are too many, on any page that is read.

    file: at its beginning, where it is put back. Raises PictureSizeError; a damaged file is left to the decoder.
    """
    try:
        for sides, pieces in _directories(file):
            if sides[0] * sides[1] > MAX_PIXELS:
                raise PictureSizeError(f"{name}: has tiles of {sides[0]} x {sides[1]} pixels; save it again, as PNG.")
            if pieces > _MOST_PIECES:
                raise PictureSizeError(f"{name}: is cut into {pieces:,} strips or tiles; save it again, as PNG.")
    except struct.error:
        return
    finally:
        file.seek(0)


def _directories(file: IO[bytes]) -> Iterator[tuple[list[int], int]]:
    """Of each page the sides of its tiles (0 where it has none), and the number of its strips or tiles."""
    start = file.read(16)
    order = "<" if start[:2] == b"II" else ">"
    (version,) = struct.unpack_from(f"{order}H", start, 2)
    large = version == 43  # BigTIFF
    count, entry, place = ("Q", "HHQ8s", "Q") if large else ("H", "HHI4s", "I")
    (at,) = struct.unpack_from(order + place, start, 8 if large else 4)
    for _ in range(MAX_PAGES + 1):
        if at == 0:
            return
        file.seek(at)
        (entries,) = _read(file, order + count)
        sides, pieces = [0, 0], 0
        for _ in range(min(entries, 2**16)):
            tag, kind, many, value = _read(file, order + entry)
            if tag in _TILE_SIDES and kind in _NUMBERS:
                side = _TILE_SIDES.index(tag)
                sides[side] = max(sides[side], *struct.unpack_from(order + _NUMBERS[kind], value))
            elif tag in _PIECES:
                pieces = max(pieces, many)
        yield sides, pieces
        (at,) = _read(file, order + place)


def _read(file: IO[bytes], form: str) -> tuple[Any, ...]:
    """The next numbers, or bytes, of a file. Raises struct.error at its end."""
    return struct.unpack(form, file.read(struct.calcsize(form)))


def check_jpeg(content: bytes, name: str) -> None:
    """Refuse a JPEG of very many scans. Raises PictureSizeError; a damaged file is left to the decoder."""
    at, scans = 2, 0
    while found := _MARKER.search(content, at):
        marker, at = content[found.end() - 1], found.end()
        if marker == _END:
            return
        scans += marker == _SCAN
        if scans > _MOST_SCANS:
            raise PictureSizeError(f"{name}: has more than {_MOST_SCANS} scans; save it again, as PNG.")
        if marker not in (_START, 0x01):
            at += int.from_bytes(content[at : at + 2], "big")
