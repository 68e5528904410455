"""A photo -> the digits that stand in it, and where."""

from digit_recognizer.reading.page import Digit, Number, Page, read_page

__all__ = ["Digit", "Number", "Page", "read_page"]
