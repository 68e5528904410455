"""Ruled grids of known shape, drawn as screenshots, scans and photos show them: what `grid_shapes.py` measures with.

What is on a picture depends on its kind and seed alone. KINDS that hold no single grid have no shape: a reader must
not give one as if it were sure.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from digit_recognizer.images.opencv import cv2

Page = NDArray[np.float32]  # (H, W), 0 black to 255 white
Pieces = list[tuple[float, float]]  # from, to
Draw = np.random.Generator


@dataclass(frozen=True)
class Ruled:
    """How a grid is drawn."""

    heights: tuple[float, ...]  # of the rows, pixels
    widths: tuple[float, ...]  # of the columns
    thick: float = 1.0  # pixels
    level: float = 40.0  # grey of the rules
    paper: float = 245.0
    margin: tuple[float, float] = (40.0, 40.0)  # above and to the left; a fraction of a pixel blurs the rules
    heavy: int = 0  # every n-th rule is three times as thick; 0: none is
    double: bool = False  # two rules with a gap instead of one
    dash: tuple[float, float] = (1.0, 0.0)  # pixels with ink, pixels without
    rules: str = "all"  # or "level": none upright; "inner": without the outermost; "cut": the picture ends there
    content: str = "digits"  # or "ones", "print", "empty", "some"
    header: bool = False  # the first row is filled with grey

    @property
    def shape(self) -> tuple[int, int]:
        return len(self.heights), len(self.widths)


@dataclass(frozen=True)
class Drawn:
    """A picture, and the rows and columns of its grid; None where it shows none, or more than one."""

    picture: NDArray[np.uint8]
    shape: tuple[int, int] | None
    table: list[list[int | None]]  # the digit in each cell


def even(rows: int, columns: int, cell: float, **how: object) -> Ruled:
    """A grid of square cells."""
    return replace(Ruled((cell,) * rows, (cell,) * columns), **how)  # type: ignore[arg-type]


def cover(length: int, start: float, end: float) -> Page:
    """How much of each of `length` pixels lies between two places: sharp where both are whole numbers."""
    pixels = np.arange(length)
    return np.clip(np.minimum(pixels + 1, end) - np.maximum(pixels, start), 0, 1).astype(np.float32)


def dashed(length: int, start: float, end: float, dash: tuple[float, float]) -> Page:
    """A rule's ink along itself."""
    whole = cover(length, start, end)
    if not dash[1]:
        return whole
    return np.asarray(whole * ((np.arange(length) - start) % sum(dash) < dash[0]), np.float32)


def ruled(how: Ruled, draw: Draw) -> Drawn:
    """The grid, drawn."""
    down, across = (
        start + np.concatenate([[0.0], np.cumsum(sizes)])
        for start, sizes in zip(how.margin, (how.heights, how.widths), strict=True)
    )
    around = max(how.margin)
    size = round(down[-1] + around + how.thick), round(across[-1] + around + how.thick)
    ink = np.zeros(size, np.float32)
    inner = slice(1, -1) if how.rules == "inner" else slice(None)
    for places, along, ends, upright in ((down, size[1], across, False), (across, size[0], down, True)):
        if upright and how.rules == "level":
            continue
        line = dashed(along, ends[0], ends[-1] + how.thick, how.dash)
        for number, place in list(enumerate(places))[inner]:
            thick = how.thick * (3 if how.heavy and number % how.heavy == 0 else 1)
            for start in (place, place + 3 * how.thick) if how.double else (place,):
                band = cover(size[1] if upright else size[0], start, start + thick)
                ink = np.maximum(ink, np.outer(line, band) if upright else np.outer(band, line))
    page = np.full(size, how.paper, np.float32)
    if how.header:
        page[round(down[0]) : round(down[1]), round(across[0]) : round(across[-1])] -= 45
    page += ink * (how.level - page)
    table = written(page, down, across, how, draw)
    if how.rules == "cut":
        page = page[round(down[0] + 2) : round(down[-1] - 2), round(across[0] + 2) : round(across[-1] - 2)]
    return Drawn(np.rint(page).astype(np.uint8), None if how.rules == "level" else how.shape, table)


