"""Logits -> probabilities."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from digit_recognizer.models.header import ModelHeader


def softmax(logits: NDArray[Any]) -> NDArray[np.float64]:
    """Probabilities (..., K) float64 of logits (..., K)."""
    shifted = logits.astype(np.float64) - logits.max(axis=-1, keepdims=True)
    powers = np.exp(shifted)
    return np.asarray(powers / powers.sum(axis=-1, keepdims=True))


def sigmoid(logits: NDArray[Any]) -> NDArray[np.float64]:
    """The probability of each label by itself, float64, of logits of any shape."""
    return np.asarray(np.exp(-np.logaddexp(0, -logits.astype(np.float64))))


def probabilities_of(logits: NDArray[np.float32], header: ModelHeader) -> NDArray[np.float64]:
    """What logits (N, K) of a header's network stand for, (N, K)."""
    return sigmoid(logits) if header.multi_label else softmax(logits)
