"""What is chosen from a split, or joined of several, loses nothing that is known of its images."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from digit_recognizer.data import SPLITS, ArraySplit, Dataset, Split
from digit_recognizer.data.idx_sets import MNIST
from digit_recognizer.data.pictures import FolderSplit
from digit_recognizer.data.printed import in_photos, joined
from digit_recognizer.data.spec import PATIENT, in_memory
from digit_recognizer.data.splits import parted
from digit_recognizer.errors import DataError
from digit_recognizer.images import Preprocess
from trials.cross_validate import pooled

SMALL = Preprocess(size=8, box=8, form="picture")


def numbered(start: int, n: int, size: int = 8) -> ArraySplit:
    """n images; the grey of each, its label, its patient and its site are one number."""
    numbers = np.arange(start, start + n)
    images = np.ones((1, size, size), np.uint8) * numbers[:, None, None].astype(np.uint8)
    return ArraySplit(images, numbers, {PATIENT: numbers.astype(str), "site": numbers.astype(str)})


def on_disk(folder: Path, start: int, n: int) -> FolderSplit:
    """The same as pictures in files."""
    split = numbered(start, n)
    files = tuple(folder / f"{number}.png" for number in split.labels)
    for file, image in zip(files, split.images, strict=True):
        Image.fromarray(image).save(file)
    return FolderSplit(files, split.labels, SMALL, split.columns)


def numbers_in(split: Split) -> list[int]:
    """The numbers of a split's images, if their labels, patients and sites are still the same numbers."""
    found = split.labels.tolist()
    assert split.take(np.arange(len(split)))[:, 0, 0].tolist() == found
    assert {name: words.astype(int).tolist() for name, words in split.columns.items()} == {
        PATIENT: found,
        "site": found,
    }
    return list(found)


@given(sizes=st.lists(st.integers(0, 9), min_size=1, max_size=4), data=st.data())
def test_parts_in_memory_keep_what_is_known_of_each_image(sizes: list[int], data: st.DataObject) -> None:
    first, *others = (numbered(10 * place, size) for place, size in enumerate(sizes))
    whole = first.joined(*others)
    expected = [10 * place + i for place, size in enumerate(sizes) for i in range(size)]
    assert numbers_in(whole) == expected
    chosen = data.draw(st.lists(st.sampled_from(range(len(whole))))) if len(whole) else []
    assert numbers_in(whole.chosen(np.array(chosen, np.int64))) == [expected[i] for i in chosen]


def test_pictures_on_disk_keep_it_too(tmp_path: Path) -> None:
    first, second = on_disk(tmp_path, 0, 3), on_disk(tmp_path, 10, 2)
    assert numbers_in(first.joined(second)) == [0, 1, 2, 10, 11]
    assert numbers_in(first.joined(second).chosen(np.array([4, 1]))) == [11, 1]
    assert numbers_in(in_memory(second)) == [10, 11]
    assert numbers_in(numbered(20, 2).joined(first, second)) == [20, 21, 0, 1, 2, 10, 11]
    named = replace(first, keep_ids=True)
    assert [named.joined(each).keep_ids for each in (named, second)] == [True, False]  # what one hides stays hidden


def test_kinds_that_cannot_be_one_split_are_refused(tmp_path: Path) -> None:
    first, second = on_disk(tmp_path, 0, 3), on_disk(tmp_path, 10, 2)
    with pytest.raises(DataError, match=r"cannot be joined with images in memory\. Load all"):
        first.joined(second, numbered(20, 2))
    with pytest.raises(DataError, match=r"prepared in different ways cannot be joined\. Load them"):
        first.joined(replace(second, preprocess=Preprocess()))


@pytest.mark.parametrize("known", [(), ("site",), ("site", PATIENT, "ward")])
def test_splits_of_which_different_things_are_known_are_refused(tmp_path: Path, known: tuple[str, ...]) -> None:
    names = rf"one has patient, site, another {', '.join(sorted(known)) or 'none'}\. Give"
    columns = {name: np.array(["a", "b"]) for name in known}
    of_some = replace(numbered(20, 2), columns=columns)
    with pytest.raises(DataError, match=names):
        numbered(0, 3).joined(numbered(10, 2), of_some)
    with pytest.raises(DataError, match=names):
        on_disk(tmp_path, 0, 3).joined(replace(on_disk(tmp_path, 20, 2), columns=columns))
    with pytest.raises(DataError, match=names):  # by their pixels alone, a patient would be in several folds
        pooled(Dataset(MNIST, {"train": numbered(0, 3), "validation": of_some}))


def test_whoever_deals_or_joins_a_set_keeps_it(tmp_path: Path) -> None:
    four = {name: numbered(10 * place, 3) for place, name in enumerate(SPLITS)}
    assert numbers_in(Dataset(MNIST, four).training("all")[0]) == [0, 1, 2, 10, 11, 12, 20, 21, 22]
    assert numbers_in(pooled(Dataset(MNIST, four))) == [0, 1, 2, 10, 11, 12]
    files = {"train": on_disk(tmp_path, 0, 3), "validation": on_disk(tmp_path, 10, 3)}
    assert numbers_in(pooled(Dataset(MNIST, files))) == [0, 1, 2, 10, 11, 12]
    held_out: dict[str, NDArray[np.int64]] = {"validation": np.array([2]), "calibration": np.array([0, 4])}
    parts = parted(numbered(0, 6), held_out, numbered(10, 1))
    assert [numbers_in(parts[name]) for name in SPLITS] == [[1, 3, 5], [2], [0, 4], [10]]
    other = {name: numbered(100 + 10 * place, 3) for place, name in enumerate(SPLITS)}
    both = joined(Dataset(MNIST, other), Dataset(MNIST, four))
    assert sorted(numbers_in(both.split("test"))) == [30, 31, 32, 130, 131, 132]


def test_photographed_digits_are_of_those_who_wrote_them(mnist: Dataset) -> None:
    few = replace(in_memory(mnist.split("train").chosen(np.arange(4))), columns={PATIENT: np.array(list("abcd"))})
    photos = in_photos(few, Preprocess())
    assert photos.columns[PATIENT].tolist() == list("abcd")
    assert photos.labels.tolist() == few.labels.tolist()
    assert photos.images.shape == (4, 28, 28)
