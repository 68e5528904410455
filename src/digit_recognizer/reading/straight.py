"""Nearly level straight lines among points, the one with the most points first: a Hough transform over slopes.

Duda and Hart, CACM 15, 1972, in the form of slope and height, since rules lean little.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]

STEP = 0.25  # degrees between slopes: over a page of 1,000 columns a line is off by less than three rows
BIN = 2.0  # rows
BESIDE = 3.0  # rows beside a line: points so near say how it runs
ON = 1.5  # rows: points so near are used up by it
BOWED = 0.4  # of the width: a line with points on so much of it may be bowed, as paper is
MAX_POINTS = 60_000  # looked at: bounds the work on noise
MAX_LINES = 1000


@dataclass(frozen=True)
class Line:
    """A line y(x) through points."""

    factors: Values  # of its powers, the highest first: (2,) or (3,)
    middle: float  # the column from which x counts
    slope: float  # rows for each column

    def at(self, columns: NDArray[np.int64]) -> Values:
        """The rows at some columns (N,)."""
        return at(self.factors, np.asarray(columns - self.middle, np.float64))

    def rows(self, columns: NDArray[np.int64], height: int) -> NDArray[np.int64]:
        """The nearest rows of a picture so high."""
        return np.minimum(np.maximum(np.rint(self.at(columns)).astype(np.int64), 0), height - 1)


def straight_lines(x: Values, y: Values, width: int, least: int, leans: tuple[float, float]) -> Iterator[Line]:
    """The lines through at least `least` of the points (N,) each, leaning between two angles (degrees)."""
    if len(x) < least:
        return
    every = max(1, -(-len(x) // MAX_POINTS))
    x, y, least = x[::every] - width / 2, y[::every], max(2, least // every)
    order = np.argsort(y, kind="stable")
    x, y = x[order], y[order]
    slopes = np.tan(np.radians(np.arange(leans[0], leans[1] + STEP / 2, STEP)))
    free = np.ones(len(x), bool)
    lowest = float(y[0] - np.abs(slopes).max() * width / 2)
    bins = int((y[-1] - lowest + np.abs(slopes).max() * width / 2) / BIN) + 2
    votes = ballots(x, y, slopes, lowest, bins)
    for _ in range(MAX_LINES):
        both = votes[:, :-1] + votes[:, 1:]
        number, height = divmod(int(both.argmax()), bins - 1)
        if both[number, height] < least:
            return
        slope, start = float(slopes[number]), lowest + BIN * (height + 1)
        reach = abs(slope) * width / 2 + BESIDE
        first, last = np.searchsorted(y, [start - reach, start + reach]).tolist()
        beside = np.abs(y[first:last] - slope * x[first:last] - start) <= BESIDE
        near = first + np.flatnonzero(beside & free[first:last])
        factors = through(x[near], y[near], slope, start, width)
        yield Line(factors, width / 2, slope)
        on_it = near[np.abs(y[near] - at(factors, x[near])) <= ON]
        used = on_it if len(on_it) else near  # what lies beside may be another rule
        free[used] = False
        votes -= ballots(x[used], y[used], slopes, lowest, bins)


def ballots(x: Values, y: Values, slopes: Values, lowest: float, bins: int) -> NDArray[np.int64]:
    """How many of the points (N,) lie at each height in the middle column, for each of the slopes (S,): (S, bins)."""
    heights = ((y - slopes[:, None] * x - lowest) / BIN).astype(np.int64)
    heights += bins * np.arange(len(slopes))[:, None]
    return np.bincount(heights.ravel(), minlength=bins * len(slopes)).reshape(len(slopes), bins)


def through(x: Values, y: Values, slope: float, start: float, width: int) -> Values:
    """A parabola through most of a long line's points, a straight line through a short one's: factors as in Line."""
    factors = np.array([slope, start])
    degree = 2 if np.count_nonzero(np.bincount((x + width / 2).astype(np.int64))) >= BOWED * width else 1
    for limit in (1.5, 0.75):
        away = np.abs(y - at(factors, x))
        kept = away <= max(limit, 1.5 * median(away))
        if np.ptp(x[kept]) < 8:
            break
        factors = fitted(x[kept], y[kept], degree, width / 2)
    return factors


def fitted(x: Values, y: Values, degree: int, scale: float) -> Values:
    """The polynomial of least squares through points (N,), as np.polyfit's, in a tenth of its time; scale: of x."""
    powers = np.stack([(x / scale) ** power for power in range(degree, -1, -1)])
    factors = np.linalg.lstsq(powers @ powers.T, powers @ y, rcond=None)[0]
    return np.asarray(factors / scale ** np.arange(degree, -1, -1.0))


def median(values: NDArray[np.floating]) -> float:
    """The median of values (N,), of two in the middle the greater; np.median takes several times longer."""
    return float(np.partition(values, len(values) // 2)[len(values) // 2])


def at(factors: Values, x: Values) -> Values:
    """A polynomial's values at x (N,), as np.polyval's."""
    values = np.full(len(x), factors[0])
    for factor in factors[1:]:
        values = values * x + factor
    return values
