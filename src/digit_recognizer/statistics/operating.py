"""The threshold from which a case is called positive: 0.5, or one that validation cases fix for a sensitivity."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from digit_recognizer.data.spec import Labels
from digit_recognizer.errors import ConfigError
from digit_recognizer.statistics.selective import LEVEL, images_needed

DEFAULT = 0.5  # of the positive class's probability; fitted to nothing, whatever a split's balance


@dataclass(frozen=True)
class OperatingPoint:
    """The least probability of the positive class that is called positive, and what stands behind it."""

    threshold: float
    sensitivity: float | None = None  # the target, 0..1; None: the threshold is DEFAULT
    split: str | None = None  # that it was fixed on
    unit: str | None = None  # what was counted there: positive "cases", or "patients" with any
    n: int | None = None  # of them
    missed: int | None = None  # of these, at the threshold
    level: float | None = None  # with which the sensitivity on such cases reaches the target

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class SensitivityTarget:
    """A target sensitivity (0..1), and the cases by which its threshold is fixed."""

    sensitivity: float
    split: str
    labels: Labels = field(repr=False)  # (N,) 0..K-1
    probabilities: NDArray[np.float64] = field(repr=False)  # (N, K)
    patients: NDArray[Any] | None = field(default=None, repr=False)  # (N,)

    def granted(self, positive: int) -> OperatingPoint:
        """The operating point for the class `positive`. Raises ConfigError as `operating_point` does."""
        actual = self.labels == positive
        score, unit = self.probabilities[actual, positive], "cases"
        if self.patients is not None:
            score, unit = _lowest_of_each(score, self.patients[actual]), "patients"
        return operating_point(score, self.sensitivity, self.split, unit)


def operating_point(score: NDArray[np.float64], sensitivity: float, split: str, unit: str = "cases") -> OperatingPoint:
    """The highest threshold that keeps a target sensitivity, by the scores of n positive cases, (n,).

    Not the share that is found among these n meets the target but its lower bound: with a confidence of 95 % the share
    among all such cases does. The threshold is the score of rank k + 1 from below, k the most misses for which the
    chance of k or fewer among n, each missed with 1 - sensitivity, is at most 5 %: a limit that holds whatever the
    scores' distribution (Wilks, Annals of Mathematical Statistics 12, 1941). Ties make it safer.
    Raises ConfigError, with the n that it takes, where n cases without a miss would not show it.
    """
    from scipy.stats import binom

    if not 0 < sensitivity < 1:
        raise ConfigError(f"A sensitivity must be strictly between 0 and 1 (got {sensitivity:g}).")
    needed, n = images_needed(1 - sensitivity), len(score)
    if n < needed:
        raise ConfigError(
            f"{n:,} positive {split} {unit} cannot show a sensitivity of {100 * sensitivity:g} % with {LEVEL:.0%}"
            f" confidence: it needs {needed:,}, none of them missed. Ask for less, or omit the option: the threshold is"
            f" then {DEFAULT:g}."
        )
    misses = int(np.flatnonzero(binom.cdf(np.arange(n), n, 1 - sensitivity) <= 1 - LEVEL)[-1])
    threshold = float(np.sort(score)[misses])
    return OperatingPoint(threshold, sensitivity, split, unit, n, int((score < threshold).sum()), LEVEL)


def _lowest_of_each(score: NDArray[np.float64], patients: NDArray[Any]) -> NDArray[np.float64]:
    """Each patient's lowest score, (P,): at a threshold up to it all of that patient's positive cases are found."""
    _, places = np.unique(patients, return_inverse=True)
    lowest = np.full(int(places.max(initial=-1)) + 1, np.inf)
    np.minimum.at(lowest, places, score)
    return lowest
