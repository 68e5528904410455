"""Squares and parts of pages as a phone, a scanner or a program records them."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from digit_recognizer.images.opencv import cv2
from digit_recognizer.synthetic.camera import FAINTEST, NEGATIVE, grained, patchy, resized
from digit_recognizer.synthetic.shapes import Floats

_FAR = 30.0  # times the softness of an edge: from there on it is over


def recorded_square(ink: Floats, others: list[tuple[Floats, float]], side: int, draw: Generator) -> NDArray[np.uint8]:
    """A picture (side, side) uint8 of ink (H, H), 0..1, and masks around it, as a phone or a scanner takes it."""
    paper = draw.uniform(110, 252) if draw.random() < 0.85 else draw.uniform(40, 130)
    contrast = max(2 * FAINTEST, paper * float(np.exp(draw.uniform(np.log(0.2), np.log(0.98)))))
    if draw.random() < 0.35:
        ink = ink * patchy(ink.shape, draw, 0.35, 1.0)
    shade = contrast * ink
    for mask, dark in others:
        shade = np.maximum(shade, contrast * dark * mask)
    binarised = draw.random() < 0.1
    image = np.asarray((paper - shade) * (1 if binarised else _light(ink.shape, draw)), np.float32)
    image += patchy(ink.shape, draw, -1, 1, 12) * (4 * draw.uniform(0, 1) ** 2)
    if draw.random() < 0.25 and not binarised:
        image = _beyond_sheet(image, paper, draw)
    blur = draw.uniform(0.0, 1.0) ** 3 * 0.03 * ink.shape[0]
    if blur > 0.4:
        image = np.asarray(cv2.GaussianBlur(image, (0, 0), blur), np.float32)
    seen = round(float(np.exp(draw.uniform(np.log(14), np.log(ink.shape[0])))))
    taken = grained(np.asarray(resized(image, (seen, seen), cv2.INTER_AREA), np.float32), contrast, draw)
    if binarised:
        taken = np.where(taken > paper - contrast / 2, 255, 0).astype(np.uint8)
    return _as_seen(taken, side, draw, NEGATIVE)


def recorded_page(
    ink: Floats, others: list[tuple[Floats, float]], beyond: Floats | None, unit: float, draw: Generator
) -> NDArray[np.uint8]:
    """A part of a page (H, W) uint8 with this ink and these masks, 0..1, all (H, W), as a phone, a scanner or a
    program records it; beyond: 1 where the sheet ends; unit: pixels of a digit's height."""
    even = draw.random() < 0.3  # a program's
    paper = 255.0 if even else draw.uniform(110, 252) if draw.random() < 0.85 else draw.uniform(40, 130)
    contrast = max(2 * FAINTEST, paper * float(np.exp(draw.uniform(np.log(0.4 if even else 0.17), np.log(0.98)))))
    if draw.random() < 0.3:
        ink = ink * patchy(ink.shape, draw, 0.45, 1.0)
    shade = contrast * ink
    for mask, dark in others:
        shade = np.maximum(shade, contrast * dark * mask)
    image = np.asarray(paper - shade, np.float32)
    if not even:
        image = image * _light(ink.shape, draw)
        image += patchy(ink.shape, draw, -1, 1, int(draw.integers(8, 100))) * (5 * draw.uniform(0, 1) ** 2)
    if beyond is not None:
        image = np.asarray(image * (1 - beyond) + _table(ink.shape, paper, draw) * beyond, np.float32)
    blur = draw.uniform(0.0, 1.0) ** 2 * 0.08 * unit
    if blur > 0.4:
        image = np.asarray(cv2.GaussianBlur(image, (0, 0), blur), np.float32)
    if draw.random() < 0.3:
        seen = max(0.12, float(np.exp(draw.uniform(np.log(min(1.0, 10 / unit)), 0))))
        small = tuple(max(8, round(side * seen)) for side in ink.shape)
        image = np.asarray(resized(image, (small[0], small[1]), cv2.INTER_AREA), np.float32)
    taken = np.clip(image, 0, 255).astype(np.uint8) if even else grained(image, contrast, draw)
    if not even and draw.random() < 0.06:
        taken = np.where(taken > paper - contrast / 2, 255, 0).astype(np.uint8)
    if taken.shape != ink.shape:
        taken = np.asarray(resized(taken, (ink.shape[0], ink.shape[1]), cv2.INTER_CUBIC), np.uint8)
    return np.asarray(255 - taken, np.uint8) if draw.random() < 0.1 else taken


