"""Lines of ink and what is around them on paper, as a phone or a scanner records them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from digit_recognizer.images.opencv import cv2
from digit_recognizer.synthetic.shapes import Floats

_SEEN, _SEEN_NEAR = (17, 64), (26, 48)  # rows that the camera gave the line
FAINTEST = 13.0  # levels of grey between paper and ink
NEGATIVE = 0.06  # share of the pictures that are light on dark


def recorded(
    ink: Floats, others: list[tuple[Floats, float]], size: tuple[int, int], draw: Generator, *, near: bool = False
) -> NDArray[np.uint8]:
    """A picture (size: rows, columns) uint8 of ink (H, W), 0..1, and masks around it with how dark each is.

    near: taken from near enough that the strokes are clear, though they may be faint.
    """
    rows, columns = ink.shape
    paper = draw.uniform(110, 252) if draw.random() < 0.85 else draw.uniform(40, 130)
    contrast = max(FAINTEST, paper * float(np.exp(draw.uniform(np.log(0.14), np.log(0.95)))))
    if draw.random() < 0.35:
        ink = ink * patchy(ink.shape, draw, 0.35, 1.0)
    shade = contrast * ink
    for mask, dark in others:
        shade = np.maximum(shade, contrast * dark * mask)
    light = patchy(ink.shape, draw, 1 - 0.35 * draw.uniform(0, 1) ** 2, 1.0, 2)
    image = np.asarray((paper - shade) * light, np.float32)
    image += patchy(ink.shape, draw, -1, 1, 12) * (4 * draw.uniform(0, 1) ** 2)
    seen = float(np.exp(draw.uniform(*np.log(_SEEN_NEAR if near else _SEEN))))
    blur = (draw.uniform(0.2, 1.0) * 0.02 if near else draw.uniform(0.0, 1.0) ** 1.5 * 0.038) * rows
    if blur > 0.4:
        image = np.asarray(cv2.GaussianBlur(image, (0, 0), blur), np.float32)
    small = max(8, round(seen)), max(4, round(columns * seen / rows))
    way = cv2.INTER_AREA if seen < rows else cv2.INTER_LINEAR
    taken = grained(np.asarray(resized(image, small, way), np.float32), contrast, draw)
    ways = (cv2.INTER_AREA,) if seen > size[0] else (cv2.INTER_LINEAR, cv2.INTER_CUBIC)
    made = np.asarray(resized(taken, size, ways[int(draw.integers(len(ways)))]), np.uint8)
    return 255 - made if draw.random() < NEGATIVE else made


def grained(image: Floats, contrast: float, draw: Generator) -> NDArray[np.uint8]:
    """With noise, and often packed as JPEG."""
    noise = draw.uniform(0, 0.04) * contrast + draw.uniform(0, 2.5)
    noisy = image + noise * draw.standard_normal(image.shape, np.float32)
    taken = np.clip(noisy, 0, 255).astype(np.uint8)
    if draw.random() < 0.6:
        quality = [cv2.IMWRITE_JPEG_QUALITY, int(draw.integers(25, 96))]
        taken = np.asarray(cv2.imdecode(cv2.imencode(".jpg", taken, quality)[1], cv2.IMREAD_GRAYSCALE), np.uint8)
    return taken


def resized(image: NDArray[Any], size: tuple[int, int], way: int) -> NDArray[Any]:
    return np.asarray(cv2.resize(image, size[::-1], interpolation=way))


def patchy(shape: tuple[int, ...], draw: Generator, low: float, high: float, cells: int = 3) -> Floats:
    """A field that changes slowly, between two values."""
    rows, columns = shape
    coarse = draw.uniform(low, high, (cells, max(2, round(cells * columns / rows)))).astype(np.float32)
    return np.asarray(cv2.resize(coarse, (columns, rows), interpolation=cv2.INTER_CUBIC), np.float32)
