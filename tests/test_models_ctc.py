"""Strings and their probabilities against torch's ctc_loss and against the sum over all alignments, one by one."""

from __future__ import annotations

from collections import Counter
from itertools import groupby, product

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn.functional import ctc_loss

from digit_recognizer.models.ctc import (
    CERTAIN,
    Logs,
    align,
    collapsed,
    digit_probabilities,
    greedy,
    log_likelihoods,
    most_probable,
    prefix_search,
)

pytestmark = pytest.mark.arithmetic

CLASSES, COLUMNS = 3, 5  # so few that all 4 ** 5 alignments can be looked at


def drawn_logs(seed: int, columns: int = COLUMNS, classes: int = CLASSES, sharpness: float = 1.5) -> Logs:
    """Log probabilities (columns, classes + 1) of random logits."""
    logits = sharpness * np.random.default_rng(seed).standard_normal((columns, classes + 1))
    return np.asarray(logits - np.logaddexp.reduce(logits, axis=1, keepdims=True))


def by_brute_force(logs: Logs) -> Counter[tuple[int, ...]]:
    """The probability of every string: the sum over its alignments, each looked at."""
    found: Counter[tuple[int, ...]] = Counter()
    for path in product(range(CLASSES + 1), repeat=len(logs)):
        string = tuple(label for label, _ in groupby(path) if label != CLASSES)
        found[string] += float(np.exp(sum(logs[column, label] for column, label in enumerate(path))))
    return found


seeds = st.integers(0, 10_000)
strings = st.lists(st.integers(0, 9), min_size=0, max_size=8)


@given(seeds, strings)
def test_likelihoods_are_torchs(seed: int, string: list[int]) -> None:
    logs = drawn_logs(seed, columns=20, classes=10)
    ours = log_likelihoods(logs, np.array([string], np.int64).reshape(1, -1))
    theirs = ctc_loss(
        torch.from_numpy(logs)[:, None],
        torch.tensor([string], dtype=torch.int64).reshape(1, -1),
        torch.tensor([20]),
        torch.tensor([len(string)]),
        blank=10,
        reduction="none",
    )
    np.testing.assert_allclose(-ours, theirs.numpy(), rtol=1e-9)


@pytest.mark.parametrize("seed", range(5))
def test_every_string_has_the_sum_of_its_alignments(seed: int) -> None:
    logs = drawn_logs(seed)
    everything = by_brute_force(logs)
    assert sum(everything.values()) == pytest.approx(1)
    for length in range(COLUMNS + 1):
        rows = [string for string in everything if len(string) == length]
        each = np.array(rows, np.int64).reshape(len(rows), length)
        expected = [everything[tuple(row)] for row in each.tolist()]
        np.testing.assert_allclose(np.exp(log_likelihoods(logs, each)), expected, rtol=1e-9)


@pytest.mark.parametrize("seed", range(20))
def test_the_most_probable_string_is_found(seed: int) -> None:
    logs = drawn_logs(seed, sharpness=0.5 + seed % 4)
    everything = by_brute_force(logs)
    string, probability = most_probable(logs)
    assert probability == pytest.approx(max(everything.values()))
    assert everything[string] == pytest.approx(probability)
    found = prefix_search(logs, width=10_000)
    assert [everything[each] for each in found[:10]] == pytest.approx([p for _, p in everything.most_common(10)])


def test_the_search_finds_what_the_best_path_misses() -> None:
    """Graves's example: two columns, blank 0.6 and a digit 0.4; the best path is empty, the digit is likelier."""
    logs = np.log(np.array([[0.4, 0.6], [0.4, 0.6]]))
    assert greedy(logs) == ()
    assert most_probable(logs) == ((0,), pytest.approx(0.64))
    assert np.log(0.36) < CERTAIN


def test_repeats_need_a_blank_between_them() -> None:
    assert collapsed(np.array([1, 1, 3, 1, 2, 2, 3]), blank=3) == (1, 1, 2)
    assert collapsed(np.array([3, 3]), blank=3) == ()
    assert log_likelihoods(drawn_logs(0, columns=2), np.array([[1, 1], [1, 2]]))[0] == -np.inf
    with pytest.raises(ValueError, match="do not fit"):
        align(drawn_logs(0, columns=2), (1, 1))


@pytest.mark.parametrize("seed", range(3))
def test_a_digits_probability_is_its_share_of_all_in_its_place(seed: int) -> None:
    logs = drawn_logs(seed)
    everything = by_brute_force(logs)
    first, second = digit_probabilities(logs, (0, 2))
    at_first = [everything[(label, 2)] for label in range(CLASSES)] + [everything[(2,)]]
    at_second = [everything[(0, label)] for label in range(CLASSES)] + [everything[(0,)]]
    assert first == pytest.approx(everything[(0, 2)] / sum(at_first))
    assert second == pytest.approx(everything[(0, 2)] / sum(at_second))
    assert digit_probabilities(logs, ()) == []


@pytest.mark.parametrize("string", [(), (1,), (0, 0), (2, 1, 0), (1, 1, 1)])
@pytest.mark.parametrize("seed", range(3))
def test_an_alignment_is_the_best_of_all(string: tuple[int, ...], seed: int) -> None:
    logs = drawn_logs(seed)
    paths = [
        path for path in product(range(CLASSES + 1), repeat=COLUMNS) if collapsed(np.array(path), CLASSES) == string
    ]
    best = max(paths, key=lambda path: sum(logs[range(COLUMNS), list(path)]))
    runs, at = [], 0
    for label, run in groupby(best):
        length = len(list(run))
        if label != CLASSES:
            runs.append((at, at + length))
        at += length
    assert align(logs, string) == runs
