"""What lies across or beside the writing on a small picture: lines from edge to edge, haze, strips along the edges.

Each function changes a grey picture (H, W) uint8 where it stands; its ink is (H, W) float32, 0..1.
"""

from __future__ import annotations

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from digit_recognizer.images.opencv import cv2
from digit_recognizer.synthetic.shapes import Floats

Grey = NDArray[np.uint8]

_FINE = 4  # bits of a pixel, for OpenCV's smooth lines
_OVERLAP = 0.4  # share of the strips that cover some of the writing
_UNLIKE = 25  # grey levels at least between a strip and the paper


def with_lines(image: Grey, ink: Floats, draw: Generator) -> None:
    """One to four lines across, straight, waved or jagged, whole or dashed, most of them as dark as the writing."""
    rows, columns = image.shape
    writing = image[ink >= 0.5]
    paper = float(np.median(image))
    for _ in range(int(draw.integers(1, 5))):
        mask = np.zeros(image.shape, np.uint8)
        along = np.arange(-2.0, max(rows, columns) + 2, 1.0)
        across = draw.uniform(0, rows) + np.tan(draw.uniform(-0.5, 0.5)) * (along - columns / 2)
        across = across + _waves(along, draw)
        points = np.stack([along, across], 1)
        if draw.random() < 0.35:
            points = points[:, ::-1]
        _draw_path(mask, points, float(np.exp(draw.uniform(0, np.log(7)))), draw)
        level = float(np.median(writing)) if len(writing) and draw.random() < 0.7 else draw.uniform(0, 255)
        share = mask / 255 * draw.uniform(0.5, 1.0)
        if abs(level - paper) >= _UNLIKE:
            image[:] = np.rint(image * (1 - share) + level * share)


def _waves(along: NDArray[np.float64], draw: Generator) -> NDArray[np.float64]:
    """How far a line leaves its middle, pixels."""
    kind = draw.random()
    if kind < 0.5:
        return np.zeros_like(along)
    period, height, phase = draw.uniform(6, 30), draw.uniform(1, 7), draw.uniform(0, 1)
    if kind < 0.75:
        return np.asarray(height * np.sin(2 * np.pi * (along / period + phase)))
    return np.asarray(height * (4 * np.abs((along / period + phase) % 1 - 0.5) - 1))


def _draw_path(mask: Grey, points: NDArray[np.float64], pen: float, draw: Generator) -> None:
    """A path, whole or in dashes."""
    fine = np.rint(points * 2**_FINE).astype(np.int32)
    dash = int(draw.integers(2, 9)) if draw.random() < 0.35 else len(fine)
    for start in range(0, len(fine), 2 * dash):
        cv2.polylines(mask, [fine[start : start + dash]], False, 255, max(1, round(pen)), cv2.LINE_AA, _FINE)


def with_haze(image: Grey, draw: Generator) -> None:
    """Bright or dark clouds, through which the writing is paler."""
    cells = int(draw.integers(2, 8))
    coarse = draw.uniform(0, draw.uniform(0.3, 0.9), (cells, cells)).astype(np.float32)
    thick = np.clip(cv2.resize(coarse, image.shape[::-1], interpolation=cv2.INTER_CUBIC), 0, 0.9)
    level = draw.choice([0.0, 255.0, draw.uniform(0, 255)])
    image[:] = np.rint(image * (1 - thick) + level * thick)


def with_strips(image: Grey, ink: Floats, draw: Generator) -> None:
    """Strips of other levels along one edge or two: a table, a thumb, a frame, a negative of what is there."""
    inked = ink >= 0.5
    first = int(draw.integers(4))
    turns = [first] if draw.random() < 0.4 else [first, first + 2] if draw.random() < 0.5 else [first, first + 1]
    negative, level = bool(draw.random() < 0.4), float(draw.choice([0.0, 255.0, draw.uniform(0, 255)]))
    grain, alike = float(draw.uniform(0, 12)), float(draw.uniform(0.3, 1.0))
    for turn in turns:
        part, covered = np.rot90(image, turn), np.rot90(inked, turn)  # views: a strip along the upper edge
        places = np.flatnonzero(covered.any(1))
        free = int(places[0]) if len(places) else len(part) // 3
        if draw.random() < _OVERLAP:
            free += 3
        wide = int(np.clip(round(alike * len(part) / 3), 1, max(1, free)))
        if negative:
            part[:wide] = 255 - part[:wide]
        else:
            part[:wide] = np.clip(level + draw.normal(0, grain, part[:wide].shape), 0, 255)
