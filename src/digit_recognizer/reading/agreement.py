"""A number that two readers read alike: the line reader as a whole, the recognizer digit by digit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from digit_recognizer.images.opencv import cv2
from digit_recognizer.reading.line import STRUCK, UNLIKE, WORDS, Line
from digit_recognizer.recognizer import Recognizer

Grey = NDArray[np.uint8]
Floats = NDArray[np.float32]

_LIKELY = 0.5  # probability of a line from which on no other one can be more probable
_SURE = 0.995  # probability of each digit that is read by itself
_DARKEST = 0.25  # share of a number's ink: its median darkness is full ink's
_LEAST = 8  # places of ink in a digit


def agreed(lines: Sequence[Line], inks: Sequence[Floats], recognizer: Recognizer) -> list[Line]:
    """Lines; a doubtful one of digits alone is sure where the recognizer is sure of each of them and reads the same.

    inks: of each line its ink (H, W) of its crop, 0..1, as `ink_of_crop` has it.
    """
    asked = [number for number, line in enumerate(lines) if _may_be_sure(line)]
    pictures, owners = list[Grey](), list[int]()
    for number in asked:
        parts = [inks[number][:, left : left + wide] for left, _, wide, _ in _boxes(lines[number])]
        if all(np.count_nonzero(part > _LIKELY) >= _LEAST for part in parts):
            pictures += [
                recognizer.model.preprocess.fit_ink(np.asarray(np.rint(255 * part), np.uint8)) for part in parts
            ]
            owners += [number] * len(parts)
    if not pictures:
        return list(lines)
    found = recognizer.predict_prepared(np.stack(pictures), "")
    read = list(lines)
    for number in sorted(set(owners)):
        own = [each for each, owner in zip(found, owners, strict=True) if owner == number]
        sure = all(each.status == "ok" and (each.probability or 0.0) >= _SURE for each in own)
        if sure and "".join(str(each.name) for each in own) == lines[number].text:
            read[number] = replace(lines[number], status="ok", reason=None)
    return read


def _may_be_sure(line: Line) -> bool:
    """Whether its digits can make it sure: what looks like a 1 between two of them may be a slash or a bar."""
    seen = line.status == "unsure" and line.reason not in (STRUCK, WORDS, UNLIKE)
    plain = line.text.isdecimal() and "1" not in line.text[1:-1]
    return seen and plain and (line.probability or 0.0) >= _LIKELY


def _boxes(line: Line) -> list[tuple[int, int, int, int]]:
    return [each.box for each in line.characters]


def ink_of_crop(crop: Grey, places: NDArray[np.float64], spread: int) -> Floats:
    """How much of each pixel of a crop (H, W) is ink, 0..1, beside the darkest; paper's rules and dirt are left out.

    places: (n, 2) x and y of ink that was found at a coarser size; spread: pixels around each that may be ink, too.
    """
    mask = np.zeros(crop.shape, np.uint8)
    inside = ((places >= 0) & (places < crop.shape[::-1])).all(1)
    x, y = places[inside].astype(np.int64).T
    mask[y, x] = 1
    mask = cv2.dilate(mask, np.ones((2 * spread + 1,) * 2, np.uint8)).astype(bool)
    if mask.all() or not mask.any():
        return np.zeros(crop.shape, np.float32)
    away = np.abs(crop.astype(np.float32) - np.median(crop[~mask]))
    full = float(np.quantile(away[mask], 1 - _DARKEST / 2))
    return np.asarray(np.where(mask, np.clip(away / max(full, 1.0), 0, 1), 0), np.float32)
