"""A table of pictures: patients stay in one split and keep their names to themselves; rows that fail are named."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from digit_recognizer.data import SPLITS, Dataset, load_dataset
from digit_recognizer.data.patients import split_of
from digit_recognizer.data.pictures import FolderSplit
from digit_recognizer.errors import DataError, DigitRecognizerWarning
from digit_recognizer.images import Preprocess
from examples import examples

FORM = Preprocess(size=16, box=16, form="picture", channels=3)
Row = dict[str, Any]


def write_table(folder: Path, rows: list[Row], name: str = "cases.csv") -> Path:
    """A table of these rows, and the pictures that it names; a row with "absent" names one that is not there."""
    for number, row in enumerate(rows):
        row.setdefault("file", f"pictures/{number}.png")
        place = folder / row["file"]
        place.parent.mkdir(parents=True, exist_ok=True)
        if not row.pop("absent", False):
            pixels = np.random.default_rng(number).integers(0, 256, (20, 24, 3), np.uint8)
            Image.fromarray(pixels).save(place)
    path = folder / name
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(dict.fromkeys(key for row in rows for key in row)))
        writer.writeheader()
        writer.writerows(rows)
    return path


def cases(patients: int, each: int = 2) -> list[Row]:
    return [
        {"label": "sick" if p % 3 == 0 else "well", "patient": f"Jane Doe {p}", "site": "NS"[p % 2]}
        for p in range(patients)
        for _ in range(each)
    ]


def part(dataset: Dataset, name: str) -> FolderSplit:
    split = dataset.split(name)
    assert isinstance(split, FolderSplit)
    return split


def test_a_patient_is_in_one_split_and_a_new_one_moves_none(tmp_path: Path) -> None:
    rows = cases(40)
    before = load_dataset(write_table(tmp_path, rows[:60]), preprocess=FORM)
    after = load_dataset(write_table(tmp_path, rows), preprocess=FORM)
    for dataset in (before, after):
        of_split = {name: set(part(dataset, name).columns["patient"]) for name in dataset.splits if name != "all"}
        together = [patient for patients in of_split.values() for patient in patients]
        assert len(together) == len(set(together))
    where = [
        {file.name: name for name in SPLITS if name in each.splits for file in part(each, name).files}
        for each in (before, after)
    ]
    assert where[1].items() >= where[0].items()
    assert len(after.splits) == 5
    assert len(after.split("all")) == 80


@examples(20)
@given(st.binary(max_size=8))
def test_every_hash_falls_to_a_split(key: bytes) -> None:
    import hashlib

    assert split_of(hashlib.sha256(key).hexdigest()) in SPLITS
    assert [split_of(first + "0" * 62) for first in ("00", "99", "9a", "b3", "b4", "cc", "cd", "ff")] == [
        *("train", "train", "validation", "validation", "calibration", "calibration", "test", "test")
    ]


def test_names_of_patients_are_kept_nowhere(tmp_path: Path) -> None:
    dataset = load_dataset(write_table(tmp_path, cases(8)), preprocess=FORM)
    told = json.dumps([{k: v.tolist() for k, v in split.columns.items()} for split in dataset.splits.values()])
    assert "Jane" not in told
    assert "Jane" not in repr(dataset)
    assert set(part(dataset, "all").columns["patient"]) == {str(n) for n in range(1, 9)}
    assert dataset.spec.caveats[0] == "Not for clinical use."


def test_pictures_are_whole_and_coloured(tmp_path: Path) -> None:
    whole = part(load_dataset(write_table(tmp_path, cases(4)), preprocess=FORM), "all")
    assert whole.take(np.arange(3)).shape == (3, 16, 16, 3)
    assert np.ptp(whole.take(np.arange(3)), axis=3).max() > 0


def test_given_splits_are_kept(tmp_path: Path) -> None:
    rows = [row | {"split": "train" if row["patient"] < "Jane Doe 4" else "Test"} for row in cases(8)]
    dataset = load_dataset(write_table(tmp_path, rows), preprocess=FORM)
    assert {name: len(split) for name, split in dataset.splits.items()} == {"train": 8, "test": 8}


def test_several_labels_make_columns(tmp_path: Path) -> None:
    rows = [{"label": "mass|nodule"}, {"label": "edema"}, {"label": ""}] * 20
    dataset = load_dataset(write_table(tmp_path, [dict(row) for row in rows]), preprocess=FORM)
    assert dataset.spec.task == "multi-label"
    assert dataset.spec.classes == ("edema", "mass", "nodule")
    assert dataset.split("all").labels[:3].tolist() == [[0, 1, 1], [1, 0, 0], [0, 0, 0]]


def test_rows_that_fail_are_named_and_the_rest_goes_on(tmp_path: Path) -> None:
    rows = cases(12)
    rows[3]["label"] = ""
    rows[5]["absent"] = True
    rows[9]["patient"] = ""
    with pytest.warns(DigitRecognizerWarning) as caught:
        dataset = load_dataset(write_table(tmp_path, rows), preprocess=FORM)
    (warning,) = caught
    for told in ("3 rows", "line 5 has no label", "line 7 names a file that does not exist", "line 11 has no patient"):
        assert told in str(warning.message)
    assert "Jane" not in str(warning.message)
    assert len(dataset.split("all")) == 21


@pytest.mark.parametrize(
    ("rows", "cause"),
    [
        ([{"label": "a"}, {"label": "a"}], "1 different labels"),
        ([{"kind": "a"}], "no column 'label'"),
        ([{"label": name, "split": "trian"} for name in "ab"], "has the split 'trian'"),
        ([{"label": name, "split": "test"} for name in "ab"], "no training images"),
        (
            [{"label": name, "split": split} for name, split in zip("ab", ("train", "test"), strict=True)],
            "lack the class",
        ),
        ([{"label": n, "patient": "7", "split": s} for n in "ab" for s in ("train", "val")], "are in two splits"),
    ],
)
def test_what_is_no_such_table_is_refused(tmp_path: Path, rows: list[Row], cause: str) -> None:
    path = write_table(tmp_path, [dict(row) for row in rows])
    with pytest.raises(DataError, match=cause) as caught:
        load_dataset(path, preprocess=FORM)
    assert str(path) in str(caught.value)


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "cases.csv"
    path.write_bytes(b"\xff\xfe\x00file")
    with pytest.raises(DataError, match="line 1 holds the byte 0x65, which is not UTF-16; save it as CSV in UTF-8"):
        load_dataset(path)


ENCODINGS = {"plain": "utf-8", "UTF-8 with a mark": "utf-8-sig", "UTF-16": "utf-16", "UTF-16 without": "utf-16-le"}


def rewritten(path: Path, separator: str = ",", encoding: str = "utf-8", names: dict[str, str] | None = None) -> Path:
    """The same table as other programs write it: other separator, encoding, names of columns, Windows' folders."""
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.reader(file))
    rows[0] = [(names or {}).get(name, name) for name in rows[0]]
    rows[1:] = [[cell.replace("/", "\\") for cell in row] for row in rows[1:]]
    made = path.with_name(f"other-{path.name}")
    with made.open("w", newline="", encoding=encoding) as file:
        csv.writer(file, delimiter=separator, quoting=csv.QUOTE_ALL if separator == ";" else 0).writerows(rows)
    return made


