"""Handwritten digits in pictures, recognised; and the training and measuring of what recognises them.

The names below are imported when first used, so that `import digit_recognizer` is quick and loads no torch.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from digit_recognizer.lazy import resolver
from digit_recognizer.version import __version__ as __version__

# Public name -> the module that defines it.
_HOME = {
    "DigitRecognizerError": "errors",
    "DigitRecognizerWarning": "errors",
    "Prediction": "prediction",
    "Preprocess": "images",
    "Recognizer": "recognizer",
    "evaluate": "evaluation",
    "get_predicted_label": "recognizer",
    "load_dataset": "data",
    "read_line": "reading",
    "train": "training",
}

__all__ = sorted([*_HOME, "__version__"])  # pyright: ignore[reportUnsupportedDunderAll]

if TYPE_CHECKING:
    from digit_recognizer.data import load_dataset as load_dataset
    from digit_recognizer.errors import DigitRecognizerError as DigitRecognizerError
    from digit_recognizer.errors import DigitRecognizerWarning as DigitRecognizerWarning
    from digit_recognizer.evaluation.evaluate import evaluate as evaluate
    from digit_recognizer.images import Preprocess as Preprocess
    from digit_recognizer.prediction import Prediction as Prediction
    from digit_recognizer.reading import read_line as read_line
    from digit_recognizer.recognizer import Recognizer as Recognizer
    from digit_recognizer.recognizer import get_predicted_label as get_predicted_label
    from digit_recognizer.training.train import train as train


__getattr__ = resolver(__name__, _HOME)


def __dir__() -> list[str]:
    return __all__
