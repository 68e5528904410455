"""Pictures of single characters: what is written, where its ink is, and what nobody could tell."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from digit_recognizer.data import Dataset
from digit_recognizer.synthetic.lines import Shares, Sources
from digit_recognizer.synthetic.written import Style, write
from digit_recognizer.training.line_sources import training_sources
from pen_files import write_pen_files
from teaching.singles import FILLED, OTHER, SEVERAL, SIDE, UNKNOWN, draw_single, single_picture
from tiny import tiny_dataset

PLAIN = Style(gap=0.2, unevenness=0, slant=0, width=1, bounce=0, size=0.02, rise=0)


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Sources:
    tiny = tiny_dataset()
    placed = Dataset(tiny.spec, tiny.splits, {"data_dir": str(write_pen_files(tmp_path_factory.mktemp("pens")))})
    return training_sources(placed, placed.training("train")[0], Shares(mnist=0.3, printed=0))


@given(seed=st.integers(0, 10_000))
def test_a_picture_depends_on_its_seed_alone(sources: Sources, seed: int) -> None:
    one, again = single_picture(sources, (seed, 1)), single_picture(sources, (seed, 1))
    assert (one.text, one.shown) == (again.text, again.shown)
    for first, second in ((one.image, again.image), (one.ink, again.ink)):
        np.testing.assert_array_equal(first, second)
        assert (first.shape, first.dtype) == ((SIDE, SIDE), np.uint8)


def test_it_shows_what_is_written(sources: Sources) -> None:
    made = [single_picture(sources, (3, number)) for number in range(750)]
    digits = [each for each in made if 0 <= each.shown <= 9]
    assert 0.3 < len(digits) / len(made) < 0.5
    assert all(each.text == str(each.shown) for each in digits)
    assert {len(each.text) for each in made if each.shown == SEVERAL} == {2, 3}
    assert sum(each.shown == OTHER for each in made) / len(made) > 0.02
    assert all(each.shown == UNKNOWN for each in made if not each.text)


def test_a_picture_of_nothing_has_no_ink_and_what_fills_it_has_its_size(sources: Sources) -> None:
    made = [single_picture(sources, (4, number)) for number in range(300)]
    assert not any(each.ink.any() for each in made if not each.text)
    sides = []
    for each in made:
        if 0 <= each.shown <= 9 and each.text not in "1":
            rows, columns = (np.flatnonzero((each.ink >= 128).any(axis)) for axis in (1, 0))
            sides.append(max(np.ptp(rows), np.ptp(columns)) + 1)
    assert FILLED * 0.8 < np.median(sides) < FILLED * 1.2


def test_a_letter_that_may_be_a_digit_is_neither(sources: Sources) -> None:
    assert sources.letters is not None
    labels = {sources.letters.labelled(np.random.default_rng(seed))[0] for seed in range(40)}
    assert labels == {"a", "o"}
    made = [single_picture(sources, (5, number)) for number in range(400)]
    letters = [each.shown for each in made if each.text == "@"]
    assert letters.count(UNKNOWN) > 0.54 * len(letters)


def test_a_dot_is_not_enlarged_to_fill_a_picture(sources: Sources) -> None:
    written = write(".", sources.hands, PLAIN, np.random.default_rng(0))
    areas = [
        np.mean(draw_single(written, UNKNOWN, sources.hands, np.random.default_rng(seed)).ink >= 128)
        for seed in range(40)
    ]
    assert np.median(areas) < 0.1
