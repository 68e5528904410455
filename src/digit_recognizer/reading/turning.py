"""Which way up a page stands: the way in which it reads most clearly."""

from __future__ import annotations

from digit_recognizer.reading.ink import PageInk
from digit_recognizer.reading.upright import Reading, read_upright
from digit_recognizer.recognizer import Recognizer

QUARTERS = (0, 2, 1, 3)  # in the order in which they are tried
CLEAR = 0.7  # of what stands on the page as large as digits reads as such: then it is not turned
CLEARER = 0.15  # so much more must read as digits on a turned page


def clarity(reading: Reading) -> float:
    pieces = [digit for word in reading.words for digit in word]
    return sum(digit.status == "ok" for digit in pieces) / max(1, len(pieces))


def best_turn(ink: PageInk, recognizer: Recognizer) -> tuple[int, Reading]:
    """The quarters, clockwise, by which the page is turned, and its reading turned back."""
    chosen, best = 0, read_upright(ink, recognizer)
    if clarity(best) >= CLEAR or not best.words:
        return chosen, best
    for quarter in QUARTERS[1:]:
        found = read_upright(ink.turned(quarter), recognizer)
        if clarity(found) > clarity(best) + CLEARER * (chosen == 0):
            chosen, best = quarter, found
    return chosen, best
