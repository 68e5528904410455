"""Parts of pages: what they show, where their numbers are marked, and that other writing is not."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from digit_recognizer.data import Dataset
from digit_recognizer.synthetic.lines import Shares, Sources
from digit_recognizer.synthetic.printed_fonts import find_families
from digit_recognizer.training.line_sources import training_sources
from examples import examples
from pen_files import write_pen_files
from teaching.layout import laid_out
from teaching.pages import SIDE, PagePart, core_of, page_part
from teaching.printed_words import PrintedWords
from tiny import tiny_dataset

CORE, INK, OTHER = range(3)
CLOSE = 0.2  # of a number's height: what stands nearer is one number


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Sources:
    tiny = tiny_dataset()
    placed = Dataset(tiny.spec, tiny.splits, {"data_dir": str(write_pen_files(tmp_path_factory.mktemp("pens")))})
    return training_sources(placed, placed.training("train")[0], Shares(mnist=0.3, printed=0))


@pytest.fixture(scope="module")
def words() -> PrintedWords:
    return PrintedWords(find_families()["train"][0], ["paper", "seven", "Ort"])


@pytest.fixture(scope="module")
def parts(sources: Sources, words: PrintedWords) -> list[PagePart]:
    return [page_part(sources, words, (7, number)) for number in range(60)]


@examples(8)
@given(seed=st.integers(0, 10_000))
def test_a_part_depends_on_its_seed_alone(sources: Sources, words: PrintedWords, seed: int) -> None:
    one, again = page_part(sources, words, (seed, 1)), page_part(sources, words, (seed, 1))
    assert one.turned == again.turned
    for first, second in ((one.image, again.image), (one.maps, again.maps), (one.beside, again.beside)):
        np.testing.assert_array_equal(first, second)
        assert first.dtype == np.uint8
    assert (one.image.shape, one.maps.shape) == ((SIDE, SIDE), (3, SIDE // 2, SIDE // 2))


def test_cores_lie_on_ink_and_nothing_beside_them_is_a_core(parts: list[PagePart]) -> None:
    """A number's middle half holds ink of its digits; paper holds no core."""
    cores = [each for each in parts if (each.maps[CORE] > 127).any()]
    assert len(cores) > 30
    inked = [np.mean(each.maps[INK][each.maps[CORE] > 127]) for each in cores]
    paper = [np.mean(each.maps[INK][each.maps[CORE] <= 127]) for each in cores]
    assert np.median(inked) > 4 * np.median(paper)
    for each in parts:
        assert not (each.beside[(each.maps[CORE] > 127) | (each.maps[OTHER] > 127)]).any()
        assert ((each.maps[CORE] > 200) & (each.maps[OTHER] > 200)).mean() <= 0.01


def test_parts_differ_in_what_stands_on_them_and_how_they_lie(parts: list[PagePart]) -> None:
    assert {each.turned for each in parts} == {0, 1, 2, 3}
    assert sum(each.turned == 0 for each in parts) > len(parts) / 3
    assert any(not (each.maps > 127).any() for each in parts)
    assert any((each.maps[OTHER] > 127).any() for each in parts)
    darker = [np.mean(each.image[np.repeat(np.repeat(each.maps[INK], 2, 0), 2, 1) > 200]) < np.mean(each.image)
              for each in parts if (each.maps[INK] > 200).sum() > 50]  # fmt: skip
    assert 0.6 < np.mean(darker) < 1  # most is dark on light


@given(st.floats(5, 90), st.floats(0.1, 12), st.floats(-0.3, 0.3), st.tuples(st.floats(-50, 400), st.floats(-50, 400)))
def test_a_core_lies_in_the_middle_of_its_number(
    height: float, ratio: float, slope: float, place: tuple[float, float]
) -> None:
    flat = np.array([[0, 0], [ratio, 0], [ratio, 1], [0, 1]]) * height
    turn = np.array([[np.cos(slope), np.sin(slope)], [-np.sin(slope), np.cos(slope)]])
    corners = np.asarray(flat @ turn + place, np.float32)
    core = core_of(corners)
    np.testing.assert_allclose(core.mean(0), corners.mean(0), atol=1e-2)
    along = (core - corners.mean(0)) @ turn.T
    assert np.ptp(along[:, 1]) == pytest.approx(height / 2, rel=1e-2)
    assert 0 < np.ptp(along[:, 0]) <= max(np.ptp(flat[:, 0]), height / 4) + 1e-2


def test_numbers_in_a_line_stand_apart(sources: Sources, words: PrintedWords) -> None:
    """What the network is to take for two numbers is never as close as the digits of one."""
    apart = []
    for seed in range(40):
        layout = laid_out(sources, words, SIDE, 30.0, np.random.default_rng(seed))
        boxes = [each.corners() for each in layout.items if each.number]
        edges = [(box.min(0), box.max(0)) for box in boxes if box is not None]
        for (low, high), (next_low, next_high) in pairwise(edges):
            if next_low[0] > low[0] and min(high[1], next_high[1]) - max(low[1], next_low[1]) > 20:
                apart.append((next_low[0] - high[0]) / 30.0)
    assert len(apart) > 50
    assert np.quantile(apart, 0.05) > CLOSE
