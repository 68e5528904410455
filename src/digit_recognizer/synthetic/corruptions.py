"""Fifteen corruptions of images in the manner of MNIST-C: what may befall a digit on its way to a network.

Source: Mu and Gilmer 2019, "MNIST-C: A Robustness Benchmark for Computer Vision", and the amounts in its code.
The code here is this project's own; where the paper has one amount, here are five around it.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from digit_recognizer.errors import ConfigError, DataError, nearest
from digit_recognizer.synthetic import distortions, overlays

Images = NDArray[np.uint8]
Floats = NDArray[np.float32]

SIDE = 28  # pixels: the side that lengths are stated for
CHUNK = 1000  # images at once: bounds the memory


@dataclass(frozen=True)
class _Corruption:
    """One way to spoil an image."""

    distort: Callable[[Floats, float, Sequence[Generator]], Floats]  # images (N, H, W) in 0..1, amount, draws of each
    amounts: tuple[float, ...]  # at severities 1 to 5
    unit: str
    is_length: bool = False  # pixels of a 28 x 28 image; larger images are changed in proportion


PIXELS = "pixels of 28"
TABLE = {
    "shot_noise": _Corruption(distortions.shot_noise, (60, 25, 12, 5, 3), "photons at white"),
    "impulse_noise": _Corruption(distortions.impulse_noise, (0.03, 0.06, 0.09, 0.17, 0.27), "share of the pixels"),
    "glass_blur": _Corruption(distortions.glass_blur, (0.4, 0.6, 0.8, 1, 1.2), PIXELS, is_length=True),
    "motion_blur": _Corruption(distortions.motion_blur, (2, 3.5, 5, 6.5, 8), PIXELS, is_length=True),
    "shear": _Corruption(distortions.shear, (10, 20, 30, 40, 50), "degrees"),
    "scale": _Corruption(distortions.scale, (0.9, 0.8, 0.7, 0.6, 0.5), "share of the size"),
    "rotate": _Corruption(distortions.rotate, (10, 20, 30, 40, 50), "degrees"),
    "brightness": _Corruption(distortions.brightness, (0.1, 0.2, 0.3, 0.4, 0.5), "share of white added"),
    "translate": _Corruption(distortions.translate, (1, 2, 3, 4, 5), PIXELS, is_length=True),
    "stripe": _Corruption(overlays.stripe, (1, 3, 5, 7, 9), PIXELS, is_length=True),
    "fog": _Corruption(overlays.fog, (1, 1.5, 2, 2.5, 3), "white fog to one of the image"),
    "spatter": _Corruption(overlays.spatter, (0.05, 0.1, 0.15, 0.2, 0.3), "share of the pixels"),
    "dotted_line": _Corruption(overlays.dotted_line, (1, 2, 3, 4, 5), "lines"),
    "zigzag": _Corruption(overlays.zigzag, (1.2, 1.75, 2.3, 2.85, 3.4), PIXELS, is_length=True),
    "canny_edges": _Corruption(distortions.canny_edges, (0.2, 0.4, 0.6, 0.8, 1), "share of the edges in the mixture"),
}

CORRUPTIONS = tuple(TABLE)
SEEN = ("rotate", "scale", "shear", "translate")  # training may use these, so they are reported apart
SEVERITIES = (1, 2, 3, 4, 5)


def corrupt(images: Images, name: str, severity: int, seed: int = 0, indices: Sequence[int] | None = None) -> Images:
    """Images (N, H, W) uint8, light ink on black, spoiled in one way; the same shape and type, a new array.

    severity: 1 to 5. indices: (N,), the images' numbers in their set, where these are a part of it; 0 to N-1 unless
        given. What befalls an image depends on seed, name, severity and its number alone, not on the others.
    Needs scipy, of the extra [train]. Raises ConfigError for an unknown name or severity, DataError for other arrays.
    """
    check(images, name, severity)
    corruption, numbers = TABLE[name], range(len(images)) if indices is None else indices
    if len(numbers) != len(images):
        raise DataError(f"{len(images)} images came with {len(numbers)} indices. Give one each.")
    amount = corruption.amounts[severity - 1]
    if corruption.is_length:
        amount *= min(images.shape[1:]) / SIDE
    spoiled = np.empty_like(images)
    for start in range(0, len(images), CHUNK):
        part = slice(start, start + CHUNK)
        draws = [generator(seed, name, severity, int(number)) for number in numbers[part]]
        found = corruption.distort(images[part].astype(np.float32) / np.float32(255), amount, draws)
        spoiled[part] = np.rint(np.clip(found, 0, 1) * 255)
    return spoiled


def generator(seed: int, name: str, severity: int, index: int) -> Generator:
    """The draws of one image."""
    return np.random.default_rng((seed, zlib.crc32(name.encode()), severity, index))


def check(images: Images, name: str, severity: int) -> None:
    """Raise ConfigError or DataError for what cannot be corrupted."""
    if name not in TABLE:
        raise ConfigError(f"The corruption {name!r} is unknown.{nearest(name, list(CORRUPTIONS))}")
    if severity not in SEVERITIES:
        raise ConfigError(f"Severity {severity} of {name} is unknown. Known: 1, 2, 3, 4, 5.")
    if images.ndim != 3 or images.dtype != np.uint8 or 0 in images.shape[1:]:
        raise DataError(f"Images of shape {images.shape}, {images.dtype}: what is corrupted is (N, H, W) uint8.")
