"""`digits read --line` and `digits calibrate lines`: words, objects and rows of crops of single lines."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from digit_recognizer.cli.predict_inputs import number_cell
from digit_recognizer.data import Dataset
from digit_recognizer.models.line_reader import LineReader
from digit_recognizer.reading import read_line
from helpers_cli import digits, is_complaint
from trials.strings import draw_string, plain

pytestmark = pytest.mark.arithmetic


@pytest.fixture(scope="module")
def crops(tmp_path_factory: pytest.TempPathFactory, mnist: Dataset) -> Path:
    """A folder of 110 crops of pairs of validation digits, and lines.csv that says what is on them."""
    folder = tmp_path_factory.mktemp("crops")
    split, draw = mnist.split("validation"), np.random.default_rng(0)
    rows = ["file,text"]
    for number, picks in enumerate(draw.integers(0, len(split), (110, 2))):
        line, _ = draw_string(split.take(picks), plain(0.0), draw)
        Image.fromarray(np.asarray(240 - 0.8 * line, np.uint8)).save(folder / f"{number:03}.png")
        rows.append(f"{number:03}.png,{''.join(map(str, split.labels[picks]))}")
    (folder / "lines.csv").write_text("\n".join(rows) + "\n")
    return folder


def test_words_objects_and_rows_say_the_same(crops: Path, line_reader: LineReader) -> None:
    files = [crops / "000.png", crops / "001.png"]
    expected = [read_line(file, line_reader) for file in files]
    said = digits("read", "--line", *files)
    objects = [json.loads(line) for line in digits("read", "--line", "--json", "--", *files).out.splitlines()]
    rows = list(csv.DictReader(digits("read", "--line", "--csv", "--", *files).out.splitlines()))
    for line, made, row, word in zip(expected, objects, rows, said.out.splitlines(), strict=True):
        assert made["schema"] == "digit-recognizer/line/1"
        assert (made["text"], made["status"]) == (line.text, line.status) == (row["text"], row["status"])
        assert made["probability"] == pytest.approx(line.probability, abs=1e-4)
        assert [each["text"] for each in made["characters"]] == list(line.text)
        assert line.text in word
        assert ("unsure" in word) == (line.status == "unsure")


def test_a_text_that_may_be_a_formula_is_harmless(crops: Path, tmp_path: Path) -> None:
    name = tmp_path / "=1+1.png"
    name.write_bytes((crops / "000.png").read_bytes())
    (row,) = csv.DictReader(digits("read", "--line", "--csv", "--", name).out.splitlines())
    assert not row["source"].startswith("=")


def test_exit_codes_tell_what_became_of_the_crops(crops: Path, tmp_path: Path) -> None:
    blank, broken = tmp_path / "blank.png", tmp_path / "broken.png"
    Image.new("L", (90, 40), 250).save(blank)
    broken.write_bytes(b"none")
    assert digits("read", "--line", crops / "000.png").code == 0
    some = digits("read", "--line", crops / "000.png", blank)
    assert (some.code, len(some.out.splitlines())) == (1, 1)
    assert "blank.png" in some.err
    is_complaint(digits("read", "--line", broken), broken)
    assert digits("read", "--line", broken, crops / "000.png").code == 1


def test_options_of_pages_are_refused(crops: Path, tmp_path: Path) -> None:
    is_complaint(digits("read", "--line", "--grid", "2x2", crops / "000.png"), "--line", "--grid")
    is_complaint(digits("read", "--line", "--annotate", tmp_path / "a.png", crops / "000.png"), "--annotate")
    is_complaint(digits("read", "--line", "--model", "classic", crops / "000.png"), "classic")


def test_a_reader_is_calibrated_on_lines_of_ones_own(crops: Path, tmp_path: Path) -> None:
    out = tmp_path / "mine.safetensors"
    told = digits("calibrate", "lines", "--data", crops / "lines.csv", "--out", out, "--json", tmp_path / "told.json")
    assert told.code == 0, told.err
    assert "110 lines of lines.csv" in told.out
    result = json.loads((tmp_path / "told.json").read_text())
    assert result["schema"] == "digit-recognizer/line-calibration/1"
    assert result["source"][0]["n"] == 110
    assert digits("read", "--line", "--model", out, crops / "000.png").code == 0
    is_complaint(digits("calibrate", "lines", "--out", out), "mnist", "file,text")
    is_complaint(digits("calibrate", "lines", "--data", crops, "--out", out), "file,text")


def test_a_negative_number_stays_a_number_in_csv() -> None:
    """A formula does not: a spreadsheet would compute it."""
    for text in ("-264", "-7,5", "+0.25", "1,250", ""):
        assert number_cell(text) == text
    for text in ("-2/8", "=1+1", "-2+3", "@a", "+A1", "-1,2,3"):
        assert number_cell(text) == f"'{text}"
