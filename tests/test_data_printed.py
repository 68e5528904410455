"""Printed digits and MNIST with them, as data sets: their splits, their order, what is said where fonts are absent."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from digit_recognizer.data import SPECS, SPLITS, ArraySplit, Dataset, list_datasets, load_dataset
from digit_recognizer.data import printed as module
from digit_recognizer.data.printed import MIXED, PRINTED, joined, load_printed
from digit_recognizer.errors import DataError
from digit_recognizer.images import Preprocess
from digit_recognizer.synthetic.printed import printed_digits
from digit_recognizer.synthetic.printed_fonts import find_families
from tiny import tiny_dataset

pytestmark = pytest.mark.arithmetic

FEW = {"train": 30, "validation": 20, "calibration": 10, "test": 20}


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> Dataset:
    """The set as it is loaded, of few digits."""
    monkeypatch.setattr(module, "PRINTED", replace(PRINTED, counts=FEW))
    try:
        return load_dataset("printed")
    except DataError as error:
        pytest.skip(str(error))


def arrays(dataset: Dataset, split: str) -> ArraySplit:
    found = dataset.split(split)
    assert isinstance(found, ArraySplit)
    return found


def test_each_split_has_its_own_fonts_and_draws(few: Dataset) -> None:
    families = find_families()
    for seed, split in enumerate(SPLITS):
        part = arrays(few, split)
        images, labels = printed_digits(families[split], FEW[split], seed)
        assert np.array_equal(part.images, images)
        assert np.array_equal(part.labels, labels)
        assert np.array_equal(np.bincount(part.labels), np.full(10, FEW[split] // 10))


def test_digits_are_prepared_as_the_model_wants_them(few: Dataset, tmp_path: Path) -> None:
    assert arrays(few, "test").images.shape == (20, 28, 28)
    with pytest.raises(DataError, match="apt-get install"):
        load_printed(Preprocess(), tmp_path)


def test_joined_splits_hold_both_kinds_in_a_fixed_order() -> None:
    light, dark = tiny_dataset(60), tiny_dataset(40)
    black = {name: ArraySplit(np.zeros_like(arrays(dark, name).images), dark.split(name).labels) for name in SPLITS}
    both = joined(Dataset(PRINTED, black), light)
    again = joined(Dataset(PRINTED, black), light)
    assert both.spec is MIXED
    for split in SPLITS:
        part, n = arrays(both, split), len(light.split(split)) + len(black[split])
        assert len(part) == n
        assert part.sha256 == again.split(split).sha256
        is_black = ~part.images.any((1, 2))
        assert is_black.sum() == len(black[split])
        assert 0 < is_black[: n // 2].sum() < len(black[split])  # the first images are of both kinds
        kinds = ((is_black, black[split].labels), (~is_black, light.split(split).labels))
        for chosen, labels in kinds:
            assert np.array_equal(np.sort(part.labels[chosen]), np.sort(labels))
    known = arrays(light, "train")
    label_of = {image.tobytes(): label for image, label in zip(known.images, known.labels, strict=True)}
    part = arrays(both, "train")
    assert all(label_of[image.tobytes()] == y for image, y in zip(part.images, part.labels, strict=True) if image.any())


def test_the_specs_say_what_is_loaded() -> None:
    assert {name: SPECS[name] for name in ("printed", "mixed")} == {"printed": PRINTED, "mixed": MIXED}
    assert MIXED.counts == {"train": 125_000, "validation": 10_000, "calibration": 10_000, "test": 20_000}


def test_the_list_says_whether_they_can_be_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    from digit_recognizer.data import catalogue

    for there, state in ((True, "drawn when loaded"), (False, "not here")):
        monkeypatch.setattr(catalogue, "has_fonts", lambda there=there: there)
        states = {each.spec.name: each.state for each in list_datasets()}
        assert (states["printed"], states["mixed"]) == (state, state)
