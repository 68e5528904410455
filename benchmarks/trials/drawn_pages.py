"""Pages of numbers, drawn from MNIST's digits as a phone would see them, to develop and measure `digits read` with.

Numbers of one to six digits stand in lines on paper of several kinds; what is on a page depends on kind and seed alone.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from digit_recognizer.errors import ConfigError, nearest
from digit_recognizer.images.opencv import cv2
from trials.page_kinds import HEIGHT, KINDS, WIDTH, Box, DrawnNumber, DrawnPage, Kind
from trials.page_writing import MARGIN, rule_paper, soil, write_line
from trials.rerendered import Floats, Images, lamp, shadow

__all__ = ["HEIGHT", "KINDS", "WIDTH", "Box", "DrawnNumber", "DrawnPage", "drawn_page"]

PAPER = 0.85  # of the light, reflected


def drawn_page(kind: str, images: Images, labels: Sequence[int], seed: int = 0) -> DrawnPage:
    """A page of one of KINDS from digits (N, 28, 28) uint8, light on black, and their labels (N,).

    Raises ConfigError for an unknown kind.
    """
    if kind not in KINDS:
        raise ConfigError(f"The kind of page {kind!r} is unknown.{nearest(kind, list(KINDS))}")
    page_kind, draw = KINDS[kind], np.random.default_rng((seed, zlib.crc32(kind.encode())))
    ink, rules = np.zeros((HEIGHT, WIDTH), np.float32), np.zeros((HEIGHT, WIDTH), np.float32)
    height = int(draw.integers(38, 64))
    numbers: list[DrawnNumber] = []
    for baseline in range(MARGIN + height, HEIGHT - MARGIN, round(height * draw.uniform(1.7, 2.4))):
        numbers += write_line(ink, rules, baseline, height, page_kind, images, labels, draw)
    rule_paper(rules, page_kind, height, draw)
    if page_kind.dirt:
        soil(ink, page_kind.dirt, draw)
    return photographed(ink, rules, tuple(numbers), page_kind, draw)


def photographed(
    ink: Floats, rules: Floats, numbers: tuple[DrawnNumber, ...], page_kind: Kind, draw: Generator
) -> DrawnPage:
    """The page as a phone sees it: turned, lit, blurred, grained, compressed."""
    dark = np.float32(draw.uniform(0.12, 0.35))
    paper = PAPER * (1 - rules)
    seen = paper * (1 - ink) + np.minimum(paper, dark) * ink
    bend = _homography(page_kind, draw)
    seen = cv2.warpPerspective(seen, bend, (WIDTH, HEIGHT), flags=cv2.INTER_AREA, borderMode=cv2.BORDER_REPLICATE)
    if page_kind.light:
        seen = seen * lamp(seen.shape, draw) * shadow(seen.shape, draw)
    seen = cv2.GaussianBlur(seen, (0, 0), page_kind.blur) + draw.normal(0, 0.012, seen.shape)
    levels = np.asarray(np.rint(np.clip(1 - seen if page_kind.inverted else seen, 0, 1) * 255), np.uint8)
    _, code = cv2.imencode(".jpg", levels, [cv2.IMWRITE_JPEG_QUALITY, page_kind.quality])
    levels = np.asarray(cv2.imdecode(code, cv2.IMREAD_GRAYSCALE), np.uint8)
    moved = tuple(
        DrawnNumber(each.text, tuple(_seen_at(box, bend, page_kind) for box in each.boxes)) for each in numbers
    )
    return DrawnPage(np.ascontiguousarray(np.rot90(levels, page_kind.quarters)), moved)


def _homography(page_kind: Kind, draw: Generator) -> NDArray[np.float64]:
    """Where the page's points come to lie, (3, 3)."""
    corners = np.array([[0, 0], [WIDTH, 0], [WIDTH, HEIGHT], [0, HEIGHT]], np.float32)
    amount = page_kind.perspective * np.array([WIDTH, HEIGHT])
    moved = (corners + draw.uniform(-amount, amount, (4, 2))).astype(np.float32)
    turn = cv2.getRotationMatrix2D((WIDTH / 2, HEIGHT / 2), draw.uniform(-page_kind.slope, page_kind.slope), 0.97)
    return np.asarray(np.vstack([turn, [0, 0, 1]]) @ cv2.getPerspectiveTransform(corners, moved))


def _seen_at(box: Box, bend: NDArray[np.float64], page_kind: Kind) -> Box:
    """The box around a box of the page once the page is bent and turned."""
    x, y, wide, high = box
    corners = np.array([[x, y], [x + wide, y], [x + wide, y + high], [x, y + high]], np.float64)
    places = cv2.perspectiveTransform(corners[:, None], bend)[:, 0]
    limits = np.array([WIDTH, HEIGHT])
    for _ in range(page_kind.quarters):
        places = np.stack([places[:, 1], limits[0] - places[:, 0]], axis=1)
        limits = limits[::-1]
    (left, top), (right, bottom) = places.min(0), places.max(0)
    return round(left), round(top), round(right - left), round(bottom - top)
