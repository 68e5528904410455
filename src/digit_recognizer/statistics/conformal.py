"""Sets of labels that hold the actual one with a stated probability (split conformal prediction)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from digit_recognizer.data.spec import Labels

# Share of images that are not taken for strangers, and the least that it may be where few images cannot support it.
_FAMILIAR, _LEAST_FAMILIAR = 0.998, 0.95


@dataclass(frozen=True)
class ConformalSets:
    """How improbable a label may be and yet stand in the set (Sadinle, Lei and Wasserman 2019)."""

    level: float  # probability that the set holds the actual label
    per_class: bool  # whether that is promised for each actual class apart
    n: tuple[int, ...]  # calibration images: of all classes together, or of each class
    # The least probability with which a label stands in the set, one for each of the K classes; 0 where n cannot
    # support the level, so that every label does.
    least: tuple[float, ...]

    @property
    def supported(self) -> bool:
        """Whether the calibration images were enough for every class."""
        return all(n >= images_needed(self.level) for n in self.n)

    def sets(self, probabilities: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Which labels stand in the set of each image, (N, K), from probabilities (N, K).

        The most probable label always does: an empty set would help nobody, and one label more breaks no promise.
        """
        inside = probabilities >= np.array(self.least)
        inside[np.arange(len(probabilities)), probabilities.argmax(axis=1)] = True
        return inside

    def to_dict(self) -> dict[str, Any]:
        """The fields as JSON keeps them."""
        return {"level": self.level, "per_class": self.per_class, "n": list(self.n), "least": list(self.least)}

    @classmethod
    def from_dict(cls, fields: dict[str, Any]) -> ConformalSets:
        """Read back what `to_dict` gave. Raises ValueError, TypeError, KeyError or OverflowError for anything else."""
        n, least = tuple(map(int, fields["n"])), tuple(map(float, fields["least"]))
        made = cls(float(fields["level"]), bool(fields["per_class"]), n, least)
        if not all(0 <= share <= 1 for share in (made.level, *least)) or min(n, default=0) < 0:
            raise ValueError("its sets hold impossible numbers")
        return made


def fit_sets(probabilities: NDArray[np.float64], labels: Labels, level: float, *, per_class: bool) -> ConformalSets:
    """Fit sets on calibration images: probabilities (N, K), labels (N,) 0..K-1, level in 0..1.

    Holds for images that are drawn as the calibration images were, and on average over such draws.
    """
    actual = probabilities[np.arange(len(labels)), labels]
    classes = probabilities.shape[1]
    if not per_class:
        return ConformalSets(level, False, (len(labels),), (_least_probability(actual, level),) * classes)
    groups = [actual[labels == label] for label in range(classes)]
    least = tuple(_least_probability(group, level) for group in groups)
    return ConformalSets(level, True, tuple(map(len, groups)), least)


def _least_probability(actual: NDArray[np.float64], level: float) -> float:
    """The probability that all but a share of 1 - level of the actual labels reach; 0 where n cannot support it."""
    limit = _upper_limit(-actual, level)
    return 0.0 if limit is None else -limit


def _upper_limit(values: NDArray[np.float64], level: float) -> float | None:
    """What all but a share of 1 - level of values drawn as these (n,) do not exceed; None where n cannot support it."""
    # The next value is as likely to be the largest of the n + 1 as any other of them.
    allowed = math.floor((len(values) + 1) * (1 - level) + 1e-9)
    return float(np.sort(values)[-allowed]) if allowed >= 1 else None


def ood_limit_of(values: NDArray[np.float64]) -> float | None:
    """The limit beyond which a value is a stranger, by those of calibration images (n,); of few images the largest.

    All but a share of 1 - FAMILIAR of the images stay below, or of 1 / (n + 1) where n images support no more. None
    where they support too little.
    """
    level = min(_FAMILIAR, len(values) / (len(values) + 1))
    return _upper_limit(values, level) if level >= _LEAST_FAMILIAR else None


def images_needed(level: float) -> int:
    """How many calibration images a level (0..1, not 1) needs."""
    return math.ceil(1 / (1 - level) - 1 - 1e-9)
