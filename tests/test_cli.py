"""The verbs answer on standard output, in words or as JSON, and say by their exit code how it went."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import numpy as np
import pytest
from PIL import Image

from digit_recognizer.data import Dataset
from helpers_cli import digits, digits_apart, draw_blank, draw_seven
from platforms import posix

pytestmark = pytest.mark.usefixtures("few_resamples")

VERBS = ("data", "show", "train", "evaluate", "audit", "predict", "demo")
PREDICTION = ["schema", "source", "label", "name", "probability", "status", "prediction_set", "model"]

# Every --help in one process: what is loaded afterwards was loaded by one of them.
ALL_HELP = """
import contextlib, io, sys
from digit_recognizer.cli import main
for verb in (*sys.argv[1:], None):
    sys.argv = ["digits", *([verb] if verb else []), "--help"]
    shown = io.StringIO()
    try:
        with contextlib.redirect_stdout(shown):
            main()
    except SystemExit as stop:
        assert not stop.code, verb
    assert "Usage: digits" in shown.getvalue() and "--help" in shown.getvalue(), verb
heavy = ("torch", "torchvision", "numpy", "onnxruntime", "PIL", "sklearn", "scipy", "matplotlib", "safetensors")
print([name for name in heavy if name in sys.modules])
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a digit, in a subfolder another, and texts beside them."""
    made = tmp_path / "pictures"
    (made / "more").mkdir(parents=True)
    draw_seven(made / "seven.png")
    draw_seven(made / "more" / "again.PNG")
    (made / "LICENSE").write_text("MIT")
    (made / "notes.txt").write_text("drawn on a Monday")
    return made


@pytest.fixture(scope="session")
def data_dir(mnist: Dataset, mnist_dir: Path) -> Path:
    """Where the session's MNIST lies already unpacked."""
    assert len(mnist.split("test")) == 10_000
    return mnist_dir


def test_help_of_every_verb_loads_nothing_heavy(run_python: Callable[..., CompletedProcess[str]]) -> None:
    done = run_python(ALL_HELP, *VERBS)
    assert (done.returncode, done.stdout.strip()) == (0, "[]"), done.stderr


def test_the_help_names_every_verb() -> None:
    shown = digits("--help")
    assert shown.code == 0
    assert all(verb in shown.out for verb in VERBS)


def test_predict_answers_in_words(folder: Path) -> None:
    answer = digits("predict", folder)
    told = "Note: In folders and archives: 2 pictures taken, 2 left out (of another kind: 1, .txt: 1)\n"
    assert (answer.code, answer.err) == (0, told)
    lines = answer.out.splitlines()
    assert [line.split(": ")[0] for line in lines] == [str(folder / "more" / "again.PNG"), str(folder / "seven.png")]
    assert all(line.split(": ")[1].startswith("7  (") for line in lines)


def test_predict_writes_one_json_object_a_line_and_nothing_else(folder: Path) -> None:
    blank, text = draw_blank(folder / "x-blank.png"), folder / "y-text.png"
    text.write_text("no picture")
    answer = digits_apart("predict", "--json", folder / "seven.png", blank, text)
    assert (answer.code, answer.err) == (1, "")
    seven, nothing, wrong = map(json.loads, answer.out.splitlines())
    assert list(seven) == PREDICTION
    assert list(nothing) == [*PREDICTION, "reason"]
    assert list(wrong) == [*PREDICTION, "error"]
    assert (seven["status"], seven["label"], seven["name"]) == ("ok", 7, "7")
    assert 0.1 < seven["probability"] <= 1
    assert [nothing["status"], wrong["status"]] == ["not a digit", "error"]
    for each in (nothing, wrong):
        assert (each["label"], each["name"], each["probability"]) == (None, None, None)
    assert str(text) in wrong["error"]
    assert {each["schema"] for each in (seven, nothing, wrong)} == {"digit-recognizer/prediction/1"}
    assert [each["source"] for each in (seven, nothing, wrong)] == [str(folder / "seven.png"), str(blank), str(text)]
    assert {each["model"] for each in (seven, nothing, wrong)} == {"best"}


@pytest.mark.parametrize("json_option", [(), ("--json",)])
def test_exit_codes_of_predict(folder: Path, json_option: tuple[str, ...]) -> None:
    seven, blank, absent = folder / "seven.png", draw_blank(folder / "blank.png"), folder / "absent.png"
    empty = folder / "empty"
    empty.mkdir()
    for expected, pictures in (
        (0, [seven]),
        (0, [seven, folder / "more"]),
        (1, [seven, absent]),
        (1, [absent, seven]),
        (1, [blank]),
        (1, [blank, seven]),
        (1, [blank, absent]),
        (2, [absent]),
        (2, [absent, absent]),
        (2, [empty]),
        (1, [seven, empty]),
    ):
        assert digits("predict", *json_option, *pictures).code == expected, pictures


def test_more_pictures_than_are_answered_at_once_stay_in_order(tmp_path: Path) -> None:
    seven = draw_seven(tmp_path / "seven.png")
    names = [seven if i % 3 else tmp_path / f"absent-{i}.png" for i in range(150)]
    answer = digits("predict", "--json", *names)
    assert [json.loads(line)["source"] for line in answer.out.splitlines()] == list(map(str, names))
    assert answer.code == 1


