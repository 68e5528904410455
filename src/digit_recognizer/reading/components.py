"""Connected components of ink: those that may be digits or parts of digits, and the cuts through those that touch."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from digit_recognizer.images.opencv import cv2
from digit_recognizer.reading.ink import Floats, Mask

Box = tuple[int, int, int, int]  # left, top, width, height in pixels

LEAST_HEIGHT = 8  # pixels: lower components are no digits
LEAST_PART = 5  # pixels of ink: smaller ones are no parts of digits
HIGHEST = 0.95  # of the page: what is higher is no digit
WIDEST_STROKE = 0.55  # of the longer side of a component: thicker ones are blobs
SLIVER = 0.45  # of the page's strokes: thinner ones are remains of rules
FRAME = 0.9  # of its rectangle: a hollow shape that fills it so far is a box of a form
STACKED = 0.5  # of the narrower one's width: pieces above each other overlap so far
ASLANT = 0.1  # of a page's typical height: or so little apart, and none beside the other
GAP_OF_STROKE = 0.2  # of a page's typical height: a stroke may be broken so far
TALLER = 1.3  # of a page's typical height: no digit is higher
MAX_PIECES = 1500  # components looked at, the highest first: bounds the work on a page of text
ASIDE = np.float32(0.35)  # pixels of ink: what it costs a cut to move aside by one column
COARSE = 32  # rows of the picture in which cuts are sought


@dataclass(frozen=True)
class Piece:
    """Ink that is a digit or a part of one."""

    box: Box
    mask: Mask  # (height, width) of the box
    joined: float = 0.0  # ink that the cut to its left goes through, in widths of a stroke; 0: there is paper between

    @property
    def right(self) -> int:
        return self.box[0] + self.box[2]

    @property
    def bottom(self) -> int:
        return self.box[1] + self.box[3]


def components(mask: Mask) -> list[Piece]:
    """The connected components of ink (H, W) that are no blobs and no boxes of forms, at most MAX_PIECES."""
    ink = mask.astype(np.uint8)
    count, found_labels, found_stats, _ = cv2.connectedComponentsWithStats(ink, connectivity=8)
    labels, stats = np.asarray(found_labels, np.int32), np.asarray(found_stats, np.int32)
    depth = cv2.distanceTransform(ink, cv2.DIST_L2, cv2.DIST_MASK_3)
    places = np.nonzero(mask)
    strokes = np.zeros(count)
    np.maximum.at(strokes, labels[places], 2 * depth[places])
    wide, high, area = stats[:, 2], stats[:, 3], stats[:, 4]
    likely = (area >= LEAST_PART) & (high <= max(HIGHEST * len(mask), LEAST_HEIGHT)) & (wide < 0.9 * mask.shape[1])
    likely &= (strokes <= WIDEST_STROKE * np.maximum(wide, high)) | (strokes <= 6)
    tall = likely & (high >= LEAST_HEIGHT)
    pen = float(np.median(strokes[tall])) if tall.any() else 0.0
    likely &= (strokes >= SLIVER * pen) | (high < LEAST_HEIGHT)
    likely[0] = False
    highest = np.flatnonzero(likely)[np.argsort(-high[likely], kind="stable")][:MAX_PIECES]
    found = [component(labels, stats, number) for number in highest.tolist()]
    return mended([piece for piece in found if not is_frame(piece)])


def component(labels: NDArray[np.int32], stats: NDArray[np.int32], number: int) -> Piece:
    """One connected component."""
    left, top, wide, high, _ = stats[number].tolist()
    return Piece((left, top, wide, high), labels[top : top + high, left : left + wide] == number)


def is_frame(piece: Piece) -> bool:
    """Whether a component is the outline of a rectangle."""
    if np.mean(piece.mask) > 0.5 or min(piece.mask.shape) < LEAST_HEIGHT:
        return False
    points = np.argwhere(piece.mask)[:, ::-1].astype(np.float32)
    _, (wide, high), _ = cv2.minAreaRect(points)
    hull = cv2.contourArea(cv2.convexHull(points))
    inner = piece.mask[len(piece.mask) // 4 : -len(piece.mask) // 4, piece.box[2] // 4 : -piece.box[2] // 4]
    return bool(hull >= FRAME * wide * high and np.mean(inner) < 0.05)


def typical_height(pieces: list[Piece]) -> float:
    """The height up to which half of the ink's boxes reach, so that specks weigh little."""
    heights = np.sort(np.array([piece.box[3] for piece in pieces], np.float64))
    weights = np.cumsum(heights)
    return float(heights[np.searchsorted(weights, weights[-1] / 2)])


