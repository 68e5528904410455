"""Noise that looks like clouds, and values as grey levels."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray


def cloud(draw: Generator, side: int, decay: float) -> NDArray[np.float64]:
    """Noise of 0..1 whose amplitude falls as frequency to the power `decay`."""
    spectrum = np.fft.rfft2(draw.standard_normal((side, side)))
    frequency = np.hypot(np.fft.fftfreq(side)[:, None], np.fft.rfftfreq(side))
    frequency[0, 0] = np.inf  # no mean
    field = np.fft.irfft2(spectrum * frequency**-decay, s=(side, side))
    return np.asarray((field - field.min()) / np.ptp(field))


def levels(values: NDArray[np.float64]) -> NDArray[np.uint8]:
    """Grey levels of any value, cut to 0..255."""
    return np.rint(np.clip(values, 0, 255)).astype(np.uint8)
