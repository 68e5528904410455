"""The elements of a DICOM file that a picture needs, found by passing over all others.

A library that reads a whole file holds the patient's name, may say it in an error, and goes as deep as the file says.
Here the elements are passed over by their lengths, without recursion, at most so many and so deep; only what stands in
WANTED is taken out. Encodings: DICOM PS3.5, section 7 and annex A.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import NamedTuple

from digit_recognizer.dicom.start import LONG, META_GROUP, SHORT, UNDEFINED, is_big_endian, start_of

MAX_DEPTH = 32  # sequences within sequences; a structured report nests about 15 deep
_MAX_ELEMENTS = 200_000  # of any depth: a header of 1,000 frames has about 60,000
_TOO_MUCH = f"it has more than {_MAX_ELEMENTS:,} elements, or they nest deeper than {MAX_DEPTH}"
_HEADS = (-zlib.MAX_WBITS, zlib.MAX_WBITS | 32)  # of deflated elements: none, and those of zlib or gzip by some writers
_MAX_UNPACKED = 64 * 2**20  # bytes of a deflated file

_TRANSFER_SYNTAX, _FRAMES, PIXELS = 0x00020010, 0x00280008, 0x7FE00010
_FLOAT_PIXELS = (0x7FE00008, 0x7FE00009)
IMPLICIT, EXPLICIT = "1.2.840.10008.1.2", "1.2.840.10008.1.2.1"
_DEFLATED, BIG_ENDIAN = "1.2.840.10008.1.2.1.99", "1.2.840.10008.1.2.2"
PATIENT_ID, ISSUER = 0x00100020, 0x00100021
# Sequences whose items are needed: of frames (C.7.6.16), lookup tables and, inside these, what maps values to grey.
_SEQUENCES = {0x52009229, 0x52009230, 0x00283000, 0x00283010, 0x00289145, 0x00289132}
# How pixels are stored, what they stand for, windows, palettes, frames' places in packed pixels, and the pixels.
_WANTED = {
    *(0x00280000 + element for element in (0x2, 0x4, 0x6, 0x8, 0x10, 0x11, 0x100, 0x101, 0x102, 0x103)),
    *(0x00280000 + element for element in (0x120, 0x121, 0x122, 0x123, 0x124, 0x125)),
    *(0x00280000 + element for element in (0x1050, 0x1051, 0x1052, 0x1053, 0x1056)),
    *(0x00280000 + element for element in (0x1101, 0x1102, 0x1103, 0x1201, 0x1202, 0x1203, 0x1221, 0x1222, 0x1223)),
    *(0x00283000, 0x00283010, 0x52009229, 0x52009230, 0x7FE00001, 0x7FE00002, *_FLOAT_PIXELS, PIXELS),
}
_ITEM, _ITEM_END, _SEQUENCE_END = 0xFFFEE000, 0xFFFEE00D, 0xFFFEE0DD


class StructureError(Exception):
    """Why a file cannot be passed through; its text holds nothing that stands in the file."""


class _Element(NamedTuple):
    """One element, or the mark of an item."""

    tag: int
    kind: bytes  # its value representation; empty where the encoding leaves it out
    start: int  # of its tag
    value: int  # of its value
    length: int  # of its value; UNDEFINED: up to a mark


@dataclass(frozen=True)
class _Taken:
    """What was taken out of a file."""

    syntax: str  # the transfer syntax by which the elements are encoded: that of the file, unpacked
    implicit: bool  # whether the elements leave their value representations out
    content: bytes  # the wanted elements, one after the other


def take(content: bytes) -> _Taken:
    """What a picture needs of a DICOM file. Raises StructureError."""
    content, start, syntax = unpacked(content)
    implicit = _is_implicit(content, start)
    parts = [
        content[element.start : end]
        for element, end in outermost(content, start, implicit, _order_of(syntax))
        if element.tag in _WANTED
    ]
    return _Taken(syntax, implicit, b"".join(parts))


def value_of(content: bytes, tag: int) -> bytes:
    """The value of one element, by which text is written; none where it is absent. Raises StructureError.

    content: a file, or its beginning where the element stands within that.
    """
    content, start, syntax = unpacked(content)
    for element, end in outermost(content, start, _is_implicit(content, start), _order_of(syntax)):
        if element.tag == tag:
            return content[element.value : end].strip(b"\0 ")
        if element.tag > tag:  # they stand in the order of their tags (PS3.5, section 7.1)
            break
    return b""


def frame_count(content: bytes) -> int:
    """How many frames a DICOM file states. Raises StructureError, ValueError where it states no number."""
    return int(value_of(content, _FRAMES) or b"1")


def unpacked(content: bytes) -> tuple[bytes, int, str]:
    """A file's bytes with its elements inflated, where these begin, and their transfer syntax."""
    syntax, start = _transfer_syntax(content)
    return (_inflated(content[start:]), 0, EXPLICIT) if syntax == _DEFLATED else (content, start, syntax)


