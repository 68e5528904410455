"""Whether handwritten characters lie transposed, rows for columns, as EMNIST's files have them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from digit_recognizer.images.arrays import InBatch

_LOOKED_AT = 2000  # pictures, evenly through the set
LEAST = 20  # below so many the answer is left open
# Writing is taller than it is wide: of MNIST's digits the standard deviation of the ink's rows is e^0.43 times that of
# its columns, on average. Any 20 upright digits of MNIST's validation images have a mean above 0 (10,000 draws).
_WIDE = -0.15
TRANSPOSED = (
    "The pictures look transposed, rows for columns: their ink is wider than it is tall, as in EMNIST's files. Turn"
    " them: array.swapaxes(1, 2), or put 'emnist' into the file's name."
)


def looks_transposed(images: NDArray[Any]) -> bool:
    """Whether pictures (N, H, W) of light ink on black have ink that is wider than it is tall, on average."""
    if len(images) < LEAST or images.ndim != 3 or images.shape[1] != images.shape[2]:
        return False
    spread = _log_aspect(images[:: max(1, len(images) // _LOOKED_AT)])
    return len(spread) >= LEAST and float(spread.mean()) < _WIDE and float(np.mean(spread < 0)) > 2 / 3


def of_one_array(pictures: Any) -> bool:
    """Whether what a caller hands over is one array, or the rows of a table, which lie in one way or the other."""
    if isinstance(pictures, list | tuple):
        return all(isinstance(each, InBatch) for each in pictures)
    return hasattr(pictures, "shape") or isinstance(pictures, Sequence)


def are_transposed(pictures: Sequence[Any]) -> bool:
    """Whether pictures, as `given.as_list` has them, are arrays of one size that look transposed."""
    arrays = [each.array for each in pictures[:_LOOKED_AT] if isinstance(each, InBatch)]
    if len(arrays) < max(LEAST, len(pictures[:_LOOKED_AT])) or len({each.shape for each in arrays}) != 1:
        return False
    images = np.stack(arrays)
    dark = images.dtype.kind in "uf" and images.ndim == 3 and images.min() >= 0 and images.mean() < images.max() / 2
    return bool(dark) and looks_transposed(images)


def _log_aspect(images: NDArray[Any]) -> NDArray[np.float64]:
    """Of each picture with ink: the logarithm of how much further its ink spreads over rows than over columns, (n,)."""
    rows, columns = (_variance(images.sum(axis, dtype=np.float64)) for axis in (2, 1))
    usable = (rows > 0) & (columns > 0)
    return np.asarray(np.log(rows[usable] / columns[usable]) / 2)


def _variance(mass: NDArray[np.float64]) -> NDArray[np.float64]:
    """The variance of the place of the ink, (N,), by the ink in each row or column, (N, L)."""
    total = np.maximum(mass.sum(1), 1)
    place = np.arange(mass.shape[1])
    middle = mass @ place / total
    return np.asarray(mass @ place**2 / total - middle**2)
