"""Where numbers stand on a page, which way up it lies, and where their ink is: found by a network.

The network (page.onnx; scripts/train_page.py trains it) sees the whole page at about a megapixel, or at four of them.
What it marks of a number is its core, the middle half of its height and a little shorter than the number: regions are
that much larger.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from digit_recognizer.images.opencv import cv2
from digit_recognizer.inference import onnx_session

Grey = NDArray[np.uint8]
Floats = NDArray[np.float32]

SIDE, _CLOSE_SIDE = 1024, 2048  # pixels of a page's longer side, as the network sees it; of one with small writing
_SMALL = 16  # pixels of a number's height there
_LARGER = 3.0  # times a small picture is enlarged at most
_BLOCK, _OUTPUT, _TURN = 32, 2, 8  # pixels: sides are multiples; for each place of the maps; and of the map of turns
_CORE, _INK, _WRITING = range(3)  # of the maps
_CORE_HEIGHT, _AT_ENDS = 0.5, 0.15  # of a number's height: its core's height, and how much shorter that is at each end
# Probability of a core's places, chosen on real-pictures/pages and drawn pages with the score; of ink.
_FOUND, _INKED = 0.4, 0.5
_LIKELY = 0.6  # score of what may be a number
_LEAST, _SPECK = 4, 8  # places: smaller ones are no core, and no ink of a digit
_LINES = 3  # long cores, at least, whose median slope short ones are given
_STEEPEST = 20  # degrees: what is steeper is a stroke, not a line
_LONG = 2.0  # times as long as high: the core of several digits, which tells the slope of its line
_EVEN, _DOUBTFUL = 0.5, (0.3, 0.7)  # share of the cores whose lines run up or down; of a page that may be either
_SAME_LINE = 0.6  # of a number's height
# Regions of one line whose heights differ by less, and between which there is less paper, of their height, are one
# number: the network learned from digits of one number that are at most 0.45 apart, and numbers at least 0.75.
_ALIKE, _MEETING = 1.6, 0.5


class Region(NamedTuple):
    """A number's place: a rectangle that may lean."""

    middle: tuple[float, float]  # x and y, pixels of the page
    length: float  # along the line
    height: float
    slope: float  # radians, by which the line sinks to the right
    score: float = 1.0  # 0..1, of its core: the share that a number's has in that of any writing


@dataclass(frozen=True)
class Regions:
    """The numbers' places on a page that has been turned so that its lines are level."""

    page: Grey  # (H, W), so turned
    places: tuple[Region, ...]  # in reading order
    ink: Floats  # (h, w) 0..1: whether it is the ink of a number
    scale: float  # places of that map for each pixel of the page
    quarters: int  # clockwise, that the page lay turned
    sure: bool  # whether that is clear


@dataclass(frozen=True)
class _Look:
    """What the network says of a page at one size."""

    maps: Floats  # (3, h, w) 0..1
    turns: Floats  # (4, h / 4, w / 4) 0..1
    scale: float  # places of the maps for each pixel of the page
    places: list[Region]

    @property
    def small(self) -> bool:
        """Whether most numbers are so small here that they are seen less well than they could be."""
        heights = [place.height * self.scale * _OUTPUT for place in self.places]
        return bool(heights) and float(np.median(heights)) < _SMALL


def find_regions(grey: Grey) -> Regions:
    """The numbers on a page (H, W) uint8 of any size, in dark ink or light; small writing is looked at closer.

    A page whose lines run up or down is turned so that they are level; it may stand on its head (`turning.upright`).
    """
    look = _look(grey, SIDE)
    if look.small and max(grey.shape) > SIDE:
        look = _look(grey, min(_CLOSE_SIDE, max(grey.shape)))
    across = _across(look)
    quarters, page = int(across > _EVEN), grey
    if quarters:
        page = np.ascontiguousarray(np.rot90(grey, quarters))
        look = _look(page, round(look.scale * _OUTPUT * max(grey.shape)))
    sure = not _DOUBTFUL[0] < across < _DOUBTFUL[1]
    return Regions(page, in_reading_order(look.places), _without_specks(look.maps[_INK]), look.scale, quarters, sure)


def upside_down(regions: Regions) -> Regions:
    """The same page turned by 180 degrees."""
    height, width = regions.page.shape
    places = [place._replace(middle=(width - place.middle[0], height - place.middle[1])) for place in regions.places]
    return replace(
        regions,
        page=np.ascontiguousarray(np.rot90(regions.page, 2)),
        places=in_reading_order(places),
        ink=np.ascontiguousarray(np.rot90(regions.ink, 2)),
        quarters=(regions.quarters + 2) % 4,
    )


