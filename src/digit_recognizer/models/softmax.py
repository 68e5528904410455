"""Logits -> probabilities."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def softmax(logits: NDArray[Any]) -> NDArray[np.float64]:
    """Probabilities (..., K) float64 of logits (..., K)."""
    shifted = logits.astype(np.float64) - logits.max(axis=-1, keepdims=True)
    powers = np.exp(shifted)
    return np.asarray(powers / powers.sum(axis=-1, keepdims=True))


def sigmoid(logits: NDArray[Any]) -> NDArray[np.float64]:
    """The probability of each label by itself, float64, of logits of any shape."""
    return np.asarray(np.exp(-np.logaddexp(0, -logits.astype(np.float64))))
