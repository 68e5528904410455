"""Parts of pages as phones, scanners and drawing programs make them, each with where its numbers stand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from digit_recognizer.images.opencv import cv2
from digit_recognizer.synthetic.ink import draw_mark
from digit_recognizer.synthetic.lines import Sources
from digit_recognizer.synthetic.shapes import Floats
from teaching.camera import recorded_page
from teaching.hand import Item
from teaching.layout import laid_out
from teaching.paper import sheet
from teaching.printed_words import PrintedWords

SIDE = 384  # pixels of a part of a page
CORE, _AT_ENDS = 0.5, 0.15  # of a number's height: the height of its core, and how much shorter it is at each end
_LEAST_CORE = 0.25  # of a number's height: the least length of its core
_FINER = 4  # times the map's places: cores are drawn so fine, since what OpenCV fills is a place larger
_OUTSIDE = 48  # pixels drawn around a part, which perspective brings in
_SMALLEST, _LARGEST = 10.0, 200.0  # pixels of a digit's height
_HIDDEN = 0.5  # share of a place beyond the sheet's edge
_TURNED = 0.4  # share of the parts that lie turned
Grey = NDArray[np.uint8]


@dataclass(frozen=True)
class PagePart:
    """A part of a page, turned."""

    image: Grey  # (SIDE, SIDE)
    maps: Grey  # (3, SIDE / 2, SIDE / 2), 255: in a number's core, number's ink, in other writing's core
    beside: Grey  # (SIDE / 2, SIDE / 2), 255 beside cores: what must not be taken for one
    turned: int  # quarters clockwise


def page_part(sources: Sources, words: PrintedWords, seed: Sequence[int]) -> PagePart:
    """One part, which depends on the sources and on the seed, whole numbers, alone."""
    draw = np.random.default_rng(tuple(seed))
    side = SIDE + 2 * _OUTSIDE
    unit = float(np.exp(draw.uniform(np.log(_SMALLEST), np.log(_LARGEST))))
    finer = 2 if unit < 24 else 1  # small writing is drawn larger, so that thin strokes are thin
    layout = laid_out(sources, words, side, unit, draw)
    ink, other = (np.zeros((side * finer,) * 2, np.float32) for _ in range(2))
    pen, level = max(1.0, draw.uniform(0.03, 0.16) * unit * finer), float(draw.uniform(0.25, 0.7))
    for item in layout.items:
        canvas = ink if item.number else other
        for mark in item.written.marks:
            draw_mark(canvas, mark, item.unit * finer, item.origin * np.float32(finer), pen, level)
    paper = sheet(layout, side, draw)
    matrix = _seen_from(side, draw)
    ink, other = (_warped(each, matrix, finer) for each in (ink, other))
    masks = [(_warped(mask, matrix, 1), dark) for mask, dark in paper.masks]
    beyond = _warped(paper.beyond, matrix, 1) if paper.beyond is not None else None
    image = recorded_page(np.maximum(ink, other), masks, beyond, unit, draw)
    maps, beside = _targets(layout.items, matrix, ink)
    if beyond is not None:
        hidden = cv2.resize(beyond, beside.shape, interpolation=cv2.INTER_AREA) > _HIDDEN
        maps[:, hidden], beside[hidden] = 0, 0
    turned = int(draw.integers(1, 4)) if draw.random() < _TURNED else 0

    def turn(values: Grey) -> Grey:
        return np.ascontiguousarray(np.rot90(values, -turned, (-2, -1)))

    return PagePart(turn(image), turn(maps), turn(beside), turned)


def _seen_from(side: int, draw: Generator) -> Floats:
    """The matrix (3, 3) of a camera that is held a little aslant, from the canvas to the part."""
    corners = np.array([[0, 0], [side, 0], [side, side], [0, side]], np.float32)
    turn = float(draw.normal(0, 2.5) if draw.random() < 0.8 else draw.uniform(-12, 12))
    matrix = np.vstack([cv2.getRotationMatrix2D((side / 2, side / 2), turn, 1.0), [0, 0, 1]])
    moved = corners + draw.normal(0, draw.uniform(0, 0.03) * side, (4, 2)).astype(np.float32)
    aslant = cv2.getPerspectiveTransform(corners, moved)
    aside = np.array([[1, 0, -_OUTSIDE], [0, 1, -_OUTSIDE], [0, 0, 1]])
    return np.asarray(aside @ aslant @ matrix, np.float32)


def _warped(canvas: Floats, matrix: Floats, finer: int) -> Floats:
    scale = np.diag([finer, finer, 1.0])
    size = (SIDE * finer, SIDE * finer)
    seen = cv2.warpPerspective(canvas, scale @ matrix @ np.linalg.inv(scale), size, flags=cv2.INTER_LINEAR)
    return np.asarray(seen if finer == 1 else cv2.resize(seen, (SIDE, SIDE), interpolation=cv2.INTER_AREA), np.float32)


def _targets(items: Sequence[Item], matrix: Floats, ink: Floats) -> tuple[Grey, Grey]:
    """The maps of a part, and what lies beside cores, at half its size."""
    half = SIDE // 2
    fine = half * _FINER
    cores, beside = np.zeros((2, fine, fine), np.uint8), np.zeros((fine, fine), np.uint8)
    for item in items:
        corners = item.corners()
        if corners is None:
            continue
        _fill(beside, corners, matrix)
        _fill(cores[int(not item.number)], core_of(corners), matrix)
    number, other, near, small = (
        cv2.resize(each, (half, half), interpolation=cv2.INTER_AREA) for each in (*cores, beside, ink)
    )
    levels = np.rint(np.clip(small * 1.3, 0, 1) * 255).astype(np.uint8)
    core = np.maximum(number, other) > 127
    return np.stack([number, levels, other]), np.asarray(np.where(core, 0, near), np.uint8)


def core_of(corners: Floats) -> Floats:
    """The corners (4, 2) of a number's core: left above, right above, right below, left below, as the number's are."""
    left, right = corners[[0, 3]], corners[[1, 2]]
    height = float(np.linalg.norm(left[1] - left[0]))
    wide = float(np.linalg.norm(right.mean(0) - left.mean(0)))
    kept = max(wide - 2 * _AT_ENDS * height, _LEAST_CORE * height)
    along = (right.mean(0) - left.mean(0)) / max(wide, 1e-3) * (wide - kept) / 2
    inner = np.stack([left[0] + along, right[0] - along, right[1] - along, left[1] + along])
    middle = (inner + inner[[3, 2, 1, 0]]) / 2
    return np.asarray(middle + (inner - middle) * CORE, np.float32)


def _fill(canvas: Grey, corners: Floats, matrix: Floats) -> None:
    seen = cv2.perspectiveTransform(corners[None], matrix)[0] * _FINER / 2
    cv2.fillConvexPoly(canvas, np.rint(seen - 0.5).astype(np.int32), 255)
