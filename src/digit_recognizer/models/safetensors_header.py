"""Our header in a safetensors file, read without torch (the format: 8 bytes of length, JSON, tensors)."""

from __future__ import annotations

import io
import json
import struct
from pathlib import Path
from typing import BinaryIO

from digit_recognizer.errors import ModelFileError
from digit_recognizer.models.header import KEY, ModelHeader
from digit_recognizer.models.locations import MAX_BYTES


def read_safetensors_header(content: bytes) -> ModelHeader:
    """The header in a whole file's bytes. Raises ModelFileError for a file that is not ours or is cut short."""
    return _header_in(io.BytesIO(content), len(content))


def safetensors_header_of(path: Path) -> ModelHeader:
    """The header in a file, of which no more is read. Raises ModelFileError as `read_safetensors_header`."""
    try:
        size = path.stat().st_size if path.is_file() else MAX_BYTES + 1
        if size > MAX_BYTES:
            raise ModelFileError("it is no regular file, or larger than any model.")
        with path.open("rb") as file:
            return _header_in(file, size)
    except OSError as error:
        raise ModelFileError(f"it cannot be read ({error.strerror or error}). Check its rights.") from error


def _header_in(file: BinaryIO, size: int) -> ModelHeader:
    """The header at the start of a file of so many bytes."""
    start = file.read(8)
    length = struct.unpack("<Q", start)[0] if len(start) == 8 else 0
    if not 2 <= length <= size - 8:
        raise ModelFileError("it is not a safetensors file, or it is truncated.")
    try:
        entries = json.loads(file.read(length))
        text = entries.pop("__metadata__", {}).get(KEY)
        end = max(entry["data_offsets"][1] for entry in entries.values())
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError) as error:
        raise ModelFileError("it is not a safetensors file, or it is damaged.") from error
    if end != size - 8 - length:
        raise ModelFileError("it is truncated, or longer than its header says. Copy it again.")
    if not isinstance(text, str):
        raise ModelFileError("it has no header of this project, so its classes and preparation are unknown.")
    return ModelHeader.from_text(text)
