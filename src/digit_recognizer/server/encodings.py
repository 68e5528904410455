"""A request's body as it was before its sender packed it (Content-Encoding), within its bounds."""

from __future__ import annotations

import zlib

from digit_recognizer.server.problems import ProblemError

_WINDOWS = {b"gzip": 31, b"x-gzip": 31, b"deflate": 15}  # what zlib calls these containers
_PLAIN = (b"", b"identity")


def check_encoding(encoding: bytes) -> None:
    """Raise ProblemError for an encoding that is not undone."""
    if encoding not in _PLAIN and encoding not in _WINDOWS:
        raise ProblemError(
            415, "This Content-Encoding is not supported. Send the body as it is, or with gzip.", accept_encoding="gzip"
        )


def is_packed(encoding: bytes) -> bool:
    """Whether there is something to undo."""
    return encoding not in _PLAIN


def unpacked(body: bytes, encoding: bytes, most: int) -> bytes:
    """The decompressed body. Raises ProblemError if it is damaged, or larger than `most` bytes."""
    reader = zlib.decompressobj(_WINDOWS[encoding])
    try:
        content = reader.decompress(body, most + 1)
    except zlib.error as error:
        raise ProblemError(400, "The body is not what its Content-Encoding says, or is damaged.") from error
    if len(content) > most:
        raise ProblemError(413, f"The body unpacks to more than {most // 2**20} MiB. Send fewer or smaller pictures.")
    if not reader.eof or reader.unused_data:
        raise ProblemError(400, "The body is cut short, or something follows it. Send it again.")
    return content
