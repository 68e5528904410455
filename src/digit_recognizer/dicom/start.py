"""Where the elements of a DICOM file begin: behind a preamble with its mark, or at once, as some devices write them.

PS3.10, section 7.1, asks for 128 bytes, the mark `DICM` and a group of meta elements. Files that a device or a script
wrote may lack the bytes, the mark or the group. They are known by their first elements.
"""

from __future__ import annotations

import struct

_PREAMBLE, MAGIC = 128, b"DICM"
HEAD = _PREAMBLE + len(MAGIC)  # bytes that tell
META_GROUP, _FIRST_GROUP = 0x0002, 0x0008  # of a file; of what it is about
_FIRST_ELEMENTS = 0x0018  # the first of its elements has no higher number
_LAST_GROUP = 0x0028  # that can stand so early
UNDEFINED = 0xFFFFFFFF  # length of what ends on a mark
LONG = {b"OB", b"OD", b"OF", b"OL", b"OV", b"OW", b"SQ", b"SV", b"UC", b"UN", b"UR", b"UT", b"UV"}
SHORT = {b"AE", b"AS", b"AT", b"CS", b"DA", b"DS", b"DT", b"FL", b"FD", b"IS", b"LO", b"LT", b"PN", b"SH", b"SL"} | {
    *(b"SS", b"ST", b"TM", b"UI", b"UL", b"US")
}


def start_of(content: bytes) -> int | None:
    """Where the elements begin in a file, or in its first HEAD bytes; None where it is not a DICOM file."""
    if content[_PREAMBLE:HEAD] == MAGIC:
        return HEAD
    for start in (0, len(MAGIC)):
        marked = start == 0 or content[:start] == MAGIC
        if marked and any(begins(content[:HEAD], start, *each) for each in ((False, "<"), (True, "<"), (False, ">"))):
            return start
    return None


def begins(head: bytes, at: int, implicit: bool, order: str) -> bool:
    """Whether elements of one encoding follow each other from `at` to the end of a file's first bytes."""
    enough = 2 if implicit else 1  # four bytes and a length can stand in any file
    count, before = 0, -1
    while at + 8 <= len(head):
        group, number, kind, short = struct.unpack_from(f"{order}HH2sH", head, at)
        if count == 0 and (group not in (META_GROUP, _FIRST_GROUP) or number > _FIRST_ELEMENTS):
            return False
        if before >> 16 == META_GROUP and group != META_GROUP:
            break  # what stands behind that group may be encoded in another way
        if group << 16 | number <= before or group > _LAST_GROUP or not (implicit or kind in LONG | SHORT):
            return False
        before, count = group << 16 | number, count + 1
        length, at = short, at + 8
        if implicit or kind in LONG:
            at += 0 if implicit else 4
            length = struct.unpack_from(f"{order}L", head, at - 4)[0] if at <= len(head) else 0
        if length % 2 and length != UNDEFINED:
            return False  # values are filled up to even lengths
        at += length
    return count >= enough


def is_big_endian(content: bytes, start: int) -> bool:
    """Whether the first element, which states its value representation, has its high bytes first."""
    if content[start + 4 : start + 6] not in LONG | SHORT:
        return False
    little, big = (struct.unpack_from(f"{order}H", content, start)[0] for order in "<>")
    return bool(big < little)  # the first groups have small numbers
