"""Two classes of which one is looked for: how well the two are told apart, and what 0.5 as the threshold gives."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from digit_recognizer.data.spec import Labels
from digit_recognizer.measuring.auroc import auroc, auroc_interval
from digit_recognizer.measuring.clustered import proportion_interval

THRESHOLD = 0.5  # of the positive class's probability; fixed beforehand, whatever the split's balance


def positive_figures(
    labels: Labels, probabilities: NDArray[np.float64], positive: int, name: str, groups: ArrayLike | None = None
) -> dict[str, Any]:
    """AUROC with DeLong's interval, sensitivity and specificity at the threshold, each share with its interval.

    labels: (N,) 0 or 1; probabilities: (N, 2). A share is None where no case tells of it.
    """
    actual, score = labels == positive, probabilities[:, positive]
    found = score >= THRESHOLD
    value = auroc(actual, score)
    area = {"value": value, "interval": None if value is None else auroc_interval(actual, score).to_dict()}
    shares = {"sensitivity": (actual, found), "specificity": (~actual, ~found)}
    return {
        "class": name,
        "threshold": THRESHOLD,
        "auroc": area,
        **{key: share(right[among], among, groups) for key, (among, right) in shares.items()},
    }


def share(right: NDArray[np.bool_], among: NDArray[np.bool_], groups: ArrayLike | None) -> dict[str, Any]:
    """A share of the cases `among`, (N,), of which `right`, (n,), are right."""
    known = None if groups is None else np.asarray(groups)[among]
    return {
        "n": len(right),
        "value": float(right.mean()) if len(right) else None,
        "interval": proportion_interval(right, known).to_dict() if len(right) else None,
    }
