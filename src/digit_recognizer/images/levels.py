"""Pictures of 16 bits whose values end early: a camera's 12 bits in a file that has room for 16.

What such a file states is its room, not its range. Digits keep the scale of 16 bits, on which an almost black picture
has no ink; pictures of anything else are taken for as many bits as they use, so that no level is lost. Both are told.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

_DEPTHS = (8, 10, 12, 14)  # bits of cameras and detectors
FULL, SIGNED = 16, 15  # bits of what a file or an array has room for
_WIDE = ";16"  # in Pillow's name of how pixels are stored


def depth_of(highest: int, form: str, full: int = FULL) -> int:
    """The bits that a picture's values are taken for; form: of Preprocess."""
    if form == "digit":
        return full
    return next((depth for depth in _DEPTHS if highest < 2**depth), full)


def range_note(highest: int, form: str, name: str) -> str | None:
    """What is told of a picture of 16 bits a value whose greatest is `highest`; None where it uses them."""
    if not 0 < highest < 2 ** _DEPTHS[-1]:
        return None
    said = f"{name}: has room for 16 bits a value, and its values end at {highest:,} of 65,535"
    if form == "digit":
        return f"{said}, so that it is nearly black. Save it in 8 bits, or over all 16."
    depth = depth_of(highest, form)
    return f"{said}. They are read as {depth} bits, 0 to {2**depth - 1:,}; if its set has more, save all in 8 bits."


def sixteen_to_eight(values: NDArray[Any], form: str, full: int = FULL) -> NDArray[np.uint8]:
    """Values from 0 on, of any shape, as 8 bits."""
    depth = depth_of(int(values.max(initial=0)), form, full)
    made: NDArray[np.uint8] = np.rint(values * (255 / (2**depth - 1))).astype(np.uint8)
    return made


def is_wide(array: Any) -> bool:
    """Whether an array of integers, or a tensor, has values beyond 8 bits, and none beyond 16 or below 0.

    Which are pictures of 16 bits; whatever else it is, others refuse or read it.
    """
    if not isinstance(array, np.ndarray) or array.dtype.kind not in "iu" or array.dtype.itemsize < 2 or not array.size:
        return False
    return bool(array.min() >= 0 and 255 < array.max() < 2**FULL)


def stored_wide(image: Image.Image) -> bool:
    """Whether an opened picture's colours, not yet decoded, have 16 bits: Pillow keeps 8 of them."""
    return image.mode != "I;16" and _WIDE in str(getattr(image, "tile", ""))


def colour_note(image: Image.Image, name: str) -> str | None:
    """What is told of colours that were stored in 16 bits and whose upper 8 are all but empty; None where not."""
    extremes = np.array(image.getextrema()).reshape(-1, 2)[: 1 if image.mode == "LA" else 3]
    highest = int(extremes[:, 1].max())
    if highest >= 2 ** (_DEPTHS[-1] - 8):
        return None
    return (
        f"{name}: has 16 bits a colour, and its values end below {256 * (highest + 1):,} of 65,535, of which"
        f" {highest + 1} levels are left. Save it in 8 bits a colour."
    )