def written(page: Page, down: NDArray[np.float64], across: NDArray[np.float64], how: Ruled, draw: Draw) -> list:
    """Write a digit into each cell (not into a header, which gets words); which."""
    table: list[list[int | None]] = []
    for top, bottom in pairwise(down):
        table.append([])
        for left, right in pairwise(across):
            digit = 1 if how.content == "ones" else int(draw.integers(10))
            gone = how.content == "empty" or (how.content == "some" and draw.random() < 0.6)
            table[-1].append(None if gone else digit)
            if not gone:
                side = round(0.82 * (min(bottom - top, right - left) - 3 * how.thick))
                put_digit(page, digit, ((left + right) / 2, (top + bottom) / 2), side, how.content, draw)
    return table


def put_digit(page: Page, digit: int, middle: tuple[float, float], side: int, content: str, draw: Draw) -> None:
    """Write one digit in a square around a middle: print, or the validation digits of MNIST."""
    if side < 6:
        return
    left, top = round(middle[0] - side / 2), round(middle[1] - side / 2)
    if content == "ones":
        glyph = np.zeros((side, side), np.float32)
        glyph[:, side // 2 : side // 2 + max(1, side // 12)] = 1
    elif content == "print" or not HAND:
        image = Image.new("L", (side, side))
        font = ImageFont.load_default(side)
        ImageDraw.Draw(image).text((side / 2, side / 2), str(digit), 255, font, anchor="mm")
        glyph = np.asarray(image, np.float32) / 255
    else:
        each = HAND[digit][int(draw.integers(len(HAND[digit])))]
        glyph = np.clip(cv2.resize(each, (side, side), interpolation=cv2.INTER_AREA) / 255, 0, 1)
    place = page[top : top + side, left : left + side]
    place -= (glyph * (place - 30))[: place.shape[0], : place.shape[1]]


HAND: dict[int, list[Page]] = {}


def use_handwriting(images: NDArray[np.uint8], labels: NDArray[np.int64]) -> None:
    """Write with these digits (N, 28, 28), light on black; with print alone until then."""
    for digit in range(10):
        HAND[digit] = [each[3:25, 3:25].astype(np.float32) for each in images[labels == digit]]


def jpeg(page: NDArray[np.uint8], quality: int) -> NDArray[np.uint8]:
    """As a JPEG shows it."""
    _, content = cv2.imencode(".jpg", page, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return np.asarray(cv2.imdecode(content, cv2.IMREAD_GRAYSCALE), np.uint8)


def photographed(page: NDArray[np.uint8], draw: Draw, askew: float, blur: float, grain: float) -> NDArray[np.uint8]:
    """Seen aslant, out of focus, under uneven light, with grain; on a table darker than the paper."""
    height, width = page.shape
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    shift = draw.uniform(0, askew, (4, 2)) * [[1, 1], [-1, 1], [-1, -1], [1, -1]] * min(page.shape)
    homography = cv2.getPerspectiveTransform(corners, (corners + shift).astype(np.float32))
    seen = cv2.warpPerspective(page, homography, (width, height), flags=cv2.INTER_AREA, borderValue=150)
    seen = cv2.GaussianBlur(seen.astype(np.float32), (0, 0), blur) if blur else seen.astype(np.float32)
    light = np.add.outer(
        np.linspace(0, draw.uniform(-0.3, 0.3), height), np.linspace(0, draw.uniform(-0.3, 0.3), width)
    )
    seen = 0.85 * seen * (1 + light - light.max()) + draw.normal(0, grain, page.shape)
    return np.asarray(np.clip(seen, 0, 255), np.uint8)


def turned(page: NDArray[np.uint8], degrees: float) -> NDArray[np.uint8]:
    """Laid a little aslant on a scanner."""
    height, width = page.shape
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1)
    paper = int(np.median(page))
    return np.asarray(cv2.warpAffine(page, matrix, (width, height), flags=cv2.INTER_CUBIC, borderValue=paper), np.uint8)


def two(draw: Draw) -> Drawn:
    """Two grids, one below the other."""
    first = ruled(even(4, 5, 50, thick=2), draw).picture
    second = ruled(even(3, 5, 50, thick=2), draw).picture
    return Drawn(np.vstack([first, second[:, : first.shape[1]]]), None, [])


def beside(draw: Draw) -> Drawn:
    """Two grids side by side."""
    return Drawn(np.hstack([ruled(even(5, 4, 50, thick=2), draw).picture] * 2), None, [])


def words(draw: Draw) -> Drawn:
    """A page of print."""
    image = Image.new("L", (700, 900), 245)
    pen = ImageDraw.Draw(image)
    for line in range(28):
        text = " ".join("".join(draw.choice(list("aeilmnorstu0123456789"), draw.integers(2, 9))) for _ in range(9))
        pen.text((40, 40 + 29 * line), text, 30, ImageFont.load_default(20))
    return Drawn(np.asarray(image), None, [])


def columns_of_digits(draw: Draw) -> Drawn:
    """Digits in rows and columns without a rule."""
    how = even(8, 8, 50, thick=0, content="print")
    return Drawn(ruled(how, draw).picture, None, [])


def uneven(draw: Draw, rows: int, columns: int, low: float, high: float) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Heights of rows that are the same, and widths of columns that are not."""
    height = float(draw.integers(26, 44))
    return (height,) * rows, tuple(float(each) for each in draw.integers(low, high, columns))


def between(draw: Draw, low: int, high: int) -> int:
    return int(draw.integers(low, high + 1))


def thickness(draw: Draw) -> float:
    return float(draw.choice([1, 1, 2, 3]))


def any_even(draw: Draw, **how: object) -> Ruled:
    """A grid of any common shape."""
    rows, columns = between(draw, 2, 14), between(draw, 2, 14)
    return even(rows, columns, float(between(draw, 24, 64)), **({"thick": thickness(draw)} | how))


def table(draw: Draw, **how: object) -> Ruled:
    """A table whose columns differ."""
    heights, widths = uneven(draw, between(draw, 3, 14), between(draw, 3, 8), 34, 150)
    return replace(Ruled(heights, widths, thick=thickness(draw)), **how)  # type: ignore[arg-type]


def made(kind: Callable[[Draw], Ruled]) -> Callable[[Draw], Drawn]:
    return lambda draw: ruled(kind(draw), draw)


def then(kind: Callable[[Draw], Drawn], change: Callable[[NDArray[np.uint8], Draw], NDArray[np.uint8]]) -> Callable:
    """A kind whose picture is changed."""

    def both(draw: Draw) -> Drawn:
        drawn = kind(draw)
        return replace(drawn, picture=np.asarray(change(drawn.picture, draw), np.uint8))

    return both


ANY = made(any_even)
KINDS: dict[str, Callable[[Draw], Drawn]] = {
    "sharp rules of 1 pixel": made(lambda draw: any_even(draw, thick=1.0)),
    "sharp rules of 2 to 4 pixels": made(lambda draw: any_even(draw, thick=float(between(draw, 2, 4)))),
    "rules between pixels": made(lambda draw: any_even(draw, margin=(40.5, 40.3))),
    "print": made(lambda draw: any_even(draw, content="print")),
    "1 x N": made(lambda draw: even(1, between(draw, 3, 16), 50, thick=thickness(draw))),
    "N x 1": made(lambda draw: even(between(draw, 3, 16), 1, 50, thick=thickness(draw))),
    "2 x 2": made(lambda draw: even(2, 2, float(between(draw, 40, 200)), thick=thickness(draw))),
    "9 x 9, bold every third": made(lambda draw: even(9, 9, float(between(draw, 30, 60)), heavy=3, content="some")),
    "16 x 16, bold every fourth": made(lambda _: even(16, 16, 40, heavy=4, content="some")),
    "20 x 5": made(lambda draw: even(20, 5, 40, thick=thickness(draw))),
    "40 x 12": made(lambda _: even(40, 12, 24, thick=1.0)),
    "60 x 40": made(lambda _: even(60, 40, 16, thick=1.0)),
    "100 x 60": made(lambda draw: even(100, 60, float(draw.choice([12, 16])), thick=1.0)),
    "dotted": made(lambda draw: any_even(draw, dash=(2, 2))),
    "dashed": made(lambda draw: any_even(draw, dash=(6, 4))),
    "faint rules": made(lambda draw: any_even(draw, level=float(between(draw, 190, 225)))),
    "double rules": made(lambda draw: any_even(draw, double=True, thick=1.0)),
    "header of other height": made(lambda draw: headed(draw, False)),
    "header filled": made(lambda draw: headed(draw, True)),
    "columns of other widths": made(table),
    "table, many cells empty": made(lambda draw: table(draw, content="some")),
    "table, wholly empty": made(lambda draw: table(draw, content="empty")),
    "ones": made(lambda draw: any_even(draw, content="ones")),
    "no margin": made(lambda draw: any_even(draw, margin=(0.0, 0.0))),
    "cut at the rules": made(lambda draw: any_even(draw, rules="cut")),
    "inner rules only": made(lambda draw: even(between(draw, 3, 9), between(draw, 3, 9), 50, thick=2, rules="inner")),
    "dark mode": then(ANY, lambda page, _: 255 - page),
    "dark mode, table": then(made(table), lambda page, _: 255 - page),
    "JPEG": then(ANY, lambda page, draw: jpeg(page, between(draw, 15, 50))),
    "aslant": then(ANY, lambda page, draw: turned(page, float(draw.uniform(-3, 3)))),
    "table aslant": then(made(table), lambda page, draw: turned(page, float(draw.uniform(-2, 2)))),
    "photo": then(ANY, lambda page, draw: jpeg(photographed(page, draw, 0.06, 1.0, 4), 75)),
    "photo, blurred": then(
        made(lambda draw: any_even(draw, thick=float(between(draw, 2, 3)))),
        lambda page, draw: jpeg(photographed(page, draw, 0.04, 2.0, 4), 75),
    ),
    "photo of a table": then(made(table), lambda page, draw: jpeg(photographed(page, draw, 0.05, 1.0, 4), 75)),
    "scan of 300 dpi": then(ANY, lambda page, draw: scanned(page, draw)),
    "half as large": then(ANY, lambda page, _: cv2.resize(page, None, fx=0.6, fy=0.6, interpolation=cv2.INTER_AREA)),
    "no grid: words": words,
    "no grid: digits without rules": columns_of_digits,
    "no grid: level rules only": made(lambda draw: any_even(draw, rules="level")),
    "no grid: blank": lambda _: Drawn(np.full((400, 500), 245, np.uint8), None, []),
    "no grid: photo": then(words, lambda page, draw: jpeg(photographed(page, draw, 0.06, 1.0, 4), 75)),
    "two grids": two,
    "two grids side by side": beside,
}


def headed(draw: Draw, filled: bool) -> Ruled:
    """A table whose first row is of another height."""
    how = any_even(draw, header=filled)
    return replace(how, heights=(how.heights[0] * float(draw.choice([0.6, 1.6, 2.2])), *how.heights[1:]))


def scanned(page: NDArray[np.uint8], draw: Draw) -> NDArray[np.uint8]:
    """Three times as large, a little aslant, with grain."""
    large = cv2.resize(page, None, fx=3, fy=3, interpolation=cv2.INTER_CUBIC)
    large = turned(large, float(draw.uniform(-1, 1)))
    return np.asarray(np.clip(large + draw.normal(0, 5, large.shape), 0, 255), np.uint8)


def drawn_grid(kind: str, seed: int) -> Drawn:
    """A picture of one of KINDS."""
    return KINDS[kind](np.random.default_rng((seed, zlib.crc32(kind.encode()))))
