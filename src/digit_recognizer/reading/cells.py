"""A grid's cells, cut along its rules, and the ink in each without the rules."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from digit_recognizer.images.opencv import cv2
from digit_recognizer.reading.cell_page import MARGIN, SIDE, Straight
from digit_recognizer.reading.frame import Darkness, Grey

_EDGE = 0.2  # of a cell: a digit's ink must pass farther in
_RULE = 10  # pixels to either side of where a rule should be: so far a bold or bent one may reach
_THICK = 2  # pixels: half of a rule, about
_FAINTEST = 0.07  # darkness below which nothing is ink
_GRAINS = 2.0  # times as dark as the grain of the paper ink is at least,
_PALEST = 0.18  # and as a page's ink is mostly
_PALE = 0.5  # times as dark as a page's ink is mostly: ink, a stain, or the other side of the paper
_LOW = 0.7  # of the median height of the dark ink in a page's cells: pale ink that is lower is a stain,
_SOLID = 0.75  # and so is what keeps less of itself in a morphological opening,
_CENTRAL = 0.75  # or has less of itself in the middle of its cell; the other side of the paper shows through so
_WITHIN = 0.4  # of any digit's ink lies there: else it is the rest of a bent rule
_STRONG = 0.4  # of a cell's darkest ink: from here on a pixel belongs to a stroke
_LEAST_HEIGHT = 0.2  # of a cell: what is lower is dirt, or a remainder of a rule
_LEAST_PART = 0.08  # of the digit's ink: a piece of it, not a speck
LONG, _THIN = 0.7, 0.15  # of a cell: what is as long and as thin is a piece of a rule
_CENTRE = 0.2  # of a cell: so near to its middle no rule lies
NEAR = 0.12  # of a cell: how far a piece may lie outside the digit's box,
_LARGE_NEAR = 0.2  # and a large one, such as the bar of a 5,
_LARGE = 0.2  # of the digit's ink at least
_ANOTHER = 0.25  # of the digit's ink: what else may be a digit in its cell
_OUTSIDE = 0.4  # share of its ink that a digit may have in other cells
BLUR = 3.0  # pixels: how far out of focus a photo may be
_SHARPER = 0.5  # how much of what such a blur takes away is added
_WHITE = 128  # of 255: paper
_SOFT = 3  # pixels around strokes whose grey is kept


@dataclass(frozen=True)
class Ink:
    """What may be a digit in a cell."""

    picture: Grey  # the cell with MARGIN around, dark ink on white paper
    pale: bool  # far paler than what else is written on the page
    alone: bool = True  # the cell holds no ink beside it that may be a digit as well

    def turned(self, quarter: int) -> Ink:
        """The same turned by quarters, counterclockwise."""
        return replace(self, picture=np.rot90(self.picture, quarter))

    @property
    def tall(self) -> bool:
        """Whether it is as high as a digit may be."""
        return self.height > _LEAST_HEIGHT * SIDE

    @property
    def height(self) -> int:
        """Rows from its highest to its lowest ink."""
        return _height_of(self.picture < _WHITE)

    @property
    def firm(self) -> bool:
        """Whether it is made of whole strokes in the middle of its cell."""
        ink = (self.picture < _WHITE).astype(np.uint8)
        whole = np.count_nonzero(ink)
        opened = np.count_nonzero(cv2.morphologyEx(ink, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8)))
        return bool(opened >= _SOLID * whole and np.count_nonzero(ink[middle(ink.shape)]) >= _CENTRAL * whole)


def cell_inks(page: Straight) -> list[Ink | None]:
    """What may be a digit in each cell, row by row; None where the cell is empty."""
    clean = _without_rules(page)
    windows = _windows(clean, MARGIN)
    inner = [clean.dark[window] for window in windows]
    peaks = np.array([_darkest(cell[middle(cell.shape)]) for cell in inner])
    grain = float(np.median([np.median(cell[middle(cell.shape)]) for cell in inner]))
    usual = float(np.median(peaks[peaks >= peaks.max() / 2]))
    least = max(_FAINTEST, _GRAINS * grain, _PALEST * usual)
    sharp = sharpened(clean.dark)
    inks = [
        _digit_ink(sharp[window], peak < _PALE * usual) if peak >= least else None
        for window, peak in zip(windows, peaks.tolist(), strict=True)
    ]
    return _without_stains(inks)


def _without_stains(inks: list[Ink | None]) -> list[Ink | None]:
    """None for pale ink that is far lower than the dark ink on the page, or not firm."""
    dark = [ink.height for ink in inks if ink is not None and not ink.pale]
    least = _LOW * float(np.median(dark)) if dark else 0.0
    return [None if ink and ink.pale and not (ink.height >= least and ink.firm) else ink for ink in inks]


def sharpened(page: Darkness) -> Darkness:
    """The page with its edges raised (unsharp masking): out of focus, the holes of an 8 fill with grey."""
    soft = cv2.GaussianBlur(page, (0, 0), BLUR)
    return np.asarray(np.clip(page + _SHARPER * (page - soft), 0, 1), np.float32)


def middle(shape: tuple[int, ...]) -> tuple[slice, ...]:
    """Where a digit's ink must pass in a cell with MARGIN around, (H, W)."""
    edges = [MARGIN + round(_EDGE * min(SIDE, length - 2 * MARGIN)) for length in shape]
    return tuple(slice(edge, -edge) for edge in edges)


