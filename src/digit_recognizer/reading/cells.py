"""A grid's cells, cut along its rules, and the ink in each without the rules."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from digit_recognizer.images.opencv import cv2
from digit_recognizer.reading.frame import Darkness, Grey, darkness, reduced

SIDE = 64  # pixels of a cell once it is straightened
MARGIN = SIDE // 4  # pixels around a cell, and around the page: digits run over the rules
INK_WINDOW = 0.4  # of a cell: what is dark over less is ink
MIDDLE = slice(MARGIN + round(0.2 * SIDE), MARGIN + round(0.8 * SIDE))  # where a digit's ink must pass
RULE = 10  # pixels to either side of where a rule should be: so far a bold or bent one may reach
FAINTEST = 0.07  # darkness below which nothing is ink
GRAINS = 2.0  # times as dark as the grain of the paper ink is at least,
PALEST = 0.18  # and as a page's ink is mostly
PALE = 0.5  # times as dark as a page's ink is mostly: ink, a stain, or the other side of the paper
LOW = 0.7  # of the median height of the dark ink in a page's cells: pale ink that is lower is a stain,
SOLID = 0.75  # and so is what keeps less of itself in a morphological opening,
CENTRAL = 0.75  # or has less of itself in the middle of its cell; the other side of the paper shows through so
WITHIN = 0.4  # of any digit's ink lies there: else it is the rest of a bent rule
STRONG = 0.4  # of a cell's darkest ink: from here on a pixel belongs to a stroke
LEAST_HEIGHT = 0.2  # of a cell: what is lower is dirt, or a remainder of a rule
LEAST_PART = 0.08  # of the digit's ink: a piece of it, not a speck
LONG, THIN = 0.7, 0.15  # of a cell: what is as long and as thin is a piece of a rule
NEAR = 0.12  # of a cell: how far a piece may lie outside the digit's box,
LARGE_NEAR = 0.2  # and a large one, such as the bar of a 5,
LARGE = 0.2  # of the digit's ink at least
OUTSIDE = 0.4  # share of its ink that a digit may have in other cells
BLUR = 3.0  # pixels: how far out of focus a photo may be
SHARPER = 0.5  # how much of what such a blur takes away is added
WHITE = 128  # of 255: paper
SOFT = 3  # pixels around strokes whose grey is kept


def straighten(grey: Grey, nodes: NDArray[np.float64]) -> Darkness:
    """The grid in a photo as a page of square cells: (R * SIDE, C * SIDE) darkness, with MARGIN around.

    grey: (H, W) uint8. nodes: (R + 1, C + 1, 2), where the rules cross, across and down in pixels; between them the
    page is taken as bilinear.
    """
    rows, columns = nodes.shape[0] - 1, nodes.shape[1] - 1
    pitch = float(np.median(np.linalg.norm(np.diff(nodes, axis=1), axis=2)))
    small, factor = reduced(grey, max(SIDE, round(max(grey.shape) * min(1.0, SIDE / pitch))))
    down, across = interpolation(rows), interpolation(columns)
    where = [np.asarray(down @ (nodes[:, :, axis] * factor) @ across.T, np.float32) for axis in (0, 1)]
    flat = cv2.remap(small, where[0], where[1], cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    return darkness(np.asarray(flat, np.uint8), INK_WINDOW * SIDE)


def interpolation(n: int) -> NDArray[np.float64]:
    """How much each of n + 1 nodes in a row weighs at each of n * SIDE + 2 MARGIN pixels; linear, goes on outside."""
    places = (np.arange(n * SIDE + 2 * MARGIN) + 0.5 - MARGIN) / SIDE
    first = np.clip(places.astype(np.int64), 0, n - 1)
    weights = np.zeros((len(places), n + 1))
    each = np.arange(len(places))
    weights[each, first] = 1 - (places - first)
    weights[each, first + 1] = places - first
    return weights


@dataclass(frozen=True)
class Ink:
    """What may be a digit in a cell."""

    picture: Grey  # (SIDE + 2 MARGIN,) squared, dark ink on white paper
    pale: bool  # far paler than what else is written on the page

    def turned(self, quarter: int) -> Ink:
        """The same turned by quarters, counterclockwise."""
        return Ink(np.rot90(self.picture, quarter), self.pale)

    @property
    def tall(self) -> bool:
        """Whether it is as high as a digit may be."""
        return self.height > LEAST_HEIGHT * SIDE

    @property
    def height(self) -> int:
        """Rows from its highest to its lowest ink."""
        rows = np.flatnonzero((self.picture < WHITE).any(1))
        return int(rows[-1] - rows[0]) + 1 if len(rows) else 0

    @property
    def firm(self) -> bool:
        """Whether it is made of whole strokes in the middle of its cell."""
        ink = (self.picture < WHITE).astype(np.uint8)
        whole = np.count_nonzero(ink)
        opened = np.count_nonzero(cv2.morphologyEx(ink, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8)))
        return bool(opened >= SOLID * whole and np.count_nonzero(ink[MIDDLE, MIDDLE]) >= CENTRAL * whole)


def cell_inks(page: Darkness) -> list[Ink | None]:
    """What may be a digit in each cell, row by row; None where the cell is empty.

    page: (R * SIDE + 2 MARGIN, C * SIDE + 2 MARGIN), from `straighten`. The pictures have MARGIN around the cell.
    """
    clean = without_rules(page)
    inner = windows(clean)
    peaks = np.array([darkest(cell[MIDDLE, MIDDLE]) for cell in inner])
    grain = float(np.median([np.median(cell[MIDDLE, MIDDLE]) for cell in inner]))
    usual = float(np.median(peaks[peaks >= peaks.max() / 2]))
    least = max(FAINTEST, GRAINS * grain, PALEST * usual)
    inks: list[Ink | None] = []
    for cell, peak in zip(windows(sharpened(clean)), peaks.tolist(), strict=True):
        picture = digit_ink(cell) if peak >= least else None
        inks.append(None if picture is None else Ink(picture, peak < PALE * usual))
    return without_stains(inks)


def without_stains(inks: list[Ink | None]) -> list[Ink | None]:
    """None for pale ink that is far lower than the dark ink on the page, or not firm."""
    dark = [ink.height for ink in inks if ink is not None and not ink.pale]
    least = LOW * float(np.median(dark)) if dark else 0.0
    return [None if ink and ink.pale and not (ink.height >= least and ink.firm) else ink for ink in inks]


def sharpened(page: Darkness) -> Darkness:
    """The page with its edges raised (unsharp masking): out of focus, the holes of an 8 fill with grey."""
    soft = cv2.GaussianBlur(page, (0, 0), BLUR)
    return np.asarray(np.clip(page + SHARPER * (page - soft), 0, 1), np.float32)


def windows(page: Darkness) -> list[Darkness]:
    """Each cell with MARGIN around it, row by row."""
    rows, columns = ((length - 2 * MARGIN) // SIDE for length in page.shape)
    size = SIDE + 2 * MARGIN
    starts = [(row * SIDE, column * SIDE) for row in range(rows) for column in range(columns)]
    return [page[down : down + size, across : across + size] for down, across in starts]


def darkest(dark: Darkness) -> float:
    """How dark the ink is: what a fiftieth of the pixels exceed, once the paper's grain is averaged away."""
    return float(np.percentile(cv2.GaussianBlur(dark, (0, 0), 1.5), 98))


