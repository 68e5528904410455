"""Where in a photo a ruled grid may be: outlines of four corners, the largest first.

A grid's rules are connected, so that its ink is one component whose convex hull has four sides, whatever the
perspective. Which outline is a grid's, `grid_rules` tells; here it is enough that the right one is among them.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from digit_recognizer.images.opencv import cv2

Grey = NDArray[np.uint8]  # (H, W), 0 black to 255 white
Darkness = NDArray[np.float32]  # (H, W), 0 as light as the paper around to 1 black
Quad = NDArray[np.float32]  # (4, 2): across, down, in pixels; clockwise from the upper left

_MAX_SIDE = 1000  # pixels: frames are sought in a picture no larger
PAPER = 1 / 40  # of the longer side: what is dark over less than this is ink, not shadow
# Binarisations (size of the window as a share of the longer side, grey levels darker than its mean): a faint grid and a
# grid among much text want different ones.
_WINDOWS = ((1 / 25, 12), (1 / 25, 6), (1 / 9, 6))
RUN = 1 / 30  # of the longer side: no digit's stroke is so long
_CELL = (1 / 5000, 1 / 20)  # of the picture: what one cell's paper covers at least and at most
FILLED = 0.4  # of the box around it: so much of a cell is paper, though it holds a digit and stands aslant
_DASH = 9  # pixels: gaps between dots or dashes are smaller
_GAP = 1 / 70  # of the longer side: no rule is so thick
_LARGEST = 6  # components looked at in each
_MIN_SIDE = 0.15  # of the picture's shorter side
_MIN_AREA = 0.02  # of the picture
_SAME = 0.04  # two outlines whose corners lie so near, as a share of the size, are one


def reduced(grey: Grey, side: int = _MAX_SIDE) -> tuple[Grey, float]:
    """The picture with its longer side at most `side`, and by what it was scaled (<= 1)."""
    factor = min(1.0, side / max(grey.shape))
    if factor == 1:
        return grey, 1.0
    size = (max(1, round(grey.shape[1] * factor)), max(1, round(grey.shape[0] * factor)))
    return np.asarray(cv2.resize(grey, size, interpolation=cv2.INTER_AREA), np.uint8), factor


def darkness(grey: Grey, window: float) -> Darkness:
    """How much darker than the paper around it each pixel is, as a share of the paper's light.

    window: pixels; the paper is what remains when all that is dark and narrower is filled (a morphological closing).
    """
    side = max(3, round(window)) | 1
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))
    paper = cv2.GaussianBlur(cv2.morphologyEx(grey, cv2.MORPH_CLOSE, kernel), (0, 0), side / 2).astype(np.float32)
    return np.asarray(np.clip((paper - grey) / np.maximum(paper, 16), 0, 1), np.float32)


def frame_candidates(grey: Grey, dashed: bool = False) -> list[Quad]:
    """Outlines that may be a grid's, the largest first; grey (H, W) uint8, best of at most MAX_SIDE pixels a side.

    dashed: rules may be dots or dashes, or lack at the grid's edge, which may be the picture's.
    """
    height, width = grey.shape
    soft = cv2.GaussianBlur(grey, (0, 0), 1)
    found: list[Quad] = []
    for share, levels in _WINDOWS:
        window = max(3, round(share * max(grey.shape))) | 1
        ink = np.asarray(
            cv2.adaptiveThreshold(soft, 255, cv2.ADAPTIVE_THRESH_MEAN_C, cv2.THRESH_BINARY_INV, window, levels),
            np.uint8,
        )
        for mask in (joined(ink),) if dashed else (ink, _long_runs(ink), _enclosed(ink)):
            for quad in _outlines(np.asarray(mask, np.uint8)):
                if not any(alike(quad, other) for other in found):
                    found.append(quad)
    if dashed:
        found.append(np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32))
    return sorted(found, key=area, reverse=True)


def joined(ink: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The ink that runs on, level or upright, but for small gaps: rules of dots or dashes."""
    length = max(3, round(RUN * max(ink.shape)))
    masks = []
    for axis in (0, 1):
        closed = cv2.morphologyEx(ink, cv2.MORPH_CLOSE, np.ones((1, _DASH) if axis else (_DASH, 1)))
        masks.append(cv2.morphologyEx(closed, cv2.MORPH_OPEN, np.ones((1, length) if axis else (length, 1))))
    return np.asarray(cv2.max(*masks), np.uint8)


