"""Made lines: digits stand where they are said to, overlap as asked, and only what was asked for befalls them."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from digit_recognizer.data import Dataset
from trials.strings import (
    BLOCK,
    HEIGHT,
    INK,
    MARGIN,
    Images,
    Style,
    box_of,
    draw_string,
    draw_strings,
    hard,
    plain,
    stacked,
)

pytestmark = pytest.mark.arithmetic

seeds = st.integers(0, 1000)


@pytest.fixture(scope="module")
def digits(mnist: Dataset) -> Images:
    return mnist.split("validation").take(np.arange(200))


def some(digits: Images, seed: int, length: int) -> Images:
    return digits[np.random.default_rng(seed).integers(0, len(digits), length)]


@given(seed=seeds, length=st.integers(1, 12), overlap=st.sampled_from((-0.5, 0.0, 0.1, 0.25)))
def test_boxes_overlap_as_asked(digits: Images, seed: int, length: int, overlap: float) -> None:
    chosen = some(digits, seed, length)
    line, boxes = draw_string(chosen, plain(overlap), np.random.default_rng(seed))
    widths = [right - left for left, right in map(box_of, chosen)]
    assert [right - left for left, right in boxes] == widths
    assert boxes[0][0] == MARGIN
    assert line.shape == (HEIGHT, max(right for _, right in boxes) + MARGIN)
    for (_, end), (start, _), one, next_one in zip(boxes, boxes[1:], widths, widths[1:], strict=False):
        assert end - start == min(round(overlap * (one + next_one) / 2), one - 1)


@given(seed=seeds, length=st.integers(1, 12))
def test_each_digit_stands_in_its_box_pixel_for_pixel(digits: Images, seed: int, length: int) -> None:
    chosen = some(digits, seed, length)
    line, boxes = draw_string(chosen, plain(0.25), np.random.default_rng(seed))
    expected = np.zeros_like(line)
    for digit, (left, right) in zip(chosen, boxes, strict=True):
        first, last = box_of(digit)
        assert (line[2:30, left:right] >= digit[:, first:last]).all()
        whole = np.pad(digit, ((2, 2), (400, 400)))[:, 400 + first - left :][:, : line.shape[1]]
        expected = np.maximum(expected, whole)
    assert np.array_equal(line, expected)


@given(seed=seeds, length=st.integers(1, 8), overlap=st.floats(0, 0.3))
def test_a_hard_line_keeps_its_form(digits: Images, seed: int, length: int, overlap: float) -> None:
    line, boxes = draw_string(some(digits, seed, length), hard(overlap), np.random.default_rng(seed))
    assert line.dtype == np.uint8
    assert line.shape[0] == HEIGHT
    assert len(boxes) == length
    assert all(0 <= left < right <= line.shape[1] for left, right in boxes)
    assert [left for left, _ in boxes] == sorted({left for left, _ in boxes})


@given(seed=seeds)
def test_a_seed_draws_the_same_again(digits: Images, seed: int) -> None:
    picks = np.random.default_rng(seed).integers(0, len(digits), (3, 4))
    lines, boxes = draw_strings(digits, picks, hard(0.1), (seed, 1))
    again, boxes_again = draw_strings(digits, picks, hard(0.1), (seed, 1))
    other, _ = draw_strings(digits, picks, hard(0.1), (seed, 2))
    assert np.array_equal(lines, again)
    assert np.array_equal(boxes, boxes_again)
    assert lines.shape != other.shape or not np.array_equal(lines, other)
    assert lines.shape[2] % BLOCK == 0


@given(seed=seeds)
def test_rules_and_dirt_add_ink_and_scratches_take_it_away(digits: Images, seed: int) -> None:
    chosen = some(digits, seed, 5)
    clean, _ = draw_string(chosen, plain(0), np.random.default_rng(seed))
    ruled, _ = draw_string(chosen, replace(plain(0), rules=1.0), np.random.default_rng(seed))
    broken, _ = draw_string(chosen, replace(plain(0), broken=1.0), np.random.default_rng(seed))
    assert (ruled >= clean).all()
    assert (broken <= clean).all()


def test_each_befalls_some_lines(digits: Images) -> None:
    chosen = some(digits, 0, 5)
    clean, _ = draw_string(chosen, plain(0), np.random.default_rng(0))
    for befalls in ("rules", "dirt", "broken"):
        style = replace(plain(0), **{befalls: 0.5})
        drawn = [draw_string(chosen, style, np.random.default_rng(seed))[0] for seed in range(100)]
        changed = sum(not np.array_equal(line, clean) for line in drawn)
        assert 25 < changed < 75


def test_a_slant_leans_all_digits_to_one_side() -> None:
    """The ink of the upper half moves against that of the lower half, in the same way for every digit."""
    upright = np.zeros((28, 28), np.uint8)
    upright[4:24, 13:15] = 255
    for seed in range(20):
        line, boxes = draw_string(np.stack([upright] * 4), Style(slant=20), np.random.default_rng(seed))
        leans = [
            np.average(np.arange(right - left), weights=line[6:14, left:right].sum(0) + 1e-9)
            - np.average(np.arange(right - left), weights=line[18:26, left:right].sum(0) + 1e-9)
            for left, right in boxes
        ]
        assert np.ptp(leans) < 1


def test_paper_follows_the_shorter_lines() -> None:
    lines = [np.full((HEIGHT, width), INK, np.uint8) for width in (5, 9)]
    made = stacked(lines)
    assert made.shape == (2, HEIGHT, 2 * BLOCK)
    assert (made[0, :, :5] == INK).all()
    assert not made[0, :, 5:].any()
    assert not made[1, :, 9:].any()


def test_a_style_comes_back_from_json_equal() -> None:
    assert Style.from_dict(json.loads(json.dumps(hard(0.1).to_dict()))) == hard(0.1)


@pytest.mark.parametrize(
    "changes",
    [
        *({"overlap": ends} for ends in ((0.2, 0.1), (0.0, 1.0))),
        *({"scale": (0.0, 1.0)}, {"rules": 1.1}, {"slant": 90}, {"dirt": -0.1}),
        *({"stretch": 1.0}, {"shift": -1.0}, {"broken": float("nan")}),
    ],
    ids=str,
)
def test_impossible_styles_are_not_sound(changes: dict[str, object]) -> None:
    assert hard(0.1).sound()
    assert not replace(hard(0.1), **changes).sound()  # type: ignore[arg-type]
