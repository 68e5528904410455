"""What classes are called: the order of their names, and the numbers among them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from decimal import Decimal

NUMBER = re.compile(r"[+-]?[0-9]+([.][0-9]+)?")
WHOLE = re.compile(r"0|[1-9][0-9]{0,8}")  # as it is written, so that the number says what the name says; fits int32


def in_order(names: Iterable[str]) -> tuple[str, ...]:
    """Names in their natural order: numbers by size, and "class2" before "class10"."""
    found = sorted(names)
    if all(NUMBER.fullmatch(name) for name in found):
        return tuple(sorted(found, key=Decimal))
    return tuple(sorted(found, key=_parts))


def _parts(name: str) -> list[tuple[str, int, str]]:
    """A name as its texts, each with the number after it: the number's length, then its digits."""
    pieces = re.split("([0-9]+)", name)
    numbers = [each.lstrip("0") for each in pieces[1::2]] + [""]
    return [(text, len(number), number) for text, number in zip(pieces[::2], numbers, strict=True)]


def as_numbers(names: Sequence[str]) -> tuple[int, ...] | None:
    """The names as the whole numbers that they are ("1" to "9", say); None where any of them is another word."""
    return tuple(map(int, names)) if all(WHOLE.fullmatch(name) for name in names) else None


def not_digits(names: Sequence[str]) -> tuple[str, ...]:
    """Those names that are not a single digit, 0 to 9."""
    return tuple(name for name in names if len(name) != 1 or name not in "0123456789")


def index_of(names: Sequence[str], label: int | str) -> int:
    """The index of the class that has a label: its name, or the number that is its name; else an index itself.

    Raises ValueError where none has it.
    """
    if str(label) in names:
        return names.index(str(label))
    if as_numbers(names) is None and str(label) in map(str, range(len(names))):
        return int(label)
    raise ValueError(label)