def grey_cells(page: Straight) -> list[Grey]:
    """Each cell as it is seen, row by row, its rules left out as far as they are where they should be."""
    return [page.grey[window] for window in _windows(page, -_THICK)]


def _windows(page: Straight, around: int) -> list[tuple[slice, slice]]:
    """Where each cell is with so much around it, row by row."""
    return [
        np.s_[top - around : bottom + around, left - around : right + around]
        for top, bottom in pairwise(page.down)
        for left, right in pairwise(page.across)
    ]


def _darkest(dark: Darkness) -> float:
    """How dark the ink is: what a fiftieth of the pixels exceed, once the paper's grain is averaged away."""
    return float(np.percentile(cv2.GaussianBlur(dark, (0, 0), 1.5), 98))


def _without_rules(page: Straight) -> Straight:
    """The page with its rules taken away, and the strokes that cross them joined again."""
    return _without_level_rules(_without_level_rules(page).turned()).turned()


def _without_level_rules(page: Straight) -> Straight:
    """The page without its level rules.

    What each row of pixels near a rule has in common, from one crossing to the next (the median: a digit that touches
    it darkens a few places only), is taken off; where the rule itself is, what goes on at both its sides stands.
    """
    clean = page.dark.copy()
    for rule in page.down:
        top = rule - _RULE
        for left, right in pairwise(page.across):
            part = page.dark[top : top + 2 * _RULE, left:right]
            common = np.median(part, axis=1)
            wider = np.max([np.roll(common, shift) for shift in (-1, 0, 1)], axis=0)
            rest = np.maximum(part - wider[:, None], 0)
            dark = np.flatnonzero(common >= 0.5 * common.max())
            start, end = max(int(dark[0]) - 1, 0), min(int(dark[-1]) + 1, 2 * _RULE - 1)
            rest[start : end + 1] = np.minimum(rest[start], rest[end])
            clean[top : top + 2 * _RULE, left:right] = rest
    return replace(page, dark=clean)


def _digit_ink(inner: Darkness, pale: bool) -> Ink | None:
    """The digit in a cell with MARGIN around; None where all ink is dirt."""
    peak = _darkest(inner[middle(inner.shape)])
    ink = (inner >= _STRONG * peak).astype(np.uint8)
    digit, whole = strokes(ink), True
    if digit is None or _height_of(digit) <= _LEAST_HEIGHT * SIDE:
        # It may be in pieces, or touch what stands in other cells. What lies in its own cell is read, and is not sure.
        digit, whole = pieces(ink), False
    if digit is None:
        return None
    near = cv2.dilate(digit, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * _SOFT + 1, 2 * _SOFT + 1)))
    rest = strokes(ink - digit)
    alone = rest is None or np.count_nonzero(rest) < _ANOTHER * np.count_nonzero(digit)
    picture = np.clip(inner / peak, 0, 1) * near
    return Ink(np.asarray(np.rint(255 * (1 - picture)), np.uint8), pale, whole and bool(alone))


