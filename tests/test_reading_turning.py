"""Which way up a page is read: upright pages stay, clearer ones are turned, and doubt is said."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from digit_recognizer.data import Dataset
from digit_recognizer.images.drawn_pages import drawn_page
from digit_recognizer.reading import PAGE_MODEL, read_page
from digit_recognizer.reading.grouping import Group
from digit_recognizer.reading.ink import darkness, strokes
from digit_recognizer.reading.ruling import find_rules
from digit_recognizer.reading.turning import CLEAR, CLEARER, LEAST, NEARLY, best_turn, clarity
from digit_recognizer.reading.upright import SKETCHED, Digit, Reading, Word, read_upright, sketched
from digit_recognizer.recognizer import Recognizer

pytestmark = pytest.mark.arithmetic

WORD = st.lists(
    st.builds(Digit, st.integers(0, 9), st.just((0, 0, 9, 20)), st.floats(0.1, 1), st.sampled_from(["ok", "unsure"])),
    min_size=1,
    max_size=6,
).map(lambda digits: Word(tuple(digits), Group((), 20.0)))
READINGS = st.lists(st.lists(WORD, max_size=6).map(lambda words: Reading(tuple(words))), min_size=4, max_size=4)


def line(sure: int, strange: int) -> Reading:
    """A page of one number of so many sure digits, and so many lone pieces that are no digits."""
    number, *lone = (Digit(3, (0, 0, 9, 20), 1.0, status) for status in ["ok"] + ["not a digit"] * strange)
    words = [(number,) * sure, *((piece,) for piece in lone)]
    return Reading(tuple(Word(digits, Group((), 20.0)) for digits in words if digits))


@given(READINGS)
def test_a_page_is_turned_only_for_a_much_clearer_reading(readings: list[Reading]) -> None:
    turn = best_turn(readings.__getitem__)
    clear = [clarity(each) for each in readings]
    assert all(0 <= each <= 1 for each in clear)
    if turn.quarters:
        assert clear[0] < CLEAR
        assert clear[turn.quarters] == max(clear) >= max(LEAST, clear[0] + CLEARER)
    if turn.sure and readings[0].words and clear[0] < CLEAR:
        others = [each for quarter, each in enumerate(clear) if quarter != turn.quarters]
        assert clear[turn.quarters] >= max(others) + NEARLY


def test_a_clear_page_is_sketched_once() -> None:
    asked: list[int] = []
    turn = best_turn(lambda quarters: asked.append(quarters) or line(9, 1))  # type: ignore[func-returns-value]
    assert (asked, turn.quarters, turn.sure) == ([0], 0, True)


@pytest.mark.parametrize(
    ("counts", "quarters", "sure"),
    [
        ([(3, 7), (2, 8), (9, 1), (2, 8)], 2, True),
        ([(3, 7), (2, 8), (9, 1), (9, 1)], 2, False),  # two ways up read alike
        ([(5, 5), (0, 9), (5, 5), (0, 9)], 0, False),
        ([(6, 4), (0, 9), (3, 7), (0, 9)], 0, True),
        ([(0, 2), (0, 2), (2, 0), (0, 2)], 0, False),  # two digits turn no page
    ],
)
def test_doubt_is_said(counts: list[tuple[int, int]], quarters: int, sure: bool) -> None:
    turn = best_turn([line(*each) for each in counts].__getitem__)
    assert (turn.quarters, turn.sure) == (quarters, sure)


def test_letters_lying_on_their_side_turn_no_page() -> None:
    alone = Reading((Word((Digit(1, (0, 0, 9, 20), 1.0, "ok"),), Group((), 20.0)),) * 20)
    assert best_turn([line(0, 9), alone, line(0, 9), line(0, 9)].__getitem__).quarters == 0


def test_a_sketch_sees_some_of_all_of_a_page_and_which_way_it_stands(mnist: Dataset) -> None:
    validation = mnist.split("validation")
    page = drawn_page("white", validation.take(np.arange(900)), validation.labels[:900].tolist(), 7)
    dark = darkness(page.picture)
    ink, recognizer = strokes(dark, find_rules(dark)), Recognizer.load(PAGE_MODEL)
    whole = [digit for word in read_upright(ink, recognizer).words for digit in word.digits]
    clear = []
    for quarters in range(4):
        sketch = [digit for word in sketched(ink.turned(quarters), recognizer).words for digit in word.digits]
        assert SKETCHED / 2 < len(sketch) < 1.5 * SKETCHED < len(whole)
        clear.append(clarity(sketched(ink.turned(quarters), recognizer)))
        for along in (0, 1):  # from one side to the other
            places = [digit.box[along] for digit in sketch]
            assert np.ptp(places) > 0.8 * ink.turned(quarters).mask.shape[1 - along] - 100
    assert clear[0] > max(clear[1:]) + CLEARER


@pytest.mark.parametrize("quarters", [0, 1, 2, 3])
def test_a_page_reads_alike_whichever_way_it_lies(mnist: Dataset, quarters: int) -> None:
    validation = mnist.split("validation")
    page = drawn_page("white", validation.take(np.arange(900)), validation.labels[:900].tolist(), 7)
    photo = np.ascontiguousarray(np.rot90(page.picture[:360], quarters))
    found = read_page(photo, Recognizer.load(PAGE_MODEL))
    assert found.turned == -90 * quarters % 360
    texts = {each.text for each in found.numbers}
    actual = [each.text for each in page.numbers if max(box[1] + box[3] for box in each.boxes) < 350]
    assert sum(text in texts for text in actual) >= 0.8 * len(actual)