def _is_implicit(content: bytes, start: int) -> bool:
    """Whether the elements leave their value representations out, by the first one: some files state it wrongly."""
    return content[start + 4 : start + 6] not in LONG | SHORT


def _order_of(syntax: str) -> str:
    """The order of bytes, as struct has it."""
    return ">" if syntax == BIG_ENDIAN else "<"


def _transfer_syntax(content: bytes) -> tuple[str, int]:
    """The UID of how the elements are encoded, from the file's first group, and where that ends.

    Where none is stated: empty, or that of the order of bytes in which the elements are seen to stand.
    """
    at, syntax = start_of(content), ""
    if at is None:
        raise StructureError("it has neither the mark DICM nor elements of DICOM at its start")
    while at + 8 <= len(content) and struct.unpack_from("<H", content, at)[0] == META_GROUP:
        element = _read_element(content, at, False, "<")
        at = element.value + element.length
        if element.tag == _TRANSFER_SYNTAX:
            syntax = content[element.value : at].strip(b"\0 ").decode("ascii", "replace")
    if at > len(content):
        raise StructureError("it is truncated")
    if not set(syntax) <= set("0123456789."):
        raise StructureError("its transfer syntax is not a UID")
    return syntax or (BIG_ENDIAN if is_big_endian(content, at) else ""), at


def _inflated(packed: bytes) -> bytes:
    """The elements of a deflated file, no more than MAX_UNPACKED bytes of them."""
    found = None
    for bits in _HEADS:
        with suppress(zlib.error):
            found = found or zlib.decompressobj(bits).decompress(packed, _MAX_UNPACKED + 1)
    if not found:
        raise StructureError("its deflated elements cannot be unpacked")
    if len(found) > _MAX_UNPACKED:
        raise StructureError(f"it unpacks to more than {_MAX_UNPACKED // 2**20} MiB")
    return found


def outermost(content: bytes, start: int, implicit: bool, order: str) -> Iterator[tuple[_Element, int]]:
    """The elements that stand in no sequence up to the pixels, each with its end.

    What follows the pixels is padding and signatures. Raises StructureError for too many elements or too deep ones.
    """
    at, count = start, 0
    while at + 8 <= len(content):
        element = _read_element(content, at, implicit, order)
        at, count = passed(content, element, implicit, order, count + 1)
        if at > len(content):
            raise StructureError("it is truncated")
        if count > _MAX_ELEMENTS:
            raise StructureError(_TOO_MUCH)
        yield element, at
        if element.tag in (PIXELS, *_FLOAT_PIXELS):
            return


def passed(content: bytes, outer: _Element, implicit: bool, order: str, count: int) -> tuple[int, int]:
    """Where an element ends, and `count` with the elements inside it that had to be passed through."""
    at = outer.value
    if not _enters(outer, outer):
        return at + outer.length, count
    # Where each sequence and item that we are in ends; None where a mark tells.
    ends = [None if outer.length == UNDEFINED else at + outer.length]
    while ends:
        end = ends[-1]
        if end is not None and at >= end:
            ends.pop()
            continue
        element = _read_element(content, at, implicit, order)
        at, count = element.value, count + 1
        if count > _MAX_ELEMENTS or len(ends) > 2 * MAX_DEPTH:
            raise StructureError(_TOO_MUCH)
        if element.tag in (_ITEM_END, _SEQUENCE_END):
            ends.pop()
        elif _enters(element, outer):
            ends.append(None if element.length == UNDEFINED else at + element.length)
        else:
            at += element.length
    return at, count


def _enters(element: _Element, outer: _Element) -> bool:
    """Whether what stands in an element must be passed through: to find its end, or because it is needed."""
    if element.tag == _ITEM:
        return element.length == UNDEFINED or outer.tag in _SEQUENCES
    return element.length == UNDEFINED or element.tag in _SEQUENCES


def _read_element(content: bytes, at: int, implicit: bool, order: str) -> _Element:
    """The element whose tag stands at `at`; its value representation too, where the encoding states it."""
    if at + 8 > len(content):
        raise StructureError("it is truncated")
    group, number, kind, short = struct.unpack_from(f"{order}HH2sH", content, at)
    tag = group << 16 | number
    if implicit or group == 0xFFFE or not b"AA" <= kind <= b"ZZ":  # some writers leave it out within sequences alone
        return _Element(tag, b"", at, at + 8, struct.unpack_from(f"{order}L", content, at + 4)[0])
    if kind not in LONG:
        return _Element(tag, kind, at, at + 8, short)
    if at + 12 > len(content):
        raise StructureError("it is truncated")
    return _Element(tag, kind, at, at + 12, struct.unpack_from(f"{order}L", content, at + 8)[0])
