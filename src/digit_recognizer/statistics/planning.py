"""How many cases a study needs so that the interval of its figure is as narrow as asked for, and whether that holds."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np

from digit_recognizer.errors import ConfigError
from digit_recognizer.statistics.auroc import auroc_interval, interval_of
from digit_recognizer.statistics.intervals import LEVEL, Interval, score_limits, wilson

Figure = Literal["auroc", "sensitivity", "specificity", "accuracy"]
MOST = 10**9  # cases; what needs more is refused
_DRAWS = 1000  # simulated studies
_WORK = 20_000_000  # simulated cases at most, all studies together
FEWEST = 2  # cases of a class, of which DeLong's variance takes two


@dataclass(frozen=True)
class Plan:
    """The least number of cases whose interval is expected to be no wider than asked for."""

    figure: Figure
    value: float  # expected, 0..1
    width: float  # asked for, from the lower end of the interval to the upper
    prevalence: float | None  # of the condition among the cases, 0..1; None where it does not matter
    level: float
    n: int
    positives: int | None  # expected among the n
    negatives: int | None
    interval: Interval  # expected

    def to_dict(self) -> dict[str, Any]:
        """The object that `digits plan --json` writes."""
        return asdict(self)


@dataclass(frozen=True)
class Simulated:
    """What studies of a plan's size gave when they were drawn at random."""

    studies: int
    mean_width: float
    covered: float  # share (0..1) of the intervals that hold the planned value

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def plan(figure: Figure, value: float, width: float, prevalence: float | None = None, level: float = LEVEL) -> Plan:
    """How many cases it takes for an interval of `figure`, expected to be `value`, of at most `width`.

    Cases are drawn as they come, so that a share `prevalence` (0..1, both ends left out) of them has the condition; an
    accuracy needs none. Proportions have Wilson's interval, the AUROC DeLong's of its log odds, its variance that of
    two normal distributions of equal spread (Mann-Whitney's variance: Hanley and McNeil, Radiology 143, 1982).
    Raises ConfigError for values outside (0, 1), a missing prevalence, and a width that more than 10^9 cases would not
    meet.
    """
    check(figure, value, width, prevalence, level)
    low, high = 1, MOST
    if expected(figure, value, MOST, prevalence, level)[1] > width:
        raise ConfigError(f"An interval of width {width:g} takes more than {MOST:,} cases. Ask for a wider one.")
    while low < high:
        middle = (low + high) // 2
        low, high = (
            (low, middle) if expected(figure, value, middle, prevalence, level)[1] <= width else (middle + 1, high)
        )
    interval, _ = expected(figure, value, low, prevalence, level)
    positives = None if prevalence is None else round(low * prevalence)
    negatives = None if positives is None else low - positives
    return Plan(figure, value, width, prevalence, level, low, positives, negatives, interval)


def check(figure: Figure, value: float, width: float, prevalence: float | None, level: float) -> None:
    """Refuse what no study could be planned by."""
    named = {figure: value, "width": width, "level": level}
    if figure != "accuracy":
        if prevalence is None:
            raise ConfigError(f"A plan for the {figure} needs the prevalence of the condition, such as 0.27.")
        named["prevalence"] = prevalence
    for name, given in named.items():
        if not 0 < given < 1:
            raise ConfigError(f"The {name} is {given:g}; it must be strictly between 0 and 1.")
    if figure == "auroc" and value < 0.5:
        raise ConfigError(f"An AUROC of {value:g} is worse than chance. Give the AUROC with the classes swapped.")


def expected(figure: Figure, value: float, n: int, prevalence: float | None, level: float) -> tuple[Interval, float]:
    """The interval that n cases are expected to give, and its width."""
    from scipy.stats import norm

    if figure == "auroc" and prevalence is not None:
        positives, negatives = n * prevalence, n * (1 - prevalence)
        if min(positives, negatives) < FEWEST:
            return Interval(level, "none", 0.0, 1.0), 1.0
        interval = interval_of(
            value, auroc_variance(value, positives, negatives), int(min(positives, negatives)), level
        )
    else:
        size = n if prevalence is None else n * _share_of(figure, prevalence)
        interval = Interval(level, "wilson", *score_limits(value, size, float(norm.ppf((1 + level) / 2))))
    return interval, interval.high - interval.low


def _share_of(figure: Figure, prevalence: float) -> float:
    """The share of all cases that a proportion is taken of."""
    return {"sensitivity": prevalence, "specificity": 1 - prevalence}.get(figure, 1.0)


def auroc_variance(value: float, positives: float, negatives: float) -> float:
    """Mann-Whitney's variance of an AUROC where the scores of both classes are normal with equal spread.

    The chance that two positives both score above one negative is that of two normal variables, correlated by one half,
    both below the quantile of the AUROC.
    """
    from scipy.stats import multivariate_normal, norm

    quantile = float(norm.ppf(value))
    both = float(multivariate_normal.cdf([quantile, quantile], cov=[[1, 0.5], [0.5, 1]]))
    shared = (positives + negatives - 2) * (both - value**2)
    return (value * (1 - value) + shared) / (positives * negatives)


def simulate(planned: Plan, seed: int = 0) -> Simulated | None:
    """Draw studies of the planned size and take their intervals; None where they would be too large to draw.

    Up to 1,000 studies; each case has the condition with the chance of the prevalence, and for an AUROC its score is
    normal around 0 or around what gives the planned value. A study without cases of the figure's class counts with the
    interval 0 to 1. The same by seed.
    """
    studies = min(_DRAWS, _WORK // planned.n)
    if studies < _DRAWS // 10:
        return None
    draw = np.random.default_rng(seed)
    found = [_one_study(planned, draw) for _ in range(studies)]
    widths = [each.high - each.low for each in found]
    covered = sum(each.low <= planned.value <= each.high for each in found)
    return Simulated(studies, math.fsum(widths) / studies, covered / studies)


def _one_study(planned: Plan, draw: np.random.Generator) -> Interval:
    """The interval of one simulated study."""
    from scipy.stats import norm

    if planned.figure == "auroc" and planned.prevalence is not None:
        positive = draw.random(planned.n) < planned.prevalence
        apart = math.sqrt(2) * float(norm.ppf(planned.value))
        return auroc_interval(positive, draw.normal(0, 1, planned.n) + apart * positive, planned.level)
    share = 1.0 if planned.prevalence is None else _share_of(planned.figure, planned.prevalence)
    size = int(draw.binomial(planned.n, share))
    return wilson(int(draw.binomial(size, planned.value)), size, planned.level)
