"""A picture as the bytes of its file."""

from __future__ import annotations

import io
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

MAX_BYTES = 64 * 2**20  # of a picture's file


@dataclass(frozen=True)
class EncodedPicture:
    """A picture file's bytes, opened anew each time that the picture is read: its pixels do not stay in memory."""

    content: bytes = field(repr=False)
    page: int | None = None  # of a TIFF or PDF of several, from 1


def binary_file(picture: str | os.PathLike[str] | EncodedPicture) -> IO[bytes]:
    """A picture's file, open to be read: of a name the file on the disk. Raises OSError."""
    return io.BytesIO(picture.content) if isinstance(picture, EncodedPicture) else Path(picture).open("rb")


def as_encoded(picture: Any) -> Any:
    """A picture file's bytes, or an open file, as an EncodedPicture, no more of it read than a picture may have and one
    byte; any other picture as it is."""
    if isinstance(picture, bytes | bytearray):
        return EncodedPicture(bytes(picture))
    return (
        EncodedPicture(picture.read(MAX_BYTES + 1))
        if isinstance(picture, io.RawIOBase | io.BufferedIOBase)
        else picture
    )
