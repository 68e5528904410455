"""Ink and paper told apart under uneven light: a grey picture -> light ink on black paper.

Paper is what changes slowly across a picture; ink stands out from the paper around it. The paper under the ink is taken
from the paper beside it (normalised convolution: Knutsson and Westin 1993). Dirt, the rules of lined and squared paper
and what lies beyond the paper's edge are dropped where they can be told from ink.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from digit_recognizer.images.clutter import without_clutter
from digit_recognizer.images.opencv import cv2
from digit_recognizer.images.shadows import is_shadow_edge
from digit_recognizer.images.surface import edge_of, is_darker, smooth_paper, through_edge

Grey = NDArray[np.uint8]
Floats = NDArray[np.float32]
Mask = NDArray[np.bool_]

EVEN = 4  # grey levels: paper whose edge lies so near its median is even
# Of the edge is paper: of a digit cut out tightly, if its paper is of one level; if nearly; of a page.
CORNERS, MOSTLY, NEARLY_ALL = 0.2, 0.5, 0.9
GREYER = (
    8  # paper in the corners of a digit cut out departs from the lightest, or darkest, by this part of the contrast
)
TIGHT = 32  # pixels: pictures no larger are digits cut out, without clutter
WORKING = 256  # pixels: side at which the paper is estimated
COARSEST = 4  # a stroke is no wider than this part of a digit's picture
ROUNDS = 3
NOISE = 3.0  # standard deviations of the paper's own grain that are no ink
PALE = 0.5  # of the contrast asked for is enough where the paper hardly varies:
CLEAR = 5.0  # ink is so many times its grain, and as much as the light on it changes; a shadow's edge is not


class Found(NamedTuple):
    """What departs from the paper."""

    strength: Floats  # (H, W), about 1 where ink is strongest
    contrast: float  # how far the strongest departs, grey levels
    unrest: float  # how far paper may
    light: Floats | None = None  # under uneven light: the picture, at most WORKING pixels long, ink lighter than paper
    paper: Floats | None = None  # and the paper below its ink


def find_ink(grey: Grey, min_contrast: int = 32) -> Grey | None:
    """A grey picture (H, W) as light ink on black paper, (H, W) uint8; None where nothing stands out from the paper.

    min_contrast: grey levels (1..255) that ink must depart from the paper beside it; pale ink on paper without grain,
        half as many.
    Of a dark and of a light ink the one counts that departs farther from a smooth paper fitted to the picture's edge.
    """
    found = departing(grey)
    if found.contrast < min_contrast * (PALE if found.contrast >= found.unrest else 1):
        return None
    ink = np.asarray(np.rint(np.clip(found.strength, 0, 1) * 255), np.uint8)
    if min(grey.shape) <= TIGHT:
        return ink if ink.any() else None
    kept = without_clutter(ink)
    return kept if kept.any() and not is_edge(found, kept) else None


def departing(grey: Grey) -> Found:
    """What departs from the paper of a picture (H, W), whatever that is like."""
    level = even_paper(grey)
    if level is not None and min(grey.shape) > TIGHT:
        return on_even_paper(grey, level)
    small = shrunk(grey)
    through = through_edge(small)
    dark = is_darker(small - through)
    paper = smooth_paper(small, through, dark=dark)
    if level is not None and (paper is None or np.ptp(paper) <= 2 * EVEN):
        return on_even_paper(grey, level)
    if paper is None:
        return on_uneven_paper(grey, small, dark=dark)
    return on_smooth_paper(grey, small, paper.astype(np.float32), dark=dark)


def is_edge(found: Found, ink: Grey) -> bool:
    """Whether ink (H, W) is nothing but the edge of a shadow."""
    if found.light is None or found.paper is None:
        return False
    return is_shadow_edge(found.light, found.paper, shrunk(ink), without_strokes(found.light))


def even_paper(grey: Grey) -> int | None:
    """The level of paper that is the same all along the picture's edge; None where the light is uneven.

    A digit that was cut out tightly may touch most of the edge: there the corners between are as dark, or as light, as
    anything.
    """
    edge = edge_of(grey)
    if min(grey.shape) <= TIGHT:
        darkest, lightest = int(grey.min()), int(grey.max())
        extreme = lightest if is_light(grey) else darkest
        near = edge[np.abs(edge.astype(np.int16) - extreme) <= (lightest - darkest) / GREYER]
        if len(near) >= CORNERS * len(edge):
            return middle(near)
    level = middle(edge)
    alike = float(np.mean(np.abs(edge.astype(np.int16) - level) <= EVEN))
    return level if alike >= (MOSTLY if min(grey.shape) <= TIGHT else NEARLY_ALL) else None


def is_light(tight: Grey) -> bool:
    """Whether the paper of a digit that was cut out tightly (H, W) is the lighter part of it.

    Paper holds the corners, or most of the edge, or most of the picture, and each of them fails for some digit: a
    bold 1 fills most of its picture, a wide 0 touches all four sides. Their levels are added up.
    """
    corners = tight[[0, 0, -1, -1], [0, -1, 0, -1]]
    mean = np.mean([float(part.mean()) for part in (corners, edge_of(tight), tight)])
    return bool(mean > (int(tight.min()) + int(tight.max())) / 2)


def middle(levels: Grey) -> int:
    """The median, rounded down; np.median takes ten times longer."""
    ordered = np.sort(levels)
    return (int(ordered[(len(ordered) - 1) // 2]) + int(ordered[len(ordered) // 2])) // 2


def on_even_paper(grey: Grey, paper: int) -> Found:
    """What departs from paper of one level in a picture (H, W)."""
    darker, lighter = paper - int(grey.min()), int(grey.max()) - paper
    away = grey.astype(np.float32) - paper if lighter >= darker else paper - grey.astype(np.float32)
    contrast = max(darker, lighter)
    return Found(away / np.float32(max(1, contrast)), float(contrast), CLEAR * max(EVEN, grain_of(away)))


def on_smooth_paper(grey: Grey, small: Floats, paper: Floats, *, dark: bool) -> Found:
    """What departs from paper under light that changes slowly, which `small`, the picture shrunk (H, W), shows."""
    light, below = as_light(small, dark), as_light(paper, dark)
    away = departures(small, below, dark)
    written = away > np.percentile(away, 99) / 2
    contrast = float(np.percentile(light - below, 99))
    strongest = float(np.percentile(away[written], 90))
    ink = strengths(grey, below, dark, 0.0, strongest)
    return Found(ink, contrast, CLEAR * grain_of(light - below))


def on_uneven_paper(grey: Grey, small: Floats, *, dark: bool) -> Found:
    """What departs from paper under uneven light; small: the picture (H, W), shrunk."""
    light = as_light(small, dark)
    paper, written = paper_below(light)
    if not written.any() or written.all():
        return Found(np.zeros(grey.shape, np.float32), 0.0, 0.0)
    away = departures(small, paper, dark)
    strongest = float(np.percentile(away[written], 90))
    low = min(NOISE * grain_of(away[~written]), strongest / 2)
    contrast = float(np.percentile(light[written] - paper[written], 90))
    ink = strengths(grey, paper, dark, low, strongest)
    unrest = max(CLEAR * grain_of(light - paper), float(np.subtract(*np.percentile(paper, [95, 5]))))
    return Found(ink, contrast, unrest, light, paper)


def as_light(picture: Floats, dark: bool) -> Floats:
    """The picture with ink lighter than paper."""
    return 255 - picture if dark else picture


def strengths(grey: Grey, paper: Floats, dark: bool, low: float, strongest: float) -> Floats:
    """How strong ink is on paper, both (H, W): 0 where it departs by `low`, 1 where by `strongest`."""
    whole = np.asarray(cv2.resize(paper, grey.shape[::-1], interpolation=cv2.INTER_LINEAR), np.float32)
    away = departures(grey.astype(np.float32), whole, dark)
    return np.asarray((away - low) / max(1e-6, strongest - low), np.float32)


def grain_of(away: Floats) -> float:
    """The standard deviation of paper (n,), by its median departure (Hampel 1974), which hairlines hardly move."""
    return 1.4826 * float(np.median(np.abs(away - np.median(away))))


def departures(picture: Floats, paper: Floats, dark: bool) -> Floats:
    """How far ink departs from the paper below it, both (H, W).

    A shadow darkens paper and ink alike, so dark ink counts as a share of the light that its paper reflects; light ink
    (fogged, or on a glowing screen) adds to what is below it.
    """
    if not dark:
        return picture - paper
    light = np.maximum(255 - paper, 1)
    return np.asarray((light - picture) / light, np.float32)


def shrunk(grey: Grey) -> Floats:
    """The picture at most WORKING pixels long, areas averaged."""
    factor = min(1.0, WORKING / max(grey.shape))
    if factor == 1:
        return grey.astype(np.float32)
    size = (max(1, round(grey.shape[1] * factor)), max(1, round(grey.shape[0] * factor)))
    return cv2.resize(grey, size, interpolation=cv2.INTER_AREA).astype(np.float32)


def paper_below(light_ink: Floats) -> tuple[Floats, Mask]:
    """The paper (H, W) below light ink, and where ink stands, (H, W)."""
    reach = widest(light_ink)
    paper = without_strokes(light_ink)
    written = np.zeros(light_ink.shape, bool)
    for _ in range(ROUNDS):
        written = stands_out(light_ink - paper)
        beside = 1 - cv2.dilate(written.astype(np.float32), np.ones((3, 3), np.uint8))
        weight = cv2.GaussianBlur(beside, (0, 0), reach / 3)
        smooth = cv2.GaussianBlur(light_ink * beside, (0, 0), reach / 3)
        paper = np.where(weight > 0.01, smooth / np.maximum(weight, 1e-6), paper).astype(np.float32)
    return paper, written


def without_strokes(light_ink: Floats) -> Floats:
    """A picture (H, W) without all light ink that is as narrow as a stroke."""
    reach = widest(light_ink)
    return np.asarray(cv2.morphologyEx(light_ink, cv2.MORPH_OPEN, np.ones((reach, reach), np.uint8)), np.float32)


def widest(picture: Floats) -> int:
    """The side of a window that no stroke fills, pixels, odd."""
    return int(max(3, round(min(picture.shape) / COARSEST) | 1))


def stands_out(away: Floats) -> Mask:
    """Where a picture less its paper is ink: above the threshold of Otsu (IEEE SMC 9, 1979)."""
    levels = np.clip(np.rint(away), 0, 255).astype(np.uint8)
    threshold, _ = cv2.threshold(levels, 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    return np.asarray(levels > threshold)
