"""One model made usable: pictures in, predictions out."""

from digit_recognizer.recognizer.kept import get_predicted_label, same_recognizer
from digit_recognizer.recognizer.recognizer import BATCH, DEFAULT_MODEL, Input, Recognizer

__all__ = ["BATCH", "DEFAULT_MODEL", "Input", "Recognizer", "get_predicted_label", "same_recognizer"]
