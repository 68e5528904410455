"""A photo -> the digits that stand in it, and where."""

from digit_recognizer.reading.grid import Cell, Grid, read_grid

__all__ = ["Cell", "Grid", "read_grid"]
