"""A photo -> the digits that stand in it, and where."""

from digit_recognizer.reading.grid import Cell, Grid, read_grid
from digit_recognizer.reading.page import Digit, Number, Page, read_page

__all__ = ["Cell", "Digit", "Grid", "Number", "Page", "read_grid", "read_page"]
