"""A line of digits, touching or not, read as a whole: no digit needs to be cut out first."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from digit_recognizer.errors import ImageError
from digit_recognizer.images import Preprocess
from digit_recognizer.images.opencv import cv2
from digit_recognizer.images.preprocess import crop
from digit_recognizer.images.strings import MARGIN
from digit_recognizer.models.ctc import Logs, String, align, digit_probabilities, most_probable
from digit_recognizer.models.line_reader import PIXELS, LineReader
from digit_recognizer.reading.digits import check_reads

LONGEST = 64  # times as wide as high: what is wider is no line of digits


@dataclass(frozen=True)
class LineDigit:
    """One digit of a line."""

    label: int  # the digit, as the reader's class is named
    probability: float  # against every other digit and none in its place, the others being as they are
    left: float  # columns of the given image between which it stands; it may lean beyond them, or touch its neighbour
    right: float


@dataclass(frozen=True)
class Line:
    """What a line says."""

    text: str  # "" where there is no ink
    probability: float | None  # 0..1, of the whole string; None where there is no ink
    digits: tuple[LineDigit, ...]  # from left to right


def read_line(image: NDArray[np.uint8], reader: LineReader) -> Line:
    """Read one line of digits.

    image: (H, W) uint8, light ink on black paper, of any size, with nothing but the line on it. Raises ImageError for
    another kind of array and for a line more than LONGEST times as wide as its ink is high; ModelFileError for a reader
    whose classes are not digits.
    """
    check_reads(reader.model)
    if image.ndim != 2 or image.dtype != np.uint8:
        raise ImageError(f"A line is an array (H, W) of uint8, not {image.shape} of {image.dtype}.")
    if not image.any():
        return Line("", None, ())
    line, first, factor = fit_line(image, reader.preprocess)
    (logs,) = reader.observe(line[None])
    string, probability = most_probable(logs)
    names = reader.model.header.class_names
    columns = [first + (edge * PIXELS - MARGIN) / factor for edge in borders(logs, string)]
    first_ink, last_ink = first, first + (line.shape[1] - 2 * MARGIN) / factor
    columns = np.clip(columns, first_ink, last_ink).tolist()
    found = zip(string, digit_probabilities(logs, string), columns, columns[1:], strict=False)
    digits = tuple(LineDigit(int(names[label]), share, left, right) for label, share, left, right in found)
    return Line("".join(names[label] for label in string), probability, digits)


def fit_line(image: NDArray[np.uint8], preprocess: Preprocess) -> tuple[NDArray[np.uint8], int, float]:
    """A line as its reader takes it, (size, W): its ink brought to the height `box`, some paper around.

    Also the first column of ink in the image, and how much larger the ink has become.
    """
    ink = crop(image)
    height, width = ink.shape
    factor = preprocess.box / height
    if width > LONGEST * height:
        raise ImageError(f"A line of {width} x {height} pixels is too long to be one of digits. Cut it into parts.")
    columns = max(1, round(width * factor))
    kernel = cv2.INTER_AREA if factor < 1 else cv2.INTER_LINEAR
    scaled = cv2.resize(ink, (columns, preprocess.box), interpolation=kernel).astype(np.float32)
    levels = np.rint(scaled * (255 / max(1.0, float(scaled.max())))).astype(np.uint8)  # as Preprocess.scale does
    above = (preprocess.size - preprocess.box) // 2
    below = preprocess.size - preprocess.box - above
    strong = image >= max(1, int(image.max()) // 4)
    return np.pad(levels, ((above, below), (MARGIN, MARGIN))), int(strong.any(0).argmax()), columns / width


def borders(logs: Logs, string: String) -> list[float]:
    """Where each digit of a string begins and the last one ends, (L + 1,) columns: half-way between their middles."""
    middles = [(first + last) / 2 for first, last in align(logs, string)]
    if not middles:
        return []
    between = [(left + right) / 2 for left, right in pairwise(middles)]
    return [0.0, *between, float(len(logs))]
