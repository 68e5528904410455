"""Figures of arrays, with intervals and tests; nothing here knows a model. What is undefined is None, never guessed."""

from digit_recognizer.statistics.bootstrap import bootstrap
from digit_recognizer.statistics.clustered import proportion_interval
from digit_recognizer.statistics.compare import Comparison, compare, compare_all
from digit_recognizer.statistics.intervals import Interval, wilson
from digit_recognizer.statistics.seeds import SeedSummary, over_seeds

__all__ = [
    "Comparison",
    "Interval",
    "SeedSummary",
    "bootstrap",
    "compare",
    "compare_all",
    "over_seeds",
    "proportion_interval",
    "wilson",
]
