"""Corruptions that lay something over the image: stripes, fog, mud, lines.

Each function takes images (N, H, W) float32 in 0..1, an amount in its own unit, and a generator for each image; what it
returns may leave 0..1. Lengths in pixels below are of a 28 x 28 image. SciPy is imported where it is used.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

Floats = NDArray[np.float32]
_Draws = Sequence[Generator]

SIDE = 28
_FOG_DECAY = 1.7  # amplitude falls as frequency to this power: between the paper's plasma fractals, 1.5 and 2
_DROP = 1.0  # pixels, standard deviation of the filter that makes drops of mud
_SPLASH_EDGE = 0.4  # pixels, of the filter that softens their edges
MUD = 63 / 255
_PEN = 2.3  # pixels, of a dotted line
_DASH = 2  # columns drawn, then as many left out
_ZIGZAG = 2.0  # pixels up and down from a zigzag's middle; it rises and falls at 45 degrees


def stripe(images: Floats, columns: float, _draws: _Draws) -> Floats:
    """The outer columns, this many on each side, as their negative."""
    count = round(columns)
    striped = images.copy()
    for side in (slice(0, count), slice(images.shape[2] - count, None)):
        striped[:, :, side] = 1 - images[:, :, side]
    return striped


def fog(images: Floats, thickness: float, draws: _Draws) -> Floats:
    """Clouds of 0 to `thickness` added, all darkened so that white under the thickest fog is white."""
    thick = np.float32(thickness)
    return np.asarray((images + thick * clouds(images.shape[1], images.shape[2], draws)) / (1 + thick), np.float32)


def clouds(height: int, width: int, draws: _Draws) -> Floats:
    """Noise of 0..1, smooth and of all sizes, (N, H, W): a part of a field of twice the height and width."""
    from scipy.fft import irfft2, rfft2

    whole = (2 * height, 2 * width)
    noise = np.stack([draw.standard_normal(whole, dtype=np.float32) for draw in draws])
    down, across = np.fft.fftfreq(whole[0])[:, None], np.fft.rfftfreq(whole[1])
    frequency = np.hypot(down, across)
    frequency[0, 0] = np.inf  # no mean
    field = irfft2(rfft2(noise) * frequency.astype(np.float32) ** -_FOG_DECAY, s=whole)
    low, high = field.min((1, 2), keepdims=True), field.max((1, 2), keepdims=True)
    return np.asarray(((field - low) / (high - low))[:, :height, :width])


def spatter(images: Floats, share: float, draws: _Draws) -> Floats:
    """Drops of dark mud that hide this share of the image."""
    from scipy.ndimage import gaussian_filter

    unit = min(images.shape[1:]) / SIDE
    noise = np.stack([draw.standard_normal(images.shape[1:], dtype=np.float32) for draw in draws])
    liquid = gaussian_filter(noise, (0, _DROP * unit, _DROP * unit))
    wet = liquid > np.quantile(liquid, 1 - share, axis=(1, 2), keepdims=True)
    mud = gaussian_filter(wet.astype(np.float32), (0, _SPLASH_EDGE * unit, _SPLASH_EDGE * unit))
    return np.asarray(images * (1 - mud) + MUD * mud)


def dotted_line(images: Floats, lines: float, draws: _Draws) -> Floats:
    """Dotted straight lines, from a random height at the left edge to another at the right."""
    height, width = images.shape[1:]
    unit = min(height, width) / SIDE
    across = np.arange(width)
    drawn = across // max(1, round(_DASH * unit)) % 2 == 1
    marked = images
    for _ in range(round(lines)):
        left, right = np.array([draw.uniform(0, height - 1, 2) for draw in draws]).T[:, :, None]
        slope = (right - left) / max(1, width - 1)
        marked = marked + drawn * ink(height, left + slope * across, 1 / np.hypot(1, slope), _PEN * unit)
    return marked


def zigzag(images: Floats, pen: float, draws: _Draws) -> Floats:
    """A zigzag line across the image, rising or falling by at most 5 pixels, its ink `pen` pixels to either side."""
    height, width = images.shape[1:]
    unit = min(height, width) / SIDE
    across = np.arange(width)
    wave = np.abs(across / (2 * _ZIGZAG * unit) % 2 - 1) * 2 - 1  # -1..1, and back after 8 pixels
    inside = (across >= 2 * unit) & (across <= width - 1 - 2 * unit)
    left = np.array([draw.uniform(0, height - 1) for draw in draws])[:, None]
    rise = np.array([draw.uniform(-5, 5) * unit for draw in draws])[:, None]
    middle = left + rise * across / max(1, width - 1) + _ZIGZAG * unit * wave
    return np.asarray(images + inside * ink(height, middle, np.full_like(left, 0.5**0.5), pen))


def ink(height: int, middle: NDArray[np.float64], cosine: NDArray[np.float64], pen: float) -> Floats:
    """The ink (N, H, W) of lines whose middles are at rows `middle`, (N, W), and which slant with this cosine, (N, 1).

    It fades as the paper's: 1 + log(1 - distance / pen), not below 0; the paper's pen is of 2.3 pixels.
    """
    distance = np.abs(np.arange(height)[:, None] - middle[:, None]) * cosine[:, None] / pen
    return np.asarray(np.clip(1 + np.log(np.maximum(1 - distance, 1e-6)), 0, 1), np.float32)
