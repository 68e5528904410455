"""How many rows and columns a grid is said to have."""

from __future__ import annotations

import re

from digit_recognizer.errors import ConfigError

_MOST = 100  # rows or columns


def as_shape(text: str, named: str) -> tuple[int, int] | None:
    """Rows and columns from "9x9"; None from "auto". Raises ConfigError, which says what was `named` so, otherwise."""
    if text == "auto":
        return None
    numbers = re.fullmatch(r"([0-9]{1,4})\s*[xX×]\s*([0-9]{1,4})", text.strip())
    if numbers is None:
        raise ConfigError(f"{named} {text!r} is not a shape. Write rows and columns like 9x9, or auto.")
    return int(numbers[1]), int(numbers[2])


def check_shape(shape: tuple[int, int] | None) -> None:
    """Raise ConfigError for rows and columns that no grid has."""
    if shape is not None and (min(shape) < 1 or max(shape) < 2 or max(shape) > _MOST):
        raise ConfigError(
            f"A grid of {shape[0]} x {shape[1]} is not read. Give 1 to {_MOST} rows and columns, like 9x9."
        )
