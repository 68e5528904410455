"""How wide a digit's strokes are, and the same digit with wider or thinner ones."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from digit_recognizer.images.opencv import cv2

Ink = NDArray[np.uint8]
Floats = NDArray[np.float32]

_HALF = 0.5  # of the strongest ink: where a stroke ends

# The eight neighbours of a pixel, clockwise from above (Zhang and Suen's P2 to P9), as bits.
_NEIGHBOURS = np.array([[128, 1, 2], [64, 0, 4], [32, 16, 8]], np.float32)


def stroke_width(ink: Ink) -> float | None:
    """The median width of the strokes of ink (H, W), 0 or 1, in pixels; None where there is no ink.

    Twice the distance from the middle of a stroke to the paper's pixels, less the half pixel that it is too much on
    average: one pixel where there is a middle one, none where there are two.
    """
    padded = np.pad(ink, 1)
    to_paper = cv2.distanceTransform(padded, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    middles = cv2.dilate(to_paper, np.ones((3, 3), np.uint8))[thinned(padded) > 0]  # thinned lines run beside it
    return float(2 * np.median(middles) - 0.5) if len(middles) else None


def with_strokes(digit: Floats, narrowest: float, widest: float) -> Floats:
    """A digit (H, W), 0..1, whose strokes are between two widths, in pixels; its own pixels where they are already.

    Too narrow or too wide strokes get the nearer width by moving their edge, where the digit passes 1/2, and are soft
    over one pixel there. The frame grows with the strokes. What is fainter than that, as the hairlines of print are,
    stays where strokes are widened: it may be all that joins them.
    """
    if narrowest <= 0 and widest >= max(digit.shape):
        return digit  # whatever its strokes: measuring them takes most of a preparation's time
    width = stroke_width((digit >= _HALF).astype(np.uint8))
    if width is None or narrowest <= width <= widest:
        return digit
    outwards = ((narrowest if width < narrowest else widest) - width) / 2
    framed = np.pad(digit, max(0, int(np.ceil(outwards))) + 1)
    ink = (framed >= _HALF).astype(np.uint8)
    to_paper, to_ink = (cv2.distanceTransform(each, cv2.DIST_L2, cv2.DIST_MASK_PRECISE) for each in (ink, 1 - ink))
    moved = np.clip(to_paper - to_ink + outwards + _HALF - np.sign(ink - _HALF) * _HALF, 0, 1)
    return np.asarray(np.maximum(moved, framed) if outwards > 0 else moved, np.float32)


def thinned(ink: Ink) -> Ink:
    """Ink (H, W), 0 or 1, worn down to lines of one pixel that keep its connections (Zhang and Suen, CACM 27, 1984)."""
    line, before = ink.copy(), -1
    while (count := cv2.countNonZero(line)) != before:
        before = count
        for stays in _staying():
            around = cv2.filter2D(line, -1, _NEIGHBOURS, borderType=cv2.BORDER_CONSTANT)
            line = np.asarray(cv2.bitwise_and(line, cv2.LUT(around, stays)), np.uint8)
    return line


@cache
def _staying() -> tuple[Ink, Ink]:
    """Which of the 256 neighbourhoods keep their middle, 1, in the first and in the second half of a step."""
    bits = (np.arange(256)[:, None] >> np.arange(8)) & 1
    count = bits.sum(1)
    begins = ((bits == 0) & (np.roll(bits, -1, axis=1) == 1)).sum(1)
    either = (count >= 2) & (count <= 6) & (begins == 1)
    above, right, below, left = bits[:, 0], bits[:, 2], bits[:, 4], bits[:, 6]
    first = either & (above * right * below == 0) & (right * below * left == 0)
    second = either & (above * right * left == 0) & (above * below * left == 0)
    return np.asarray(~first, np.uint8), np.asarray(~second, np.uint8)
