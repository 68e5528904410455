"""An array or tensor of an accepted shape and range -> one grey image, or one in colour."""

from __future__ import annotations

from dataclasses import dataclass
from numbers import Number
from typing import Any

import numpy as np
from numpy.typing import NDArray

from digit_recognizer.errors import ImageError
from digit_recognizer.images.ranges import Range, for_form, to_levels
from digit_recognizer.images.shapes import SHAPES, one

_LUMA = np.array([0.299, 0.587, 0.114])  # ITU-R BT.601, as Pillow's convert("L")


@dataclass(frozen=True)
class InBatch:
    """A picture (H, W), (H, W, 3) or (H, W, 4) of a batch, and what the numbers of the batch mean."""

    array: NDArray[Any]
    range: Range | None  # None: of its own


@dataclass(frozen=True)
class Refused:
    """What was given in the place of a picture and cannot be read as one, and why."""

    cause: str


def as_array(thing: Any, name: str) -> NDArray[Any]:
    """An array, a tensor, or what says that it can be an array, as one. Raises ImageError for anything else."""
    if hasattr(thing, "detach"):
        return from_tensor(thing, name)
    if np.ma.is_masked(thing):
        raise ImageError(f"{name}: is an array with masked values. Fill them first: array.filled(0)")
    made = np.asarray(thing) if hasattr(thing, "__array__") else thing
    if not isinstance(made, np.ndarray):
        raise ImageError(
            f"{name}: {type(thing).__name__} is not a picture."
            " Give a file name, a PIL image, a numpy array or a tensor."
        )
    return as_numbers(made)


def as_numbers(array: NDArray[Any]) -> NDArray[Any]:
    """A table whose cells are Python's own numbers, as pandas keeps those that may be absent, as an array of these.

    Floats of fewer bits than numpy has (JAX's bfloat16) become float32.
    """
    if array.dtype.kind == "V" and "float" in array.dtype.name:
        return array.astype(np.float32)
    if array.dtype == object and array.ndim > 1 and array.size and isinstance(array.flat[0], Number):
        try:
            whole = all(isinstance(value, int | np.integer) for value in array.flat)
            return array.astype(np.int64 if whole else np.float64)
        except (TypeError, ValueError):
            return array
    return array


def one_picture(
    picture: Any, max_pixels: int, name: str = "the array", channels: int = 1, form: str = "digit"
) -> NDArray[np.uint8]:
    """An array or tensor of one picture, or what `as_list` made of one, as `from_array` gives it; (H, W) is a plane."""
    if isinstance(picture, Refused):
        raise ImageError(f"{name}: {picture.cause}")
    if isinstance(picture, InBatch):
        return from_array(picture.array, max_pixels, name, channels, for_form(picture.range, form))
    array = as_array(picture, name)
    _check_size(array, max_pixels, name)
    return from_array(array if array.ndim == 2 else one(array, name, channels), max_pixels, name, channels)


def _check_size(array: NDArray[Any], max_pixels: int, name: str) -> None:
    """Raise ImageError for an array without values, or with more than one picture may have."""
    if array.size == 0 or array.size > 4 * max_pixels:
        raise ImageError(f"{name}: has shape {array.shape}, which holds no pixels or more than are decoded.")


def from_array(
    array: NDArray[Any], max_pixels: int, name: str = "the array", channels: int = 1, given: Range | None = None
) -> NDArray[np.uint8]:
    """A picture (H, W), (H, W, 3) or (H, W, 4) as a grey image (H, W), or with 3 channels a coloured one (H, W, 3).

    given: the range of the batch that it stands in. Raises ImageError for a wrong shape, type or range.
    """
    _check_size(array, max_pixels, name)
    if array.dtype == np.uint8 and array.ndim == 2 and channels == 1:  # as most are: in a photo it takes half a second
        mask = array.max() == 1 if given is None else given.high == 1
        if mask or given is None or given.factor == 1:
            return np.asarray(array * np.uint8(255 if mask else 1))
    levels = to_levels(array, name, given)
    made = _to_plane(levels, name) if channels == 1 else to_colour(levels, name)
    return np.rint(made).astype(np.uint8)


def from_tensor(tensor: Any, name: str) -> NDArray[Any]:
    """A tensor, perhaps on a GPU, as an array; torch itself is not imported here."""
    try:
        values = tensor.detach().cpu()
        return np.asarray((values.float() if values.is_floating_point() else values).numpy())  # numpy has no bfloat16
    except (TypeError, ValueError, RuntimeError) as error:
        raise ImageError(f"{name}: is a tensor whose values cannot be read ({error}).") from error


def _to_plane(levels: NDArray[np.float64], name: str) -> NDArray[np.float64]:
    """Grey levels of a picture as (H, W); colours become their luma, transparency lies on white."""
    if levels.ndim == 2:
        return levels
    if levels.ndim == 3 and levels.shape[2] == 3:
        return np.asarray(levels @ _LUMA)
    if levels.ndim == 3 and levels.shape[2] == 4:
        alpha = levels[..., 3] / 255
        return np.asarray((levels[..., :3] @ _LUMA) * alpha + 255 * (1 - alpha))
    raise ImageError(f"{name}: has shape {levels.shape}. One picture has shape {SHAPES}; give several as a list.")


def to_colour(levels: NDArray[np.float64], name: str) -> NDArray[np.float64]:
    """Levels of a picture as (H, W, 3); grey ones have three equal channels, transparency lies on white."""
    if levels.ndim == 3 and levels.shape[2] == 3:
        return levels
    if levels.ndim == 3 and levels.shape[2] == 4:
        alpha = levels[..., 3:] / 255
        return np.asarray(levels[..., :3] * alpha + 255 * (1 - alpha))
    return np.repeat(_to_plane(levels, name)[..., None], 3, axis=2)
