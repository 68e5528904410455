"""`digits predict` and `digits score` of tables: what is written, what is told, what the base install can do."""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from digit_recognizer.data import Dataset
from digit_recognizer.scoring import score
from digit_recognizer.tables.text import split_rows
from helpers_cli import digits, draw_seven, is_complaint
from platforms import linux
from scoring_files import rows_in
from table_files import PIXELS, Images, Labels, png, rows_of, text
from test_cli_errors import ABSENT, BASE_INSTALL

MODEL = ("--model", "classic")


@pytest.fixture(scope="module")
def few(mnist: Dataset) -> tuple[Images, Labels]:
    """Five digits, the second without ink."""
    split = mnist.split("validation")
    images = split.take(np.arange(5)).copy()
    images[1] = 0
    return images, split.labels[:5]


def test_kaggles_test_set_becomes_a_submission(few: tuple[Images, Labels], tmp_path: Path) -> None:
    path = text(tmp_path / "test.csv", PIXELS, few[0].reshape(5, -1))
    answer = digits("predict", path, *MODEL, "--csv", tmp_path / "submission.csv")
    assert answer.code == 1  # the second picture shows no digit
    assert answer.out == ""
    assert "Rows without a label: 1" in answer.err
    header, *rows = split_rows((tmp_path / "submission.csv").read_bytes())
    assert header == ["ImageId", "Label"]
    assert [row[0] for row in rows] == ["1", "2", "3", "4", "5"]
    assert rows[1][1] == ""
    lines = [json.loads(line) for line in digits("predict", path, *MODEL, "--json").out.splitlines()]
    assert [line["source"] for line in lines] == [f"{path}[{number}]" for number in range(1, 6)]
    assert [row[1] for row in rows] == [str(line["label"] if line["label"] is not None else "") for line in lines]


def test_the_ids_of_a_table_are_kept(few: tuple[Images, Labels], tmp_path: Path) -> None:
    rows = [[f"00{n}", *row] for n, row in enumerate(few[0].reshape(5, -1))]
    path = text(tmp_path / "test.csv", ["id", *PIXELS], rows)
    answer = digits("predict", path, *MODEL, "--csv", "-")
    header, *rows = split_rows(answer.out.encode())
    assert header == ["id", "label"]
    assert [row[0] for row in rows] == ["000", "001", "002", "003", "004"]


def test_labels_of_a_table_are_not_used_and_that_is_said(few: tuple[Images, Labels], tmp_path: Path) -> None:
    path = text(tmp_path / "train.csv", ["label", *PIXELS], rows_of(*few))
    answer = digits("predict", path, *MODEL)
    assert len(answer.out.splitlines()) == 5
    assert f"its labels are not used. To evaluate a model on them: digits evaluate --data {path}" in answer.err


def test_a_list_of_files_is_the_files(tmp_path: Path) -> None:
    (tmp_path / "img").mkdir()
    draw_seven(tmp_path / "img" / "=7.png")
    draw_seven(tmp_path / "img" / "a.png")
    path = text(tmp_path / "list.csv", ["image", "age"], [["img\\=7.png", 3], ["img\\a.png", 4]], ";", "utf-16")
    answer = digits("predict", path, draw_seven(tmp_path / "=b.png"), *MODEL, "--csv", "-")
    header, *rows = csv.reader(io.StringIO(answer.out))
    assert header == ["file", "label", "probability", "status"]
    assert [row[0] for row in rows] == [str(tmp_path / name) for name in ("img/=7.png", "img/a.png", "=b.png")]
    assert all(float(row[2]) > 0.5 for row in rows)


def test_a_file_whose_name_is_a_formula_stays_a_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    draw_seven(tmp_path / "=1+1.png")
    monkeypatch.chdir(tmp_path)
    for verb in ("predict", "read"):
        assert digits(verb, "=1+1.png", *MODEL, "--csv", "-").out.splitlines()[1].startswith("'=1+1.png,")


@linux("names that are not UTF-8")
def test_a_name_that_is_not_utf8_fits_every_table(tmp_path: Path) -> None:
    place = draw_seven(tmp_path / os.fsdecode(b"7\xe9.png"))
    for verb in ("predict", "read"):
        for target in ("-", tmp_path / "answers.csv"):
            answer = digits(verb, place, *MODEL, f"--csv={target}")
            text = answer.out if target == "-" else (tmp_path / "answers.csv").read_text("utf-8")
            assert f"{tmp_path}/7\\udce9.png," in text
    assert digits("score", tmp_path, *MODEL, "--workers", 1, "--out", tmp_path / "out").code == 0
    assert [row["source"] for row in rows_in(tmp_path / "out")] == [f"{tmp_path}/7\\udce9.png"]


