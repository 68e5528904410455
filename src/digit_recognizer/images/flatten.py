"""A decoded picture of any mode -> grey or colour of 8 bits."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from digit_recognizer.errors import ImageError
from digit_recognizer.images.arrays import from_array
from digit_recognizer.images.levels import colour_note, is_wide, range_note, sixteen_to_eight


def to_grey(image: Image.Image, name: str, form: str = "digit") -> NDArray[np.uint8]:
    """A decoded picture of any mode as grey (H, W) uint8."""
    if min(image.size) == 0:
        raise ImageError(f"{name}: has no pixels.")
    if image.mode.startswith("I;16"):
        return sixteen_to_eight(np.asarray(image), form)
    if image.mode in ("I", "F"):
        values = np.asarray(image)
        narrow = form != "digit" and is_wide(values)
        return from_array(sixteen_to_eight(values, form) if narrow else values, values.size, name)
    if image.mode in ("RGBA", "LA", "PA", "RGBa", "La") or "transparency" in image.info:
        return _over_paper(image.convert("RGBA"))
    return np.asarray(image if image.mode == "L" else image.convert("L"))


def to_colour(image: Image.Image, name: str, form: str = "digit") -> NDArray[np.uint8]:
    """A decoded picture of any mode as (H, W, 3) uint8; what is transparent lies on white."""
    if image.mode in ("RGBA", "PA", "RGBa") or "transparency" in image.info:
        clear = image.convert("RGBA")
        return np.asarray(Image.alpha_composite(Image.new("RGBA", clear.size, "white"), clear).convert("RGB"))
    if image.mode in ("RGB", "P", "CMYK", "YCbCr", "LAB", "HSV", "RGBX") and min(image.size):
        return np.asarray(image.convert("RGB"))
    return with_channels(to_grey(image, name, form), 3)


def with_channels(grey: NDArray[np.uint8], channels: int) -> NDArray[np.uint8]:
    """A grey image (H, W) as it is, or with C equal channels (H, W, C)."""
    return grey if channels == 1 else np.repeat(grey[..., None], channels, axis=2)


def _over_paper(image: Image.Image) -> NDArray[np.uint8]:
    """A transparent picture laid on white paper, or on black where its strokes are light."""
    grey = np.asarray(image.convert("RGB").convert("L"), dtype=np.float32)
    alpha = np.asarray(image.getchannel("A"), dtype=np.float32) / 255
    covered = float(alpha.sum())
    strokes = float((grey * alpha).sum()) / covered if covered else 0.0
    paper = 255.0 if strokes < 128 else 0.0
    return np.rint(grey * alpha + paper * (1 - alpha)).astype(np.uint8)


def early_end(image: Image.Image, name: str, form: str, *, wide: bool) -> str | None:
    """What is told of a decoded picture whose values end early; wide: its colours were stored in 16 bits."""
    if min(image.size) == 0:
        return None
    if image.mode.startswith("I;16"):
        return range_note(int(np.asarray(image).max()), form, name)
    if image.mode == "I":
        values = np.asarray(image)
        return range_note(int(values.max()), form, name) if is_wide(values) else None
    return colour_note(image, name) if wide and image.mode in ("LA", "RGB", "RGBA") else None
