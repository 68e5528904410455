"""A grid straightened to a page of upright cells."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from digit_recognizer.images.opencv import cv2
from digit_recognizer.reading.frame import Darkness, Grey, darkness, reduced

SIDE = 64  # pixels of a cell once it is straightened
MARGIN = SIDE // 4  # pixels around a cell, and around the page: digits run over the rules
_INK_WINDOW = 0.4  # of a cell: what is dark over less is ink
_SQUARE = 1.6  # times as long as the shortest is the longest side of cells that are taken as squares in perspective
_EXTREMES = 0.3, 8.0  # SIDEs: the least and the most of a cell


@dataclass(frozen=True)
class Straight:
    """A grid as a page of upright cells, with MARGIN around."""

    dark: Darkness  # (H, W)
    down: tuple[int, ...]  # where the R + 1 rules lie, in pixels, the first at MARGIN
    across: tuple[int, ...]  # and the C + 1 upright ones
    grey: Grey  # (H, W) uint8: the same page, its ink darker than its paper

    def turned(self) -> Straight:
        """The same with its axes exchanged."""
        return Straight(np.ascontiguousarray(self.dark.T), self.across, self.down, np.ascontiguousarray(self.grey.T))


def straighten(grey: Grey, nodes: NDArray[np.float64]) -> Straight:
    """The grid in a photo straightened: cells of SIDE pixels squared, or sides in proportion where they differ much.

    grey: (H, W) uint8. nodes: (R + 1, C + 1, 2), where the rules cross, across and down in pixels; between them the
    page is taken as bilinear.
    """
    heights, widths = (np.median(np.linalg.norm(np.diff(nodes, axis=a), axis=2), axis=1 - a) for a in (0, 1))
    sides = np.concatenate([heights, widths])
    if sides.max() <= _SQUARE * sides.min():
        pitch = float(np.median(np.linalg.norm(np.diff(nodes, axis=1), axis=2)))
        heights, widths = np.full(len(heights), pitch), np.full(len(widths), pitch)
    else:
        pitch = float(np.median(np.minimum.outer(heights, widths)))
    small, factor = reduced(grey, max(SIDE, round(max(grey.shape) * min(1.0, SIDE / pitch))))
    places = [_in_pixels(sizes / pitch) for sizes in (heights, widths)]
    down, across = (_interpolation(each) for each in places)
    where = [np.asarray(down @ (nodes[:, :, axis] * factor) @ across.T, np.float32) for axis in (0, 1)]
    flat = cv2.remap(small, where[0], where[1], cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    page = np.asarray(flat, np.uint8)
    return Straight(darkness(page, _INK_WINDOW * SIDE), places[0], places[1], page)


def _in_pixels(sizes: NDArray[np.float64]) -> tuple[int, ...]:
    """Where rules lie on a page between cells of these sizes in SIDEs."""
    lengths = np.rint(SIDE * np.clip(sizes, *_EXTREMES)).astype(int)
    return tuple((MARGIN + np.concatenate([[0], np.cumsum(lengths)])).tolist())


def _interpolation(places: tuple[int, ...]) -> NDArray[np.float64]:
    """How much each of n + 1 rules weighs at each pixel of a page, MARGIN beyond the last; linear, goes on outside."""
    rules = np.array(places)
    pixels = np.arange(places[-1] + MARGIN) + 0.5
    first = np.clip(np.searchsorted(rules, pixels, side="right") - 1, 0, len(rules) - 2)
    share = (pixels - rules[first]) / np.diff(rules)[first]
    weights = np.zeros((len(pixels), len(rules)))
    each = np.arange(len(pixels))
    weights[each, first] = 1 - share
    weights[each, first + 1] = share
    return weights
