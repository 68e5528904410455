"""`evaluate` says which images stand in the training split too, and scores without them as well."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from digit_recognizer.data import ArraySplit, Dataset, load_dataset
from digit_recognizer.errors import DigitRecognizerWarning
from digit_recognizer.evaluation import evaluate
from digit_recognizer.evaluation.leaks import found_in
from digit_recognizer.models import Model, load_model
from digit_recognizer.statistics import wilson
from helpers_cli import digits
from tiny import tiny_dataset

pytestmark = pytest.mark.arithmetic


@pytest.fixture(scope="module")
def classic() -> Model:
    return load_model("classic")


def part(mnist: Dataset, start: int, stop: int) -> ArraySplit:
    validation = mnist.split("validation")
    return ArraySplit(validation.take(np.arange(start, stop)), validation.labels[start:stop])


def test_leaked_images_are_told_and_left_out(classic: Model, mnist: Dataset) -> None:
    train, held_out = part(mnist, 0, 200), part(mnist, 150, 300)
    with pytest.warns(DigitRecognizerWarning, match="50 of the 150 images of mnist's split 'validation' are in"):
        found = evaluate(classic, Dataset(mnist.spec, {"train": train, "validation": held_out}), "validation")
    right = (found.predicted == found.labels)[50:]
    assert found.leaked == 50
    assert found.without_leaked == {
        "n": 100,
        "correct": int(right.sum()),
        "accuracy": right.mean(),
        "interval": wilson(int(right.sum()), 100).to_dict(),
    }
    written = found.to_dict()
    assert (written["leaked"], written["without_leaked"]) == (50, found.without_leaked)


def test_where_all_have_leaked_nothing_is_left_to_score(classic: Model, mnist: Dataset) -> None:
    same = part(mnist, 0, 20)
    with pytest.warns(DigitRecognizerWarning, match="20 of the 20 images"):
        found = evaluate(classic, Dataset(mnist.spec, {"train": same, "validation": same}), "validation")
    assert found.without_leaked is not None
    assert (found.without_leaked["n"], found.without_leaked["accuracy"]) == (0, None)


def test_without_leaks_there_is_no_warning(classic: Model, mnist: Dataset) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = evaluate(classic, mnist, "validation")
    assert (found.leaked, found.without_leaked) == (0, None)


@pytest.mark.filterwarnings("ignore:The model was trained")
def test_train_itself_does_not_leak(classic: Model, mnist: Dataset) -> None:
    few = part(mnist, 0, 30)
    alone = evaluate(classic, Dataset(mnist.spec, {"validation": few}), "validation")
    of_train = evaluate(classic, Dataset(mnist.spec, {"train": few}), "train")
    assert [alone.leaked, of_train.leaked] == [None, None]
    assert alone.to_dict()["leaked"] is None


def test_images_of_another_size_are_not_compared() -> None:
    small = ArraySplit(np.zeros((2, 8, 8), np.uint8), np.zeros(2, np.int64))
    assert found_in(small, tiny_dataset().split("train")) is None


def save(path: Path, level: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    page = np.full((40, 40), 250, np.uint8)
    page[5:35, 5 + level % 20 : 9 + level % 20] = level
    Image.fromarray(page).save(path)


def test_equal_files_of_a_folder_are_told(tmp_path: Path) -> None:
    for level in range(6):
        save(tmp_path / "train" / str(level % 2) / f"{level}.png", level)
    for level in (4, 5, 90):
        save(tmp_path / "test" / str(level % 2) / f"other-{level}.png", level)
    answer = digits("evaluate", "classic", "--data", tmp_path)
    assert answer.code == 0, answer.err
    assert f"2 of the 3 images of {tmp_path.name}'s split 'test' are in its training split too" in answer.err
    assert "Without the 2 images that are in the training split too: " in answer.out
    assert " of 1, " in answer.out


def test_a_training_picture_that_cannot_be_read_stops_no_evaluation(tmp_path: Path) -> None:
    for level in range(3):
        for split in ("train", "test"):
            for label in "01":
                save(tmp_path / split / label / f"{level}.png", 10 * level + (split == "test") + 3 * int(label))
    broken = tmp_path / "train" / "1" / "broken.png"
    broken.write_bytes(b"words")
    dataset = load_dataset(tmp_path)
    with pytest.warns(DigitRecognizerWarning, match="1 of 7 pictures of the split 'train' cannot be read"):
        found = found_in(dataset.split("test"), dataset.split("train"))
    assert found is not None
    assert not found.any()
