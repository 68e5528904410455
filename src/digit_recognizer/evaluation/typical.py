"""What pictures of a set look like together: what disagrees with their mean is of something else, or upside down."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from digit_recognizer.data.spec import Images
from digit_recognizer.images.opencv import cv2
from digit_recognizer.statistics.conformal import ood_limit_of

SIDE = 16  # pixels, at which pictures are compared: where they are light and dark, without their details


@dataclass(frozen=True)
class Typical:
    """The mean of calibration pictures, and how like it a picture of their kind is at least."""

    mean: tuple[int, ...]  # SIDE x SIDE grey levels, 0..255, row by row
    least: float  # Pearson's correlation, -1..1

    def is_like(self, image: Images) -> bool:
        """Whether an image (H, W) or (H, W, 3) uint8, in the network's form, is like them."""
        mean = centred(np.array(self.mean, np.float64)[None])
        return bool((coarse(image[None]) @ mean[0])[0] >= self.least)

    def to_dict(self) -> dict[str, Any]:
        """The fields as JSON keeps them."""
        return {"mean": list(self.mean), "least": self.least}

    @classmethod
    def from_dict(cls, fields: dict[str, Any]) -> Typical:
        """Read back what `to_dict` gave. Raises ValueError, TypeError, KeyError for anything else."""
        made = cls(tuple(int(each) for each in fields["mean"]), float(fields["least"]))
        if len(made.mean) != SIDE**2 or not -1 <= made.least <= 1:
            raise ValueError("its mean picture has another size, or its likeness is none")
        return made


def fit_typical(batches: Iterable[Images]) -> Typical | None:
    """The mean of images, batches of (n, H, W) or (n, H, W, 3) uint8, and the likeness that nearly all of them reach.

    Each is compared with the mean of the others, as a new picture will be. Nearly all, as `ood_limit_of` has it, are
    like it; None where that cannot be said of so few.
    """
    greys = np.concatenate([_shrunk(images) for images in batches])
    others = (greys.sum(0) - greys) / max(1, len(greys) - 1)
    likeness = (centred(greys) * centred(others)).sum(1)
    limit = ood_limit_of(-likeness)
    if limit is None:
        return None
    return Typical(tuple(np.rint(greys.mean(0)).astype(int).tolist()), float(np.clip(-limit, -1, 1)))


def coarse(images: Images) -> NDArray[np.float64]:
    """Images (N, H, W) or (N, H, W, 3) uint8 as vectors (N, SIDE * SIDE), whose products are their correlations."""
    return centred(_shrunk(images))


def _shrunk(images: Images) -> NDArray[np.float64]:
    """Images (N, H, W) or (N, H, W, 3) uint8 as greys (N, SIDE * SIDE), 0..255, areas averaged."""
    small = [cv2.resize(each.astype(np.float32), (SIDE, SIDE), interpolation=cv2.INTER_AREA) for each in images]
    return np.asarray(np.array(small, np.float64).reshape(len(small), SIDE**2, -1).mean(2))


def centred(vectors: NDArray[np.float64]) -> NDArray[np.float64]:
    """Vectors (N, D) less their own means, of unit length; one without contrast stays 0."""
    away = vectors - vectors.mean(1, keepdims=True)
    length = np.linalg.norm(away, axis=1, keepdims=True)
    return np.asarray(np.divide(away, length, out=np.zeros_like(away), where=length > 0))
