"""Any picture -> what a network sees."""

from digit_recognizer.images.decode import Picture, read_picture
from digit_recognizer.images.preprocess import Preprocess

__all__ = ["Picture", "Preprocess", "read_picture"]
