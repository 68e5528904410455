"""What the numbers of arrays mean: the range that all pictures of a batch are in -> grey levels 0..255."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from digit_recognizer.errors import ImageError
from digit_recognizer.images.levels import FULL, depth_of

_SLACK = 0.05  # by which filters that sharpen overshoot 0 and 1
SMALL = 64  # values of a picture of 8 x 8, as scikit-learn's load_digits and UCI's optdigits have: 0 to 16


@dataclass(frozen=True)
class Range:
    """Levels are (value + shift) * factor, of values from low to high."""

    low: float
    high: float
    factor: float
    shift: float = 0.0
    slack: float = 0.0  # that values may overshoot
    highest: int = 0  # value of the batch, of 16 bits

    def holds(self, low: float, high: float) -> bool:
        """Whether values from low to high are of this range."""
        return self.low - self.slack <= low and high <= self.high + self.slack

    def levels(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Values of any shape as levels 0..255."""
        made = (values + self.shift) * self.factor if self.shift else values * self.factor
        return np.clip(made, 0, 255) if self.slack else made


UNIT = Range(0, 1, 255, slack=_SLACK)
SIGNED = Range(-1, 1, 127.5, shift=1)  # as the classic normalisation leaves them: mean 0.5, deviation 0.5
BYTES = Range(0, 255, 1)
_MASK = Range(0, 1, 255)
_SIXTEENTHS = Range(0, 16, 255 / 16)


def _of_bits(depth: int) -> Range:
    """The range of unsigned integers with `depth` bits."""
    return Range(0, 2**depth - 1, 255 / (2**depth - 1))


@dataclass(frozen=True)
class Stated:
    """What the values of one picture are."""

    whole: bool  # integers by their type
    low: float
    high: float
    count: int


def stated(array: NDArray[Any], name: str) -> Stated:
    """Type and extremes of a picture's values. Raises ImageError for types other than numbers, NaN and infinity."""
    if array.dtype.kind not in "uif":
        raise ImageError(f"{name}: has type {array.dtype}. Give integers in 0..255 or floats.")
    low, high = float(array.min()), float(array.max())
    if not (np.isfinite(low) and np.isfinite(high)):
        raise ImageError(f"{name}: holds NaN or infinite values. Replace them before asking for a digit.")
    return Stated(array.dtype.kind != "f", low, high, array.size)


def common(pictures: Iterable[Stated]) -> dict[bool, Range]:
    """The one range of all whole numbers of a batch (True), and that of its floats (False), where there are any.

    A picture that no range holds decides nothing for the others.
    """
    several = list(pictures)
    found: dict[bool, Range] = {}
    for whole, choose, known in ((True, _of_integers, (_of_bits(FULL),)), (False, _of_floats, (UNIT, SIGNED, BYTES))):
        those = [each for each in several if each.whole == whole and any(r.holds(each.low, each.high) for r in known)]
        if those:
            found[whole] = choose(those)
    return found


def _of_integers(pictures: Sequence[Stated]) -> Range:
    """The range of whole numbers: 0 and 1, 0..16 (of 8 x 8 pictures), 0..255 or 16 bits."""
    high = max(each.high for each in pictures)
    if high == 1 and min(each.low for each in pictures) >= 0:
        return _MASK
    return _sixteenths(pictures) or (BYTES if high <= BYTES.high else replace(_of_bits(FULL), highest=int(high)))


def for_form(given: Range | None, form: str) -> Range | None:
    """The range of a batch for what it shows: in 16 bits, pictures that are not digits have the bits that they use."""
    return _of_bits(depth_of(given.highest, form)) if given is not None and given.highest else given


def _of_floats(pictures: Sequence[Stated]) -> Range:
    """The range of floats: 0..1, -1..1, 0..16 (of 8 x 8 pictures) or 0..255."""
    usual = [each for each in pictures if not UNIT.holds(each.low, each.high)]
    if any(BYTES.holds(each.low, each.high) for each in usual):
        return _sixteenths(pictures) or BYTES
    return SIGNED if any(SIGNED.holds(each.low, each.high) for each in usual) else UNIT


def _sixteenths(pictures: Sequence[Stated]) -> Range | None:
    """The range of scikit-learn's digits, where the pictures have their size and no larger value."""
    small = all(each.count == SMALL and each.high <= _SIXTEENTHS.high for each in pictures)
    return _SIXTEENTHS if small and any(each.high > 1 for each in pictures) else None


def to_levels(array: NDArray[Any], name: str, given: Range | None = None) -> NDArray[np.float64]:
    """A picture's values of any accepted type as grey levels 0..255.

    given: the range of the batch that it stands in; its own unless given. Raises ImageError for values of no range.
    """
    if array.dtype == bool:
        return array.astype(np.float64) * 255
    found = stated(array, name)
    own = given or common([found]).get(found.whole)
    if own is None or not own.holds(found.low, found.high):
        raise ImageError(f"{name}: holds values from {found.low:g} to {found.high:g}. {_remedy(found, given)}")
    return own.levels(array.astype(np.float64))


def _remedy(found: Stated, given: Range | None) -> str:
    """What range the values must lie in."""
    if given is not None:
        return f"Its batch has values in {given.low:g}..{given.high:g}: give all pictures of a batch in one range."
    if found.whole:
        return "Integers must lie in 0..255 (or 0..65535)."
    return "Floats must lie in 0..1, -1..1 or 0..255: undo a normalisation by mean and deviation first."