def mended(pieces: list[Piece]) -> list[Piece]:
    """Pieces, those joined that stand above each other so near as parts of one broken digit do."""
    if len(pieces) < 2:
        return pieces
    height = typical_height(pieces)
    left, top, wide, high = np.array([piece.box for piece in pieces], np.float64).T
    bottom, right = top + high, left + wide
    across = np.minimum(right[:, None], right) - np.maximum(left[:, None], left)
    between = top - bottom[:, None]  # [i, j]: from the bottom of i to the top of j
    over = across >= STACKED * np.minimum(wide[:, None], wide)
    over |= (across >= -ASLANT * height) & (between >= -ASLANT * height)  # a leaning stroke's parts
    below = over & (top > top[:, None])
    below &= (between <= GAP_OF_STROKE * height) & (bottom - top[:, None] <= TALLER * height)
    below &= np.maximum(right[:, None], right) - np.minimum(left[:, None], left) <= TALLER * height
    whole = list(pieces)
    for upper, lower in zip(*(each.tolist() for each in np.nonzero(below)), strict=True):
        made = join(whole[upper], whole[lower]) if whole[upper] is not whole[lower] else whole[upper]
        if made.box[3] <= TALLER * height:
            former = whole[upper], whole[lower]
            whole = [made if each is former[0] or each is former[1] else each for each in whole]
    return list({id(piece): piece for piece in whole}.values())


def join(one: Piece, other: Piece) -> Piece:
    """Two pieces as one."""
    left, top, wide, high = box_around([one.box, other.box])
    mask = np.zeros((high, wide), bool)
    for piece in (one, other):
        x, y = piece.box[0] - left, piece.box[1] - top
        mask[y : y + piece.box[3], x : x + piece.box[2]] |= piece.mask
    return Piece((left, top, wide, high), mask)