def without_rules(page: Darkness) -> Darkness:
    """The page with its rules taken away, and the strokes that cross them joined again."""
    level = without_level_rules(page)
    return np.ascontiguousarray(without_level_rules(np.ascontiguousarray(level.T)).T)


def without_level_rules(page: Darkness) -> Darkness:
    """The page without its level rules.

    What each row of pixels near a rule has in common, from one crossing to the next (the median: a digit that touches
    it darkens a few places only), is taken off; where the rule itself is, what goes on at both its sides stands.
    """
    clean = page.copy()
    rows, columns = ((length - 2 * MARGIN) // SIDE for length in page.shape)
    for row in range(rows + 1):
        top = MARGIN + row * SIDE - RULE
        for column in range(columns):
            left = MARGIN + column * SIDE
            part = page[top : top + 2 * RULE, left : left + SIDE]
            common = np.median(part, axis=1)
            wider = np.max([np.roll(common, shift) for shift in (-1, 0, 1)], axis=0)
            rest = np.maximum(part - wider[:, None], 0)
            rule = np.flatnonzero(common >= 0.5 * common.max())
            start, end = max(int(rule[0]) - 1, 0), min(int(rule[-1]) + 1, 2 * RULE - 1)
            rest[start : end + 1] = np.minimum(rest[start], rest[end])
            clean[top : top + 2 * RULE, left : left + SIDE] = rest
    return clean


def digit_ink(inner: Darkness) -> Grey | None:
    """The digit in a cell, (SIDE + 2 MARGIN,) squared; None where all ink is dirt."""
    peak = darkest(inner[MIDDLE, MIDDLE])
    digit = strokes((inner >= STRONG * peak).astype(np.uint8))
    if digit is None:
        return None
    near = cv2.dilate(digit, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * SOFT + 1, 2 * SOFT + 1)))
    ink = np.clip(inner / peak, 0, 1) * near
    return np.asarray(np.rint(255 * (1 - ink)), np.uint8)


