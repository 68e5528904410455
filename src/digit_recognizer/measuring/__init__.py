"""How good a model is, and how sure that figure is."""

from digit_recognizer.measuring.bootstrap import bootstrap
from digit_recognizer.measuring.clustered import proportion_interval
from digit_recognizer.measuring.compare import Comparison, compare, compare_all
from digit_recognizer.measuring.evaluate import evaluate
from digit_recognizer.measuring.evaluation import Evaluation
from digit_recognizer.measuring.intervals import Interval, clopper_pearson, wilson
from digit_recognizer.measuring.seeds import SeedSummary, over_seeds

__all__ = [
    "Comparison",
    "Evaluation",
    "Interval",
    "SeedSummary",
    "bootstrap",
    "clopper_pearson",
    "compare",
    "compare_all",
    "evaluate",
    "over_seeds",
    "proportion_interval",
    "wilson",
]
