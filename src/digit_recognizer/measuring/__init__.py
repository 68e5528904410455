"""How good a model is, and how sure that figure is."""

from digit_recognizer.measuring.evaluate import Evaluation, evaluate
from digit_recognizer.measuring.intervals import Interval, wilson

__all__ = ["Evaluation", "Interval", "evaluate", "wilson"]