def _table(shape: tuple[int, ...], paper: float, draw: Generator) -> Floats:
    """What a sheet lies on: even, grained, or with strips and squares."""
    level, rough = draw.uniform(0, 1.1) * paper, draw.uniform(0, 1) ** 2 * 40
    table = level + patchy(shape, draw, -1, 1, int(draw.integers(4, 120))) * rough
    if draw.random() < 0.3:
        angle, period = draw.uniform(0, np.pi), draw.uniform(6, 90)
        y, x = np.mgrid[: shape[0], : shape[1]].astype(np.float32)
        wave = np.sin((x * np.cos(angle) + y * np.sin(angle)) * 2 * np.pi / period)
        table = table + draw.uniform(4, 40) * np.sign(wave - draw.uniform(-0.9, 0.9))
    return np.asarray(table, np.float32)


def as_drawn(ink: Floats, side: int, draw: Generator) -> NDArray[np.uint8]:
    """A picture (side, side) uint8 of ink (H, H) as a drawing program saves it: even paper, smooth or stepped ink."""
    dark, light = (0.0, 255.0) if draw.random() < 0.8 else sorted(draw.uniform(0, 255, 2))
    light = max(light, dark + 40) if light < 215 else light
    seen = round(float(np.exp(draw.uniform(np.log(12), np.log(ink.shape[0])))))
    ways = (cv2.INTER_AREA, cv2.INTER_AREA, cv2.INTER_NEAREST, cv2.INTER_LINEAR)
    way = ways[int(draw.integers(len(ways)))]
    if way == cv2.INTER_NEAREST:  # a pen is a pixel wide at least
        ink = np.asarray(cv2.dilate(ink, np.ones((round(ink.shape[0] / seen),) * 2, np.uint8)), np.float32)
    small = np.clip(resized(ink, (seen, seen), way), 0, 1)
    if draw.random() < 0.4:
        small = (small > draw.uniform(0.2, 0.6) * small.max()).astype(np.float32)
    elif draw.random() < 0.5:
        small = np.clip(small * draw.uniform(1, 2.5), 0, 1)
    taken = np.clip(light - (light - dark) * small, 0, 255).astype(np.uint8)
    return _as_seen(taken, side, draw, 0.5)


def _light(shape: tuple[int, ...], draw: Generator) -> Floats:
    """Light that falls off slowly, and now and then a shadow with an edge."""
    light = patchy(shape, draw, 1 - 0.5 * draw.uniform(0, 1) ** 2, 1.0, 2)
    if draw.random() < 0.15:
        light = light * (1 - draw.uniform(0.1, 0.6) * _half_plane(shape, draw, float(draw.uniform(0.5, 8))))
    return np.asarray(light, np.float32)


def _beyond_sheet(image: Floats, paper: float, draw: Generator) -> Floats:
    """The sheet's edge near a side of the picture, and a table of another grey beyond it."""
    beyond = _half_plane(image.shape, draw, float(draw.uniform(0.4, 2)), 0.42)
    table = draw.uniform(0, 1) * paper + patchy(image.shape, draw, -1, 1, 16) * draw.uniform(0, 12)
    return np.asarray(image * (1 - beyond) + table * beyond, np.float32)


def _half_plane(shape: tuple[int, ...], draw: Generator, soft: float, inner: float = 0.0) -> Floats:
    """1 on one side of a line, 0 on the other; soft: pixels of its edge; inner (0..0.5): its least distance."""
    angle = draw.uniform(0, 2 * np.pi)
    y, x = np.mgrid[: shape[0], : shape[1]].astype(np.float32)
    across = (x / shape[1] - 0.5) * np.cos(angle) + (y / shape[0] - 0.5) * np.sin(angle)
    beyond = (across - draw.uniform(inner, 0.5)) * shape[0] / soft
    return np.asarray(1 / (1 + np.exp(-np.clip(beyond, -_FAR, _FAR))), np.float32)


def _as_seen(taken: NDArray[np.uint8], side: int, draw: Generator, negative: float) -> NDArray[np.uint8]:
    """A square picture at the size of a network's input, as inference scales it; some are light on dark."""
    way = cv2.INTER_AREA if taken.shape[0] >= side else cv2.INTER_CUBIC
    made = np.asarray(resized(taken, (side, side), way), np.uint8)
    return np.asarray(255 - made, np.uint8) if draw.random() < negative else made
