"""Corruptions that change the pixels there are: noise, blur, movement, light, edges.

Each function takes images (N, H, W) float32 in 0..1, an amount in its own unit, and a generator for each image; what it
returns may leave 0..1. SciPy is imported where it is used: the base install does without.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

Floats = NDArray[np.float32]
_Draws = Sequence[Generator]

SIDE = 28  # lengths in pixels below are of a 28 x 28 image
_GLASS = 0.7  # pixels, standard deviation of the blur before and after the scattering
_WEAK_EDGE, _STRONG_EDGE = 0.1, 0.2  # of the gradient that Sobel's filter gives, scikit-image's default thresholds


def shot_noise(images: Floats, photons: float, draws: _Draws) -> Floats:
    """Light that is counted: white is `photons` on average, and the count has Poisson's noise."""
    counts = [draw.poisson(image * photons) for image, draw in zip(images, draws, strict=True)]
    return np.asarray(np.stack(counts) / photons, np.float32)


def impulse_noise(images: Floats, share: float, draws: _Draws) -> Floats:
    """Salt and pepper: this share of the pixels turns white or black."""
    chances = np.stack([draw.random(images.shape[1:]) for draw in draws])
    salt_or_not = np.where(chances < share / 2, np.float32(1), images)
    return np.where(chances > 1 - share / 2, np.float32(0), salt_or_not)


def glass_blur(images: Floats, reach: float, draws: _Draws) -> Floats:
    """Frosted glass: blurred, each pixel taken from a place nearby (`reach`: standard deviation, pixels), blurred."""
    from scipy.ndimage import gaussian_filter

    height, width = images.shape[1:]
    aside = np.rint(reach * np.stack([draw.standard_normal((2, height, width)) for draw in draws])).astype(int)
    rows = np.clip(np.arange(height)[:, None] + aside[:, 0], 0, height - 1)
    columns = np.clip(np.arange(width) + aside[:, 1], 0, width - 1)
    blur = _GLASS * min(height, width) / SIDE
    sigma = (0, blur, blur)
    scattered = gaussian_filter(images, sigma)[np.arange(len(images))[:, None, None], rows, columns]
    return np.asarray(gaussian_filter(scattered, sigma))


def motion_blur(images: Floats, length: float, draws: _Draws) -> Floats:
    """A camera that moved `length` pixels along a straight line within 45 degrees of the horizontal."""
    from scipy.signal import fftconvolve

    angles = np.array([draw.uniform(-np.pi / 4, np.pi / 4) for draw in draws])
    return np.asarray(fftconvolve(images, line_kernels(angles, length), mode="same", axes=(1, 2)))


def line_kernels(angles: NDArray[np.float64], length: float) -> Floats:
    """Kernels (N, K, K), each a line of this length through the middle, of sum 1."""
    reach = int(np.ceil(length / 2)) + 1
    count = 4 * reach
    steps = ((np.arange(count) + 0.5) / count - 0.5) * length
    directions = np.stack([np.sin(angles), np.cos(angles)])  # row, column
    places = reach + directions[:, :, None] * steps
    whole = np.floor(places).astype(int)
    kernels = np.zeros((len(angles), 2 * reach + 1, 2 * reach + 1), np.float32)
    numbers = np.arange(len(angles))[:, None]
    for down, right in ((0, 0), (0, 1), (1, 0), (1, 1)):
        row, column = whole[0] + down, whole[1] + right
        weights = (1 - np.abs(places[0] - row)) * (1 - np.abs(places[1] - column))
        np.add.at(kernels, (numbers, row, column), weights / count)
    return kernels


def shear(images: Floats, degrees: float, draws: _Draws) -> Floats:
    """Slanted to the left or right."""
    slants = np.tan(np.radians(degrees)) * signs(draws)
    return moved(images, [np.array([[1, 0], [slant, 1]]) for slant in slants])


