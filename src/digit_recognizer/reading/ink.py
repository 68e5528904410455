"""Where ink stands on a page: a photo -> strokes told from paper, shadows and grain, at a size that bounds the work."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from digit_recognizer.images.opencv import cv2

Grey = NDArray[np.uint8]  # (H, W)
Mask = NDArray[np.bool_]  # (H, W)
Floats = NDArray[np.float32]

MAX_PIXELS = 2_000_000  # of the picture that is worked on: a page's digits are still 20 pixels high there
PAPER_SIDE = 450  # pixels: the longer side at which the paper is estimated
WIDEST = 1 / 8  # of the shorter side: what is dark over less is ink
NARROW = 1 / 40  # of the shorter side: most writing's strokes are no wider
SOME = 0.1  # mean contrast, grey levels per pixel; below it no narrow strokes were found
FAINTEST = 0.1  # of the paper's light: departures below are no ink
GRAIN = 4.5  # standard deviations of the paper's grain that are no ink
NEAR = 1 / 60  # of the longer side: within it the darkest ink says what counts as ink
SHARE = 0.4  # of that darkest ink
SURE = 1.4  # times the faintest: the darkest place of any stroke
BESIDE = 2  # pixels from an erased rule: so far its blurred edges reach
EDGES, SLIM = 0.8, 4  # of a component lie so near a rule, and it is so many times as long as wide: that is its blur


@dataclass(frozen=True)
class Darkness:
    """How much darker than its paper each place of a page is, at the size that is worked on."""

    away: Floats  # (h, w): share of the paper's light that is missing, 0..1
    faintest: float  # from here on a place is no grain of the paper
    factor: float  # pixels here to one of the photo, <= 1
    grey: Grey  # (h, w): the photo at this size, its ink darker than its paper


@dataclass(frozen=True)
class PageInk:
    """The strokes on a page."""

    strength: Floats  # (h, w): 0 paper to 1 the darkest ink nearby; its edges are soft
    mask: Mask  # (h, w): where strokes are
    rules: Mask  # (h, w): where rules were erased
    grey: Grey  # (h, w): the page as it is, its ink darker than its paper

    def turned(self, quarters: int) -> PageInk:
        """The same page turned by `quarters` quarters anticlockwise."""
        return PageInk(
            np.ascontiguousarray(np.rot90(self.strength, quarters)),
            np.ascontiguousarray(np.rot90(self.mask, quarters)),
            np.ascontiguousarray(np.rot90(self.rules, quarters)),
            np.ascontiguousarray(np.rot90(self.grey, quarters)),
        )


def darkness(grey: Grey) -> Darkness:
    """How dark a photo (H, W) uint8 is; of a board with light ink, how dark its negative is."""
    factor = min(1.0, float(np.sqrt(MAX_PIXELS / grey.size)))
    small = resized(grey, factor)
    if light_on_dark(small):
        small = np.asarray(255 - small, np.uint8)
    paper = paper_of(small)
    away = cv2.GaussianBlur(np.clip(1 - small / paper, 0, 1), (0, 0), 0.6)
    return Darkness(np.asarray(away, np.float32), max(FAINTEST, GRAIN * grain(small, paper)), factor, small)


def strokes(dark: Darkness, rules: Mask) -> PageInk:
    """What is left of the darkness (h, w) as strokes without the rules (h, w)."""
    away = np.where(rules, np.float32(0), dark.away)
    peak = cv2.dilate(away, np.ones((odd(NEAR * max(away.shape)),) * 2, np.uint8))
    mask = without_faint(away >= np.maximum(dark.faintest, SHARE * peak), away, SURE * dark.faintest)
    mask = without_edges(mask, rules)
    strength = np.clip(away / np.maximum(peak, dark.faintest), 0, 1).astype(np.float32)
    return PageInk(strength, mask, rules, dark.grey)


def resized(grey: Grey, factor: float) -> Grey:
    """The picture made smaller, areas averaged."""
    if factor >= 1:
        return grey
    size = (max(1, round(grey.shape[1] * factor)), max(1, round(grey.shape[0] * factor)))
    return np.asarray(cv2.resize(grey, size, interpolation=cv2.INTER_AREA), np.uint8)


def odd(pixels: float) -> int:
    """The size of a filter's window, 3 or more."""
    return max(3, round(pixels)) | 1


def light_on_dark(grey: Grey) -> bool:
    """Whether more stands out lighter than darker from the median around it, which is the paper.

    Narrow strokes are compared first, because a light sheet on a dark table also stands out but is wide. Wide strokes
    are compared only if no narrow ones are found.
    """
    small = resized(grey, min(1.0, PAPER_SIDE / max(grey.shape)))
    for widest in (NARROW, WIDEST):
        median = cv2.medianBlur(small, min(255, odd(2 * widest * min(small.shape))))
        away = small.astype(np.int16) - median
        light, dark = (float(np.sum(each[each > 24])) for each in (away, -away))
        if light + dark >= SOME * away.size:
            break
    return light > dark


def paper_of(grey: Grey) -> Floats:
    """The level of the paper below dark ink, (H, W), at least 16.

    What is darker than its surroundings and narrower than WIDEST is filled (a morphological closing), so that the edge
    of a wide shadow stays where it is.
    """
    small = resized(grey, min(1.0, PAPER_SIDE / max(grey.shape)))
    window = odd(WIDEST * min(small.shape))
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (window, window))
    smooth = cv2.GaussianBlur(small, (0, 0), 1)  # or else the closing follows the lightest grain
    closed = cv2.morphologyEx(smooth, cv2.MORPH_CLOSE, kernel).astype(np.float32)
    whole = cv2.resize(cv2.GaussianBlur(closed, (0, 0), 2), grey.shape[::-1], interpolation=cv2.INTER_LINEAR)
    return np.asarray(np.maximum(whole, 16), np.float32)


def grain(grey: Grey, paper: Floats) -> float:
    """The standard deviation of the paper's grain as a share of its light: from the median of what a blur removes."""
    rough = np.abs(grey - cv2.GaussianBlur(grey.astype(np.float32), (0, 0), 2)) / paper
    return 1.4826 * float(np.median(rough[::3, ::3]))


def without_faint(mask: Mask, away: Floats, sure: float) -> Mask:
    """The mask without components that are nowhere as dark as `sure`."""
    count, labels = cv2.connectedComponents(mask.astype(np.uint8), connectivity=8)
    kept = np.zeros(count, bool)
    kept[labels[away >= sure]] = True
    kept[0] = False
    return np.asarray(kept[labels])


def without_edges(mask: Mask, rules: Mask) -> Mask:
    """The mask without components that are hardly more than the blurred edge of an erased rule."""
    if not rules.any():
        return mask
    near = cv2.dilate(rules.astype(np.uint8), np.ones((2 * BESIDE + 1,) * 2, np.uint8)) > 0
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
    sides, area = np.asarray(stats)[:, [cv2.CC_STAT_WIDTH, cv2.CC_STAT_HEIGHT]], np.asarray(stats)[:, cv2.CC_STAT_AREA]
    beside = np.bincount(np.asarray(labels)[mask & near], minlength=count)
    kept = (beside < EDGES * area) | (sides.max(1) < SLIM * sides.min(1))
    return np.asarray(mask & kept[labels])
