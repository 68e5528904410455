"""A photo -> the digits that stand in it, and where."""

from digit_recognizer.reading.grid import Cell, Grid, read_grid
from digit_recognizer.reading.page import PAGE_MODEL, Number, Page, read_page
from digit_recognizer.reading.upright import Digit

__all__ = ["PAGE_MODEL", "Cell", "Digit", "Grid", "Number", "Page", "read_grid", "read_page"]
