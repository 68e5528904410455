"""Marks drawn as ink on a canvas (H, W) float32, 0..1 (OpenCV)."""

from __future__ import annotations

import numpy as np

from digit_recognizer.images.opencv import cv2
from digit_recognizer.synthetic.shapes import Floats
from digit_recognizer.synthetic.strokes import Stroke
from digit_recognizer.synthetic.written import Mark

FRACTION = 4  # binary digits after the point of the places that OpenCV draws at
_SHARP = 3.0  # how steep a mask's edge is made


def draw_mark(canvas: Floats, mark: Mark, unit: float, origin: Floats, pen: float, level: float) -> None:
    """Draw a mark.

    unit: a digit's height, pen: a stroke's width, both in pixels; origin: where the line begins; level (0..1): from
    which value on a mask is ink, so that its strokes become thinner or thicker.
    """
    place = mark.place * np.float32(unit)
    place[:, 2] += origin
    if mark.shape.mask is None:
        strokes = tuple(np.asarray(stroke @ place[:, :2].T + place[:, 2], np.float32) for stroke in mark.shape.strokes)
        _polylines(canvas, strokes, mark.pressed, pen * mark.thicker)
    else:
        _stamp(canvas, mark, place, level)


def _polylines(canvas: Floats, strokes: tuple[Stroke, ...], value: float, thick: float) -> None:
    """Draw strokes, in pixels, with a pen."""
    width = max(1, round(thick))
    for stroke in strokes:
        points = np.rint(stroke * 2**FRACTION).astype(np.int32)
        if len(points) == 1 or np.ptp(stroke, axis=0).max() < 0.5:
            x, y = points[0]
            radius = int(max(0.6, width * 0.6) * 2**FRACTION)
            cv2.circle(canvas, (int(x), int(y)), radius, value, -1, cv2.LINE_AA, FRACTION)
        else:
            cv2.polylines(canvas, [points.reshape(-1, 1, 2)], False, value, width, cv2.LINE_AA, FRACTION)


def _stamp(canvas: Floats, mark: Mark, place: Floats, level: float) -> None:
    """Warp a mask to its place, its edges made sharp at a level."""
    mask, corners = mark.shape.mask, mark.shape.outline
    assert mask is not None
    points = corners @ place[:, :2].T + place[:, 2]
    low = np.maximum(np.floor(points.min(0)).astype(int) - 1, 0)
    high = np.minimum(np.ceil(points.max(0)).astype(int) + 2, canvas.shape[::-1])
    if (high <= low).any():
        return
    rows, columns = mask.shape
    given = np.array([[-0.5, -0.5], [columns - 0.5, -0.5], [columns - 0.5, rows - 0.5]], np.float32)
    matrix = cv2.getAffineTransform(given, (points[:3] - low).astype(np.float32))
    size = tuple(int(side) for side in high - low)
    warped = cv2.warpAffine(mask, matrix, size, flags=cv2.INTER_CUBIC).astype(np.float32) / np.float32(255)
    ink = np.clip((warped - level) * _SHARP + 0.5, 0, 1) * np.float32(mark.pressed)
    window = canvas[low[1] : high[1], low[0] : high[0]]
    np.maximum(window, ink, out=window)
