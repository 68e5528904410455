"""Pen strokes become lines, and lines pictures: whose strokes, where each character stands, and what is drawn."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from digit_recognizer.data import Dataset
from digit_recognizer.errors import DataError
from digit_recognizer.synthetic.camera import recorded
from digit_recognizer.synthetic.ink import draw_mark
from digit_recognizer.synthetic.lines import Shares, Sources, line_picture
from digit_recognizer.synthetic.pictures import ROWS, draw_line
from digit_recognizer.synthetic.shapes import CHARACTERS, Hands, Words
from digit_recognizer.synthetic.strokes import load_characters, scales_of
from digit_recognizer.synthetic.texts import some_text
from digit_recognizer.synthetic.written import (
    LETTERS,
    STRUCK,
    Style,
    beside,
    drawn_style,
    struck_out,
    write,
    write_word,
    written_over,
)
from digit_recognizer.training.line_sources import held_out_sources, training_sources
from pen_files import WRITERS, write_pen_files
from tiny import tiny_dataset

PLAIN = Style(gap=0.2, unevenness=0, slant=0, width=1, bounce=0, size=0.02, rise=0)


@pytest.fixture(scope="module")
def pens(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_pen_files(tmp_path_factory.mktemp("pens"))


@pytest.fixture(scope="module")
def hands(pens: Path) -> Hands:
    return Hands(load_characters(pens / "unipen/unipen-numbers.npz", held_back=False))


@pytest.fixture(scope="module")
def sources(pens: Path) -> Sources:
    learn, _ = placed(pens).training("train")
    return training_sources(placed(pens), learn, Shares(printed=0))


def placed(folder: Path) -> Dataset:
    tiny = tiny_dataset()
    return Dataset(tiny.spec, tiny.splits, {"data_dir": str(folder)})


def test_a_character_stands_on_the_line_and_a_digit_is_one_high(pens: Path) -> None:
    read = load_characters(pens / "unipen/unipen-numbers.npz", held_back=False)
    assert set(read.writers.tolist()) == {"ann", "bob"}
    for strokes, label in zip(read.strokes, read.labels.tolist(), strict=True):
        points = np.concatenate(strokes)
        assert points[:, 0].min() == pytest.approx(0)
        assert points[:, 1].max() == pytest.approx(0)
        if label.isdigit():
            assert np.ptp(points[:, 1]) == pytest.approx(1)


def test_scale_of_the_tablet_does_not_matter(tmp_path: Path, pens: Path) -> None:
    finer = write_pen_files(tmp_path, scale=170.0)
    one, other = (load_characters(each / "unipen/unipen-numbers.npz", held_back=False) for each in (pens, finer))
    for first, second in zip(one.strokes, other.strokes, strict=True):
        np.testing.assert_allclose(np.concatenate(first), np.concatenate(second), atol=0.01)


def test_contributors_that_are_held_back_are_never_learned_from(pens: Path) -> None:
    learn, held_out = placed(pens).training("train")
    assert held_out is not None
    taught, measured = (
        training_sources(placed(pens), learn, Shares(printed=0)),
        held_out_sources(placed(pens), held_out),
    )
    held_back = {writer for writer, contributor in WRITERS.items() if contributor == "val"}
    assert set(taught.hands.characters.writers.tolist()) == set(WRITERS) - held_back
    assert set(measured.hands.characters.writers.tolist()) == held_back


def test_words_that_may_be_digits_are_left_out(sources: Sources) -> None:
    assert set(sources.words.characters.labels.tolist()) == {"num"}


def test_absent_strokes_are_named_with_their_source(tmp_path: Path) -> None:
    learn, _ = placed(tmp_path).training("train")
    with pytest.raises(DataError, match=r"unipen-numbers\.npz: is absent.*zenodo"):
        training_sources(placed(tmp_path), learn, Shares(printed=0))


@given(text=st.text(CHARACTERS, min_size=1, max_size=9), seed=st.integers(0, 10_000))
def test_characters_stand_in_their_order_on_the_line(hands: Hands, text: str, seed: int) -> None:
    written = write(text, hands, PLAIN, np.random.default_rng(seed))
    assert written.text == text
    assert len(written.marks) == len(written.boxes) == len(text)
    middles = (written.boxes[:, 0] + written.boxes[:, 2]) / 2
    assert (np.diff(middles) > 0).all()
    for label, (_, top, _, bottom) in zip(text, written.boxes.tolist(), strict=True):
        if label.isdigit():
            assert bottom == pytest.approx(0, abs=0.2)
            assert 0.6 < bottom - top < 1.5
        if label in ".,":
            assert bottom > -0.6
            assert bottom - top < 0.7


@given(seed=st.integers(0, 10_000))
def test_texts_are_of_the_characters_that_are_read(seed: int) -> None:
    assert set(some_text(np.random.default_rng(seed))) <= set(CHARACTERS)


def test_all_characters_come_up_and_lengths_differ() -> None:
    draw = np.random.default_rng(0)
    texts = [some_text(draw) for _ in range(4000)]
    assert set("".join(texts)) == set(CHARACTERS)
    assert {0, 1, 2, 3, 4, 5, 6, 7, 8} <= {len(text) for text in texts}


@given(seed=st.integers(0, 10_000))
def test_what_is_struck_out_is_one_mark_of_its_own(hands: Hands, seed: int) -> None:
    draw = np.random.default_rng(seed)
    written = write("1234", hands, drawn_style(draw), draw)
    struck = struck_out(written, 1, 3, draw)
    assert struck.text == f"1{STRUCK}4"
    assert len(struck.boxes) == len(struck.text)
    assert len(struck.marks) == len(written.marks) + 1
    left, _, right, _ = struck.boxes[1].tolist()
    assert left <= written.boxes[1, 0]
    assert right >= written.boxes[2, 2] - 1e-6


def test_a_correction_keeps_the_text_and_adds_ink(hands: Hands) -> None:
    draw = np.random.default_rng(0)
    written = write("12", hands, PLAIN, draw)
    over = written_over(written, 1, hands, draw)
    assert over.text == "12"
    assert len(over.marks) == 3
    assert over.marks[2].thicker > written.marks[1].thicker


def test_a_word_beside_a_number_is_one_mark(sources: Sources) -> None:
    draw = np.random.default_rng(0)
    both = beside(write("12", sources.hands, PLAIN, draw), write_word(sources.words, PLAIN, draw), 0.5)
    assert both.text == f"12{LETTERS}"
    assert both.boxes[2, 0] >= both.boxes[1, 2] + 0.4


def test_ink_is_drawn_where_its_boxes_say(hands: Hands) -> None:
    for seed in range(20):
        written = write("2083", hands, PLAIN, np.random.default_rng(seed))
        canvas, unit, origin = np.zeros((80, 260), np.float32), 40.0, np.array([20, 60], np.float32)
        for mark in written.marks:
            draw_mark(canvas, mark, unit, origin, 3.0, 0.5)
        columns = np.flatnonzero(canvas.any(0))
        assert columns[0] == pytest.approx(20 + unit * written.boxes[0, 0], abs=4)
        assert columns[-1] == pytest.approx(20 + unit * written.boxes[-1, 2], abs=4)


def test_masks_are_drawn_where_their_boxes_say(sources: Sources) -> None:
    for seed in range(20):
        written = write("208", sources.mnist, PLAIN, np.random.default_rng(seed))
        canvas, unit, origin = np.zeros((120, 300), np.float32), 40.0, np.array([20, 80], np.float32)
        draw_mark(canvas, written.marks[1], unit, origin, 3.0, 0.5)
        left, _, right, _ = (20 + unit * written.boxes[1]).tolist()
        columns = np.flatnonzero(canvas.any(0))
        assert left - 3 <= columns[0]
        assert columns[-1] <= right + 3
        assert np.ptp(columns) > 0.7 * (right - left)


@given(seed=st.integers(0, 10_000))
def test_a_picture_depends_on_its_seed_alone(sources: Sources, seed: int) -> None:
    one, again = line_picture(sources, (seed, 1)), line_picture(sources, (seed, 1))
    assert one.text == again.text
    np.testing.assert_array_equal(one.image, again.image)
    assert one.image.shape[0] == ROWS
    assert one.image.dtype == np.uint8
    assert len(one.middles) == len(one.text)
    assert ((one.middles >= -1) & (one.middles <= one.image.shape[1])).all()


def test_kinds_of_lines_are_as_frequent_as_asked_for(sources: Sources) -> None:
    texts = [line_picture(sources, (7, number)).text for number in range(1000)]
    struck, letters = (sum(sign in text for text in texts) for sign in (STRUCK, LETTERS))
    assert 0.02 < struck / len(texts) < 0.07
    assert 0.015 < letters / len(texts) < 0.05
    plain = Sources(sources.hands, sources.mnist, sources.words, None, Shares(0, 0, 0, 0, 0, 0))
    assert not {STRUCK, LETTERS} & set("".join(line_picture(plain, (7, number)).text for number in range(100)))


def test_ink_is_darker_than_paper_but_for_negatives() -> None:
    ink = np.zeros((64, 128), np.float32)
    ink[20:44, 40:80] = 1
    lighter = 0
    for seed in range(200):
        image = recorded(ink, [], (32, 64), np.random.default_rng(seed)).astype(float)
        assert image.shape == (32, 64)
        lighter += image[13:19, 24:36].mean() > image[:6].mean()
    assert 2 <= lighter <= 30


def test_words_are_drawn_from_all(pens: Path) -> None:
    numbers = pens / "unipen/unipen-numbers.npz"
    words = load_characters(pens / "unipen/unipen-words.npz", held_back=False, scales=scales_of(numbers))
    draw, several = np.random.default_rng(0), Words(words)
    assert len({several.shape(draw).outline.tobytes() for _ in range(40)}) >= 2


@pytest.mark.parametrize("text", [".", "-", "1"])
def test_a_sign_in_a_cell_that_cuts_it_off_is_still_a_picture(hands: Hands, text: str) -> None:
    for seed in range(150):
        draw = np.random.default_rng(seed)
        picture = draw_line(write(text, hands, PLAIN, draw), hands, draw, cells=1.0)
        assert picture.image.shape[0] == ROWS
        assert picture.image.shape[1] >= 4
