"""What passes between a process that decodes and the one that asks it: JSON and bytes, so that neither unpickles.

A message is a header, which is JSON, and the bytes of what the header lists, one after another.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Sequence
from typing import IO, Any

_SIZES = struct.Struct("<IQ")  # bytes of the header, and of what follows it
_LONGEST_HEADER, _LONGEST_BODY = 2**26, 2**31
Part = bytes | memoryview


def send(file: IO[bytes], header: Any, parts: Sequence[Part] = ()) -> None:
    """Write one message. Raises OSError where nobody is there to read it."""
    text = json.dumps(header, separators=(",", ":")).encode("ascii")
    start = _SIZES.pack(len(text), sum(map(len, parts))) + text
    if all(len(part) < _SMALL for part in parts):
        file.write(start + b"".join(parts))
    else:
        file.write(start)
        for part in parts:
            file.write(part)
    file.flush()


def receive(file: IO[bytes]) -> tuple[Any, memoryview]:
    """Read one message. Raises EOFError at the end of the file, ValueError for what is not a message."""
    header, body = _SIZES.unpack(_exactly(file, _SIZES.size))
    if header > _LONGEST_HEADER or body > _LONGEST_BODY:
        raise ValueError("A message is too long.")
    return json.loads(_exactly(file, header)), memoryview(_exactly(file, body))


_SMALL = 2**16  # bytes of parts that are written together


def _exactly(file: IO[bytes], size: int) -> bytes:
    content = file.read(size)
    if len(content) < size:
        raise EOFError
    return content
