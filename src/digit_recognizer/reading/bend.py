"""How a page is bent: what the paths of its rules have in common."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from digit_recognizer.images.opencv import cv2
from digit_recognizer.reading.frame import Darkness
from digit_recognizer.reading.grid_rules import best_paths, trust_in

Floats = NDArray[np.float64]

_BANDS = 24  # in which a path is sought
_STEPS = 96  # places of a path
POWERS = ((1, 0), (2, 0), (3, 0), (4, 0), (5, 0), (1, 1), (2, 1), (3, 1), (1, 2), (2, 2))  # along, across


@dataclass(frozen=True)
class Bend:
    """How far down a level rule lies at each place along it, more than on the average."""

    factors: Floats  # one for each of POWERS, pixels
    left: int
    top: int
    width: int
    height: int

    def offsets(self, along: Floats, rows: Floats) -> Floats:
        """The same at places (K, N) that differ from rule to rule."""
        x = np.clip((along - self.left) / self.width, -0.1, 1.1)
        y = ((rows - self.top) / self.height)[:, None]
        powers = zip(self.factors, POWERS, strict=True)
        return np.asarray(sum(factor * y**j * (x**i - 1 / (i + 1)) for factor, (i, j) in powers))

    def taken_out(self, flat: Darkness) -> Darkness:
        """The picture unbent."""
        rows, along = np.arange(flat.shape[0], dtype=np.float64), np.arange(flat.shape[1], dtype=np.float64)
        down = (rows[:, None] + self.offsets(along[None], rows)).astype(np.float32)
        across = np.broadcast_to(along.astype(np.float32), flat.shape)
        return np.asarray(cv2.remap(flat, np.ascontiguousarray(across), down, cv2.INTER_LINEAR), np.float32)


def find_bend(thin: Darkness, top: int, left: int, height: int, width: int) -> Bend:
    """The smooth bend that the darkest paths from side to side have in common."""
    scale = _BANDS * 16 / height
    inside = thin[:, left : left + width]
    small = cv2.resize(inside, (_STEPS * 4, max(8, round(len(thin) * scale))), interpolation=cv2.INTER_AREA)
    runs = 0.5 * cv2.morphologyEx(small, cv2.MORPH_OPEN, np.ones((1, 17), np.uint8)) + 0.5 * cv2.blur(small, (17, 1))
    steps = np.asarray(runs.reshape(len(runs), _STEPS, 4).mean(2), np.float64)
    centres = top * scale + 16 * np.arange(_BANDS + 1.0)
    paths, strength = best_paths(steps, np.repeat(centres[:, None], _STEPS, 1), 14)
    paths /= scale
    along = np.repeat((np.arange(_STEPS) + 0.5)[None] / _STEPS, len(paths), 0)
    across = np.repeat((paths.mean(1, keepdims=True) - top) / height, _STEPS, 1)
    table = np.stack([along**i * across**j for i, j in POWERS], axis=-1)
    weights = np.maximum(strength, 0.01)
    trust = np.ones_like(weights)
    factors = np.zeros(len(POWERS))
    for _ in range(6):
        both = weights * trust
        total = both.sum(1, keepdims=True)
        centred = table - (both[..., None] * table).sum(1, keepdims=True) / total[..., None]
        offsets = paths - (both * paths).sum(1, keepdims=True) / total
        root = np.sqrt(both)
        factors = np.linalg.lstsq(
            (centred * root[..., None]).reshape(-1, len(POWERS)), (offsets * root).ravel(), rcond=None
        )[0]
        errors = offsets - centred @ factors
        trust = trust_in(errors)
    return Bend(factors, left, top, width, height)
