"""A line reader sees a line in several views and means what it sees in them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from digit_recognizer.data import Dataset
from digit_recognizer.images.strings import draw_strings, plain
from digit_recognizer.models import line_reader as seen_by
from digit_recognizer.models.line_reader import PIXELS, VIEWS, LineReader, columns_of, shifted
from tiny import shifted_seed

pytestmark = pytest.mark.arithmetic


@given(width=st.integers(1, 40), right=st.integers(0, 2), down=st.integers(-1, 1), seed=st.integers(0, 99))
def test_a_view_holds_the_line_where_it_was_moved_to(width: int, right: int, down: int, seed: int) -> None:
    lines = np.random.default_rng(seed).integers(1, 256, (2, 32, width), np.uint8)
    view = shifted(lines, right, down)
    assert view.shape == (2, 32, width + 2 * PIXELS)
    place = view[:, max(down, 0) : 32 + min(down, 0), PIXELS * right : PIXELS * right + width]
    np.testing.assert_array_equal(place, lines[:, max(-down, 0) : 32 + min(-down, 0)])
    assert np.count_nonzero(view) == place.size


@pytest.mark.parametrize("width", [96, 97, 99])
def test_columns_of_all_views_are_of_the_same_places(line_reader: LineReader, width: int, mnist: Dataset) -> None:
    """Moving a line by a column of logits moves what is said of it by one."""
    lines, _ = draw_strings(mnist.split("validation").take(np.arange(40)), np.arange(40).reshape(10, 4), plain(0), (0,))
    lines = np.pad(lines, ((0, 0), (0, 0), (0, 200)))[:, :, :width]
    logs = line_reader.observe_batch(lines)
    assert logs.shape == (10, columns_of(lines), 11)
    np.testing.assert_allclose(np.exp(logs).sum(2), 1)
    alone = line_reader.log_probabilities(lines)
    assert np.mean(logs.argmax(2) == alone.argmax(2)) > 0.97
    assert np.mean(np.roll(logs, 1, axis=1).argmax(2) == alone.argmax(2)) < 0.9


def test_it_is_the_mean_of_probabilities(line_reader: LineReader, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = np.random.default_rng(shifted_seed(0)).integers(0, 256, (3, 32, 40), np.uint8)
    whole = np.exp(line_reader.observe_batch(lines))
    each = []
    for view in VIEWS:
        monkeypatch.setattr(seen_by, "VIEWS", (view,))
        each.append(np.exp(line_reader.observe_batch(lines)))
    np.testing.assert_allclose(whole, np.mean(each, axis=0), atol=1e-6)
    assert np.abs(each[0] - each[1]).max() > 1e-3
