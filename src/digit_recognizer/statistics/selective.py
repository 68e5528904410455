"""When not to answer: error against the share of images answered, and a threshold that keeps it below a target."""

from __future__ import annotations

import math
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from digit_recognizer.errors import ConfigError

# Confidences at which a threshold may lie, the strictest first. They are fixed before any image is seen: a threshold
# picked from the images themselves would make the bound too good.
_THRESHOLDS = 1 - np.logspace(-7, -0.01, 200)
LEVEL = 0.95  # confidence of the bound
# Means for which no, one, two or three mistakes or fewer have a probability of 1 - LEVEL (Poisson).
_POISSON_MEANS = (2.996, 4.744, 6.296, 7.754)
TARGET_ERROR_RATES = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1)  # shares of the answers that may be wrong
ANSWERED = 0.95  # of the images


@dataclass(frozen=True)
class _RiskCoverage:
    """Error among the answered images for each share of images answered, the surest first (El-Yaniv, Wiener 2010)."""

    coverage: NDArray[np.float64]  # (N,) 1/N..1
    risk: NDArray[np.float64]  # (N,) share of the answered ones that is wrong
    area: float  # under the curve: the mean risk over all coverages (Geifman and El-Yaniv 2017)
    least_area: float  # that a ranking with every mistake last would have

    def at(self, coverage: float) -> tuple[int, int]:
        """How many images are answered at a coverage (0..1), and how many of them wrongly."""
        answered = max(1, round(coverage * len(self.coverage)))
        return answered, round(float(self.risk[answered - 1]) * answered)

    def thinned(self, most: int = 200) -> list[tuple[float, float]]:
        """At most so many points (coverage, risk), the ends among them."""
        chosen = np.unique(np.linspace(0, len(self.coverage) - 1, most).round().astype(int))
        return list(zip(self.coverage[chosen].tolist(), self.risk[chosen].tolist(), strict=True))


def risk_coverage(confidence: NDArray[np.float64], correct: NDArray[np.bool_]) -> _RiskCoverage:
    """The curve of N >= 1 images. confidence: (N,) the larger the surer; correct: (N,).

    Images of equal confidence are answered together: each gets their mean error, whatever their order.
    """
    n = len(confidence)
    order = np.argsort(-confidence, kind="stable")
    wrong = 1.0 - correct[order]
    _, start, size = np.unique(-confidence[order], return_index=True, return_counts=True)
    shared = np.repeat(np.add.reduceat(wrong, start) / size, size)
    answered = np.arange(1, n + 1)
    risk = shared.cumsum() / answered
    best = np.sort(wrong).cumsum() / answered
    return _RiskCoverage(answered / n, risk, float(risk.mean()), float(best.mean()))


