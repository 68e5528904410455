"""Writing found on a picture by a network, however it was written and recorded: a grey picture -> its ink on black.

The network (ink.onnx, by scripts/train_ink.py) sees 64 x 64 pixels. It is shown the whole picture first, then the
square around what it found, until the writing fills that square as it did when the network learned.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from digit_recognizer.inference import onnx_session

Grey = NDArray[np.uint8]

SIDE = 64  # pixels of the square that the network sees
FILLED = 40  # of them the writing's longer side has at last
_LOOKS = 4  # at most
_AROUND = 1.15  # the first square's side, of the picture's longer side
_CLOSER = 4.0  # times a square is enlarged at once: of small writing the first look tells the place alone
_ALIKE, _NEAR = 0.12, 0.06  # a next square of that relative size and distance shows no more
_INK = 128  # of 255
_LEAST = 3  # pixels of ink; with fewer the picture is empty


class _Square(NamedTuple):
    """A square of a picture, in its pixels; it may reach beyond the picture."""

    top: float
    left: float
    side: float


@dataclass(frozen=True)
class Writing:
    """The writing on a picture."""

    ink: Grey  # (64, 64), 255 where ink is; its longer side has about 40 pixels, its strokes the width of MNIST's
    digits: tuple[float, ...]  # (10,) 0..1, that it is that digit
    several: float  # that it is several characters
    other: float  # 0..1, that it is a letter, a word or a sign


def find_writing(grey: Grey, faintest: int = 16) -> Writing | None:
    """The writing on a picture (H, W) uint8, dark on light or light on dark; None where there is none.

    Of paper, its rules, shadows, dirt and what lies around it nothing is left. faintest: grey levels between the
    darkest and the lightest pixel; with fewer the picture is empty.
    """
    height, width = grey.shape
    if int(grey.max()) - int(grey.min()) < faintest:
        return None
    paper = _paper_of(grey)
    side = _AROUND * max(height, width)
    square = _Square((height - side) / 2, (width - side) / 2, side)
    for look in range(_LOOKS):
        writing = _seen_in(grey, square, paper)
        found = _square_around(writing.ink, square)
        if found is None:
            return None
        found = _within_picture(found, height, width)
        if look == _LOOKS - 1 or _shows_no_more(found, square):
            break
        square = found
    return writing


def cut_out(grey: Grey, square: _Square, paper: int) -> Grey:
    """A square of a picture as the network sees it, (64, 64); beyond the picture lies paper of that level."""
    height, width = grey.shape
    top, left = max(0, round(square.top)), max(0, round(square.left))
    bottom = min(height, max(top + 1, round(square.top + square.side)))
    right = min(width, max(left + 1, round(square.left + square.side)))
    factor = SIDE / square.side
    first = _within(round((top - square.top) * factor)), _within(round((left - square.left) * factor))
    rows = min(SIDE - first[0], max(1, round((bottom - top) * factor)))
    columns = min(SIDE - first[1], max(1, round((right - left) * factor)))
    kernel = Image.Resampling.BOX if factor < 1 else Image.Resampling.BICUBIC
    seen = np.full((SIDE, SIDE), paper, np.uint8)
    part = Image.fromarray(grey[top:bottom, left:right]).resize((columns, rows), kernel)
    seen[first[0] : first[0] + rows, first[1] : first[1] + columns] = np.asarray(part)
    return seen


def _within(place: int) -> int:
    return min(max(place, 0), SIDE - 1)


def _paper_of(grey: Grey) -> int:
    """The median of the picture's edge, rounded down."""
    edge = np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]])
    return int(np.sort(edge)[(len(edge) - 1) // 2])


def _seen_in(grey: Grey, square: _Square, paper: int) -> Writing:
    """What the network makes of a square."""
    picture = cut_out(grey, square, paper).astype(np.float32)[None, None]
    ink, shown = _network().run(None, {"pictures": picture})
    *digits, several, other = shown[0].tolist()
    return Writing(np.asarray(np.rint(ink[0, 0] * 255), np.uint8), tuple(digits), several, other)


def _square_around(ink: Grey, square: _Square) -> _Square | None:
    """The square that the ink found in another fills as it should; None without ink."""
    inked = ink >= _INK
    if np.count_nonzero(inked) < _LEAST:
        return None
    rows, columns = np.flatnonzero(inked.any(1)), np.flatnonzero(inked.any(0))
    pixel = square.side / SIDE
    longer = (max(rows[-1] - rows[0], columns[-1] - columns[0]) + 1) * pixel
    side = max(longer * SIDE / FILLED, square.side / _CLOSER)
    middle = [
        edge + (inside[0] + inside[-1] + 1) / 2 * pixel for edge, inside in zip(square, (rows, columns), strict=False)
    ]
    return _Square(middle[0] - side / 2, middle[1] - side / 2, float(side))


def _within_picture(square: _Square, height: int, width: int) -> _Square:
    """The square moved so that as little of it as can be lies beyond the picture, whose edges are no paper's."""

    def moved(start: float, length: int) -> float:
        free = length - square.side
        return min(max(start, min(0.0, free)), max(0.0, free))

    return _Square(moved(square.top, height), moved(square.left, width), square.side)


def _shows_no_more(found: _Square, square: _Square) -> bool:
    middles = [(each.top + each.side / 2, each.left + each.side / 2) for each in (found, square)]
    moved = max(abs(one - other) for one, other in zip(*middles, strict=True))
    return abs(found.side / square.side - 1) < _ALIKE and moved < _NEAR * square.side


def network_file() -> Path:
    """The ONNX file of the network (the package is always installed unpacked)."""
    return Path(str(resources.files("digit_recognizer.images") / "ink.onnx"))


@lru_cache(maxsize=1)
def _network() -> Any:
    """On one thread: a look takes about two milliseconds, and callers have processes of their own."""
    return onnx_session(network_file().read_bytes(), threads=1)
