"""Any picture -> what a network sees."""

from digit_recognizer.images.decode import Picture, open_picture, read_picture
from digit_recognizer.images.pages import page_names, shown_name
from digit_recognizer.images.preprocess import Preprocess

__all__ = ["Picture", "Preprocess", "open_picture", "page_names", "read_picture", "shown_name"]
