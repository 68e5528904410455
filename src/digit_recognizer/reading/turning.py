"""Which way up a page stands: the way in which it reads most clearly.

The bounds were chosen on drawn pages (benchmarks/pages.py: seeds 20 and 21 of the 14 kinds that stand upright, whole
and their upper thirds, sketched by the model `mixed`, turned in all four ways). On these same pages 55 of 56 upright
ones are surely upright and one is flagged; of 168 turned ones 165 are read rightly and three flagged, none wrongly.
Cuttings of 450 x 140 pixels, whose edges go through lines of digits, were left out: there the clearest way up was often
not the actual one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from digit_recognizer.reading.upright import Reading

QUARTERS = (0, 2, 1, 3)  # in the order in which they are tried
CLEAR = 0.85  # clarity of a page that is not turned; none of the turned pages reached 0.8
CLEARER = 0.1  # by so much a turned page must be clearer than the page as it lies
LEAST = 0.4  # clarity of a page that is turned
ENOUGH = 3  # sure digits: fewer do not turn a page, as a lone 6 would become a 9
TOGETHER = 0.5  # of the sure digits must stand in numbers of two or more
NEARLY = 0.05  # no other way up may come so near in clarity, or else the choice is not sure


@dataclass(frozen=True)
class Turn:
    """The way up that was chosen."""

    quarters: int  # clockwise, that the page lies turned: 0, 1, 2 or 3
    sure: bool  # whether it was much clearer than each other way


def clarity(reading: Reading) -> float:
    """How clearly a page reads, 0..1: the probabilities of the sure digits in its numbers, over all of its pieces.

    Words and dirt count as pieces, so that a page that falls into letters or strokes is not clear. 0 without pieces.
    """
    sure = sum(digit.probability for word in reading.words_as_numbers for digit in word.digits if digit.likely)
    return sure / max(1, sum(len(word.digits) for word in reading.words))


def best_turn(sketch: Callable[[int], Reading]) -> Turn:
    """The clearest way up. sketch: reads some of the page, turned by so many quarters anticlockwise.

    A page of at least CLEAR, or without pieces, is taken as it lies. Otherwise the three other ways are sketched too,
    and the clearest is taken where it has LEAST clarity, is by CLEARER clearer than the page as it lies, and ENOUGH
    sure digits, most of them in numbers of two or more, speak for it. The choice is not sure where another way comes as
    near as NEARLY.
    """
    first = sketch(0)
    if not first.words or clarity(first) >= CLEAR:
        return Turn(0, True)
    sketches = {0: first} | {quarter: sketch(quarter) for quarter in QUARTERS[1:]}
    clear = {quarter: clarity(each) for quarter, each in sketches.items()}
    best = max(QUARTERS, key=lambda quarter: clear[quarter])
    turns = clear[best] >= max(LEAST, clear[0] + CLEARER) and may_turn(sketches[best])
    chosen = best if turns else 0
    others = max(clear[quarter] for quarter in QUARTERS if quarter != chosen)
    return Turn(chosen, clear[chosen] >= others + NEARLY)


def may_turn(reading: Reading) -> bool:
    """Whether what a page says, turned, is more than what letters lying on their side look like, which stand alone."""
    sure = [sum(digit.likely for digit in word.digits) for word in reading.words_as_numbers]
    together = sum(count for count, word in zip(sure, reading.words_as_numbers, strict=True) if len(word.digits) > 1)
    return sum(sure) >= ENOUGH and together > TOGETHER * sum(sure)
