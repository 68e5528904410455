"""What people write on lines of numbers: whole numbers, decimals, dates, times, ranges, shares. By chance."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

_LENGTHS = (0.1, 0.25, 0.24, 0.16, 0.1, 0.06, 0.04, 0.03, 0.01, 0.01)  # of whole numbers, 1 to 10 digits


def some_text(draw: Generator) -> str:
    """A text of 0-9 . , - / : + % ( ); now and then an empty one."""
    kinds, shares = zip(*_KINDS.items(), strict=True)
    return _made(str(draw.choice(kinds, p=np.array(shares) / sum(shares))), draw)


# D: a whole number; d: a digit; n: one to three digits; m: one or two digits; s: a decimal sign.
_KINDS = {
    "D": 0.55,
    "nsn": 0.14,
    "msd": 0.11,
    "msddd": 0.06,
    "-n": 0.03,
    "-nsm": 0.025,
    "-": 0.005,
    "n-n": 0.015,
    "m/m": 0.035,
    "m/m/m": 0.02,
    "m.m.m": 0.01,
    "m-m-m": 0.005,
    "m:dd": 0.02,
    "n%": 0.01,
    "m,d%": 0.005,
    "+n": 0.008,
    "(m)": 0.007,
    "": 0.025,
}


def _made(kind: str, draw: Generator) -> str:
    """A kind with its letters drawn."""
    made = ""
    for letter in kind:
        if letter == "D":
            made += _digits(int(draw.choice(len(_LENGTHS), p=_LENGTHS)) + 1, draw)
        elif letter in "dnm":
            made += _digits(int(draw.integers(1, {"d": 2, "n": 4, "m": 3}[letter])), draw)
        else:
            made += str(draw.choice([".", ","])) if letter == "s" else letter
    return made


def _digits(count: int, draw: Generator) -> str:
    return "".join(str(digit) for digit in draw.integers(0, 10, count))
