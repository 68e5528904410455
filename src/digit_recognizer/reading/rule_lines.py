"""Rows of pixels that are dark all along, as rules are, once an outline is straightened and its bend taken out."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from digit_recognizer.images.opencv import cv2
from digit_recognizer.reading.bend import POWERS, Bend, find_bend
from digit_recognizer.reading.frame import Darkness, Quad

Floats = NDArray[np.float64]
Inked = NDArray[np.bool_]

_AROUND = 1 / 8  # of a side: margin in which rules may go on
_THICKEST = 1 / 50  # of a side: what is thicker and dark is filled, no rule
_DARK = 0.12  # darkness that counts as full: a hairline then weighs as much as a bold rule or a digit
_FAINTEST = 0.03  # darkness of a rule
COMMON = 0.35  # quantile of a row's darkness that tells a rule: digits leave more paper between


@dataclass(frozen=True)
class Flat:
    """An outline straightened, its rules of one direction lying level and unbent."""

    dark: Darkness  # (H, W), thin ink alone, 0..1 of DARK
    bend: Bend
    top: int  # pixels of margin above, and
    left: int  # beside
    height: int  # of the outline
    width: int

    @property
    def corners(self) -> Quad:
        """Of the outline."""
        right, bottom = self.left + self.width, self.top + self.height
        return np.array([[self.left, self.top], [right, self.top], [right, bottom], [self.left, bottom]], np.float32)


@dataclass(frozen=True)
class Line:
    """A level rule, or what looks like one."""

    row: float  # pixels down, of the straightened outline
    ink: Inked  # (W,): where it is dark
    thick: float  # pixels


Lines = tuple[list[Line], list[Line]]  # level, upright


def flatten(dark: Darkness, quad: Quad) -> tuple[Flat, Flat]:
    """The outline straightened, for its level rules and, axes exchanged, for its upright ones."""
    sides = np.linalg.norm(quad - np.roll(quad, -1, axis=0), axis=1)
    width, height = max(16, round(max(sides[0], sides[2]))), max(16, round(max(sides[1], sides[3])))
    left, top = round(_AROUND * width) + 4, round(_AROUND * height) + 4
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32) + np.array(
        [left, top], np.float32
    )
    homography = cv2.getPerspectiveTransform(quad, corners)
    size = (width + 2 * left, height + 2 * top)
    flat = np.asarray(cv2.warpPerspective(dark, homography, size, flags=cv2.INTER_LINEAR), np.float32)
    level, upright = _thin_ink(flat, height), _thin_ink(np.ascontiguousarray(flat.T), width)
    straight = np.zeros(len(POWERS))
    return (
        Flat(level, Bend(straight, left, top, width, height), top, left, height, width),
        Flat(upright, Bend(straight, top, left, height, width), left, top, width, height),
    )


def _thin_ink(flat: Darkness, height: int) -> Darkness:
    """What is dark and thin from above to below, 0..1 of DARK; height: of the outline."""
    side = max(9, round(_THICKEST * height)) | 1
    thin = cv2.morphologyEx(flat, cv2.MORPH_TOPHAT, np.ones((side, 1), np.uint8))
    return np.asarray(np.minimum(thin, _DARK) / _DARK, np.float32)


def unbent(flat: Flat) -> Flat:
    """The same with the page's bend taken out."""
    bend = find_bend(flat.dark, flat.top, flat.left, flat.height, flat.width)
    return replace(flat, dark=bend.taken_out(flat.dark), bend=bend)


def candidates(flat: Flat, size: int) -> list[Line]:
    """The rows that are darker than those beside nearly all along, gaps of so many pixels closed."""
    joined = cv2.morphologyEx(flat.dark, cv2.MORPH_CLOSE, np.ones((1, size), np.uint8))
    soft = cv2.dilate(joined, np.ones((3, 1), np.uint8))
    inside = slice(flat.left, flat.left + flat.width)
    profile = np.quantile(soft[:, inside], COMMON, axis=1)
    sharp = joined[:, inside].mean(1)
    noise = float(np.quantile(profile, 0.2))
    least = noise + _FAINTEST / _DARK
    taken = np.zeros(len(profile), bool)
    found = []
    for row in np.lexsort((-sharp, -profile)).tolist():
        if profile[row] < least:
            break
        if taken[row]:
            continue
        first, last = _hill(profile - noise, row)
        taken[max(0, first - 1) : last + 2] = True
        along = soft[row].astype(np.float64)
        level = float(np.median(along[inside]))
        found.append(Line(float(row), along >= noise + 0.5 * (level - noise), max(1.0, last - first - 1.0)))
    return sorted(found, key=lambda line: line.row)


def _hill(profile: Floats, top: int) -> tuple[int, int]:
    """The first and last place of a hill around its top: where it has fallen by half, or rises again."""
    ends = []
    for step in (-1, 1):
        at = lowest = top
        while 0 <= at + step < len(profile) and profile[at + step] >= 0.5 * profile[top]:
            at += step
            if profile[at] < profile[lowest]:
                lowest = at
            elif profile[at] > 1.3 * profile[lowest]:
                at = lowest
                break
        ends.append(at)
    return ends[0], ends[1]