def picture_of(pieces: tuple[Piece, ...], strength: Floats) -> NDArray[np.uint8]:
    """Pieces as light ink on black with paper around them, uint8; their soft edges are kept."""
    left, top, wide, high = box_around([piece.box for piece in pieces])
    border = max(2, max(wide, high) // 6)
    canvas = np.zeros((high + 2 * border, wide + 2 * border), np.uint8)
    for piece in pieces:
        x, y = piece.box[0] - left + border, piece.box[1] - top + border
        canvas[y : y + piece.box[3], x : x + piece.box[2]] |= piece.mask.astype(np.uint8)
    near = cv2.dilate(canvas, np.ones((3, 3), np.uint8))
    part = np.zeros(canvas.shape, np.float32)
    rows = slice(max(0, top - border), min(len(strength), top + high + border))
    columns = slice(max(0, left - border), min(strength.shape[1], left + wide + border))
    y, x = rows.start - (top - border), columns.start - (left - border)
    part[y : y + rows.stop - rows.start, x : x + columns.stop - columns.start] = strength[rows, columns]
    return np.asarray(np.rint(255 * part * near), np.uint8)


def box_around(boxes: list[Box]) -> Box:
    """The box around one or more boxes."""
    left, top = min(box[0] for box in boxes), min(box[1] for box in boxes)
    right, bottom = max(box[0] + box[2] for box in boxes), max(box[1] + box[3] for box in boxes)
    return left, top, right - left, bottom - top


def cut(piece: Piece, narrowest: float, most: int) -> list[Piece]:
    """A component cut from top to bottom where least ink is, into at most `most` + 1 parts, from left to right.

    narrowest: pixels between cuts. A cut is the path that goes through the least ink (as drop-fall: Congedo et al.
    1995, but the best of all paths, by dynamic programming), sought in a picture of about COARSE rows.
    """
    factor = max(1, round(len(piece.mask) / COARSE))
    coarse = piece.mask[::factor, ::factor]
    cost, total = cheapest_paths(coarse)
    stroke = max(1.0, 2 * float(cv2.distanceTransform(np.pad(coarse, 1).astype(np.uint8), cv2.DIST_L2, 3).max()))
    columns = least(total, narrowest / factor, most)
    paths = [np.repeat(factor * path_through(cost, column), factor)[: len(piece.mask)] for column in columns]
    parts, before = [], np.zeros(len(piece.mask), np.int64)
    across = np.arange(piece.mask.shape[1])
    ink = [0.0, *(float(total[column]) / stroke for column in columns)]
    for path, joined in zip([*paths, np.full(len(piece.mask), piece.mask.shape[1])], ink, strict=True):
        after = np.maximum(path, before)
        part = piece.mask & (across >= before[:, None]) & (across < after[:, None])
        before = after
        if part.sum() >= LEAST_PART:
            parts.append(trimmed(piece.box, part, joined))
    return parts


def cheapest_paths(mask: Mask) -> tuple[Floats, Floats]:
    """What paths through ink (H, W) from the middle row upwards and downwards cost.

    Returns for each place the least ink on a path to it from the top, above the middle row, or from the bottom, below
    it, (H, W); and for each column of the middle row the least ink on a path through it from top to bottom, (W,).
    """
    ink = mask.astype(np.float32)
    middle = len(ink) // 2
    down, up = descend(ink[: middle + 1]), descend(ink[middle:][::-1])[::-1]
    return np.concatenate([down, up[1:]]), down[-1] + up[0] - ink[middle]


def descend(ink: Floats) -> Floats:
    """The least ink on paths from the first of the rows (H, W) to each place of each row."""
    costs = np.full((len(ink), ink.shape[1] + 2), np.inf, np.float32)
    costs[0, 1:-1] = ink[0]
    for row in range(1, len(ink)):
        above = costs[row - 1]
        costs[row, 1:-1] = np.minimum(above[1:-1], np.minimum(above[:-2], above[2:]) + ASIDE) + ink[row]
    return costs[:, 1:-1]


def least(cost: Floats, narrowest: float, most: int) -> list[int]:
    """The columns of the cheapest cuts, no two nearer than `narrowest`, none so near to an end; from left to right."""
    edge = max(2, round(narrowest / 2))
    chosen: list[int] = []
    for column in np.argsort(cost[edge:-edge], kind="stable").tolist():
        if len(chosen) == most:
            break
        place = column + edge
        if all(abs(place - other) >= narrowest for other in chosen):
            chosen.append(place)
    return sorted(chosen)


def path_through(cost: Floats, column: int) -> NDArray[np.int64]:
    """The cheapest path (H,) through a column of the middle row."""
    middle = len(cost) // 2
    path = np.full(len(cost), column)
    for rows in (range(middle - 1, -1, -1), range(middle + 1, len(cost))):
        at = column
        for row in rows:
            first = max(0, at - 1)
            near = cost[row, first : at + 2].copy()
            near[np.arange(len(near)) + first != at] += ASIDE
            at = first + int(near.argmin())
            path[row] = at
    return path


def trimmed(box: Box, part: Mask, joined: float) -> Piece:
    """A part of a component in its own box."""
    rows, columns = np.flatnonzero(part.any(1)), np.flatnonzero(part.any(0))
    tight = part[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    own = (box[0] + int(columns[0]), box[1] + int(rows[0]), tight.shape[1], tight.shape[0])
    return Piece(own, tight, joined)
