"""What a caller hands over: one picture or many, what each is called, and whether it states a turn."""

from __future__ import annotations

import os
from typing import Any

from PIL import Image

from digit_recognizer.images.pages import shown_name, states_turn


def as_list(pictures: Any) -> list[Any]:
    """One picture or many as a list of pictures."""
    if isinstance(pictures, str | bytes | os.PathLike | Image.Image) or not hasattr(pictures, "__iter__"):
        return [pictures]
    if hasattr(pictures, "shape"):
        return list(pictures) if len(pictures.shape) == 4 else [pictures]
    return list(pictures)


def is_turned(picture: Any) -> bool:
    """Whether a picture, a file or a PIL image, states an orientation other than upright."""
    return isinstance(picture, str | os.PathLike | Image.Image) and states_turn(picture)


def source_name(picture: Any, other: str, keep_ids: bool = False) -> str:
    """What to call a picture: a file as `shown_name` has it, anything else by the other name."""
    return shown_name(picture, keep_ids) if isinstance(picture, str | os.PathLike) else other
