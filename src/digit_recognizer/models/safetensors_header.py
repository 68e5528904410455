"""Our header in a safetensors file, read without torch (the format: 8 bytes of length, JSON, tensors)."""

from __future__ import annotations

import json
import struct

from digit_recognizer.errors import ModelFileError
from digit_recognizer.models.header import KEY, ModelHeader


def read_safetensors_header(content: bytes) -> ModelHeader:
    """The header in a whole file's bytes. Raises ModelFileError for a file that is not ours or is cut short."""
    length = struct.unpack("<Q", content[:8])[0] if len(content) >= 8 else 0
    if not 2 <= length <= len(content) - 8:
        raise ModelFileError("it is not a safetensors file, or it is cut short.")
    try:
        entries = json.loads(content[8 : 8 + length])
        text = entries.pop("__metadata__", {}).get(KEY)
        end = max(entry["data_offsets"][1] for entry in entries.values())
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError) as error:
        raise ModelFileError("it is not a safetensors file, or it is damaged.") from error
    if end != len(content) - 8 - length:
        raise ModelFileError("it is cut short, or longer than its header says. Copy it again.")
    if not isinstance(text, str):
        raise ModelFileError("it carries no header of this project, so its classes and preparation are unknown.")
    return ModelHeader.from_text(text)
