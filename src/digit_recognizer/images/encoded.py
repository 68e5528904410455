"""A picture as the bytes of its file, and as another process decoded it."""

from __future__ import annotations

import io
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

MAX_BYTES = 64 * 2**20  # of a picture's file


@dataclass(frozen=True)
class EncodedPicture:
    """A picture file's bytes, opened anew each time that the picture is read: its pixels do not stay in memory."""

    content: bytes = field(repr=False)
    page: int | None = None  # of a TIFF or PDF of several, from 1


@dataclass(frozen=True)
class DecodedPicture:
    """What `read_picture` gave of a picture's file elsewhere; it gives the same of this."""

    pixels: NDArray[np.uint8] = field(repr=False)  # (H, W), or (H, W, 3), turned upright
    orientation: int = 1  # that the file states, as EXIF numbers them
    times_smaller: int = 1  # than the file states; see large.py

    @property
    def nbytes(self) -> int:
        """Bytes of its pixels."""
        return self.pixels.nbytes

    def as_stored(self) -> NDArray[np.uint8]:
        """The pixels as they lie in the file (EXIF 2.3, section 4.6.4: rows and columns, or their order, exchanged)."""
        swapped = np.swapaxes(self.pixels, 0, 1) if self.orientation >= _SWAPPED else self.pixels
        rows, columns = _REVERSED.get(self.orientation, (1, 1))
        return np.ascontiguousarray(swapped[::rows, ::columns])


_SWAPPED = 5  # from this orientation on, rows are columns
_REVERSED = {2: (1, -1), 3: (-1, -1), 4: (-1, 1), 6: (-1, 1), 7: (-1, -1), 8: (1, -1)}  # of the stored rows, columns


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