def _look(grey: Grey, side: int) -> _Look:
    """A page scaled so that its longer side has `side` pixels, or fewer where the page is small."""
    height, width = grey.shape
    factor = min(_LARGER, side / max(height, width))
    rows, columns = max(1, round(height * factor)), max(1, round(width * factor))
    way = cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC
    small = np.asarray(cv2.resize(grey, (columns, rows), interpolation=way), np.float32)
    padding = (0, -rows % _BLOCK), (0, -columns % _BLOCK)
    given = np.pad(small, padding, constant_values=float(np.median(small)))
    maps, turns = _network().run(None, {"pictures": given[None, None]})
    inside = np.s_[:, : -(-rows // _OUTPUT), : -(-columns // _OUTPUT)]
    scale = factor / _OUTPUT
    return _Look(
        maps[0][inside], turns[0], scale, regions_of_cores(maps[0][inside][_CORE], maps[0][inside][_WRITING], scale)
    )


def _across(look: _Look) -> float:
    """The share, 0..1, of the numbers' cores whose lines run up or down; 0 without any."""
    step = _TURN // _OUTPUT
    cores = look.maps[_CORE][::step, ::step]
    there = cores >= _FOUND
    if not there.any():
        return 0.0
    turns = look.turns[:, : there.shape[0], : there.shape[1]][:, there]
    return float(turns[1::2].sum(0).mean())


def _without_specks(ink: Floats) -> Floats:
    """The map of ink (h, w) without what is too small for a digit: remains of frames and dirt."""
    _, labels, stats, _ = cv2.connectedComponentsWithStats((ink >= _INKED).astype(np.uint8), connectivity=8)
    return np.asarray(np.where(np.asarray(stats)[:, cv2.CC_STAT_AREA][labels] < _SPECK, 0, ink), np.float32)


def regions_of_cores(cores: Floats, writing: Floats, scale: float) -> list[Region]:
    """The regions of cores that are marked on a map (h, w) of 0..1.

    writing: the same of other writing's cores; scale: places of the maps for each pixel of the page.
    """
    count, labels, stats, _ = cv2.connectedComponentsWithStats((cores >= _FOUND).astype(np.uint8), connectivity=4)
    found, scores = [], []
    for number in range(1, count):
        left, top, wide, high, area = (int(each) for each in stats[number])
        if area < _LEAST:
            continue
        inside = np.s_[top : top + high, left : left + wide]
        rows, columns = np.nonzero(np.asarray(labels)[inside] == number)
        score = float((core := cores[inside][rows, columns]).sum() / (core + writing[inside][rows, columns]).sum())
        if score < _LIKELY:
            continue
        scores.append(score)
        found.append(np.stack([columns + left + 0.5, rows + top + 0.5], 1))
    slopes = [_slope(points) for points in found]
    told = [slope for slope in slopes if slope is not None]
    common = float(np.median(told)) if len(told) >= _LINES else 0.0
    return [
        _region(points, common if slope is None else slope, scale)._replace(score=score)
        for points, slope, score in zip(found, slopes, scores, strict=True)
    ]


def _slope(points: NDArray[np.float64]) -> float | None:
    """By how many radians a long core sinks to the right; None of a short one."""
    _, (one, other), degrees = cv2.minAreaRect(points.astype(np.float32))
    if max(one, other) + 1 < _LONG * (min(one, other) + 1):
        return None
    slope = degrees if one >= other else degrees - 90
    slope = (slope + 90) % 180 - 90
    return float(np.radians(slope)) if abs(slope) <= _STEEPEST else None


def _region(points: NDArray[np.float64], slope: float, scale: float) -> Region:
    """The region of a core whose places are given, x and y."""
    turn = np.array([[np.cos(slope), -np.sin(slope)], [np.sin(slope), np.cos(slope)]])  # from the line to the page
    along = points @ turn
    low, high = along.min(0) - 0.5, along.max(0) + 0.5
    length, thick = (high - low).tolist()
    height = thick / _CORE_HEIGHT
    middle = turn @ ((low + high) / 2) / scale
    return Region((float(middle[0]), float(middle[1])), (length + 2 * _AT_ENDS * height) / scale, height / scale, slope)


def in_reading_order(places: Sequence[Region]) -> tuple[Region, ...]:
    """Line by line, each from left to right; all lines slope alike. Regions that nearly meet are one."""
    if not places:
        return ()
    slope = float(np.tan(np.median([place.slope for place in places])))  # short regions have the others' slope
    level = [place.middle[1] - slope * place.middle[0] for place in places]
    lines: list[list[int]] = []
    for number in np.argsort(level, kind="stable").tolist():
        if lines and level[number] - level[lines[-1][-1]] <= _SAME_LINE * places[number].height:
            lines[-1].append(number)
        else:
            lines.append([number])
    found: list[Region] = []
    for line in lines:
        start = len(found)
        for place in sorted((places[number] for number in line), key=lambda place: place.middle[0]):
            if len(found) > start and _nearly_meet(found[-1], place):
                found[-1] = _joined(found[-1], place)
            else:
                found.append(place)
    return tuple(found)


def _ends(place: Region) -> NDArray[np.float64]:
    """Where the middle of a region begins and ends, (2, 2)."""
    along = np.array([np.cos(place.slope), np.sin(place.slope)]) * place.length / 2
    return np.stack([place.middle - along, place.middle + along])


def _nearly_meet(left: Region, right: Region) -> bool:
    """Whether the paper between two neighbours is less than ever lies between two numbers."""
    low, high = sorted((left.height, right.height))
    between = _ends(right)[0] - _ends(left)[1]
    return high < _ALIKE * low and abs(between[1]) < low / 2 and between[0] < _MEETING * low


def _joined(left: Region, right: Region) -> Region:
    first, last = _ends(left)[0], _ends(right)[1]
    across, down = (last - first).tolist()
    x, y = ((first + last) / 2).tolist()
    return Region(
        (x, y), float(np.hypot(across, down)), max(left.height, right.height), float(np.arctan2(down, across))
    )


def network_file() -> Path:
    """The ONNX file of the network (the package is always installed unpacked)."""
    return Path(str(resources.files("digit_recognizer.reading") / "page.onnx"))


@lru_cache(maxsize=1)
def _network() -> Any:
    return onnx_session(network_file().read_bytes(), threads=0)
