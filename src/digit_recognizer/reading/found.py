"""The grid in a photo whose shape nobody has told."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from digit_recognizer.images.opencv import cv2
from digit_recognizer.reading.frame import PAPER, Grey, Quad, area, darkness, frame_candidates, reduced
from digit_recognizer.reading.lattice import Lattice, find_lattice

Nodes = NDArray[np.float64]  # (R + 1, C + 1, 2): where rules cross, across and down, in pixels of the photo

SIDE = 1600  # pixels of the longer side: a cell of 12 in 100 rows keeps 10
OTHER = 0.1  # of the grid's area: a second one is told


@dataclass(frozen=True)
class Found:
    """A grid, and what is to be said of it."""

    nodes: Nodes
    doubts: tuple[str, ...] = ()  # why it may have another shape
    others: int = 0  # further grids in the photo
    light: bool = False  # light ink on dark paper


def find_any_grid(grey: Grey) -> Found | None:
    """The largest grid in a photo (H, W) uint8; None where there is none."""
    low, middle, high = np.percentile(grey, (2, 50, 98))
    ways = [middle < (low + high) / 2, middle >= (low + high) / 2]
    found = None
    for light in ways:
        each = in_dark_ink(255 - grey if light else grey, bool(light))
        if each is not None and not each.doubts:
            return each
        found = found or each
    return found


def in_dark_ink(grey: Grey, light: bool) -> Found | None:
    """The largest grid of dark rules."""
    small, factor = reduced(grey, SIDE)
    dark = darkness(small, PAPER * max(small.shape))
    best: Lattice | None = None
    others: list[Lattice] = []
    for quad in frame_candidates(small):
        if best is not None and not best.doubts and area(outer(best)) > 2 * area(quad) and not apart(quad, best):
            continue
        found = find_lattice(dark, quad)
        if found is None:
            continue
        if best is None or better(found, best):
            best = found
        others.append(found)
    if best is None:
        return None
    further = [each for each in others if not each.doubts and apart(outer(each), best)]
    return Found(best.photo / factor, best.doubts, min(1, len(further)), light)


def outer(found: Lattice) -> Quad:
    """The corners of a grid."""
    return np.asarray(found.photo[[0, 0, -1, -1], [0, -1, -1, 0]], np.float32)


def better(one: Lattice, other: Lattice) -> bool:
    """Whether one is surer, or as sure and larger."""
    if bool(one.doubts) != bool(other.doubts):
        return not one.doubts
    return area(outer(one)) > 1.02 * area(outer(other))


def apart(quad: Quad, best: Lattice) -> bool:
    """Whether an outline lies beside a grid."""
    x, y = quad.mean(0).tolist()
    return cv2.pointPolygonTest(outer(best), (x, y), False) < 0 and area(quad) > OTHER * area(outer(best))
