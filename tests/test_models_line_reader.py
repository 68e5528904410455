"""A line reader: a line's answer is its own, whatever is read beside it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from digit_recognizer.images.lines import BLOCK, LEAST_WIDTH, MOST_WIDTH, ROWS, as_inputs, normalised, scaled_line
from digit_recognizer.models.line_reader import CHARACTERS, CLASSES, LineReader, log_probabilities
from digit_recognizer.synthetic import shapes
from tiny import shifted_seed

pytestmark = pytest.mark.arithmetic


@given(height=st.integers(4, 200), width=st.integers(4, 400))
def test_a_line_is_scaled_to_its_rows_with_its_aspect_kept(height: int, width: int) -> None:
    line = scaled_line(np.full((height, width), 77, np.uint8))
    assert line.shape == (ROWS, min(MOST_WIDTH, max(LEAST_WIDTH, round(width * ROWS / height))))
    assert (line == 77).all()


def test_inputs_hold_the_lines_and_middle_grey_beside_them() -> None:
    lines = [np.full((ROWS, width), level, np.uint8) for width, level in ((20, 0), (70, 255))]
    inputs = as_inputs(lines)
    assert inputs.shape == (2, 1, ROWS, 80)
    assert inputs.shape[3] % BLOCK == 0
    for line, given_line in zip(lines, inputs[:, 0], strict=True):
        np.testing.assert_array_equal(given_line[:, : line.shape[1]], normalised(line))
        assert not given_line[:, line.shape[1] :].any()


def test_what_is_drawn_is_what_is_read() -> None:
    assert shapes.CHARACTERS == CHARACTERS
    assert CLASSES[: len(CHARACTERS)] == tuple(CHARACTERS)


def test_an_answer_does_not_depend_on_the_lines_beside(line_reader: LineReader) -> None:
    draw = np.random.default_rng(shifted_seed(0))
    lines = [draw.integers(0, 256, (ROWS, width), np.uint8) for width in (40, 90, 41, 200, 48)]
    together = line_reader.observe(lines)
    for line, seen in zip(lines, together, strict=True):
        (alone,) = line_reader.observe([line])
        np.testing.assert_allclose(alone.logits, seen.logits, atol=2e-3)
        assert alone.energy == pytest.approx(seen.energy, abs=2e-3)
        np.testing.assert_allclose(np.exp(log_probabilities(seen.logits)).sum(1), 1)
