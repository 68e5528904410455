"""The rules of a grid inside an outline, followed as they run: a newspaper's page is bent, and so are they.

Each rule is a path from side to side that gathers the most darkness (dynamic programming). What all paths of one
direction have in common, a smooth bend of the page, is fitted, and the paths are sought once more near to it: so a
faint rule is helped by its neighbours and no path follows the digits.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from digit_recognizer.images.opencv import cv2
from digit_recognizer.reading.frame import Darkness, Quad

Floats = NDArray[np.float64]

_PITCH = 32  # pixels from rule to rule where they are sought
_ALONG = 288  # pixels of the outline's other side there
STEP = 4  # pixels from one place of a path to the next
_DARK = 0.12  # darkness that counts as full: a hairline then weighs as much as a bold rule or a digit
RUN = 17  # pixels along a rule that are averaged: more than a digit's stroke is long
_WIDE, _NARROW = 12, 5  # pixels to either side in which a path is sought, first and then
_STIFFNESS = 0.06  # what one pixel of bend costs a path, in full darkness
# What a path pays for going as far away as it may, in full darkness: beside a grid runs the paper's edge, or text.
_STRAYING = 0.4
_DEGREE = 3  # of the polynomial in two variables that a page's bend is
_ACROSS = 2  # its degree across the rules: with more, a line of text above a grid draws the outermost rule away
_MIN_QUALITY = 0.78  # of rules; other drawings reach 0.77, and mostly 0.65
_MIN_CONTRAST = 0.1
_HOPELESS = 0.6  # with less no other way of seeking them makes rules
MAX_RULES = 25  # rows or columns of a grid that is followed so


@dataclass(frozen=True)
class Rules:
    """The n + 1 rules of one direction inside an outline."""

    paths: Floats  # (n + 1, N): where across, 0..1 of the outline, at N places along
    places: Floats  # (N,): where along, 0..1 of the outline
    quality: float  # how probably a piece of a rule is darker than a piece of a path between rules; 0.5 is chance
    darkness: float  # mean along the rules, as a share of DARK
    contrast: float  # median darkness of the former less that of the latter, as a share of DARK

    @property
    def sound(self) -> bool:
        """Whether these are rules at all."""
        return self.quality >= _MIN_QUALITY and self.contrast >= _MIN_CONTRAST


def find_nodes(dark: Darkness, quad: Quad, shape: tuple[int, int]) -> tuple[Floats, float] | None:
    """Where the rules cross, (R + 1, C + 1, 2) across and down in pixels, and their quality, 0..1.

    shape: rows and columns. None where there is no such grid in the outline.
    """
    turned = np.ascontiguousarray(dark.T)
    level = _find_rules(dark, quad, shape[0])
    if level is None:
        return None
    upright = _find_rules(turned, transposed(quad), shape[1])
    if upright is None:
        return None
    square = crossings(level, upright)
    photo = cv2.perspectiveTransform(square.reshape(-1, 1, 2), _unit_to(quad))
    return np.asarray(photo, np.float64).reshape(square.shape), min(level.quality, upright.quality)


def _find_rules(dark: Darkness, quad: Quad, n: int) -> Rules | None:
    """The n + 1 level rules inside an outline, sound ones or None."""
    flat = _straightened(dark, quad, n)
    found = follow(flat, n)
    if found.quality >= _HOPELESS:  # an edge beside a grid draws paths that stray freely away; folds want them
        found = max(found, follow(flat, n, _STRAYING), key=lambda each: each.darkness)
    return found if found.sound else None


def _straightened(dark: Darkness, quad: Quad, n: int) -> Darkness:
    """The darkness, 0..1 of DARK, in the outline as n rows of PITCH pixels, with a margin of PITCH around."""
    corners = np.array([[0, 0], [_ALONG, 0], [_ALONG, n * _PITCH], [0, n * _PITCH]], np.float32) + _PITCH
    size = (_ALONG + 2 * _PITCH, (n + 2) * _PITCH)
    flat = cv2.warpPerspective(dark, cv2.getPerspectiveTransform(quad, corners), size, flags=cv2.INTER_LINEAR)
    return np.asarray(cv2.GaussianBlur(np.minimum(flat, _DARK) / _DARK, (0, 0), 0.8), np.float32)


def _in_steps(flat: Darkness) -> Floats:
    """Means of STEP pixels along, (H, N)."""
    return np.asarray(flat.reshape(len(flat), -1, STEP).mean(2), np.float64)


def _unbroken(flat: Darkness) -> Darkness:
    """The darkness that goes on along for RUN pixels (a morphological opening): that of rules, not of digits.

    Rules may climb a little: each place counts as dark as its neighbours above and below.
    """
    thick = cv2.dilate(flat, np.ones((3, 1), np.uint8))
    return np.asarray(cv2.morphologyEx(thick, cv2.MORPH_OPEN, np.ones((1, RUN), np.uint8)), np.float32)


def follow(flat: Darkness, n: int, straying: float = 0.0) -> Rules:
    """The n + 1 level rules in an outline straightened; straying: what the first paths pay for leaving even steps."""
    runs = 0.5 * _unbroken(flat) + 0.5 * cv2.blur(flat, (RUN, 1))
    dark, fine = _in_steps(runs), _in_steps(flat)
    places = ((np.arange(dark.shape[1]) + 0.5) * STEP - _PITCH) / _ALONG
    straight = _PITCH * (1 + np.arange(n + 1.0))
    first, strength = best_paths(dark, np.repeat(straight[:, None], len(places), 1), _WIDE, straying)
    inside = (places >= 0) & (places <= 1)
    along, across = np.meshgrid(places[inside], np.arange(n + 1) / n)
    bend = _fit_bend(along, across, (first - straight[:, None])[:, inside], strength[:, inside])
    near = np.clip(places, 0, 1)
    paths, _ = best_paths(dark, straight[:, None] + bent(bend, near, np.arange(n + 1) / n), _NARROW, _STRAYING)
    middles = _PITCH * (1.5 + np.arange(n))
    others, _ = best_paths(dark, middles[:, None] + bent(bend, near, (np.arange(n) + 0.5) / n), _NARROW, _STRAYING)
    on, between = (_along_paths(fine, each)[:, inside] for each in (paths, others))
    pieces, gaps = _in_pieces(on), _in_pieces(between)
    darker, contrast = float((pieces[:, None] > gaps).mean()), float(np.median(pieces) - np.median(gaps))
    return Rules((paths / _PITCH - 1) / n, places, darker, float(on.mean()), contrast)


def _along_paths(fine: Floats, paths: Floats) -> Floats:
    """The darkness (H, N) on paths (K, N)."""
    rows = np.clip(paths, 0, len(fine) - 1).astype(np.int64)
    return np.asarray(fine[rows, np.arange(fine.shape[1])])


def _in_pieces(strength: Floats) -> Floats:
    """How dark each ninth of the paths (K, N) is throughout, (9 K,): rules are unbroken, rows of digits have gaps."""
    return np.concatenate([np.quantile(part, 0.3, axis=1) for part in np.array_split(strength, 9, axis=1)])


def best_paths(dark: Floats, centres: Floats, band: int, straying: float = 0.0) -> tuple[Floats, Floats]:
    """From side to side the paths that gather most darkness within `band` pixels of their centres.

    dark: (H, N); centres: (K, N) pixels down; straying: what a path pays at the end of its band.
    Returns the paths (K, N), pixels down, and the darkness on them (K, N).
    """
    middle = np.rint(centres).astype(np.int64)
    rows = middle[:, None] + np.arange(-band, band + 1)[:, None]
    outside = (rows < 0) | (rows >= len(dark))
    gain = np.where(outside, -1.0, dark[np.clip(rows, 0, len(dark) - 1), np.arange(dark.shape[1])])  # (K, B, N)
    away = (rows - centres[:, None]) / band
    dear = gain - straying * away**2
    steps = (-2, -1, 0, 1, 2)
    total, came = dear[:, :, 0], np.zeros(gain.shape, np.int64)
    for place in range(1, gain.shape[2]):
        padded = np.pad(total, ((0, 0), (2, 2)), constant_values=-np.inf)
        options = np.stack([padded[:, 2 + s : 2 + s + total.shape[1]] - _STIFFNESS * s * s for s in steps])
        best = options.argmax(0)
        came[:, :, place] = best - 2
        total = options.max(0) + dear[:, :, place]
    at = np.empty(middle.shape, np.int64)
    at[:, -1] = total.argmax(1)
    each = np.arange(len(at))
    for place in range(gain.shape[2] - 1, 0, -1):
        at[:, place - 1] = at[:, place] + came[each, at[:, place], place]
    return (middle + at - band).astype(np.float64), np.take_along_axis(gain, at[:, None], 1)[:, 0]


def _terms(along: Floats, across: Floats) -> Floats:
    """The powers of a polynomial in two variables, (n, terms)."""
    powers = [(i, j) for i in range(_DEGREE + 1) for j in range(min(_DEGREE - i, _ACROSS) + 1)]
    return np.stack([along**i * across**j for i, j in powers], axis=-1)


def _fit_bend(along: Floats, across: Floats, offsets: Floats, weights: Floats) -> Floats:
    """The smooth bend that explains offsets at places, all (K, N): coefficients of `_terms`.

    Weighted least squares, repeated with the weights of `trust_in`.
    """
    table, wanted = _terms(along.ravel(), across.ravel()), offsets.ravel()
    base = np.maximum(weights.ravel(), 0.01)
    trust = np.ones_like(base)
    for _ in range(5):
        root = np.sqrt(base * trust)
        bend = np.linalg.lstsq(table * root[:, None], wanted * root, rcond=None)[0]
        errors = wanted - table @ bend
        trust = trust_in(errors)
    return np.asarray(bend)


def trust_in(errors: Floats) -> Floats:
    """Weights of a next fit, 0..1, that forget what lies far off (Geman and McClure's function)."""
    return np.asarray((1 + (errors / (1 + 3 * np.median(np.abs(errors)))) ** 2) ** -2.0)


def bent(bend: Floats, along: Floats, across: Floats) -> Floats:
    """The bend at places along (N,) of rules across (K,), (K, N)."""
    return np.asarray(_terms(*np.meshgrid(along, across)) @ bend)


def crossings(level: Rules, upright: Rules) -> NDArray[np.float32]:
    """Where level and upright rules cross, (R + 1, C + 1, 2) across and down, 0..1 of the outline."""
    nodes = np.empty((len(level.paths), len(upright.paths), 2), np.float32)
    for row, path in enumerate(level.paths):
        for column, other in enumerate(upright.paths):
            x, y = float(other.mean()), float(path.mean())
            for _ in range(4):  # both run nearly straight, so this settles at once
                y = float(np.interp(x, level.places, path))
                x = float(np.interp(y, upright.places, other))
            nodes[row, column] = x, y
    return nodes


def transposed(quad: Quad) -> Quad:
    """The outline in the picture with its axes exchanged."""
    return np.ascontiguousarray(quad[[0, 3, 2, 1]][:, ::-1])


def _unit_to(quad: Quad) -> NDArray[np.float64]:
    """The homography (3, 3) from the unit square to an outline."""
    square = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], np.float32)
    return np.asarray(cv2.getPerspectiveTransform(square, quad), np.float64)