@pytest.mark.arithmetic
def test_evaluate_writes_one_json_object(data_dir: Path) -> None:
    answer = digits("evaluate", "classic", "--split", "validation", "--data-dir", data_dir, "--json", "-")
    assert answer.code == 0
    found = json.loads(answer.out)
    assert found["schema"] == "digit-recognizer/evaluation/1"
    assert (found["dataset"], found["split"], found["n"]) == ("mnist", "validation", 5000)
    assert found["accuracy"] == found["correct"] / 5000 >= 0.95
    interval = found["interval"]
    assert (interval["level"], interval["method"]) == (0.95, "wilson")
    assert interval["low"] < found["accuracy"] < interval["high"]
    confusion = np.array(found["confusion"])
    assert (confusion.shape, confusion.sum(), np.trace(confusion)) == ((10, 10), 5000, found["correct"])
    assert [each["name"] for each in found["per_class"]] == list("0123456789")
    for each, row in zip(found["per_class"], confusion, strict=True):
        assert each["n"] == row.sum()
        assert {"precision", "recall", "f1"} <= each.keys()
    assert found["looks"] is None


@pytest.mark.arithmetic
def test_evaluate_each_prints_a_line_an_image_and_a_summary(data_dir: Path, tmp_path: Path) -> None:
    target = tmp_path / "found.json"
    answer = digits(
        "evaluate", "--split", "validation", "--data-dir", data_dir, "--each", "--json", target, "--figures", tmp_path
    )
    assert answer.code == 0
    each = [line for line in answer.out.splitlines() if line.startswith("image ")]
    found = json.loads(target.read_text("utf-8"))
    assert len(each) == found["n"] == 5000
    assert each[0].startswith("image 0: predicted ")
    assert sum(line.endswith("wrong") for line in each) == found["n"] - found["correct"]
    summary = answer.out[answer.out.index("Total images tested") :]
    assert "5,000" in summary
    assert f"{100 * found['accuracy']:.2f} %" in summary
    assert "95% interval" in summary
    for name in ("confusion.png", "mistakes.png"):
        with Image.open(tmp_path / name) as figure:
            assert figure.format == "PNG"


@pytest.mark.arithmetic
def test_looks_at_the_test_split_are_counted(data_dir: Path) -> None:
    for looks in (1, 2):
        answer = digits("evaluate", "classic", "--data-dir", data_dir, "--quiet", "--json", "-")
        found = json.loads(answer.out)
        assert (found["split"], found["n"], found["looks"]) == ("test", 10_000, looks)
        assert found["accuracy"] >= 0.967
    assert "logged for this model: 3." in digits("evaluate", "classic", "--data-dir", data_dir).out


@pytest.mark.parametrize("model", [(), ("classic",)])
def test_show_saves_a_figure_and_says_where(data_dir: Path, tmp_path: Path, model: tuple[str, ...]) -> None:
    target = tmp_path / "samples.png"
    answer = digits("show", *model, "--data-dir", data_dir, "--save", target)
    assert answer.code == 0
    assert str(target) in answer.out
    with Image.open(target) as figure:
        assert figure.format == "PNG"
        assert min(figure.size) > 300


def test_show_without_a_display_saves_beside_the_user(
    data_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    answer = digits("show", "--data-dir", data_dir)
    assert "samples-mnist-validation.png" in answer.out
    assert (tmp_path / "samples-mnist-validation.png").stat().st_size > 1000


def test_data_lists_the_sets(data_dir: Path, tmp_path: Path) -> None:
    shown = digits("data", "--data-dir", data_dir)
    assert shown.code == 0
    for words in ("mnist", "fashion-mnist", "CC BY-SA 3.0", "verified", "train 50,000", "test 10,000"):
        assert words in shown.out
    found = json.loads(digits("data", "--data-dir", tmp_path, "--json", "-").out)["datasets"]
    rows = {row["name"]: row for row in found}
    assert rows["mnist"]["state"] == "not unpacked yet"
    assert rows["mnist"]["counts"] == {"train": 50_000, "validation": 5_000, "calibration": 5_000, "test": 10_000}
    assert str(tmp_path) in rows["mnist"]["place"]
    assert not list(tmp_path.iterdir())


@posix("sh and head")
def test_a_reader_that_has_seen_enough_is_no_error(folder: Path) -> None:
    script = '"$0" -m digit_recognizer predict "$@" | head -n 1'
    many = [str(folder / "seven.png")] * 200
    done = subprocess.run(
        ["sh", "-c", script, sys.executable, *many], capture_output=True, text=True, timeout=120, check=True
    )
    assert len(done.stdout.splitlines()) == 1
    assert done.stderr == ""


def test_every_page_of_a_file_is_answered_by_its_name(tmp_path: Path) -> None:
    path = tmp_path / "scan.tif"
    with (
        Image.open(draw_seven(tmp_path / "seven.png")) as seven,
        Image.open(draw_blank(tmp_path / "blank.png")) as blank,
    ):
        seven.save(path, save_all=True, append_images=[blank, seven])
    answer = digits("predict", "--json", path)
    found = [json.loads(line) for line in answer.out.splitlines()]
    assert answer.code == 1
    assert [(each["source"], each["label"]) for each in found] == [
        (f"{path}[1]", 7),
        (f"{path}[2]", None),
        (f"{path}[3]", 7),
    ]


def test_what_the_model_saw_is_drawn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DISPLAY", raising=False)
    draw_seven(tmp_path / "seven.png")
    answer = digits("predict", "--show", "--json", "seven.png")
    assert (answer.code, len(answer.out.splitlines())) == (0, 1)
    assert "what-the-model-saw.png" in answer.err
    digits("predict", "seven.png", "--save", "seen.png")
    for name in ("what-the-model-saw.png", "seen.png"):
        with Image.open(tmp_path / name) as figure:
            assert figure.width > 300


def test_what_was_not_read_is_not_drawn(tmp_path: Path) -> None:
    answer = digits("predict", tmp_path / "absent.png", "--save", tmp_path / "seen.png")
    assert answer.code == 2
    assert not (tmp_path / "seen.png").exists()
