"""Strings scored: the distance of two strings, counts, and a look at a test split noted once."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.proportion import proportion_confint

from digit_recognizer.data import Dataset
from digit_recognizer.models.line_reader import LineReader
from trials.string_figures import StringFigures, edit_distance, made_strings, score_strings
from trials.strings import hard

pytestmark = pytest.mark.arithmetic

strings = st.lists(st.integers(0, 2), max_size=6)
GOLDEN_LABELS = [[7, 5, 2], [0, 7, 5], [0, 3, 2], [0, 7, 1]]
GOLDEN_SHA256 = "5d83a5b857d6959fadb9aa12b7186063b6d09703e9c884c91519869856d73be0"


def by_definition(one: Sequence[int], other: Sequence[int]) -> int:
    """The recursion that defines it, without any table."""

    @cache
    def distance(left: int, right: int) -> int:
        if min(left, right) == 0:
            return max(left, right)
        changed = distance(left - 1, right - 1) + (one[left - 1] != other[right - 1])
        return min(changed, distance(left - 1, right) + 1, distance(left, right - 1) + 1)

    return distance(len(one), len(other))


@given(strings, strings)
def test_the_distance_is_levenshteins(one: list[int], other: list[int]) -> None:
    assert edit_distance(one, other) == edit_distance(other, one) == by_definition(one, other)


def test_the_strings_are_the_same_at_each_call(mnist: Dataset) -> None:
    split = mnist.split("validation")
    digits, labels = split.take(np.arange(300)), split.labels[:300]
    first, again = (list(made_strings(digits, labels, (1, 4), each=5)) for _ in range(2))
    assert [cell.sha256 for cell in first] == [cell.sha256 for cell in again]
    assert len({cell.sha256 for cell in first}) == 4  # one digit overlaps nothing
    assert [(cell.length, cell.overlap) for cell in first] == [(n, share) for n in (1, 4) for share in (0.0, 0.1, 0.25)]
    assert all(cell.labels.shape == (5, cell.length) for cell in first)
    assert np.array_equal(first[3].labels, first[5].labels)
    spoilt = list(made_strings(digits, labels, (4,), each=5, styled=hard))
    assert spoilt[0].sha256 != first[3].sha256


def test_the_golden_strings() -> None:
    """What is reported is reported of these lines, on any machine."""
    row, column = np.mgrid[0:28, 0:28]
    digits = np.stack([np.where(np.hypot(row - 14, column - 14) < 2 + n, 255, 0) for n in range(8)]).astype(np.uint8)
    (cell,) = made_strings(digits, np.arange(8), (3,), (0.1,), each=4)
    assert cell.labels.tolist() == GOLDEN_LABELS
    assert cell.sha256 == GOLDEN_SHA256


def test_figures_state_n_and_an_interval() -> None:
    told = StringFigures(length=5, overlap=0.1, n=200, right=190, errors=12, sha256="").to_dict()
    assert (told["share_right"], told["digit_error_rate"]) == (0.95, 0.012)
    expected = proportion_confint(190, 200, method="wilson")
    assert (told["interval"]["low"], told["interval"]["high"]) == pytest.approx(expected)


def test_a_look_at_test_strings_is_noted_once(mnist: Dataset, line_reader: LineReader) -> None:
    """The strings of all lengths are one look; here validation digits stand for the test split."""
    split = mnist.split("validation")
    few = Dataset(mnist.spec, {"test": split, "validation": split})
    for looks in (1, 2):
        found, noted = score_strings(line_reader, few, "test", lengths=(1, 2), each=3)
        assert noted == looks
        assert len(found) == 6
    assert score_strings(line_reader, few, "validation", lengths=(1,), each=3)[1] is None
