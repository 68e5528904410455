"""A photo -> the digits that stand in it, and where."""

from digit_recognizer.reading.grid import Cell, Grid, read_grid
from digit_recognizer.reading.line import Character, Line, read_line, read_lines
from digit_recognizer.reading.numbers import Digit, Number
from digit_recognizer.reading.page import PAGE_MODEL, Page, read_page

__all__ = [
    "PAGE_MODEL",
    "Cell",
    "Character",
    "Digit",
    "Grid",
    "Line",
    "Number",
    "Page",
    "read_grid",
    "read_line",
    "read_lines",
    "read_page",
]
