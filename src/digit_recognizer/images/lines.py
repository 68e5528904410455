"""A grey crop of a line -> what a line reader's network sees: 48 rows, its width scaled along, levels as they are."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from digit_recognizer.images.preprocess import Preprocess

Grey = NDArray[np.uint8]

ROWS = 48
LINE_FORM = Preprocess(size=ROWS, box=ROWS, form="line")  # of a line reader's header
BLOCK = 16  # columns of pixels; widths are multiples of it
LEAST_WIDTH, MOST_WIDTH = 16, 64 * ROWS  # pixels; a longer line is squeezed


def scaled_line(crop: Grey) -> Grey:
    """A crop (H, W) uint8 of any size as a line (48, W') uint8, its aspect kept where W' lies between the bounds."""
    height, width = crop.shape
    columns = min(max(round(width * ROWS / height), LEAST_WIDTH), MOST_WIDTH)
    if (height, width) == (ROWS, columns):
        return crop
    kernel = Image.Resampling.BICUBIC if height <= ROWS else Image.Resampling.BOX
    return np.asarray(Image.fromarray(crop).resize((columns, ROWS), kernel))


def padded_width(line: Grey) -> int:
    """The width, in pixels, at which the network sees a line alone."""
    return -(-int(line.shape[1]) // BLOCK) * BLOCK


def normalised(lines: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Grey levels as the network sees them, -1 (black) to 1 (white)."""
    return np.asarray(lines.astype(np.float32) / np.float32(127.5) - np.float32(1))


def as_inputs(lines: Sequence[Grey]) -> NDArray[np.float32]:
    """Lines (48, W) of several widths as one input (N, 1, 48, W'), middle grey on the right of the narrower ones."""
    widest = max(map(padded_width, lines))
    inputs = np.zeros((len(lines), 1, ROWS, widest), np.float32)
    for place, line in enumerate(lines):
        inputs[place, 0, :, : line.shape[1]] = normalised(line)
    return inputs
