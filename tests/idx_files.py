"""Small sets in the published formats of MNIST, KMNIST, QMNIST and EMNIST, their labels to be told from each image."""

from __future__ import annotations

import gzip
import struct
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

CODES = {"u1": 8, "i4": 12, "f4": 13}


def idx_bytes(array: NDArray[Any]) -> bytes:
    """An array as an IDX file."""
    header = struct.pack(">HBB", 0, CODES[array.dtype.str[1:]], array.ndim)
    sizes = b"".join(struct.pack(">I", size) for size in array.shape)
    return header + sizes + array.astype(array.dtype.newbyteorder(">")).tobytes()


def image_of(label: int) -> NDArray[np.uint8]:
    """A bright cell in a row and a column that tell the label: it stands elsewhere when the image is transposed."""
    image = np.zeros((28, 28), np.uint8)
    image[2 + label // 8, 12 + label % 8] = 200
    return image


def images_of(labels: NDArray[Any]) -> NDArray[np.uint8]:
    return np.stack([image_of(label) for label in labels])


def write_idx(folder: Path, name: str, array: NDArray[Any], *, packed: bool = True) -> Path:
    """An IDX file in a folder, packed as published."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / (f"{name}.gz" if packed else name)
    path.write_bytes(gzip.compress(idx_bytes(array), mtime=0) if packed else idx_bytes(array))
    return path
