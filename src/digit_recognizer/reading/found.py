"""The grid in a photo whose shape nobody has told."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from digit_recognizer.images.opencv import cv2
from digit_recognizer.reading.frame import PAPER, Darkness, Grey, Quad, alike, area, darkness, frame_candidates, reduced
from digit_recognizer.reading.lattice import GAPS, Lattice, find_lattice

Nodes = NDArray[np.float64]  # (R + 1, C + 1, 2): where rules cross, across and down, in pixels of the photo

SIDE = 1600  # pixels of the longer side: a cell of 12 in 100 rows keeps 10
LIGHT = 0.5  # of its rules' darkness has most of a grid
_WITHIN = 0.5  # of the area of a doubtful grid: a sure one that is smaller is a part of it, or of another
_STAYS = 0.95  # of the area of a grid that is sought again within its own outermost rules
OTHER = 0.1  # of the grid's area: a second one is told


@dataclass(frozen=True)
class Found:
    """A grid, and what is to be said of it."""

    nodes: Nodes
    doubts: tuple[str, ...] = ()  # why it may have another shape
    unseen: int = 0  # sides of cells that show no rule
    others: bool = False  # there are further grids in the photo
    light: bool = False  # light ink on dark paper

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.nodes.shape[0] - 1, self.nodes.shape[1] - 1


def find_any_grid(grey: Grey) -> Found | None:
    """The largest grid in a photo (H, W) uint8; None where there is none."""
    low, middle, high = np.percentile(grey, (2, 50, 98))
    ways = [middle < (low + high) / 2, middle >= (low + high) / 2]
    found = None
    for dashed in (False, True):
        for light in ways:
            each = _in_dark_ink(255 - grey if light else grey, bool(light), dashed)
            if each is not None and not each.doubts:
                return each
            if each is not None and (found is None or _size_of(each.nodes) > _size_of(found.nodes)):
                found = each
    return found


def _size_of(nodes: Nodes) -> float:
    """The area of a grid, in pixels."""
    return area(np.asarray(nodes[[0, 0, -1, -1], [0, -1, -1, 0]], np.float32))


def _in_dark_ink(grey: Grey, light: bool, dashed: bool) -> Found | None:
    """The largest grid of dark rules."""
    small, factor = reduced(grey, SIDE)
    dark = darkness(small, PAPER * max(small.shape))
    best: Lattice | None = None
    others: list[Lattice] = []
    for quad in frame_candidates(small, dashed):
        if best is not None and not best.doubts and area(outer(best)) > 2 * area(quad) and not apart(quad, best):
            continue
        found = _settled(dark, quad, dashed)
        if found is None or not _on_paper(found, dark):
            continue
        if best is None or better(found, best):
            best = found
        others.append(found)
    if best is None:
        return None
    further = [each for each in others if not each.doubts and apart(outer(each), best)]
    return Found(best.photo / factor, best.doubts, best.unseen, len(further) > 0, light)


def _settled(dark: Darkness, quad: Quad, dashed: bool) -> Lattice | None:
    """The grid in an outline, sought again within its own outermost rules until they stay.

    An outline that is larger than the grid by a good part of a cell may hold rules that were not seen, unless it is the
    whole picture's.
    """
    gaps = GAPS if dashed else GAPS[:1]
    found = find_lattice(dark, quad, gaps)
    whole = dashed and area(quad) >= dark[1:, 1:].size
    if found is not None and not whole and not found.fills:
        return replace(found, doubts=(*found.doubts, "its outline is larger"))
    for _ in range(3):
        if found is None or alike(outer(found), quad):
            break
        quad = outer(found)
        again = find_lattice(dark, quad, gaps)
        if again is None or area(outer(again)) < _STAYS * area(quad):
            break
        found = again
    return found


def _on_paper(found: Lattice, dark: Darkness) -> bool:
    """Whether most of a grid is lighter than its rules."""
    inside = np.zeros(dark.shape, np.uint8)
    cv2.fillConvexPoly(inside, np.rint(outer(found)).astype(np.int32), 1)
    nodes = found.photo
    middles = np.concatenate(
        [((nodes[1:] + nodes[:-1]) / 2).reshape(-1, 2), ((nodes[:, 1:] + nodes[:, :-1]) / 2).reshape(-1, 2)]
    )
    x, y = np.clip(np.rint(middles).astype(int), 0, np.array(dark.shape[::-1]) - 1).T
    return bool(np.median(dark[inside > 0]) < LIGHT * np.median(cv2.dilate(dark, np.ones((3, 3)))[y, x]))


def outer(found: Lattice) -> Quad:
    """The corners of a grid."""
    return np.asarray(found.photo[[0, 0, -1, -1], [0, -1, -1, 0]], np.float32)


def better(one: Lattice, other: Lattice) -> bool:
    """Whether one is surer, or as sure and larger; a doubtful one that holds a sure one is larger than that."""
    sizes = [area(outer(each)) for each in (one, other)]
    if bool(one.doubts) == bool(other.doubts):
        return sizes[0] > 1.02 * sizes[1]
    return sizes[0] * _WITHIN > sizes[1] if one.doubts else sizes[0] >= _WITHIN * sizes[1]


def apart(quad: Quad, best: Lattice) -> bool:
    """Whether an outline lies beside a grid."""
    x, y = quad.mean(0).tolist()
    return cv2.pointPolygonTest(outer(best), (x, y), False) < 0 and area(quad) > OTHER * area(outer(best))