def test_one_table_that_cannot_be_read_stops_no_other_picture(tmp_path: Path) -> None:
    (tmp_path / "bad.npy").write_bytes(b"\x93NUMPY")
    text(tmp_path / "other.csv", ["name", "age"], [["a", 3]])
    names = (tmp_path / "bad.npy", draw_seven(tmp_path / "7.png"), tmp_path / "other.csv")
    answer = digits("predict", *names, *MODEL)
    assert answer.code == 1
    assert len(answer.out.splitlines()) == 1
    assert "bad.npy: is damaged" in answer.err
    assert "other.csv: has neither columns of pixels (label,pixel0..pixel783) nor a column 'file'" in answer.err


def test_an_npy_can_be_drawn(few: tuple[Images, Labels], tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", few[0])
    assert digits("predict", tmp_path / "a.npy", *MODEL, "--save", tmp_path / "seen.png").code == 1
    with Image.open(tmp_path / "seen.png") as drawn:
        assert drawn.size[0] > 100


def test_two_answers_do_not_go_to_one_place(tmp_path: Path) -> None:
    picture = draw_seven(tmp_path / "7.png")
    is_complaint(digits("predict", "--json=-", picture, "--csv", "-"), "--json and --csv exclude each other")
    is_complaint(digits("predict", picture, f"--csv={tmp_path}"), "is a folder")


def test_a_table_of_pictures_is_never_overwritten(few: tuple[Images, Labels], tmp_path: Path) -> None:
    path = text(tmp_path / "test.csv", PIXELS, few[0].reshape(5, -1))
    before = path.read_bytes()
    is_complaint(digits("predict", "--csv", path, path), "holds pictures, so it is not overwritten", "--csv=FILE")
    assert path.read_bytes() == before
    told = tmp_path / "told.csv"
    assert digits("predict", path, "--csv", told, *MODEL).code == digits("predict", path, "--csv", told, *MODEL).code


def test_the_base_install_predicts_tables_of_text_and_numbers(
    few: tuple[Images, Labels], tmp_path: Path, run_python: Callable[..., CompletedProcess[str]]
) -> None:
    np.save(tmp_path / "a.npy", few[0])
    path = text(tmp_path / "test.csv", PIXELS, few[0].reshape(5, -1))
    done = run_python(BASE_INSTALL, ABSENT, "predict", path, tmp_path / "a.npy", "--model", "classic")
    assert len(done.stdout.splitlines()) == 10, done
    pq.write_table(pa.table({"image": [png(few[0][0])]}), tmp_path / "a.parquet")
    done = run_python(BASE_INSTALL, ABSENT, "predict", tmp_path / "a.parquet", "--model", "classic")
    assert done.returncode == 2
    assert "Reading a.parquet needs pyarrow" in done.stderr


@pytest.mark.parametrize("form", ["lists", "columns", "paths"])
def test_score_reads_cells_as_predict_does(form: str, few: tuple[Images, Labels], tmp_path: Path) -> None:
    images, labels = few
    columns = {
        "lists": {"image": images.reshape(5, -1).tolist()},
        "columns": dict(zip(["label", *PIXELS], rows_of(images, labels).T, strict=True)),
        "paths": {"image": [f"{number}.png" for number in range(4)] + ["../gone.png"]},
    }[form]
    for number, image in enumerate(images):
        (tmp_path / f"{number}.png").write_bytes(png(image))
    pq.write_table(pa.table(columns), tmp_path / "a.parquet", row_group_size=3)
    score(tmp_path / "a.parquet", tmp_path / "out", "classic", workers=1)
    found = rows_in(tmp_path / "out")
    lines = [json.loads(line) for line in digits("predict", tmp_path / "a.parquet", *MODEL, "--json").out.splitlines()]
    assert [(row["label"], row["status"]) for row in found] == [(line["label"], line["status"]) for line in lines]
    if form == "paths":
        assert str(found[0]["source"]).endswith("a.parquet#0.0 0.png")
        assert "is outside the table's folder" in str(found[4]["error"])


def test_score_refuses_a_table_of_other_things(tmp_path: Path) -> None:
    path = text(tmp_path / "a.csv", ["file", "label"], [["a.png", 3]])
    is_complaint(digits("score", path, "--out", tmp_path / "out", "--quiet"), "a table of pixels on this machine")


def test_a_note_about_a_table_is_shown_once(mnist: Dataset, tmp_path: Path) -> None:
    digits_turned = mnist.split("validation").take(np.arange(200)).transpose(0, 2, 1)  # more than are answered at once
    np.save(tmp_path / "a.npy", digits_turned)
    assert digits("predict", tmp_path / "a.npy", *MODEL).err.count("look transposed") == 1
