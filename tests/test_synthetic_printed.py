"""Printed digits: the same for a seed, of a network's form, from fonts of which no family is in two splits."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import ImageFont

from digit_recognizer.data import Dataset
from digit_recognizer.errors import DataError
from digit_recognizer.images import Preprocess
from digit_recognizer.models import load_model
from digit_recognizer.synthetic.printed import (
    FINER,
    GLYPH,
    glyph,
    lit,
    photographed,
    placed,
    printed_digits,
    ruled,
    spread,
    tilted,
    written_digits,
)
from digit_recognizer.synthetic.printed_fonts import FAMILIES, find_families

pytestmark = pytest.mark.arithmetic

SPLITS = ("train", "validation", "calibration", "test")


@pytest.fixture(scope="module")
def fonts() -> dict[str, list[list[Path]]]:
    try:
        return find_families()
    except DataError as error:
        pytest.skip(str(error))


def block(height: int = GLYPH, width: int = 40) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
    """A shape to place: a full block with a hole."""
    shape = np.ones((height, width), np.float32)
    shape[height // 3 : height // 2, width // 3 : width // 2] = 0
    return shape


def test_no_family_and_no_file_is_in_two_splits() -> None:
    assert tuple(FAMILIES) == SPLITS
    names = [name for families in FAMILIES.values() for name in families]
    files = [file for families in FAMILIES.values() for each in families.values() for file in each.files]
    assert len(names) == len(set(names))
    assert len(files) == len(set(files))
    held_out = {each.package for split in SPLITS[1:] for each in FAMILIES[split].values()}
    assert not held_out & {each.package for each in FAMILIES["train"].values()}


def test_absent_fonts_are_named_all_at_once(tmp_path: Path) -> None:
    with pytest.raises(DataError) as told:
        find_families(tmp_path)
    assert str(told.value).startswith(f"{tmp_path}: lacks fonts that printed digits are drawn from.\n")
    packages = {each.package for families in FAMILIES.values() for each in families.values()}
    named = str(told.value).split("apt-get install ")[1].split()
    assert len(named) == len(set(named))
    assert set(named) == packages
    for families in FAMILIES.values():
        for each in families.values():
            for file in each.files:
                (tmp_path / file).write_bytes(b"")
    assert [len(find_families(tmp_path)[split]) for split in SPLITS] == [len(FAMILIES[split]) for split in SPLITS]
    (tmp_path / "DejaVuSerif.ttf").unlink()
    with pytest.raises(DataError, match=r"apt-get install fonts-dejavu-core$"):
        find_families(tmp_path)


def test_all_digits_stand_on_the_line_and_are_of_one_height(fonts: dict[str, list[list[Path]]]) -> None:
    """No old-style figures: of these some are as low as an x, others hang below the line."""
    for font in (font for families in fonts.values() for files in families for font in files):
        boxes = [ImageFont.truetype(str(font), 100).getbbox(digit, anchor="ls") for digit in "0123456789"]
        tops, bottoms = np.array([(-box[1], box[3]) for box in boxes]).T
        assert tops.min() > 0.85 * tops.max(), font.name
        assert bottoms.max() < 0.12 * tops.max(), font.name


def test_a_glyph_is_as_high_as_its_ink(fonts: dict[str, list[list[Path]]]) -> None:
    for files in fonts["validation"]:
        for digit in range(10):
            shape = glyph(files[0], digit)
            assert len(shape) - shape.any(1).sum() <= 2
            assert 0.8 * GLYPH < len(shape) < 1.2 * GLYPH
            assert shape.max() == 1
        assert abs(len(glyph(files[0], 8)) - GLYPH) <= 2


def test_a_digit_depends_on_fonts_seed_and_number_alone(fonts: dict[str, list[list[Path]]]) -> None:
    families = fonts["validation"]
    images, labels = printed_digits(families, 20, seed=3)
    assert (images.shape, images.dtype, labels.dtype) == ((20, 28, 28), np.uint8, np.int64)
    assert np.array_equal(labels, np.arange(20) % 10)
    assert np.array_equal(printed_digits(families, 7, seed=3)[0], images[:7])
    assert not np.array_equal(printed_digits(families, 20, seed=4)[0], images)
    assert len(np.unique(images.reshape(20, -1), axis=0)) == 20
    assert printed_digits(families, 0)[0].shape == (0, 28, 28)
    assert printed_digits(families, 2, preprocess=Preprocess(size=40, box=30))[0].shape == (2, 40, 40)


def test_a_preparation_that_sees_no_ink_is_told() -> None:
    faint = np.zeros((1, 28, 28), np.uint8)
    faint[0, 4:24, 12:15] = 1
    with pytest.raises(DataError, match="No picture with ink"):
        written_digits(faint, preprocess=Preprocess(min_contrast=250))


@given(st.integers(0, 2**32), st.floats(14, 56), st.integers(20, 120))
def test_a_placed_digit_lies_whole_inside_its_cell(seed: int, height: float, width: int) -> None:
    shape = block(width=width)
    cell = placed(shape, height, np.random.default_rng(seed))
    assert cell.shape[0] % FINER == cell.shape[1] % FINER == 0
    assert cell.shape != (28 * FINER, 28 * FINER)
    factor = FINER * height / GLYPH
    assert cell.sum() == pytest.approx(shape.sum() * factor**2, rel=0.15)
    inked = np.flatnonzero(cell.any(1))
    assert abs(len(inked) - FINER * height) <= 1


def test_no_cell_has_the_size_that_is_taken_as_it_is() -> None:
    """Preprocess leaves a picture of 28 x 28 unprepared."""
    shapes = {placed(block(), 20, np.random.default_rng(seed)).shape for seed in range(1500)}
    assert len(shapes) > 200
    assert (28 * FINER, 28 * FINER) not in shapes


@pytest.mark.parametrize("side", [40, 100, 200])
def test_rules_stay_at_the_border(side: int) -> None:
    cells = [ruled(np.zeros((side, side), np.float32), np.random.default_rng(seed)) for seed in range(2000)]
    reach = side // 10
    for cell in cells:
        assert not cell[reach:-reach, reach:-reach].any()
        assert cell.max() <= 0.7
    assert 0.1 < np.mean([cell.any() for cell in cells]) < 0.25


@given(st.integers(0, 2**32))
def test_tilting_keeps_nearly_all_ink_in_the_middle(seed: int) -> None:
    cell = np.zeros((120, 100), np.float32)
    cell[40:80, 35:65] = 1
    seen = tilted(cell, np.random.default_rng(seed))
    assert seen.shape == (60, 50)
    assert seen.sum() * FINER**2 == pytest.approx(cell.sum(), rel=0.2)  # perspective draws things nearer
    middle = np.array(np.nonzero(seen > 0.5)).mean(1)
    np.testing.assert_allclose(middle, (29.5, 24.5), atol=4)


@given(st.integers(0, 2**32))
def test_ink_is_darker_than_paper_everywhere(seed: int) -> None:
    ink = np.zeros((30, 20), np.float32)
    ink[10:20, 5:15] = 1
    page = lit(ink, np.random.default_rng(seed))
    assert page[ink == 1].max() < page[ink == 0].min()
    assert page.min() > 0


@given(st.integers(0, 2**32))
def test_ink_spreads_or_shrinks_by_a_pixel_or_two(seed: int) -> None:
    shape = block()
    found = spread(shape, np.random.default_rng(seed))
    assert len(found) in (GLYPH, GLYPH + 2, GLYPH + 4)
    assert 0.7 * shape.sum() < found.sum() < 1.4 * shape.sum()
    hairline = np.zeros((GLYPH, 40), np.float32)
    hairline[:, 20] = 1
    assert spread(hairline, np.random.default_rng(seed)).sum() >= hairline.sum()


@given(st.integers(0, 2**32))
def test_a_photo_is_a_picture(seed: int) -> None:
    photo = photographed(block(), np.random.default_rng(seed))
    assert photo.dtype == np.uint8
    assert photo.shape != (28, 28)
    assert 15 < len(photo) < 140
    assert np.ptp(photo) > 30


def test_written_digits_in_photos_depend_on_their_number_and_stay_what_they_are(mnist: Dataset) -> None:
    digits = mnist.split("validation").take(np.arange(200))
    seen = written_digits(digits, seed=3)
    assert (seen.shape, seen.dtype) == ((200, 28, 28), np.uint8)
    assert np.array_equal(seen[:20], written_digits(digits[:20], seed=3))
    assert not np.array_equal(seen[:20], written_digits(digits[:20], seed=4))
    labels = mnist.split("validation").labels[:200]
    read = load_model("cnn").probabilities(seen).argmax(1)
    assert 0.8 <= np.mean(read == labels) < 1  # most can be read, and harder than they were
