"""What a sensitivity and a specificity come to where the condition is as frequent as stated: PPV, NPV, net benefit."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from digit_recognizer.errors import ConfigError
from digit_recognizer.statistics.intervals import Interval

_RATIO, _DIFFERENCE = "mover of a ratio", "mover of a difference"
Limits = tuple[float, float, float]  # a share and its limits, 0..1
# "sensitivity" and "specificity", each with its value and its interval as `disease.at_threshold` gives them
Shares = Mapping[str, Mapping[str, Any]]


def predictive_values(shares: Shares, prevalence: float) -> dict[str, Any]:
    """The positive and the negative predictive value at a prevalence (0..1, neither end), each with its interval.

    By Bayes' theorem the odds of
    the condition after a positive answer are the odds before times the likelihood ratio, a ratio of two shares; its
    interval is that of the shares' own by MOVER (Donner and Zou, Statistical Methods in Medical Research 21, 2012),
    so that it heeds groups as they do. The prevalence is taken as known. A value is None where a share is.
    """
    if not 0 < prevalence < 1:
        raise ConfigError(f"A prevalence must be strictly between 0 and 1 (got {prevalence:g}).")
    found: dict[str, Any] = {"prevalence": prevalence, "ppv": undefined(), "npv": undefined()}
    if any(each["value"] is None for each in shares.values()):
        return found
    odds, level = prevalence / (1 - prevalence), shares["sensitivity"]["interval"]["level"]
    true, false = limits(shares["sensitivity"]), _complement(limits(shares["specificity"]))
    found["ppv"] = _valued(true, false, odds, level)
    found["npv"] = _valued(_complement(false), _complement(true), 1 / odds, level)
    return found


def _valued(right: Limits, wrong: Limits, odds: float, level: float) -> dict[str, Any]:
    """The share right answers have among all alike, from the shares answered so of those for whom it is right and of
    those for whom it is wrong, and the odds of the former."""
    if not right[0] and not wrong[0]:
        return undefined()  # no case is answered so
    low, high = _ratio_limits(right, wrong)
    value = right[0] * odds / (right[0] * odds + wrong[0])
    ends = (odds * low / (1 + odds * low), 1.0 if math.isinf(high) else odds * high / (1 + odds * high))
    return {"value": value, "interval": Interval(level, _RATIO, *ends).to_dict()}


def _ratio_limits(first: Limits, second: Limits) -> tuple[float, float]:
    """The limits of a ratio of two independent shares from the shares' own; infinite where the second may be 0."""
    (a, low_a, high_a), (b, low_b, high_b) = first, second
    product = a * b

    def root(end: float, other: float) -> float:
        return math.sqrt(max(0.0, product**2 - end * other * (2 * a - end) * (2 * b - other)))

    above = product + root(low_a, high_b)
    low = low_a * (2 * a - low_a) / above if above else 0.0
    below = low_b * (2 * b - low_b)
    return low, (product + root(high_a, low_b)) / below if below else math.inf


def net_benefit(shares: Shares, prevalence: float, threshold: float) -> dict[str, Any]:
    """Net benefit, true positives a case, of calling positive from `threshold` on (Vickers and Elkin, Medical Decision
    Making 26, 2006): a false positive weighs threshold / (1 - threshold) of a true one.

    treat_all: of calling every case positive; of none it is 0. The interval, at a known prevalence (0..1), is that of
    the two shares by MOVER (Zou and Donner, Statistics in Medicine 27, 2008). None where a share is.
    """
    weight = (1 - prevalence) * threshold / (1 - threshold)
    made = {"threshold": threshold, **undefined(), "treat_all": prevalence - weight}
    if any(each["value"] is None for each in shares.values()):
        return made
    a, low_a, high_a = (prevalence * each for each in limits(shares["sensitivity"]))
    b, low_b, high_b = (weight * each for each in _complement(limits(shares["specificity"])))
    ends = (a - b - math.hypot(a - low_a, high_b - b), a - b + math.hypot(high_a - a, b - low_b))
    level = shares["sensitivity"]["interval"]["level"]
    return made | {"value": a - b, "interval": Interval(level, _DIFFERENCE, *ends).to_dict()}


def limits(share: Mapping[str, Any]) -> Limits:
    """A share with the ends of its interval."""
    return share["value"], share["interval"]["low"], share["interval"]["high"]


def _complement(share: Limits) -> Limits:
    """One less a share, with its limits."""
    return 1 - share[0], 1 - share[2], 1 - share[1]


def undefined() -> dict[str, Any]:
    """A figure of which the cases tell nothing."""
    return {"value": None, "interval": None}
