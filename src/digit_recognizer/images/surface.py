"""Paper under light that changes slowly: a surface of six terms that fits all of a picture but its ink.

Where it fits, nothing of a digit is taken for paper: hairlines and the blurred bars of a bold 7 stay.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from digit_recognizer.images.opencv import cv2

Floats = NDArray[np.float32]
Surface = NDArray[np.float64]

ROUNDS = 3
LEAST = 20  # pixels of the shorter side: in smaller pictures six terms follow the ink
INK = 0.15  # of the strongest ink: what departs farther from the surface is no paper
# The surface is paper where three quarters of the picture's edge depart no farther, where at most a twentieth of the
# edge is ink, and where nothing departs much to the other side.
EDGE_SHARES, AT_EDGE = (75, 95), (INK, 0.5)
OTHER_SIDE = 0.2
# Of the picture's shorter side: what is as wide is no stroke but a shadow. A shadow's rest is faint, far from what is
# strong, as hairlines are, but wider, and reaches the picture's edge or covers some of the picture.
WIDEST, TOO_WIDE = 1 / 3, 0.7
STRONG, FAINT, FRINGE, HAIRLINE = 0.5, INK, 1 / 8, 1 / 20
SPOT = 0.06


def smooth_paper(picture: Floats, through: Surface, *, dark: bool) -> Surface | None:
    """The smooth paper of a picture (H, W), 0..255; None where no smooth surface fits it, and in tiny pictures.

    through: (H, W) the surface through its edge, from which the search begins; dark: whether ink is darker than paper.
    """
    if min(picture.shape) < LEAST:
        return None
    surface, sign, terms = through, -1 if dark else 1, terms_of(picture.shape)
    for _ in range(ROUNDS):
        away = sign * (picture - surface)
        weights = np.where(away > INK * np.percentile(away, 99), 0, 1 / np.maximum(np.abs(away), 1))
        surface = (terms @ least_squares(terms, picture.ravel(), weights.ravel())).reshape(picture.shape)
    return surface if fits(sign * (picture - surface)) else None


def fits(away: Surface) -> bool:
    """Whether what departs from a surface, (H, W), is a digit's ink and nothing else."""
    strongest = float(np.percentile(away, 99))
    if strongest <= 0 or -float(np.percentile(away, 1)) > OTHER_SIDE * strongest:
        return False
    edge = np.abs(edge_of(away))
    if (np.percentile(edge, EDGE_SHARES) > np.multiply(AT_EDGE, strongest)).any():
        return False
    return not has_shadow(np.asarray(away / strongest, np.float32))


def has_shadow(ink: Floats) -> bool:
    """Whether some of the ink (H, W), about 1 where strongest, is wider than strokes are, or faint and no hairline.

    A blurred stroke is faint, too, but beside what is strong.
    """
    if cv2.morphologyEx(ink, cv2.MORPH_OPEN, window(ink, WIDEST)).max() > TOO_WIDE:
        return True
    near = cv2.dilate((ink > STRONG).astype(np.uint8), window(ink, FRINGE))
    faint = ((ink > FAINT) & (near == 0)).astype(np.uint8)
    wide = cv2.morphologyEx(faint, cv2.MORPH_OPEN, window(ink, HAIRLINE))
    return bool(edge_of(wide).any() or wide.mean() > SPOT)


def edge_of(picture: NDArray[Any]) -> NDArray[Any]:
    """The pixels of a picture's four sides (H, W), corners twice."""
    return np.concatenate([picture[0], picture[-1], picture[:, 0], picture[:, -1]])


def window(picture: Floats, share: float) -> NDArray[np.uint8]:
    """A square whose side is a share of the picture's shorter one, at least 3 pixels, odd."""
    side = int(max(3, round(min(picture.shape) * share) | 1))
    return np.ones((side, side), np.uint8)


def through_edge(picture: Floats) -> Surface:
    """The surface (H, W) through the edge of a picture (H, W), towards the least absolute departures.

    Ink at the edge hardly moves it.
    """
    edge = np.ones(picture.shape, bool)
    edge[1:-1, 1:-1] = False
    terms = terms_of(picture.shape)
    known, levels = terms[edge.ravel()], picture[edge].astype(np.float64)
    weights = np.ones(len(levels))
    for _ in range(ROUNDS):
        found = least_squares(known, levels, weights)
        weights = 1 / np.maximum(np.abs(levels - known @ found), 1)
    return (terms @ found).reshape(picture.shape)


def is_darker(away: Surface) -> bool:
    """Whether what departs farthest from a surface is darker than that."""
    low, high = np.percentile(away, [1, 99])
    return bool(-low > high)


def terms_of(shape: tuple[int, ...]) -> Surface:
    """The six terms at each pixel, (H * W, 6): both coordinates run from -1 to 1."""
    rows, columns = np.mgrid[-1 : 1 : shape[0] * 1j, -1 : 1 : shape[1] * 1j].reshape(2, -1)
    return np.stack([np.ones_like(rows), rows, columns, rows * columns, rows**2, columns**2], axis=1)


def least_squares(terms: Surface, levels: NDArray[np.floating], weights: Surface) -> Surface:
    """The coefficients (6,) of the surface nearest to levels (n,), each with its weight."""
    weighted = terms.T * weights
    found, *_ = np.linalg.lstsq(weighted @ terms, weighted @ levels, rcond=None)
    return np.asarray(found, np.float64)
