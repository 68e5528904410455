"""The edge of a shadow told from ink: a stroke has paper on both sides, an edge has it on one."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from digit_recognizer.images.opencv import cv2

Floats = NDArray[np.float32]

GAP, WIDTH = 2, 3  # pixels: a ring so wide, so far from the ink that its blur does not reach
ALIKE = 0.4  # of the ring: from this share on as strong as the ink, it is no paper all around
STANDING = 0.35  # of the ink's contrast: narrow strokes stand out by nearly all of it, an edge by its grain


def is_shadow_edge(light_ink: Floats, paper: Floats, ink: Floats, opened: Floats) -> bool:
    """Whether what was taken for ink is nothing but an edge.

    light_ink: (H, W) the picture, ink lighter than paper; paper: (H, W) that was estimated below it; ink: (H, W) what
    was found, 0..255; opened: (H, W) the picture without all that is as narrow as a stroke. Chosen on made shadows and
    on validation digits rendered under uneven light, on lined and on squared paper (1,875: none is taken for an edge).
    """
    found = ink > 128
    if not found.any():
        return False
    contrast = float(np.percentile((light_ink - paper)[found], 90))
    if float(np.median((light_ink - opened)[found])) >= STANDING * contrast:
        return False
    near, far = (cv2.dilate(found.astype(np.uint8), square(reach)) for reach in (GAP, GAP + WIDTH))
    ring = (far > 0) & (near == 0)
    if not ring.any():
        return False
    beside = cv2.dilate(np.where(found, light_ink, 0).astype(np.float32), square(GAP + WIDTH))
    return float(np.mean((light_ink > beside - contrast / 2)[ring])) > ALIKE


def square(reach: int) -> NDArray[np.uint8]:
    """A window of so many pixels to each side."""
    return np.ones((2 * reach + 1, 2 * reach + 1), np.uint8)
