"""Several trainings of one recipe: the mean over seeds, and how sure of that mean."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from digit_recognizer.statistics.intervals import Interval, student_interval


@dataclass(frozen=True)
class SeedSummary:
    """Accuracies of runs that differ by their seed alone, on the same images."""

    values: tuple[float, ...]  # one a seed, 0..1
    mean: float
    standard_deviation: float | None  # of the values (n - 1); None for a single one
    interval: Interval | None  # of the mean; None for a single value

    def to_dict(self) -> dict[str, Any]:
        return {
            "n_seeds": len(self.values),
            "values": list(self.values),
            "mean": self.mean,
            "standard_deviation": self.standard_deviation,
            "interval_of_the_mean": self.interval.to_dict() if self.interval else None,
        }


def over_seeds(values: Sequence[float], level: float = 0.95) -> SeedSummary:
    """Mean, standard deviation and Student's interval of the mean (Student 1908), of at least one value."""
    mean = statistics.fmean(values)
    if len(values) == 1:
        return SeedSummary(tuple(values), mean, None, None)
    deviation = statistics.stdev(values)
    interval = student_interval(mean, deviation, len(values), level, "seeds")
    return SeedSummary(tuple(values), mean, deviation, interval)
