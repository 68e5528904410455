"""Arrays and tensors of the shapes and ranges that people hand over -> one grey image."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from digit_recognizer.errors import ImageError

LUMA = np.array([0.299, 0.587, 0.114])  # ITU-R BT.601, as Pillow's convert("L")
SHAPES = "(H, W), (1, H, W), (H, W, 3), (H, W, 4) or (784,)"


def from_array(array: Any, max_pixels: int, name: str = "the array", channels: int = 1) -> NDArray[np.uint8]:
    """An array or tensor as a grey image (H, W), or with 3 channels a coloured one (H, W, 3), uint8.

    Raises ImageError for a wrong shape, type or range.
    """
    if hasattr(array, "detach"):
        array = from_tensor(array, name)
    if not isinstance(array, np.ndarray):
        raise ImageError(
            f"{name}: {type(array).__name__} is not a picture."
            " Give a file name, a PIL image, a numpy array or a tensor."
        )
    if array.size == 0 or array.size > 4 * max_pixels:
        raise ImageError(f"{name}: has shape {array.shape}, which holds no pixels or more than are decoded.")
    if array.dtype == np.uint8 and array.ndim == 2 and channels == 1:  # as most are: in a photo it takes half a second
        return np.asarray(array * np.uint8(255 if array.max() == 1 else 1))
    levels = to_levels(array, name)
    made = to_plane(levels, name) if channels == 1 else to_colour(levels, name)
    return np.rint(made).astype(np.uint8)


def from_tensor(tensor: Any, name: str) -> NDArray[Any]:
    """A tensor, perhaps on a GPU, as an array; torch itself is not imported here."""
    try:
        values = tensor.detach().cpu()
        return np.asarray((values.float() if values.is_floating_point() else values).numpy())  # numpy has no bfloat16
    except (TypeError, ValueError, RuntimeError) as error:
        raise ImageError(f"{name}: is a tensor whose values cannot be read ({error}).") from error


def to_levels(array: NDArray[Any], name: str) -> NDArray[np.float64]:
    """Values of any accepted type and range as grey levels 0..255."""
    if array.dtype == bool:
        return array.astype(np.float64) * 255
    if array.dtype.kind not in "uif":
        raise ImageError(f"{name}: has type {array.dtype}. Give integers in 0..255 or floats.")
    values = array.astype(np.float64)
    if not np.isfinite(values).all():
        raise ImageError(f"{name}: holds NaN or infinite values. Replace them before asking for a digit.")
    low, high = float(values.min()), float(values.max())
    if array.dtype.kind == "f":
        return float_levels(values, low, high, name)
    if low >= 0 and high == 1:
        return values * 255  # a mask
    if low >= 0 and high <= 255:
        return values
    if low >= 0 and high <= 65535:
        return values / 257  # 16 bits to 8
    raise ImageError(f"{name}: holds values from {low:g} to {high:g}. Integers must lie in 0..255 (or 0..65535).")


def float_levels(values: NDArray[np.float64], low: float, high: float, name: str) -> NDArray[np.float64]:
    """Floats in 0..1, in -1..1 as the classic normalisation leaves them, or in 0..255."""
    if low >= 0 and high <= 1:
        return values * 255
    if low >= -1 and high <= 1:
        return (values + 1) / 2 * 255
    if low >= 0 and high == 1:
        return values * 255  # a mask
    if low >= 0 and high <= 255:
        return values
    raise ImageError(f"{name}: holds values from {low:g} to {high:g}. Floats must lie in 0..1, -1..1 or 0..255.")


def to_plane(levels: NDArray[np.float64], name: str) -> NDArray[np.float64]:
    """Grey levels of an accepted shape as (H, W); colours become their luma, transparency lies on white."""
    shape = levels.shape
    if shape == (784,):
        return levels.reshape(28, 28)
    if len(shape) == 3 and shape[0] == 1:
        return np.asarray(levels[0])
    if len(shape) == 3 and shape[2] == 3:
        return np.asarray(levels @ LUMA)
    if len(shape) == 3 and shape[2] == 4:
        alpha = levels[..., 3] / 255
        return np.asarray((levels[..., :3] @ LUMA) * alpha + 255 * (1 - alpha))
    if len(shape) == 2:
        return levels
    raise ImageError(f"{name}: has shape {shape}. One picture has shape {SHAPES}; give several pictures as a list.")


def to_colour(levels: NDArray[np.float64], name: str) -> NDArray[np.float64]:
    """Levels of an accepted shape, or (3, H, W), as (H, W, 3); grey ones have three equal channels."""
    if levels.ndim == 3 and levels.shape[2] == 3:
        return levels
    if levels.ndim == 3 and levels.shape[2] == 4:
        alpha = levels[..., 3:] / 255
        return np.asarray(levels[..., :3] * alpha + 255 * (1 - alpha))
    if levels.ndim == 3 and levels.shape[0] == 3:
        return levels.transpose(1, 2, 0)
    return np.repeat(to_plane(levels, name)[..., None], 3, axis=2)
