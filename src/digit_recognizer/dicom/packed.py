"""What packed pixels of a DICOM file unpack to, told from their own heads: the file's header may say otherwise."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

RLE = "1.2.840.10008.1.2.5"
_SUSPECT = 8 * 2**20  # bytes of run lengths, which can unpack to 64 times as many; fewer are harmless
_MOST_PLANES = 15
JPEG, _JPEG_2000 = b"\xff\xd8", b"\xff\x4f\xff\x51"
# Start of frame: ISO 10918-1, table B.1 (without DHT, JPG and DAC), and of JPEG-LS, ISO 14495-1, C.1.1.
_SCAN = 0xDA
FRAME_STARTS = {*range(0xC0, 0xD0), 0xF7} - {0xC4, 0xC8, 0xCC}


def stated_sizes(packed: bytes) -> Iterator[tuple[int, int]]:
    """Width and height that a frame's JPEG or JPEG 2000 head states; of the latter each thing that looks like one."""
    if packed.startswith(JPEG):
        yield from _jpeg_size(packed)
    at = packed.find(_JPEG_2000)
    while at >= 0 and at + 24 <= len(packed):  # ISO 15444-1, A.5.1
        right, bottom, left, top = struct.unpack_from(">4L", packed, at + 8)
        yield max(right - left, 0), max(bottom - top, 0)
        at = packed.find(_JPEG_2000, at + 1)


class Segment(NamedTuple):
    """A segment of a JPEG's head: its marker, where it begins and ends, and what stands behind its length."""

    marker: int
    start: int
    end: int
    body: bytes


def segments(packed: bytes) -> Iterator[Segment]:
    """The segments of a JPEG up to its first scan, past each other by their lengths."""
    at = 2
    while at + 4 <= len(packed) and packed[at] == 0xFF and packed[at + 1] != _SCAN:
        if packed[at + 1] == 0xFF:  # filling
            at += 1
            continue
        end = at + 2 + int.from_bytes(packed[at + 2 : at + 4], "big")
        yield Segment(packed[at + 1], at, end, packed[at + 4 : end])
        at = max(end, at + 2)


def _jpeg_size(packed: bytes) -> Iterator[tuple[int, int]]:
    """Width and height in the first start of a frame."""
    for each in segments(packed):
        if each.marker in FRAME_STARTS and len(each.body) >= 5:
            height, width = struct.unpack_from(">HH", each.body, 1)
            yield width, height
            return


def precision_of(packed: bytes) -> int | None:
    """The bits of a sample that a JPEG's or JPEG 2000's head states; None where neither is seen."""
    if packed.startswith(JPEG):
        return next((each.body[0] for each in segments(packed) if each.marker in FRAME_STARTS and each.body), None)
    at = packed.find(_JPEG_2000)
    if at < 0 or at + 43 > len(packed):
        return None
    return (packed[at + 42] & 0x7F) + 1  # ISO 15444-1, A.5.1: Ssiz, the highest bit is the sign


def components_of(packed: bytes) -> int:
    """How many samples a pixel has by a JPEG's or JPEG 2000's head; 0 where neither is seen."""
    if packed.startswith(JPEG):
        frames = (each.body for each in segments(packed) if each.marker in FRAME_STARTS and len(each.body) > 5)
        return next((body[5] for body in frames), 0)
    at = packed.find(_JPEG_2000)
    return int.from_bytes(packed[at + 40 : at + 42], "big") if at >= 0 else 0  # ISO 15444-1, A.5.1: Csiz


def longest_run(packed: bytes) -> int:
    """The most bytes that a plane of a frame of run lengths unpacks to (PS3.5, annex G), without unpacking it."""
    if not len(packed) >= _SUSPECT:
        return 0
    count, *starts = struct.unpack_from("<16L", packed)
    starts = [*starts[: min(count, _MOST_PLANES)], len(packed)]
    return max((runs_length(packed[start:end]) for start, end in pairwise(starts)), default=0)


def runs_length(packed: bytes) -> int:
    """How many bytes a plane unpacks to."""
    at, total = 0, 0
    while at < len(packed):
        control = packed[at]
        if control < 128:  # so many bytes and one more, as they are
            at, total = at + control + 2, total + control + 1
        elif control > 128:  # one byte, repeated
            at, total = at + 2, total + 257 - control
        else:
            at += 1
    return total