def strokes(ink: NDArray[np.uint8]) -> NDArray[np.uint8] | None:
    """The components of a cell's ink that make a digit, 0 or 1; None where there is none.

    The digit has most ink in the middle of the cell; a rule is none, nor a stroke of another cell's, nor specks.
    """
    count, labels, boxes, _ = cv2.connectedComponentsWithStats(ink, connectivity=8)
    stats = np.asarray(boxes, np.int32)
    sizes, spans = stats[:, cv2.CC_STAT_AREA], stats[:, 2:4]
    inside = np.bincount(labels[MIDDLE, MIDDLE].ravel(), minlength=count)
    own = np.bincount(labels[MARGIN:-MARGIN, MARGIN:-MARGIN].ravel(), minlength=count)
    possible = (spans.max(1) >= LEAST_HEIGHT * SIDE) & (own >= (1 - OUTSIDE) * sizes) & (inside >= WITHIN * sizes)
    possible &= ~rulelike(spans)
    possible[0] = False
    if not possible.any():
        return None
    main = int(np.where(possible, inside, 0).argmax())
    kept = beside(stats, main, NEAR) & (sizes >= LEAST_PART * sizes[main])
    kept |= beside(stats, main, LARGE_NEAR) & (sizes >= LARGE * sizes[main]) & (inside >= sizes / 2)
    kept[[0, main]] = False, True
    return np.asarray(kept[labels], np.uint8)


def rulelike(spans: NDArray[np.int32]) -> NDArray[np.bool_]:
    """Which widths and heights (n, 2) are those of pieces of a rule: as long as a cell, nearly, and thin."""
    return np.asarray((spans.max(1) >= LONG * SIDE) & (spans.min(1) <= THIN * SIDE), np.bool_)


def beside(stats: NDArray[np.int32], main: int, near: float) -> NDArray[np.bool_]:
    """Which components' boxes lie within the digit's box widened by `near`: pieces of it, not of a rule or a neighbour.

    stats: (n, 5), left, top, width, height and area, as OpenCV gives them; main: which one is the digit.
    """
    start, size = stats[:, :2], stats[:, 2:4]
    first, last = start[main] - near * SIDE, start[main] + size[main] + near * SIDE
    return np.asarray((start >= first).all(1) & (start + size <= last).all(1), np.bool_)
