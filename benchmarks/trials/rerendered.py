"""MNIST's digits as other scanners, pens, frames and cameras would give them, to choose a preparation by.

Each digit is taken back to a drawing of 8 pixels for one (as NIST's scans were larger than MNIST), redrawn there, and
recorded anew. What befalls a digit depends on seed, kind and its number alone. The kinds are made from what is written
of how such sets came about (8 x 8: Alpaydin and Kaynak 1998, counts in 4 x 4 blocks of a binary frame of 32 x 32;
16 x 16 frames filled by the digit: LeCun et al. 1990, section 2), never from the sets themselves.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from digit_recognizer.errors import ConfigError, DataError, nearest
from digit_recognizer.images.opencv import cv2
from digit_recognizer.images.strokes import thinned

Images = NDArray[np.uint8]
Floats = NDArray[np.float32]
Ink = NDArray[np.uint8] | NDArray[np.float32]  # 0 to 1

FINE = 8  # pixels of the drawing to one of the image
_PAGE = (200, 160)  # rows and columns of a photo
_BLACK_INK, PAPER = 0.12, 0.85  # of the light, reflected


def rerendered(images: Images, kind: str, seed: int = 0, indices: Sequence[int] | None = None) -> Images:
    """Images (N, 28, 28) uint8, light ink on black, recorded in another way: (N, H, W) uint8, H and W as the kind's.

    kind: one of KINDS. indices: (N,), the images' numbers in their set, where these are a part of it; 0 to N-1 unless
        given. The photos are of dark ink on light paper; all others of light ink on black, as their sets have it.
    Raises ConfigError for an unknown kind, DataError for an image without ink.
    """
    if kind not in TABLE:
        raise ConfigError(f"The re-rendering {kind!r} is unknown.{nearest(kind, list(TABLE))}")
    numbers = range(len(images)) if indices is None else indices
    record, key = TABLE[kind], zlib.crc32(kind.encode())
    made = [
        record(drawing(image), np.random.default_rng((seed, key, int(number))))
        for image, number in zip(images, numbers, strict=True)
    ]
    return np.rint(np.clip(np.array(made), 0, 1) * 255).astype(np.uint8)


def drawing(image: NDArray[np.uint8]) -> Floats:
    """The digit, cut out tightly and FINE times as large: its ink's edge is where this passes 0.5."""
    rows, columns = np.flatnonzero((image >= 64).any(1)), np.flatnonzero((image >= 64).any(0))
    if not len(rows):
        raise DataError("An image that is to be re-rendered holds no ink.")
    tight = image[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    size = (tight.shape[1] * FINE, tight.shape[0] * FINE)
    return np.asarray(cv2.resize(tight.astype(np.float32) / 255, size, interpolation=cv2.INTER_CUBIC))


def inside(fine: Floats, wider: float = 0.0) -> NDArray[np.uint8]:
    """The ink of a drawing, 0 or 1, its edge moved outwards by `wider` pixels of the drawing, in a frame to suit."""
    border = max(0, int(np.ceil(wider))) + 1
    ink = np.pad((fine >= 0.5).astype(np.uint8), border)
    to_ink = cv2.distanceTransform(1 - ink, cv2.DIST_L2, 5)
    to_paper = cv2.distanceTransform(ink, cv2.DIST_L2, 5)
    moved = (to_paper - to_ink > -wider).astype(np.uint8)
    rows, columns = np.flatnonzero(moved.any(1)), np.flatnonzero(moved.any(0))
    return moved[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1] if len(rows) else ink


def _filling(ink: Ink, rows: int, columns: int) -> Floats:
    """Ink scaled, both sides apart, to fill a frame, areas averaged."""
    return np.asarray(cv2.resize(ink.astype(np.float32), (columns, rows), interpolation=cv2.INTER_AREA))


def _fitting(ink: Ink, side: int) -> Floats:
    """Ink scaled with its aspect to fit a square frame, in its middle."""
    factor = side / max(ink.shape)
    height, width = (max(1, round(length * factor)) for length in ink.shape)
    framed = np.zeros((side, side), np.float32)
    top, left = (side - height) // 2, (side - width) // 2
    framed[top : top + height, left : left + width] = _filling(ink, height, width)
    return framed


def _coarse_8(fine: Floats, draw: Generator) -> Floats:
    """8 x 8: a binary frame of 32 x 32, stretched or not, counted in blocks of 4 x 4."""
    ink = inside(fine, draw.uniform(-4, 4))
    frame = _fitting(ink, 32) if draw.random() < 0.5 else aside(ink, 32, draw.uniform(0.6, 1))
    return np.asarray((frame >= 0.5).reshape(8, 4, 8, 4).mean((1, 3)), np.float32)


def _coarse_16(fine: Floats, draw: Generator) -> Floats:
    """16 x 16: the digit fills the frame, its grey levels as a scanner's."""
    ink = inside(fine, draw.uniform(-4, 6))
    frame = _fitting(ink, 16) if draw.random() < 0.5 else aside(ink, 16, draw.uniform(0.6, 1))
    return np.asarray(1.2 * cv2.GaussianBlur(frame, (0, 0), draw.uniform(0.3, 0.7)), np.float32)


def aside(ink: NDArray[np.uint8], side: int, share: float) -> Floats:
    """Ink stretched to the frame's height and at least this share of its width."""
    wide = max(round(side * share), min(side, round(side * ink.shape[1] / ink.shape[0])))
    framed = np.zeros((side, side), np.float32)
    left = (side - wide) // 2
    framed[:, left : left + wide] = _filling(ink, side, wide)
    return framed


def stretched(fine: Floats, draw: Generator) -> Floats:
    """Wider or narrower by up to a third, in a frame of 64 x 64 with some paper around."""
    ink = inside(fine)
    factor = np.exp(draw.uniform(-np.log(4 / 3), np.log(4 / 3)))
    wide = _filling(ink, ink.shape[0], max(1, round(ink.shape[1] * factor)))
    return np.pad(_fitting(wide, 48), 8)


def thick(fine: Floats, draw: Generator) -> Floats:
    """A marker: strokes wider by 1.5 to 3 pixels of MNIST's."""
    return np.pad(_fitting(inside(fine, draw.uniform(6, 12)), 80), 16)


def thin(fine: Floats, draw: Generator) -> Floats:
    """A fine pen: the middle of each stroke alone, a hundredth to a thirtieth of the digit wide."""
    ink = inside(fine)
    line = thinned(np.pad(ink, 2))
    pen = draw.uniform(0.01, 0.033) * max(ink.shape)
    away = cv2.distanceTransform(1 - np.pad(line, 8), cv2.DIST_L2, 5)
    return np.pad(_fitting((away <= pen / 2 + 0.5).astype(np.uint8), 160), 30)


def binary(fine: Floats, draw: Generator) -> Floats:
    """A fax: 40 x 40, black and white alone, the threshold too high or too low."""
    framed = np.pad(_fitting(inside(fine), 32), 4)
    return np.asarray(cv2.GaussianBlur(framed, (0, 0), 0.6) > draw.uniform(0.25, 0.7), np.float32)


def _uneven_light(fine: Floats, draw: Generator) -> Floats:
    """A photo under a lamp to one side, with the shadow of a hand."""
    return photo(_on_page(inside(fine, draw.uniform(-4, 8)), draw), draw)


def _lined_paper(fine: Floats, draw: Generator) -> Floats:
    """The same, on lined paper."""
    return photo(_on_page(inside(fine, draw.uniform(-4, 8)), draw), draw, lines=(True, False))


def _squared_paper(fine: Floats, draw: Generator) -> Floats:
    """The same, on squared paper."""
    return photo(_on_page(inside(fine, draw.uniform(-4, 8)), draw), draw, lines=(True, True))


def _on_page(ink: NDArray[np.uint8], draw: Generator) -> Floats:
    """Ink somewhere on a page, 0.4 to 0.7 of its height."""
    side = round(_PAGE[0] * draw.uniform(0.4, 0.7))
    digit = _fitting(ink, side)
    columns = np.flatnonzero(digit.any(0))
    digit = digit[:, columns[0] : columns[-1] + 1]
    page = np.zeros(_PAGE, np.float32)
    top = int(draw.integers(8, _PAGE[0] - digit.shape[0] - 8))
    left = int(draw.integers(8, max(9, _PAGE[1] - digit.shape[1] - 8)))
    part = page[top : top + digit.shape[0], left : left + digit.shape[1]]
    part[:] = digit[: part.shape[0], : part.shape[1]]
    return page


def photo(ink: Floats, draw: Generator, lines: tuple[bool, bool] = (False, False)) -> Floats:
    """Ink (H, W), 0..1, on paper as a phone sees it: rules, turned a little, lamp, shadow, blur, grain."""
    paper = np.full(ink.shape, PAPER, np.float32) * ruled(ink.shape, lines, draw)
    seen = paper * (1 - ink) + paper * ink * np.float32(draw.uniform(_BLACK_INK, 0.4))
    angle = draw.uniform(-3, 3)
    turn = cv2.getRotationMatrix2D((_PAGE[1] / 2, _PAGE[0] / 2), angle, 1.1)
    seen = cv2.warpAffine(seen, turn, _PAGE[::-1], borderMode=cv2.BORDER_REFLECT)
    seen = seen * lamp(ink.shape, draw) * shadow(ink.shape, draw)
    seen = cv2.GaussianBlur(seen, (0, 0), draw.uniform(0.5, 1.5))
    return np.asarray(seen + draw.normal(0, draw.uniform(0.005, 0.02), seen.shape), np.float32)


def ruled(shape: tuple[int, int], lines: tuple[bool, bool], draw: Generator) -> Floats:
    """What the rules leave of the light, (H, W)."""
    paper = np.ones(shape, np.float32)
    between, pen = int(draw.integers(22, 60)), int(draw.integers(1, 4))
    faint, start = np.float32(draw.uniform(0.55, 0.85)), int(draw.integers(0, between))
    for axis, drawn in enumerate(lines):
        if drawn:
            places = (np.arange(shape[axis]) + start) % between < pen
            paper[places if axis == 0 else (slice(None), places)] = faint
    return paper


def lamp(shape: tuple[int, int], draw: Generator) -> Floats:
    """Light that falls off from one side of the page to the other by a quarter to two thirds."""
    rows, columns = np.mgrid[0 : 1 : shape[0] * 1j, 0 : 1 : shape[1] * 1j] - 0.5
    angle = draw.uniform(0, 2 * np.pi)
    slope = (rows * np.sin(angle) + columns * np.cos(angle)) * draw.uniform(0.25, 0.65)
    return np.asarray(0.85 + slope * 0.7, np.float32)


def shadow(shape: tuple[int, int], draw: Generator) -> Floats:
    """A shadow with a soft edge over a part of the page, which takes a tenth to a half of the light."""
    rows, columns = np.mgrid[0 : 1 : shape[0] * 1j, 0 : 1 : shape[1] * 1j] - 0.5
    angle, soft = draw.uniform(0, 2 * np.pi), draw.uniform(0.03, 0.15)
    distance = rows * np.sin(angle) + columns * np.cos(angle) - draw.uniform(-0.3, 0.3)
    return np.asarray(1 - draw.uniform(0.1, 0.5) / (1 + np.exp(-distance / soft * 4)), np.float32)


TABLE: dict[str, Callable[[Floats, Generator], Floats]] = {
    "coarse 8": _coarse_8,
    "coarse 16": _coarse_16,
    "stretched": stretched,
    "thick": thick,
    "thin": thin,
    "binary": binary,
    "uneven light": _uneven_light,
    "lined paper": _lined_paper,
    "squared paper": _squared_paper,
}
KINDS = tuple(TABLE)
