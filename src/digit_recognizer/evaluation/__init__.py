"""Models scored, calibrated and tried; the one place that scores a test split, and logs it."""

from digit_recognizer.evaluation.evaluate import evaluate
from digit_recognizer.evaluation.evaluation import Evaluation

__all__ = ["Evaluation", "evaluate"]