def scale(images: Floats, share: float, draws: _Draws) -> Floats:
    """Shrunk to this share about the middle; nothing is drawn by chance."""
    return moved(images, [np.eye(2) / share] * len(draws))


def rotate(images: Floats, degrees: float, draws: _Draws) -> Floats:
    """Turned about the middle, to the left or right."""
    angles = np.radians(degrees) * signs(draws)
    return moved(images, [np.array([[np.cos(a), -np.sin(a)], [np.sin(a), np.cos(a)]]) for a in angles])


def translate(images: Floats, pixels: float, draws: _Draws) -> Floats:
    """Shifted up or down and to the left or right by as much."""
    return moved(images, [np.eye(2)] * len(draws), pixels * np.stack([signs(draws), signs(draws)], axis=1))


def signs(draws: _Draws) -> NDArray[np.float64]:
    """-1 or 1 for each image, (N,)."""
    return np.array([draw.choice((-1.0, 1.0)) for draw in draws])


def moved(images: Floats, matrices: Sequence[NDArray[np.float64]], shifts: NDArray[np.float64] | None = None) -> Floats:
    """Each image under an affine map about its middle, bilinear; matrices (2, 2) from result to source, row first."""
    from scipy.ndimage import affine_transform

    middle = (np.array(images.shape[1:]) - 1) / 2
    made = np.empty_like(images)
    for number, (image, matrix) in enumerate(zip(images, matrices, strict=True)):
        shift = 0 if shifts is None else shifts[number]
        affine_transform(image, matrix, middle - matrix @ middle + shift, order=1, output=made[number])
    return made


def brightness(images: Floats, share: float, _draws: _Draws) -> Floats:
    """Lighter by this share of white; what is white stays white."""
    return images + np.float32(share)


def canny_edges(images: Floats, share: float, _draws: _Draws) -> Floats:
    """The image fades out and its edges fade in; at 1 there are the edges alone."""
    return (1 - share) * images + share * edges(images)


def edges(images: Floats) -> Floats:
    """Edges of Canny (PAMI 8, 1986), 0 or 1: steepest across, and steep, or joined to steep ones within the image."""
    from scipy.ndimage import gaussian_filter, label

    smooth = gaussian_filter(images, (0, 1, 1))
    down, right = gradient(smooth, 1, 2), gradient(smooth, 2, 1)
    steepness = np.hypot(down, right)
    weak = (steepness > _WEAK_EDGE) & _ridges(steepness, np.arctan2(down, right))
    within_an_image = np.zeros((3, 3, 3), bool)
    within_an_image[1] = True
    pieces, count = label(weak, structure=within_an_image)
    kept = np.zeros(count + 1, bool)
    kept[pieces[weak & (steepness > _STRONG_EDGE)]] = True
    return np.asarray(kept[pieces], np.float32)


def gradient(images: Floats, along: int, across: int) -> Floats:
    """Sobel's filter along one axis of the images; scipy's own would mix one image with the next."""
    from scipy.ndimage import correlate1d

    return np.asarray(correlate1d(correlate1d(images, [-1, 0, 1], along), [1, 2, 1], across))


def _ridges(steepness: Floats, direction: Floats) -> NDArray[np.bool_]:
    """Where the gradient is no less than at both neighbours along it, its direction rounded to eighths of a turn."""
    height, width = steepness.shape[1:]
    around = np.pad(steepness, ((0, 0), (1, 1), (1, 1)))
    eighth = np.rint(direction / (np.pi / 4)).astype(int) % 4
    ridge = np.zeros(steepness.shape, bool)
    for number, (down, right) in enumerate(((0, 1), (1, 1), (1, 0), (1, -1))):
        before = around[:, 1 - down : 1 - down + height, 1 - right : 1 - right + width]
        behind = around[:, 1 + down : 1 + down + height, 1 + right : 1 + right + width]
        # One of the two may be equal: of two equal pixels side by side one is kept.
        ridge |= (eighth == number) & (steepness > before) & (steepness >= behind)
    return ridge
