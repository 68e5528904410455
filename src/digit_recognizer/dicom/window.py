"""The window of a DICOM picture: which of its values are shown from black to white (PS3.3, C.11.2.1.2 and C.11.2.1.3).

Devices write windows that the standard does not have: narrower than one where values are small (SUV of PET, which are
then taken by the exact function), of no width, or of text.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from digit_recognizer.dicom.tables import ShadeError

_FUNCTIONS = ("LINEAR", "LINEAR_EXACT", "SIGMOID")
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class _Window:
    """center, width: in what the values stand for, NaN where they are stated and are no numbers; function: its form."""

    center: float
    width: float
    function: str

    @property
    def usable(self) -> bool:
        return math.isfinite(self.center) and 0 < self.width < math.inf

    @property
    def doubt(self) -> str:
        """Why it is not used."""
        if math.isfinite(self.center) and math.isfinite(self.width):
            return f"its window is {self.width:g} wide"
        return "its window is not stated in numbers"


def window_of(interest: Any) -> _Window | None:
    """The first window in a dataset; None where there is none. Raises ShadeError for a function that is not known."""
    center, width = number_of(interest, "WindowCenter"), number_of(interest, "WindowWidth")
    if center is None or width is None:
        return None
    function = str(interest.get("VOILUTFunction") or _FUNCTIONS[0]).strip().upper()
    if function not in _FUNCTIONS:
        raise ShadeError("its window has a function that DICOM does not know")
    return _Window(center, width, function)


def number_of(dataset: Any, keyword: str) -> float | None:
    """The first of an element's numbers, NaN where it is none; None where the element is absent or empty."""
    try:
        value = dataset.get(keyword)
        return None if value is None or value == "" else first(value)
    except (ValueError, TypeError, OverflowError):  # what pydicom and float raise for text that is not a number
        return math.nan


def first(value: Any) -> float:
    """The first of one or several numbers. Raises ValueError or TypeError for what is none."""
    return float(value[0] if hasattr(value, "__len__") and not isinstance(value, str) else value)


def windowed(values: Floats, window: _Window) -> Floats:
    """Values (H, W) as shades 0 to 1 within a window."""
    center, width = window.center, window.width
    if window.function == "SIGMOID":
        return np.asarray((1 + np.tanh(2 * (values - center) / width)) / 2)
    if window.function == "LINEAR" and width >= 1:
        center, width = center - 0.5, width - 1
    if width == 0:
        return np.where(values > center, 1.0, 0.0)
    return np.asarray(((values - center) / width + 0.5).clip(0, 1))
