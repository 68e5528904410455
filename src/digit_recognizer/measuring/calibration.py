"""Probabilities that mean what they say: one temperature, fitted on images that nothing was chosen by."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from digit_recognizer.data.spec import Labels
from digit_recognizer.errors import DataError
from digit_recognizer.measuring.scores import negative_log_likelihood
from digit_recognizer.models.softmax import softmax

COLDEST, WARMEST = 0.02, 50.0  # temperatures that are searched


def fit_temperature(logits: NDArray[np.float32], labels: Labels) -> float:
    """The temperature T > 0 by which logits are divided so that their cross-entropy is least (Guo et al. 2017, 4.2).

    logits: (N, K). labels: (N,) 0..K-1, the actual classes. No label's rank changes, so accuracy stays as it is.
    Raises DataError where there is no image, and where every image is read rightly: the sample then asks for
    boundless confidence.
    """
    from scipy.optimize import minimize_scalar

    if not len(labels):
        raise DataError("There is no image to calibrate on. Give labelled images.")
    if (logits.argmax(axis=1) == labels).all():
        raise DataError(
            f"All {len(labels):,} images are read rightly, so they cannot tell how often the model errs."
            " Give more of them, among them hard ones."
        )

    def loss(log_temperature: float) -> float:
        return negative_log_likelihood(labels, softmax(logits / np.exp(log_temperature))) or 0.0

    bounds = (np.log(COLDEST), np.log(WARMEST))
    found = minimize_scalar(loss, bounds=bounds, method="bounded", options={"xatol": 1e-6})
    return float(np.exp(found.x))
