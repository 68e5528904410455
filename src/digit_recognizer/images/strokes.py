"""How wide a digit's strokes are, and the same digit with wider or thinner ones."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Ink = NDArray[np.uint8]

# The eight neighbours of a pixel, clockwise from above (Zhang and Suen's P2 to P9), as bits.
NEIGHBOURS = np.array([[128, 1, 2], [64, 0, 4], [32, 16, 8]], np.float32)


def stroke_width(ink: Ink) -> float | None:
    """The median width of the strokes of ink (H, W), 0 or 1, in pixels; None where there is no ink.

    Twice the distance from the middle of a stroke to the paper.
    """
    padded = np.pad(ink, 1)
    to_paper = cv2.distanceTransform(padded, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    middles = to_paper[thinned(padded) > 0]
    return float(2 * np.median(middles) - 1) if len(middles) else None


def thinned(ink: Ink) -> Ink:
    """Ink (H, W), 0 or 1, worn down to lines of one pixel that keep its connections (Zhang and Suen, CACM 27, 1984)."""
    line = ink.copy()
    first, second = removable()
    while True:
        before = np.count_nonzero(line)
        for table in (first, second):
            around = cv2.filter2D(line.astype(np.float32), -1, NEIGHBOURS, borderType=cv2.BORDER_CONSTANT)
            line[table[around.astype(np.uint8)] & (line > 0)] = 0
        if np.count_nonzero(line) == before:
            return line


def removable() -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Which of the 256 neighbourhoods lose their middle in the first and in the second half of a step."""
    bits = (np.arange(256)[:, None] >> np.arange(8)) & 1
    count = bits.sum(1)
    begins = ((bits == 0) & (np.roll(bits, -1, axis=1) == 1)).sum(1)
    either = (count >= 2) & (count <= 6) & (begins == 1)
    above, right, below, left = bits[:, 0], bits[:, 2], bits[:, 4], bits[:, 6]
    first = either & (above * right * below == 0) & (right * below * left == 0)
    second = either & (above * right * left == 0) & (above * below * left == 0)
    return first, second
