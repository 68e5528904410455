"""How good a model is, and how sure that figure is."""

from digit_recognizer.measuring.evaluate import Evaluation, evaluate
from digit_recognizer.measuring.intervals import Interval, wilson
from digit_recognizer.measuring.seeds import SeedSummary, over_seeds

__all__ = ["Evaluation", "Interval", "SeedSummary", "evaluate", "over_seeds", "wilson"]