def _long_runs(ink: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The ink that runs on, level or upright: rules without the words and drawings that touch them."""
    length = max(3, round(RUN * max(ink.shape)))
    level = cv2.morphologyEx(cv2.dilate(ink, np.ones((3, 1))), cv2.MORPH_OPEN, np.ones((1, length)))
    upright = cv2.morphologyEx(cv2.dilate(ink, np.ones((1, 3))), cv2.MORPH_OPEN, np.ones((length, 1)))
    return np.asarray(cv2.max(level, upright), np.uint8)


def _enclosed(ink: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Patches of paper that fill their boxes, as cells do, joined to those beside: a grid without what touches it."""
    _, labels, stats, _ = cv2.connectedComponentsWithStats(cv2.bitwise_not(ink), connectivity=4)
    boxes, sizes = stats[:, 2] * stats[:, 3], stats[:, cv2.CC_STAT_AREA] / ink.size
    cell = (sizes >= _CELL[0]) & (sizes <= _CELL[1]) & (stats[:, cv2.CC_STAT_AREA] >= FILLED * boxes)
    cell[0] = False  # the ink
    side = round(_GAP * max(ink.shape)) | 1
    return np.asarray(cv2.morphologyEx(cell[labels].astype(np.uint8), cv2.MORPH_CLOSE, np.ones((side, side))), np.uint8)


def _outlines(ink: NDArray[np.uint8]) -> list[Quad]:
    """The four-sided hulls of the largest components of ink (H, W)."""
    _, labels, stats, _ = cv2.connectedComponentsWithStats(ink, connectivity=8)
    boxes = stats[1:, 2] * stats[1:, 3].astype(np.int64)
    quads = []
    for number in (np.argsort(-boxes)[:_LARGEST] + 1).tolist():
        x, y, width, height = stats[number, :4].tolist()
        if min(width, height) < _MIN_SIDE * min(ink.shape):
            continue
        part = (labels[y : y + height, x : x + width] == number).astype(np.uint8)
        quad = _four_sides(np.argwhere(part)[:, ::-1] + (x, y))
        if quad is not None and area(quad) >= _MIN_AREA * ink.size:
            quads.append(quad)
    return quads


def _four_sides(points: NDArray[np.int64]) -> Quad | None:
    """The four-sided polygon around the convex hull of points (n, 2); None where that has no four corners."""
    hull = cv2.convexHull(points.astype(np.float32))
    if len(hull) < 4:
        return None
    corners = cv2.approxPolyN(hull, 4).reshape(-1, 2).astype(np.float32)
    if len(corners) != 4 or not np.isfinite(corners).all():
        return None
    return _clockwise(corners)


def _clockwise(corners: NDArray[np.float32]) -> Quad:
    """Four corners in order, clockwise from the upper left (the one with the least sum of its coordinates)."""
    across, down = (corners - corners.mean(0)).T
    ordered = corners[np.argsort(np.arctan2(down, across))]
    return np.asarray(np.roll(ordered, -int(ordered.sum(1).argmin()), axis=0), np.float32)


def area(quad: Quad) -> float:
    """Pixels inside."""
    return float(cv2.contourArea(quad))


def alike(one: Quad, other: Quad) -> bool:
    """Whether two outlines are the same but for a few pixels."""
    return bool(np.abs(one - other).max() < _SAME * np.sqrt(area(other)))
