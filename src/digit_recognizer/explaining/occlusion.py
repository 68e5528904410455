"""Occlusion: what an answer loses when a patch of the image is covered with paper."""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from digit_recognizer.errors import ConfigError
from digit_recognizer.models import Model

PATCH = 5  # pixels, twice as wide as a stroke of MNIST: narrower patches leave its edges to be seen
STRIDE = 2


def occlusion_map(
    model: Model, image: NDArray[np.uint8], label: int, patch: int = PATCH, stride: int = STRIDE
) -> NDArray[np.float64]:
    """How much each pixel spoke for a class, (H, W) float64, after Zeiler and Fergus 2014, section 4.2.

    A square patch of paper is laid over the image at every `stride` pixels; a pixel's value is the mean, over the
    patches that cover it, of what the class's log odds lose by them, in nats. Positive: the pixel spoke for the class,
    negative: against it, 0: a patch there hides nothing. Log odds, since probabilities near 1 hardly move.

    image: (H, W) uint8 in the network's form, light ink on black. label: the class, 0..K-1. patch, stride: pixels.
    Raises ConfigError for another class, or a patch or stride that does not fit.
    """
    check(model, image, label, patch, stride)
    corners = patch_corners(image, patch, stride)
    heat, times = np.zeros(image.shape), np.zeros(image.shape)
    if not corners:
        return heat
    covered = np.repeat(image[None], len(corners) + 1, axis=0)
    for number, (row, column) in enumerate(corners, 1):
        covered[number, row : row + patch, column : column + patch] = 0
    odds = log_odds(model, covered, label)
    for (row, column), loss in zip(corners, odds[0] - odds[1:], strict=True):
        heat[row : row + patch, column : column + patch] += loss
    for row in starts(image.shape[0], patch, stride):
        for column in starts(image.shape[1], patch, stride):
            times[row : row + patch, column : column + patch] += 1
    return heat / times


def check(model: Model, image: NDArray[np.uint8], label: int, patch: int, stride: int) -> None:
    """Raise ConfigError for what cannot be asked."""
    classes = len(model.header.class_names)
    if not 0 <= label < classes:
        raise ConfigError(f"There is no class {label}. Name one from 0 to {classes - 1}.")
    if not 1 <= stride <= patch <= min(image.shape):
        raise ConfigError(
            f"A patch of {patch} pixels at every {stride} does not cover {image.shape[0]} x {image.shape[1]} pixels."
            " Take 1 <= stride <= patch <= the image's side."
        )


def starts(length: int, patch: int, stride: int) -> list[int]:
    """Where patches begin along a side, so that they reach its end."""
    return [*range(0, length - patch, stride), length - patch]


def patch_corners(image: NDArray[np.uint8], patch: int, stride: int) -> list[tuple[int, int]]:
    """The upper left corners of the patches that hide any ink; others change nothing."""
    inked = sliding_window_view(image, (patch, patch)).max((2, 3))
    rows, columns = (starts(length, patch, stride) for length in image.shape)
    return [(row, column) for row in rows for column in columns if inked[row, column]]


def log_odds(model: Model, images: NDArray[np.uint8], label: int) -> NDArray[np.float64]:
    """The calibrated log odds of a class against all others, (N,), in nats."""
    logits = model.logits(images).astype(np.float64) / model.header.temperature
    others = np.delete(logits, label, axis=1)
    largest = others.max(1)
    odds: NDArray[np.float64] = logits[:, label] - largest - np.log(np.exp(others - largest[:, None]).sum(1))
    return odds
