"""The elements of a DICOM file that a picture needs, found by passing over all others.

A library that reads a whole file holds the patient's name, may say it in an error, and goes as deep as the file says.
Here the elements are passed over by their lengths, without recursion, at most so many and so deep; only what stands in
WANTED is taken out. Encodings: DICOM PS3.5, section 7 and annex A.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

MAX_DEPTH = 32  # sequences within sequences; a structured report nests about 15 deep
MAX_ELEMENTS = 500_000  # of any depth: a header of 1,000 frames has about 100,000
MAX_UNPACKED = 64 * 2**20  # bytes of a deflated file

TRANSFER_SYNTAX, FRAMES, PIXELS = 0x00020010, 0x00280008, 0x7FE00010
FLOAT_PIXELS = (0x7FE00008, 0x7FE00009)
DEFLATED, BIG_ENDIAN = "1.2.840.10008.1.2.1.99", "1.2.840.10008.1.2.2"
META_GROUP, META_START = 0x0002, 132
# Sequences whose items are needed: of frames (C.7.6.16), lookup tables and, inside these, what maps values to grey.
SEQUENCES = {0x52009229, 0x52009230, 0x00283000, 0x00283010, 0x00289145, 0x00289132}
# How pixels are stored, what they stand for, windows, palettes, frames' places in packed pixels, and the pixels.
WANTED = {
    *(0x00280000 + element for element in (0x2, 0x4, 0x6, 0x8, 0x10, 0x11, 0x100, 0x101, 0x102, 0x103, 0x120, 0x121)),
    *(0x00280000 + element for element in (0x1050, 0x1051, 0x1052, 0x1053, 0x1056)),
    *(0x00280000 + element for element in (0x1101, 0x1102, 0x1103, 0x1201, 0x1202, 0x1203, 0x1221, 0x1222, 0x1223)),
    *(0x00283000, 0x00283010, 0x52009229, 0x52009230, 0x7FE00001, 0x7FE00002, *FLOAT_PIXELS, PIXELS),
}
LONG = {b"OB", b"OD", b"OF", b"OL", b"OV", b"OW", b"SQ", b"SV", b"UC", b"UN", b"UR", b"UT", b"UV"}
SHORT = {b"AE", b"AS", b"AT", b"CS", b"DA", b"DS", b"DT", b"FL", b"FD", b"IS", b"LO", b"LT", b"PN", b"SH", b"SL"} | {
    *(b"SS", b"ST", b"TM", b"UI", b"UL", b"US")
}
UNDEFINED = 0xFFFFFFFF
ITEM, ITEM_END, SEQUENCE_END = 0xFFFEE000, 0xFFFEE00D, 0xFFFEE0DD


class StructureError(Exception):
    """Why a file cannot be passed through; its text holds nothing that stands in the file."""


@dataclass(frozen=True)
class Element:
    """One element, or the mark of an item."""

    tag: int
    kind: bytes  # its value representation; empty where the encoding leaves it out
    start: int  # of its tag
    value: int  # of its value
    length: int  # of its value; UNDEFINED: up to a mark


@dataclass(frozen=True)
class Taken:
    """What was taken out of a file."""

    syntax: str  # the transfer syntax by which the elements are encoded: that of the file, unpacked
    implicit: bool  # whether the elements leave their value representations out
    content: bytes  # the wanted elements, one after the other
    values: dict[int, bytes]  # the value of each of these that has a stated length, but the pixels


def take(content: bytes) -> Taken:
    """What a picture needs of a DICOM file. Raises StructureError."""
    syntax, start = transfer_syntax(content)
    if syntax == DEFLATED:
        content, start, syntax = inflated(content[start:]), 0, "1.2.840.10008.1.2.1"
    order = ">" if syntax == BIG_ENDIAN else "<"
    implicit = content[start + 4 : start + 6] not in LONG | SHORT
    parts: list[bytes] = []
    values: dict[int, bytes] = {}
    for element, end in outermost(content, start, implicit, order):
        if element.tag in WANTED:
            parts.append(content[element.start : end])
            if element.length != UNDEFINED and element.tag < PIXELS:
                values[element.tag] = content[element.value : end]
        if element.tag in (PIXELS, *FLOAT_PIXELS):
            break  # what follows the pixels is padding and signatures
    return Taken(syntax, implicit, b"".join(parts), values)


def frame_count(content: bytes) -> int:
    """How many frames a DICOM file states. Raises StructureError, ValueError where it states none rightly."""
    return int(take(content).values.get(FRAMES, b"").strip(b"\0 ") or b"1")


def transfer_syntax(content: bytes) -> tuple[str, int]:
    """The UID of how the elements are encoded, from the file's first group, and where that ends."""
    at, syntax = META_START, ""
    while at + 8 <= len(content) and struct.unpack_from("<H", content, at)[0] == META_GROUP:
        element = read_element(content, at, False, "<")
        at = element.value + element.length
        if element.tag == TRANSFER_SYNTAX:
            syntax = content[element.value : at].strip(b"\0 ").decode("ascii", "replace")
    if at > len(content):
        raise StructureError("it is cut short")
    return syntax, at


