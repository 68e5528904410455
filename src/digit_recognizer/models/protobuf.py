"""Protobuf messages read by a description of their fields, and written anew from what was read.

The wire format: https://protobuf.dev/programming-guides/encoding. Readers of it disagree about what is unusual (a tag
of more bits than a field's number has, a message that stands twice, a field that one of them does not know). Here it is
refused, so that what was read and what is written mean the same to every reader.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from digit_recognizer.errors import ModelFileError

_INT, _FLOAT, _DOUBLE = "int", "float", "double"  # what a field holds, but for "bytes" and messages
_MANY = "*"  # after what a field holds: it may stand several times
_REFUSED = "!"  # before what to tell of a field that is not read
Message = dict[int, list[Any]]  # a field's number -> its values: int, memoryview or Message
Fields = Mapping[str, Mapping[int, str]]  # a kind of message -> number -> what it holds: as above, or a kind of message

_WHERE = "it is not an ONNX file, or it is cut short."
_WIDTHS = {_FLOAT: 4, _DOUBLE: 8}  # bytes; values of either are kept together, as bytes
_VARINT, _EIGHT, _LENGTH, _FOUR = 0, 1, 2, 5  # how a value stands in the file
_KIND_OF = {_INT: _VARINT, _FLOAT: _FOUR, _DOUBLE: _EIGHT}
_TAG_BITS, _VALUE_BITS = 32, 64


def parse(content: memoryview, kind: str, known: Fields) -> Message:
    """The message in some bytes. Raises ModelFileError for anything that its description does not foresee."""
    found: Message = {}
    for number, wire, value in _fields(content):
        holds = known[kind].get(number)
        if holds is None:
            raise ModelFileError(
                f"it is not an ONNX file as this project writes them (field {number} of its {kind} is unknown)."
            )
        if holds.startswith(_REFUSED):
            raise ModelFileError(holds.removeprefix(_REFUSED))
        single = holds.removesuffix(_MANY)
        several = holds != single
        if number in found and not several:
            raise ModelFileError(f"its {kind} holds two of what can be there once (field {number}).")
        found.setdefault(number, []).extend(_values(single, several, wire, value, known))
    return found


def _values(holds: str, several: bool, wire: int, value: int | memoryview, known: Fields) -> list[Any]:
    """The values of a field as it stands once: one, or numbers that are packed together."""
    packed = several and wire == _LENGTH
    if holds == _INT and packed and isinstance(value, memoryview):
        return list(_numbers(value))
    if holds in _WIDTHS and packed and isinstance(value, memoryview) and len(value) % _WIDTHS[holds] == 0:
        return [value]
    if wire != _KIND_OF.get(holds, _LENGTH):
        raise ModelFileError(_WHERE)
    return [parse(value, holds, known) if holds in known and isinstance(value, memoryview) else value]


def serialised(message: Message, kind: str, known: Fields) -> bytes:
    """A message as bytes: fields by their numbers, each number as short as it can be."""
    return b"".join(_chunks(message, kind, known))


def _chunks(message: Message, kind: str, known: Fields) -> list[bytes | memoryview]:
    """The bytes of a message in pieces; large ones are not copied."""
    made: list[bytes | memoryview] = []
    for number, values in sorted(message.items()):
        holds = known[kind][number]
        single = holds.removesuffix(_MANY)
        if single in _WIDTHS and holds != single:  # packed, as all readers take it
            values = [b"".join(values)]
        for value in values:
            if single == _INT:
                made.append(_tag(number, _VARINT) + _as_varint(value))
            elif single in _WIDTHS and holds == single:
                made += [_tag(number, _KIND_OF[single]), value]
            else:
                inner = _chunks(value, single, known) if single in known else [value]
                made += [_tag(number, _LENGTH) + _as_varint(sum(map(len, inner))), *inner]
    return made


def _fields(content: memoryview) -> Iterator[tuple[int, int, int | memoryview]]:
    """The fields of one message as (number, how it stands there, value)."""
    at = 0
    while at < len(content):
        tag, at = _varint(content, at, _TAG_BITS)
        number, wire = tag >> 3, tag & 7
        if number == 0 or wire not in (_VARINT, _EIGHT, _LENGTH, _FOUR):
            raise ModelFileError(_WHERE)
        if wire == _VARINT:
            value, at = _varint(content, at, _VALUE_BITS)
            yield number, wire, value
            continue
        length = 8 if wire == _EIGHT else 4
        if wire == _LENGTH:
            length, at = _varint(content, at, _TAG_BITS)
        if length > len(content) - at:
            raise ModelFileError(_WHERE)
        yield number, wire, content[at : at + length]
        at += length


def _numbers(content: memoryview) -> Iterator[int]:
    """Numbers that stand one after another."""
    at = 0
    while at < len(content):
        value, at = _varint(content, at, _VALUE_BITS)
        yield value


def _varint(content: memoryview, at: int, bits: int) -> tuple[int, int]:
    """A base-128 number of so many bits at `at`, and where it ends."""
    value = shift = 0
    while at < len(content) and shift < bits:
        byte = content[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if not byte & 0x80:
            if value >> bits:
                break
            return value, at
    raise ModelFileError(_WHERE)


def _as_varint(value: int) -> bytes:
    """A number 0 <= value < 2^64 in base 128."""
    made = bytearray()
    while value > 0x7F:
        made.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes((*made, value))


@cache
def _tag(number: int, wire: int) -> bytes:
    return _as_varint(number << 3 | wire)
