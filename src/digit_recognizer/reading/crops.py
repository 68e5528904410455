"""The regions of a page cut out of it: each with paper around it, its line level."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from digit_recognizer.images.opencv import cv2
from digit_recognizer.reading.regions import Grey, Region, Regions

_BESIDE, _ABOVE, _BELOW = 0.5, 0.3, 0.35  # of a number's height: paper around it that the readers are given
_LEAST_BESIDE = 0.08  # of it, where a neighbour is near
_LEVEL_WITH = 0.8  # of two numbers' mean height: so far above one another they are beside each other
_LEVEL = 0.01  # radians: places that slope less are cut out as they are


@dataclass(frozen=True)
class Cut:
    """A region cut out of a page."""

    crop: Grey
    to_page: NDArray[np.float64]  # (2, 3), from pixels of the crop to pixels of the page
    rows: tuple[float, float]  # of the crop, between which the number stands


def cut_out(regions: Regions) -> list[Cut]:
    """Each region of a page, in order."""
    beside = _beside(regions.places)
    return [_cut(place, regions.page, *each) for place, each in zip(regions.places, beside, strict=True)]


def _beside(places: Sequence[Region]) -> list[tuple[float, float]]:
    """Pixels of paper left and right of each region in its crop: at most half of those to its neighbour."""
    made = []
    for place in places:
        turn = np.array([np.cos(place.slope), np.sin(place.slope)])
        free = [_BESIDE * place.height] * 2
        for other in places:
            along, down = (np.subtract(other.middle, place.middle) @ np.stack([turn, turn[::-1] * [-1, 1]], 1)).tolist()
            if other is not place and abs(down) < (place.height + other.height) * _LEVEL_WITH / 2:
                gap = abs(along) - (place.length + other.length) / 2
                free[int(along > 0)] = min(free[int(along > 0)], max(_LEAST_BESIDE * place.height, gap / 2))
        made.append((free[0], free[1]))
    return made


def _cut(place: Region, page: Grey, before: float, after: float) -> Cut:
    """A region with paper around it, its line level; before, after: pixels on its left and right."""
    above = place.height * (0.5 + _ABOVE)
    wide = before + place.length + after
    high = place.height * (1 + _ABOVE + _BELOW)
    (x, y), turn = place.middle, place.slope
    first = place.length / 2 + before
    if abs(turn) < _LEVEL:
        left, top = max(0, round(x - first)), max(0, round(y - above))
        right, bottom = round(x - first + wide), round(y - above + high)
        inside = np.s_[top : max(bottom, top + 4), left : max(right, left + 4)]
        rows = y - top - place.height / 2, y - top + place.height / 2
        return Cut(page[inside], np.array([[1.0, 0, left], [0, 1.0, top]]), rows)
    rotation = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    corner = np.array([x, y]) - rotation @ np.array([first, above])
    to_page = np.hstack([rotation, corner[:, None]])
    size = max(4, round(wide)), max(4, round(high))
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    level = cv2.warpAffine(page, to_page, size, flags=flags, borderMode=cv2.BORDER_REPLICATE)
    return Cut(np.asarray(level, np.uint8), to_page, (above - place.height / 2, above + place.height / 2))