def inflated(packed: bytes) -> bytes:
    """The elements of a deflated file, no more than MAX_UNPACKED bytes of them."""
    try:
        found = zlib.decompressobj(-zlib.MAX_WBITS).decompress(packed, MAX_UNPACKED + 1)
    except zlib.error as error:
        raise StructureError("its deflated elements cannot be unpacked") from error
    if len(found) > MAX_UNPACKED:
        raise StructureError(f"it unpacks to more than {MAX_UNPACKED // 2**20} MiB")
    return found


def outermost(content: bytes, start: int, implicit: bool, order: str) -> Iterator[tuple[Element, int]]:
    """The elements that stand in no sequence, each with its end. Raises StructureError for too many or too deep ones."""
    at, count = start, 0
    outer: Element | None = None
    # Where each sequence and item that we are in ends, None where a mark tells; the marks are counted as elements.
    ends: list[int | None] = []
    while True:
        while ends and ends[-1] is not None and at >= ends[-1]:
            ends.pop()
        if outer and not ends:
            yield outer, at
            outer = None
        if at + 8 > len(content):
            break
        element = read_element(content, at, implicit, order)
        count += 1
        if count > MAX_ELEMENTS or len(ends) > 2 * MAX_DEPTH:
            raise StructureError(f"it has more than {MAX_ELEMENTS:,} elements, or they nest deeper than {MAX_DEPTH}")
        outer = outer or element
        at = element.value
        if element.tag in (ITEM_END, SEQUENCE_END):
            if ends:
                ends.pop()
        elif enters(element, outer):
            ends.append(None if element.length == UNDEFINED else at + element.length)
        else:
            at += element.length
        if at > len(content):
            raise StructureError("it is cut short")
    if ends:
        raise StructureError("it is cut short, within a sequence")


def enters(element: Element, outer: Element) -> bool:
    """Whether what stands in an element must be passed through: to find its end, or because it is needed."""
    if element.tag == ITEM:
        return element.length == UNDEFINED or outer.tag in SEQUENCES
    return element.length == UNDEFINED or element.tag in SEQUENCES


def read_element(content: bytes, at: int, implicit: bool, order: str) -> Element:
    """The element whose tag stands at `at`; its value representation too, where the encoding states it."""
    group, number, kind, short = struct.unpack_from(f"{order}HH2sH", content, at)
    tag = group << 16 | number
    if implicit or group == 0xFFFE or not b"AA" <= kind <= b"ZZ":  # some writers leave it out within sequences alone
        return Element(tag, b"", at, at + 8, struct.unpack_from(f"{order}L", content, at + 4)[0])
    if kind not in LONG:
        return Element(tag, kind, at, at + 8, short)
    if at + 12 > len(content):
        raise StructureError("it is cut short")
    return Element(tag, kind, at, at + 12, struct.unpack_from(f"{order}L", content, at + 8)[0])