@pytest.mark.parametrize("encoding", ENCODINGS.values(), ids=ENCODINGS)
@pytest.mark.parametrize("separator", [",", ";", "\t", "|"], ids=["comma", "semicolon", "tab", "bar"])
def test_a_table_is_read_as_other_programs_write_it(tmp_path: Path, separator: str, encoding: str) -> None:
    path = write_table(tmp_path, cases(6))
    before, after = (load_dataset(each, preprocess=FORM) for each in (path, rewritten(path, separator, encoding)))
    assert after.spec.classes == before.spec.classes
    assert part(after, "all").files == part(before, "all").files
    assert part(after, "all").labels.tolist() == part(before, "all").labels.tolist()


@pytest.mark.parametrize(
    "names",
    [
        {"file": "filename", "label": "class"},
        {"file": "Image", "label": "Target", "patient": "Patient ID", "split": "subset"},
        {"file": "img_path", "label": " LABEL ", "patient": "subject-id"},
    ],
)
def test_columns_are_known_by_other_names(tmp_path: Path, names: dict[str, str]) -> None:
    rows = [row | {"split": "train" if row["patient"] < "Jane Doe 4" else "Test"} for row in cases(8)]
    path = rewritten(write_table(tmp_path, rows), names=names)
    dataset = load_dataset(path, preprocess=FORM)
    assert {name: len(split) for name, split in dataset.splits.items()} == {"train": 8, "test": 8}
    assert set(part(dataset, "train").columns) == {"patient", "site"}


@pytest.mark.parametrize(
    ("header", "cause"),
    [
        (
            "image,path,label",
            "'image' and 'path' could both be the file; rename the right one to 'file'",
        ),
        ("photo,label", r"has no column 'file'; its first line has 'photo', 'label'\. That line must name"),
        ("file,file,label", "two of its columns are called 'file'"),
        ('file,"label', "it is not CSV text"),
        ("", "no column 'file'; its first line has no rows"),
    ],
)
def test_columns_that_are_not_clear_are_named(tmp_path: Path, header: str, cause: str) -> None:
    path = tmp_path / "cases.csv"
    path.write_text(f"{header}\na.png,3,b\n" if header else "")
    with pytest.raises(DataError, match=cause):
        load_dataset(path)


def test_a_column_called_set_is_the_split_only_where_it_holds_splits(tmp_path: Path) -> None:
    of_letters = [row | {"set": "AB"[number % 2]} for number, row in enumerate(cases(8))]
    assert "set" in part(load_dataset(write_table(tmp_path, of_letters), preprocess=FORM), "all").columns
    of_splits = [row | {"set": "train"} for row in cases(8)]
    assert set(load_dataset(write_table(tmp_path, of_splits), preprocess=FORM).splits) == {"train"}


def test_labels_that_pandas_wrote_as_floats_are_whole(tmp_path: Path) -> None:
    rows: list[Row] = [{"label": f"{number % 3}.0"} for number in range(30)]
    assert load_dataset(write_table(tmp_path, rows), preprocess=FORM).spec.classes == ("0", "1", "2")
