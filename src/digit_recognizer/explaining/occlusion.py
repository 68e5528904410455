"""Occlusion: what an answer loses when a patch of the image is covered."""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from digit_recognizer.data.class_names import index_of
from digit_recognizer.errors import ConfigError
from digit_recognizer.models import Model

# Pixels of a side of 28, scaled with the image's. Twice as wide as a stroke of MNIST: narrower patches leave its edges
# to be seen.
PATCH, _STRIDE, SIDE = 5, 2, 28


def occlusion_map(
    model: Model, image: NDArray[np.uint8], label: int, patch: int | None = None, stride: int | None = None
) -> NDArray[np.float64]:
    """How much each pixel spoke for a class, (H, W) float64, after Zeiler and Fergus 2014, section 4.2.

    A square patch of `plain` is laid over the image at every `stride` pixels; a pixel's value is the mean, over the
    patches that cover it, of what the class's log odds lose by them, in nats. Positive: the pixel spoke for the class,
    negative: against it, 0: a patch there hides nothing. Log odds, since probabilities near 1 hardly move.

    image: (H, W) or (H, W, 3) uint8 in the network's form. label: the class, as `Prediction.label` has it.
    patch, stride: pixels; by default 5 and 2 of a side of 28, and as much of a larger one.
    Raises ConfigError for another class, or a patch or stride that does not fit.
    """
    scale = min(image.shape[:2]) / SIDE
    patch = max(1, round(PATCH * scale)) if patch is None else patch
    stride = max(1, round(_STRIDE * scale)) if stride is None else stride
    index = check(model, image, label, patch, stride)
    cover = plain(model, image)
    corners = _patch_corners(np.not_equal(image, cover), patch, stride)
    heat, times = np.zeros(image.shape[:2]), np.zeros(image.shape[:2])
    if not corners:
        return heat
    covered = np.repeat(image[None], len(corners) + 1, axis=0)
    for number, (row, column) in enumerate(corners, 1):
        covered[number, row : row + patch, column : column + patch] = cover
    odds = log_odds(model, model.logits(covered), index)
    for (row, column), loss in zip(corners, odds[0] - odds[1:], strict=True):
        heat[row : row + patch, column : column + patch] += loss
    for row in starts(image.shape[0], patch, stride):
        for column in starts(image.shape[1], patch, stride):
            times[row : row + patch, column : column + patch] += 1
    return heat / times


def plain(model: Model, image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """What says nothing: paper, where a digit's ink lies on it; of any other picture its mean grey or colour, since
    black is air in one and nothing in another. A number or one a channel.
    """
    if model.preprocess.form == "digit":
        return np.zeros(image.shape[2:], np.uint8)
    return np.asarray(image.mean((0, 1)).round(), np.uint8)


def check(model: Model, image: NDArray[np.uint8], label: int, patch: int, stride: int) -> int:
    """The index of the class that is asked about. Raises ConfigError for what cannot be asked."""
    index = checked_label(model, label)
    if not 1 <= stride <= patch <= min(image.shape[:2]):
        raise ConfigError(
            f"A patch of {patch} pixels at every {stride} does not cover {image.shape[0]} x {image.shape[1]} pixels."
            " Take 1 <= stride <= patch <= the image's side."
        )
    return index


def checked_label(model: Model, label: int | str) -> int:
    """The index of the class that has a label, or a name. Raises ConfigError for one that no class has."""
    names = model.header.class_names
    try:
        return index_of(names, label)
    except ValueError:
        raise ConfigError(f"There is no class {label}. Name one of {', '.join(names[:20])}.") from None


def starts(length: int, patch: int, stride: int) -> list[int]:
    """Where patches begin along a side, so that they reach its end."""
    return [*range(0, length - patch, stride), length - patch]


def _patch_corners(differs: NDArray[np.bool_], patch: int, stride: int) -> list[tuple[int, int]]:
    """The upper left corners of the patches that hide anything, by which values (H, W) or (H, W, 3) differ from the
    cover; others change nothing.
    """
    told = np.asarray(differs.reshape(*differs.shape[:2], -1).any(axis=2))
    hides = np.asarray(sliding_window_view(told, (patch, patch)).any(axis=(2, 3)))
    rows, columns = (starts(length, patch, stride) for length in told.shape)
    return [(row, column) for row in rows for column in columns if hides[row, column]]


def log_odds(model: Model, logits: NDArray[np.float32], label: int) -> NDArray[np.float64]:
    """The calibrated log odds of a class against all others, (N,), in nats; of one of several labels its own."""
    calibrated = logits.astype(np.float64) / model.header.temperature
    if model.header.multi_label:
        return np.asarray(calibrated[:, label])
    others = np.delete(calibrated, label, axis=1)
    largest = others.max(1)
    odds: NDArray[np.float64] = calibrated[:, label] - largest - np.log(np.exp(others - largest[:, None]).sum(1))
    return odds