def _height_of(ink: NDArray[Any]) -> int:
    """Rows from the highest to the lowest ink of a mask (H, W)."""
    rows = np.flatnonzero(ink.any(1))
    return int(rows[-1] - rows[0]) + 1 if len(rows) else 0


def pieces(ink: NDArray[np.uint8]) -> NDArray[np.uint8] | None:
    """All of a cell's own ink that passes through its middle, 0 or 1; None where most of it lies elsewhere."""
    own = np.pad(ink[MARGIN:-MARGIN, MARGIN:-MARGIN], MARGIN)
    count, labels, boxes, _ = cv2.connectedComponentsWithStats(own, connectivity=8)
    stats = np.asarray(boxes, np.int32)
    inside = np.bincount(labels[middle(labels.shape)].ravel(), minlength=count)
    kept = (inside > 0) & ~_rulelike(stats, ink.shape)
    kept[0] = False
    sizes = stats[:, cv2.CC_STAT_AREA]
    kept &= sizes >= _LEAST_PART * sizes[kept].sum()
    enough = inside[kept].sum() >= _WITHIN * max(1, sizes[kept].sum())
    return np.asarray(kept[labels], np.uint8) if kept.any() and enough else None


def strokes(ink: NDArray[np.uint8]) -> NDArray[np.uint8] | None:
    """The components of a cell's ink that make a digit, 0 or 1; None where there is none.

    The digit has most ink in the middle of the cell; a rule is none, nor a stroke of another cell's, nor specks.
    """
    count, labels, boxes, _ = cv2.connectedComponentsWithStats(ink, connectivity=8)
    stats = np.asarray(boxes, np.int32)
    sizes, spans = stats[:, cv2.CC_STAT_AREA], stats[:, 2:4]
    inside = np.bincount(labels[middle(labels.shape)].ravel(), minlength=count)
    own = np.bincount(labels[MARGIN:-MARGIN, MARGIN:-MARGIN].ravel(), minlength=count)
    possible = (spans.max(1) >= _LEAST_HEIGHT * SIDE) & (own >= (1 - _OUTSIDE) * sizes) & (inside >= _WITHIN * sizes)
    possible &= ~_rulelike(stats, ink.shape)
    possible[0] = False
    if not possible.any():
        return None
    main = int(np.where(possible, inside, 0).argmax())
    kept = beside(stats, main, NEAR) & (sizes >= _LEAST_PART * sizes[main])
    kept |= beside(stats, main, _LARGE_NEAR) & (sizes >= _LARGE * sizes[main]) & (inside >= sizes / 2)
    kept[[0, main]] = False, True
    return np.asarray(kept[labels], np.uint8)


def _rulelike(stats: NDArray[np.int32], shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """Which components are pieces of a rule: thin, and nearly as long as a cell. A bar in its middle is a 1.

    stats: (n, 5), as OpenCV gives them; shape: of the cell with MARGIN around.
    """
    spans, centres = stats[:, 2:4], stats[:, :2] + stats[:, 2:4] / 2
    lies = spans[:, 0] >= spans[:, 1]
    off = np.where(lies, np.abs(centres[:, 1] - shape[0] / 2), np.abs(centres[:, 0] - shape[1] / 2))
    room = np.where(lies, shape[0], shape[1]) - 2 * MARGIN
    bar = (off <= _CENTRE * room) & (spans.max(1) <= SIDE)
    return np.asarray((spans.max(1) >= LONG * SIDE) & (spans.min(1) <= _THIN * SIDE) & ~bar, np.bool_)


def beside(stats: NDArray[np.int32], main: int, near: float) -> NDArray[np.bool_]:
    """Which components' boxes lie within the digit's box widened by `near`: pieces of it, not of a rule or a neighbour.

    stats: (n, 5), left, top, width, height and area, as OpenCV gives them; main: which one is the digit.
    """
    start, size = stats[:, :2], stats[:, 2:4]
    first, last = start[main] - near * SIDE, start[main] + size[main] + near * SIDE
    return np.asarray((start >= first).all(1) & (start + size <= last).all(1), np.bool_)
