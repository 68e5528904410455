"""A grid's cells, cut along its rules, and the ink in each without what is left of the rules."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from digit_recognizer.reading.frame import Darkness, Grey, darkness, reduced

SIDE = 64  # pixels of a cell once it is straightened
INK_WINDOW = 0.4  # of a cell: what is dark over less is ink
MIDDLE = slice(round(0.2 * SIDE), round(0.8 * SIDE))  # where a digit's ink must pass
DEEPEST_RULE = round(0.2 * SIDE)  # pixels from a cell's border: so far a bold or bent rule may reach
FAINTEST = 0.07  # darkness below which nothing is ink
STRONG = 0.4  # of a cell's darkest ink: from here on a pixel belongs to a stroke
LEAST_HEIGHT = 0.2  # of a cell: what is lower is dirt
LEAST_PART = 0.04  # of the digit's ink: a piece of it, not a speck
SOFT = 3  # pixels around strokes whose grey is kept


@dataclass(frozen=True)
class Page:
    """A grid straightened: each cell SIDE x SIDE pixels."""

    dark: Darkness  # (R * SIDE, C * SIDE)
    shape: tuple[int, int]

    def cell(self, row: int, column: int) -> Darkness:
        """The darkness (SIDE, SIDE) in one cell, from rule to rule."""
        return self.dark[row * SIDE : (row + 1) * SIDE, column * SIDE : (column + 1) * SIDE]


def straighten(grey: Grey, nodes: NDArray[np.float64]) -> Page:
    """The grid in a photo as a page of square cells.

    grey: (H, W) uint8. nodes: (R + 1, C + 1, 2), where the rules cross, across and down in pixels; between them the page
    is taken as bilinear.
    """
    rows, columns = nodes.shape[0] - 1, nodes.shape[1] - 1
    pitch = float(np.median(np.linalg.norm(np.diff(nodes, axis=1), axis=2)))
    small, factor = reduced(grey, max(SIDE, round(max(grey.shape) * min(1.0, SIDE / pitch))))
    down, across = hats(rows), hats(columns)
    where = [np.asarray(down @ (nodes[:, :, axis] * factor) @ across.T, np.float32) for axis in (0, 1)]
    flat = cv2.remap(small, where[0], where[1], cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    return Page(darkness(np.asarray(flat, np.uint8), INK_WINDOW * SIDE), (rows, columns))


def hats(n: int) -> NDArray[np.float64]:
    """How much each of n + 1 nodes in a row weighs at each of n * SIDE pixels, (n * SIDE, n + 1); linear."""
    places = (np.arange(n * SIDE) + 0.5) / SIDE
    return np.maximum(0, 1 - np.abs(places[:, None] - np.arange(n + 1)))


def cell_ink(dark: Darkness) -> Grey | None:
    """The digit in a cell as dark ink on white paper, (SIDE, SIDE) uint8; None where the cell is empty.

    dark: (SIDE, SIDE), the cell's darkness from rule to rule.
    """
    inner = without_rules(dark)
    peak = darkest(inner[MIDDLE, MIDDLE])
    if peak < FAINTEST:
        return None
    digit = strokes((inner >= STRONG * peak).astype(np.uint8))
    if digit is None:
        return None
    near = cv2.dilate(digit, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * SOFT + 1, 2 * SOFT + 1)))
    ink = np.clip(inner / peak, 0, 1) * near
    return np.asarray(np.rint(255 * (1 - ink)), np.uint8)


def darkest(dark: Darkness) -> float:
    """How dark the ink is: what a fiftieth of the pixels exceed."""
    return float(np.percentile(cv2.GaussianBlur(dark, (0, 0), 1), 98))


def without_rules(dark: Darkness) -> Darkness:
    """The cell with the remains of the rules at its four borders made paper.

    A rule is as deep as the median of a border's lines is dark: a digit that touches it darkens a few places only.
    """
    clean = dark.copy()
    for turn in range(4):
        side = np.rot90(clean, turn)  # a view: the upper border is each in turn
        lines = np.median(np.rot90(dark, turn)[:DEEPEST_RULE], axis=1)
        deep = np.flatnonzero(lines > FAINTEST / 2)
        side[: int(deep[-1]) + 2 if len(deep) else 1] = 0
    return clean


def strokes(ink: NDArray[np.uint8]) -> NDArray[np.uint8] | None:
    """The components of ink (SIDE, SIDE) that make a digit, 0 or 1; None where there is none.

    The digit passes the middle of the cell; its other pieces are no specks, and have their own middle in the cell's.
    """
    count, labels, stats, centres = cv2.connectedComponentsWithStats(ink, connectivity=8)
    inside = np.bincount(labels[MIDDLE, MIDDLE].ravel(), minlength=count)
    inside[0] = 0
    main = int(inside.argmax())
    if stats[main, cv2.CC_STAT_HEIGHT] < LEAST_HEIGHT * SIDE or main == 0:
        return None
    sizes = stats[:, cv2.CC_STAT_AREA]
    central = (np.abs(centres - SIDE / 2) <= 0.35 * SIDE).all(1)
    kept = central & (sizes >= LEAST_PART * sizes[main]) & (inside > 0)
    kept[[0, main]] = False, True
    return np.asarray(kept[labels], np.uint8)
