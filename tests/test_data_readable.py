"""Pictures that cannot be read are left out of a set, told of, counted and named in a table; they end no training."""

from __future__ import annotations

import csv
import json
import warnings
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from digit_recognizer.data import Dataset, load_dataset
from digit_recognizer.data.pictures import FolderSplit
from digit_recognizer.data.readable import ERRORS, cell
from digit_recognizer.errors import DataError, DigitRecognizerWarning
from digit_recognizer.images import Preprocess
from digit_recognizer.training import Recipe, train

SHORT = Recipe("short", epochs=1, batch_size=16, learning_rate=0.01, hidden=(8,))
FORM = Preprocess(size=16, box=16, form="picture")
BAD = {
    "text": ("png", b"words"),
    "empty": ("jpg", b""),
    "cut": ("png", None),
    "dicom": ("dcm", b"\0" * 128 + b"DICM"),
}


def fill(folder: Path, count: int = 40, bits: int = 8) -> Path:
    """Two classes of pictures, and one bad file of each kind."""
    random = np.random.default_rng(0)
    for number in range(count):
        place = folder / "ab"[number % 2]
        place.mkdir(parents=True, exist_ok=True)
        shade = random.integers(0, 100, (16, 16)) + 100 * (number % 2)
        grey = shade.astype(np.uint8) if bits == 8 else (shade * 16).astype(np.uint16)
        Image.fromarray(grey).save(place / f"{number}.png")
    for name, (kind, content) in BAD.items():
        whole = (folder / "a" / "0.png").read_bytes()
        (folder / "a" / f"bad {name}.{kind}").write_bytes(whole[:-60] if content is None else content)
    return folder


def splits_of(dataset: Dataset) -> list[FolderSplit]:
    found = [split for name, split in dataset.splits.items() if name != "all"]
    assert all(isinstance(split, FolderSplit) for split in found)
    return [split for split in found if isinstance(split, FolderSplit)]


@pytest.mark.parametrize("small", [1, 512], ids=["workers", "alone"])
def test_what_cannot_be_read_is_left_out_and_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, small: int) -> None:
    monkeypatch.setattr("digit_recognizer.data.pictures.SMALL", small)
    dataset = load_dataset(fill(tmp_path), preprocess=FORM)
    with pytest.warns(DigitRecognizerWarning, match="4 of 44 pictures of the split 'all' cannot be read") as told:
        whole = dataset.split("all")
    assert len(told) == 1
    assert "And 1 more." in str(told[0].message)
    assert sum(f"/bad {name}." in str(told[0].message) for name in BAD) + str(told[0].message).count("dicom-") == 3
    assert isinstance(whole, FolderSplit)
    assert len(whole) == 40
    assert len(whole.take(np.arange(40))) == 40
    assert {called.rpartition("/")[2].partition("-")[0] for called, _ in whole.left_out} == {
        *("bad text.png", "bad empty.jpg", "bad cut.png", "dicom")
    }
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DigitRecognizerWarning)
        assert sum(map(len, splits_of(dataset))) == 40
        assert sum(len(split.left_out) for split in splits_of(dataset)) == 4


def test_a_table_of_pictures_leaves_them_out_too(tmp_path: Path) -> None:
    fill(tmp_path)
    files = sorted(path for path in tmp_path.rglob("*.*") if path.is_file())
    rows = [f"{path.relative_to(tmp_path)},{path.parent.name},train" for path in files]
    (tmp_path / "table.csv").write_text("\n".join(["file,label,split", *rows]))
    with pytest.warns(DigitRecognizerWarning, match="4 of 44 pictures of the split 'train'"):
        split = load_dataset(tmp_path / "table.csv", preprocess=FORM).split("train")
    assert (len(split), split.labels.tolist().count(0)) == (40, 20)


def test_a_training_ends_well_with_a_table_of_errors(tmp_path: Path) -> None:
    dataset = load_dataset(fill(tmp_path / "set"), preprocess=FORM)
    with pytest.warns(DigitRecognizerWarning, match="cannot be read and are left out"):
        trained = train(SHORT, dataset, out=tmp_path / "run")
    with (tmp_path / "run" / ERRORS).open(newline="") as file:
        rows = list(csv.DictReader(file))
    read = sum(1 for name in ("train", "validation", "calibration") for _ in dataset.splits[name].left_out)  # type: ignore[attr-defined]
    assert len(rows) == read > 0
    assert {row["split"] for row in rows} <= {"train", "validation", "calibration"}
    assert all(row["file"] in row["error"] for row in rows)
    assert trained.header.data["left_out"] == read
    assert json.loads((tmp_path / "run" / "run.json").read_text())["data"]["left_out"] == read


def test_a_set_without_bad_files_has_no_table(tmp_path: Path) -> None:
    fill(tmp_path / "set")
    for path in (tmp_path / "set").rglob("bad*"):
        path.unlink()
    dataset = load_dataset(tmp_path / "set", preprocess=FORM)
    trained = train(SHORT, dataset, out=tmp_path / "run")
    assert not (tmp_path / "run" / ERRORS).exists()
    assert "left_out" not in trained.header.data


def test_too_many_bad_files_and_a_class_of_them_are_refused(tmp_path: Path) -> None:
    for part in ("train", "test"):
        fill(tmp_path / part, 10)
    for path in (tmp_path / "train" / "a").glob("?.png"):
        path.write_bytes(b"words")
    dataset = load_dataset(tmp_path, preprocess=FORM)
    with pytest.raises(DataError, match="9 of 14 pictures of the split 'train' cannot be read, the first of them"):
        dataset.split("train")
    for number in range(30):
        Image.new("L", (16, 16), number).save(tmp_path / "train" / "b" / f"more {number}.png")
    dataset = load_dataset(tmp_path, preprocess=FORM)
    with (
        pytest.warns(DigitRecognizerWarning, match="9 of 44"),
        pytest.raises(DataError, match="No training picture of 'a' can be read"),
    ):
        dataset.split("train")


def test_notes_on_pictures_are_told_once_not_in_every_epoch(tmp_path: Path) -> None:
    dataset = load_dataset(fill(tmp_path, bits=12), preprocess=FORM)
    with pytest.warns(DigitRecognizerWarning) as told:
        split = dataset.split("all")
    assert str(told[0].message).startswith("Of the split 'all': ")
    assert "And 37 more." in str(told[0].message)
    for _ in range(2):
        assert len(split.take(np.arange(40))) == 40  # a warning is an error here


def test_a_cell_is_no_formula_and_no_second_line() -> None:
    assert cell("=1+1.png") == '"\'=1+1.png"'
    assert cell('a "b"\nc') == '"a ""b"" c"'