@dataclass(frozen=True)
class SelectiveThreshold:
    """From which confidence on the model answers, and what stands behind it."""

    max_error: float  # the target: share of the answers that may be wrong
    threshold: float  # the least confidence that is answered
    n: int  # calibration images
    answered: int  # of them
    wrong: int  # of the answered ones
    bound: float  # upper bound of the error among answered images
    level: float = LEVEL  # of the bound

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class AnswerTable:
    """How many calibration images are answered from each threshold on, and how many of those wrongly.

    Small enough to travel in a model file, and all that is needed to meet a target.
    """

    n: int  # calibration images
    rows: tuple[tuple[float, int, int, float], ...]  # threshold, answered, wrong, upper bound; the strictest first

    def usual(self) -> SelectiveThreshold | None:
        """The threshold where no error rate is asked for: of the least of TARGET_ERROR_RATES at which ANSWERED are
        answered, or else of the largest that can be met; None where none can.
        """
        found = None
        for target in TARGET_ERROR_RATES:
            with suppress(ConfigError):
                found = self.threshold(target)
                if found.answered >= ANSWERED * found.n:
                    break
        return found

    def to_dict(self) -> dict[str, Any]:
        """The fields as JSON keeps them."""
        return {"n": self.n, "rows": [list(row) for row in self.rows]}

    @classmethod
    def from_dict(cls, fields: dict[str, Any]) -> AnswerTable:
        """Read back what `to_dict` gave. Raises ValueError, TypeError, KeyError or OverflowError for anything else."""
        rows = ((float(t), int(answered), int(wrong), float(bound)) for t, answered, wrong, bound in fields["rows"])
        made = cls(int(fields["n"]), tuple(rows))
        if not all(
            0 <= t <= 1 and 0 <= wrong <= kept <= made.n and 0 <= bound <= 1 for t, kept, wrong, bound in made.rows
        ):
            raise ValueError("its table of answers holds impossible numbers")
        return made

    def threshold(self, max_error: float) -> SelectiveThreshold:
        """The lowest threshold for which the upper bound of the error among answered images stays within `max_error`.

        Thresholds are tried from a strict one downwards, until one fails: the bound then holds at its level in spite
        of the many trials (fixed sequence testing: Angelopoulos et al. 2021, "Learn then test", section 3.2).
        Raises ConfigError, with the number of images that it would take, where the sample cannot show so small an
        error.
        """
        if not 0 < max_error < 1:
            raise ConfigError(f"The target error rate must lie between 0 and 1 (got {max_error:g}).")
        found: SelectiveThreshold | None = None
        first = _first_trial(max_error, self.n)
        for threshold, answered, wrong, bound in self.rows:
            if answered < first:
                continue
            if bound > max_error:
                break
            found = SelectiveThreshold(max_error, threshold, self.n, answered, wrong, bound)
        if found is None:
            raise ConfigError(refusal(max_error, self.n), see=("calibrate",))
        return found


def answer_table(confidence: NDArray[np.float64], correct: NDArray[np.bool_]) -> AnswerTable:
    """The table of N calibration images. confidence: (N,) probability of the top label; correct: (N,)."""
    ranked, wrong_ranked = np.sort(confidence), np.sort(confidence[~correct])
    answered = len(ranked) - np.searchsorted(ranked, _THRESHOLDS)
    wrong = len(wrong_ranked) - np.searchsorted(wrong_ranked, _THRESHOLDS)
    columns = (_THRESHOLDS, answered, wrong, upper_bound(wrong, answered))
    return AnswerTable(len(ranked), tuple(zip(*(each.tolist() for each in columns), strict=True)))


def upper_bound(wrong: NDArray[np.int64], answered: NDArray[np.int64]) -> NDArray[np.float64]:
    """The one-sided upper bounds of shares at LEVEL (Clopper and Pearson 1934), 1 where nothing is answered."""
    from scipy.stats import beta

    right = answered - wrong
    return np.where(right > 0, beta.ppf(LEVEL, wrong + 1, np.maximum(right, 1)), 1.0)


def images_needed(max_error: float) -> int:
    """How many answers without any mistake show, at LEVEL, that the error is at most `max_error` (0..1)."""
    return math.ceil(math.log(1 - LEVEL) / math.log1p(-max_error))


def _first_trial(max_error: float, n: int) -> float:
    """How many of n images the strictest threshold that is tried must answer.

    As many as would forgive three mistakes, where n leaves room below: a single sure mistake, often a wrong label,
    then does not end the trials.
    """
    forgiving = [mean / max_error for mean in _POISSON_MEANS if mean / max_error <= n / 2]
    return max(forgiving, default=images_needed(max_error))


def refusal(max_error: float, n: int) -> str:
    """Why no threshold can be given."""
    target, needed = f"an error of at most {100 * max_error:g} %", images_needed(max_error)
    if n < needed:
        return (
            f"{n:,} calibration images cannot show {target} with {LEVEL:.0%} confidence: it needs {needed:,} answers"
            " without an error. Calibrate on more images, or allow a larger error."
        )
    return (
        f"The most confident answers for the {n:,} calibration images have too many errors to show {target} with"
        f" {LEVEL:.0%} confidence. Allow a larger error, or calibrate on more images."
    )
