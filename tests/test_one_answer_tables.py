"""The same ten digits in every form in which tables and arrays hold them: one answer."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import pytest
import torch

from digit_recognizer import Recognizer
from digit_recognizer.data import Dataset, load_dataset
from digit_recognizer.data.pixel_tables import load_pixels
from digit_recognizer.errors import DigitRecognizerWarning
from digit_recognizer.images import Preprocess
from digit_recognizer.prediction import Prediction
from digit_recognizer.tables.reading import read_tables
from helpers_cli import digits
from scoring_files import scored
from table_files import WITH_LABELS, WITHOUT_LABELS, Images, Labels, Write

pytestmark = pytest.mark.arithmetic

FORMS = {**WITH_LABELS, **WITHOUT_LABELS}


@pytest.fixture(scope="module")
def ten(mnist: Dataset) -> tuple[Images, Labels]:
    """The first validation image of each digit, and its label."""
    split = mnist.split("validation")
    labels = np.arange(10)[::-1].copy()
    return split.take(np.array([int(np.flatnonzero(split.labels == label)[0]) for label in labels])), labels


@pytest.fixture(scope="module")
def recognizer() -> Recognizer:
    return Recognizer.load("classic")


@pytest.fixture(scope="module")
def expected(ten: tuple[Images, Labels], recognizer: Recognizer) -> list[Prediction]:
    """What is answered for each of the ten alone."""
    return [recognizer.predict(image)[0] for image in ten[0]]


def check(found: list[Prediction], expected: list[Prediction]) -> None:
    """The same labels, statuses and sets; the pixels are the same to the byte, and a batch computes alike."""
    assert [(each.label, each.status, each.prediction_set) for each in found] == [
        (each.label, each.status, each.prediction_set) for each in expected
    ]
    probabilities = [[each.probabilities for each in some] for some in (found, expected)]
    np.testing.assert_allclose(*probabilities, rtol=0, atol=1e-6)


@pytest.mark.parametrize("write", FORMS.values(), ids=FORMS)
def test_a_table_gives_one_answer(
    write: Write, ten: tuple[Images, Labels], recognizer: Recognizer, expected: list[Prediction], tmp_path: Path
) -> None:
    parts = read_tables(write(tmp_path, *ten), alone=True)
    assert parts is not None
    (table,) = parts.values()
    check(recognizer.predict(list(table.pictures)), expected)


@pytest.mark.parametrize("write", WITH_LABELS.values(), ids=WITH_LABELS)
def test_a_table_is_the_same_data_set(write: Write, ten: tuple[Images, Labels], tmp_path: Path) -> None:
    path = write(tmp_path, *ten)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DigitRecognizerWarning)  # labels that have no name are told of
        parts = read_tables(path)
        assert parts is not None
        dataset = load_pixels(str(path), parts, Preprocess())
    assert dataset.spec.classes == tuple("0123456789")
    images = [split.take(np.arange(len(split))) for name, split in dataset.splits.items() if name != "all"]
    labels = [split.labels for name, split in dataset.splits.items() if name != "all"]
    order = np.argsort(np.concatenate(labels))[::-1]
    assert np.array_equal(np.concatenate(labels)[order], ten[1])
    assert np.array_equal(np.concatenate(images)[order], ten[0])


ARRAYS = {
    "rows": lambda images: images.reshape(10, 784),
    "planes": lambda images: images,
    "channels last": lambda images: images[..., None],
    "channels first": lambda images: images[:, None],
    "colour last": lambda images: np.repeat(images[..., None], 3, axis=3),
    "colour first": lambda images: np.repeat(images[:, None], 3, axis=1),
    "shares": lambda images: images / 255,
    "single precision": lambda images: (images / np.float32(255)).astype(np.float32),
    "floats to 255": lambda images: images.astype(np.float64),
    "normalised": lambda images: images / 127.5 - 1,
    "tensor": lambda images: torch.from_numpy(images),
    "tensor of shares": lambda images: torch.from_numpy(images)[:, None] / 255,
    "list of vectors": lambda images: list(images.reshape(10, 784)),
    "numbers": lambda images: images.tolist(),
}


@pytest.mark.parametrize("form", ARRAYS)
def test_an_array_gives_one_answer(
    form: str, ten: tuple[Images, Labels], recognizer: Recognizer, expected: list[Prediction]
) -> None:
    check(recognizer.predict(ARRAYS[form](ten[0])), expected)


@pytest.mark.parametrize("form", ["npy of rows", "CSV as Kaggle's", "Parquet of structs"])
def test_python_takes_the_name_of_a_table(
    form: str, ten: tuple[Images, Labels], recognizer: Recognizer, expected: list[Prediction], tmp_path: Path
) -> None:
    path = FORMS[form](tmp_path, *ten)
    found = recognizer.predict(path)
    check(found, expected)
    assert [each.source for each in found] == [f"{path}[{number}]" for number in range(1, 11)]
    path.write_bytes(path.read_bytes()[:50])
    (refused,) = recognizer.predict(path)
    assert refused.status == "error"
    assert str(path) in (refused.error or "")


@pytest.mark.parametrize("form", ["CSV without labels", "npy", "IDX", "Parquet of structs", "MATLAB"])
def test_the_commands_give_it_too(
    form: str, ten: tuple[Images, Labels], expected: list[Prediction], tmp_path: Path
) -> None:
    path = FORMS[form](tmp_path, *ten)
    said = digits("predict", path, "--model", "classic", "--csv", "-")
    lines = said.out.splitlines()
    assert lines == ["ImageId,Label", *(f"{number},{each.name}" for number, each in enumerate(expected, 1))]
    found = scored(path, tmp_path / "out", "classic")
    assert [(row["label"], row["status"]) for row in found] == [(each.label, each.status) for each in expected]


def test_load_dataset_takes_a_table(ten: tuple[Images, Labels], tmp_path: Path) -> None:
    dataset = load_dataset(WITH_LABELS["CSV as Kaggle's"](tmp_path, *ten))
    assert dataset.place["name"] == str(tmp_path / "train.csv")
    assert np.array_equal(dataset.split("all").take(np.arange(10)), ten[0])
    assert dataset.split("all").labels.tolist() == ten[1].tolist()
