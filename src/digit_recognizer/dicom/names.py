"""What DICOM files are, by their first bytes, and what they are called: their own names may be those of patients.

Every output names such a file by the first digits of its SHA-256. Unlike a running number that stays the same from run
to run and on every floor of the house; unlike a hash of its UIDs, which are made of dates and serial numbers, it can't
be found by guessing; and a damaged file has one too. Who holds the files finds the one meant with `sha256sum`.
"""

from __future__ import annotations

import hashlib
import os
from contextlib import suppress
from pathlib import Path

from digit_recognizer.dicom.start import HEAD, start_of

SUFFIXES = (".dcm", ".dicom")
INDEX = "DICOMDIR"  # the list of a medium's files, which holds no picture (PS3.10, section 8.6)
DIGITS = 16  # of the hash: two of a million files share them in one of 37 million collections
MOST = 64 * 2**20  # bytes that the hash is made of; no larger file is read
_UNREADABLE = "a DICOM file"


def is_dicom(content: bytes) -> bool:
    """Whether a file's bytes, or its first 132, are those of a DICOM file, with or without a preamble."""
    return start_of(content) is not None


def is_dicom_file(path: str | os.PathLike[str]) -> bool:
    """Whether there is a file of that name with the bytes of a DICOM file; many have names without a suffix."""
    return is_dicom(first_bytes(path, HEAD))


def name_of(path: str | os.PathLike[str]) -> str:
    """What a file, by its bytes or its name one of DICOM, is called in every output; any other by its own name."""
    name = os.fspath(path)
    if not (name.lower().endswith(SUFFIXES) or is_dicom_file(name)):
        return name
    content = first_bytes(name, MOST)
    return named_by(content) if content else _UNREADABLE


def named_by(content: bytes) -> str:
    """The name that the bytes of a DICOM file give it."""
    return f"dicom-{hashlib.sha256(content[:MOST]).hexdigest()[:DIGITS]}"


def first_bytes(path: str | os.PathLike[str], count: int) -> bytes:
    """The first bytes of a regular file; none where there is no such file, or it may not be read."""
    with suppress(OSError, ValueError):  # a name with a NUL byte
        if Path(path).is_file():
            with Path(path).open("rb") as file:
                return file.read(count)
    return b""
