"""A folder of class folders: split by content, read by one process or several, refused with the file's name."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from digit_recognizer.data import SPLITS, Dataset, load_dataset
from digit_recognizer.data.pictures import FolderSplit
from digit_recognizer.errors import ConfigError, DataError
from digit_recognizer.images import Preprocess, read_picture
from examples import examples

PREPARE = Preprocess()


def draw(number: int) -> NDArray[np.uint8]:
    """A picture that no other number gives."""
    page = np.full((40, 40), 250, np.uint8)
    page[5:35, 5 + number % 20 : 9 + number % 20] = 10
    page[5 + number // 20 % 25, 5:35] = 60
    page[0, 0] = 249 - number % 7
    return page


def save(path: Path, number: int) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(draw(number)).save(path)
    return path


def fill(folder: Path, classes: dict[str, int]) -> Path:
    """A folder of class folders with so many pictures each, all different."""
    number = 0
    for name, count in classes.items():
        for _ in range(count):
            save(folder / name / f"{number}.png", number)
            number += 1
    return folder


def files_of(dataset: Dataset, name: str) -> dict[str, str]:
    """The class of each file of a split; empty where nothing fell to it."""
    split = dataset.splits.get(name)
    if split is None:
        return {}
    assert isinstance(split, FolderSplit)
    return {str(f): dataset.spec.classes[i] for f, i in zip(split.files, split.labels, strict=True)}


def test_every_picture_is_in_one_split_with_its_class(tmp_path: Path) -> None:
    dataset = load_dataset(fill(tmp_path / "set", {"cat": 40, "dog": 60}))
    assert dataset.spec.classes == ("cat", "dog")
    parts = [files_of(dataset, name) for name in SPLITS]
    assert sum(map(len, parts)) == 100
    assert {f: c for part in parts for f, c in part.items()} == files_of(dataset, "all")
    assert all(Path(file).parent.name == label for file, label in files_of(dataset, "all").items())
    assert all(parts)
    assert len(parts[0]) > 40
    assert {name: len(split) for name, split in dataset.splits.items()} == dict(dataset.spec.counts)


@examples(15)
@given(numbers=st.lists(st.integers(0, 30), min_size=2, max_size=12), added=st.integers(0, 60))
def test_equal_pictures_stay_together_and_a_new_one_moves_none(numbers: list[int], added: int) -> None:
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        for index, number in enumerate(numbers):
            save(folder / "ab"[index % 2] / f"{index}.png", number)
        (folder / "b").mkdir(exist_ok=True)
        before = split_by_file(load_dataset(folder))
        for one, other in np.ndindex(len(numbers), len(numbers)):
            if numbers[one] == numbers[other]:
                assert before[f"{one}.png"] == before[f"{other}.png"]
        save(folder / "a" / "added.png", added)
        after = split_by_file(load_dataset(folder))
        assert {name: after[name] for name in before} == before


def split_by_file(dataset: Dataset) -> dict[str, str]:
    return {Path(file).name: name for name in SPLITS for file in files_of(dataset, name)}


def test_named_split_folders_are_kept(tmp_path: Path) -> None:
    for name, count in (("Training", 3), ("val", 2), ("test", 1)):
        fill(tmp_path / name, {"x": count, "y": count})
    dataset = load_dataset(tmp_path)
    assert dict(dataset.spec.counts) == {"test": 2, "train": 6, "validation": 4}
    with pytest.raises(ConfigError, match=f"{tmp_path.name} has no split 'calibration'"):
        dataset.split("calibration")


def test_a_split_that_lacks_a_class_keeps_the_labels_of_the_others(tmp_path: Path) -> None:
    fill(tmp_path / "train", {"x": 1, "y": 1, "z": 1})
    fill(tmp_path / "test", {"y": 1, "z": 2})
    assert load_dataset(tmp_path).split("test").labels.tolist() == [1, 2, 2]


@pytest.mark.arithmetic
def test_pictures_are_prepared_as_the_recognizer_prepares_them(tmp_path: Path) -> None:
    split = load_dataset(fill(tmp_path, {"x": 3, "y": 3})).split("all")
    wanted = [PREPARE.fit(read_picture(draw(number))) for number in range(6)]
    assert np.array_equal(np.concatenate([*split.batches(4)]), np.stack([w for w in wanted if w is not None]))
    assert np.array_equal(split.take(np.array([4, 1])), np.concatenate([*split.batches(9)])[[4, 1]])


def test_a_picture_without_ink_is_an_empty_image(tmp_path: Path) -> None:
    fill(tmp_path, {"x": 1, "y": 1})
    Image.new("L", (50, 50), 255).save(tmp_path / "x" / "0.png")
    assert not load_dataset(tmp_path).split("all").take(np.array([0])).any()


def test_nothing_taken_is_no_image(tmp_path: Path) -> None:
    taken = load_dataset(fill(tmp_path, {"x": 1, "y": 1})).split("all").take(np.array([], np.int64))
    assert taken.shape == (0, 28, 28)


@pytest.mark.arithmetic
def test_workers_give_what_one_process_gives(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    split = load_dataset(fill(tmp_path, {"x": 20, "y": 21})).split("all")
    order = np.random.default_rng(0).permutation(41)
    alone = [[*split.batches(8)], [*split.batches(8, order)]]
    monkeypatch.setattr("digit_recognizer.data.pictures.SMALL", 1)
    together = [[*split.batches(8)], [*split.batches(8, order)]]
    for one, other in zip(alone, together, strict=True):
        assert [len(batch) for batch in one] == [8, 8, 8, 8, 8, 1]
        assert all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))
    assert np.array_equal(np.concatenate(together[1]), np.concatenate(together[0])[order])


@pytest.mark.parametrize("small", [1, 512], ids=["workers", "alone"])
def test_an_unreadable_picture_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, small: int) -> None:
    monkeypatch.setattr("digit_recognizer.data.pictures.SMALL", small)
    split = load_dataset(fill(tmp_path, {"x": 6, "y": 6})).split("all")
    (tmp_path / "y" / "7.png").write_bytes(b"words")
    with pytest.raises(DataError, match=r"7\.png: is not a picture(.|\n)*Repair or remove that file"):
        [*split.batches(4)]


@pytest.mark.parametrize(
    ("classes", "cause"),
    [({}, "holds no class folders"), ({"x": 3}, "holds only the class folder 'x'"), ({"x": 0, "y": 0}, "no pictures")],
    ids=["empty", "one class", "no pictures"],
)
def test_what_is_no_set_is_refused(tmp_path: Path, classes: dict[str, int], cause: str) -> None:
    for name in classes:
        (tmp_path / name).mkdir()
    with pytest.raises(DataError, match=cause) as caught:
        load_dataset(fill(tmp_path, classes))
    assert str(tmp_path) in str(caught.value)


def test_a_class_that_training_has_not_is_refused(tmp_path: Path) -> None:
    fill(tmp_path / "train", {"x": 1, "y": 1})
    fill(tmp_path / "test", {"x": 1, "yy": 1})
    with pytest.raises(DataError, match="test: has the class 'yy', which the training folder lacks"):
        load_dataset(tmp_path)


@pytest.mark.parametrize(("name", "guess"), [("minst", " Did you mean 'mnist'?"), ("qq", " Known: mnist")])
def test_an_unknown_name_gets_the_nearest(name: str, guess: str) -> None:
    with pytest.raises(DataError) as caught:
        load_dataset(name)
    assert f"{name!r} is neither a known data set nor a folder, archive or table.{guess}" in str(caught.value)


def test_the_hash_tells_content_label_and_order_apart(tmp_path: Path) -> None:
    split = load_dataset(fill(tmp_path, {"x": 3, "y": 3})).split("all")
    assert isinstance(split, FolderSplit)
    reordered = FolderSplit(split.files[::-1], split.labels[::-1], PREPARE)
    relabelled = FolderSplit(split.files, 1 - split.labels, PREPARE)
    again = FolderSplit(split.files, split.labels, PREPARE)
    assert len({split.sha256, reordered.sha256, relabelled.sha256}) == 3
    assert again.sha256 == split.sha256
