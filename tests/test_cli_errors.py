"""What the command cannot do it says in one to three lines that name the cause; without the extra it still predicts."""

from __future__ import annotations

import json
import os
import pickle
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import numpy as np
import pytest
from PIL import Image

from digit_recognizer.installed import install_command
from digit_recognizer.models.header import SCHEMA
from helpers_cli import digits, digits_apart, draw_seven, is_complaint
from model_files import ONNX, both_forms, onnx_with, poisoned
from platforms import linux, posix

# The base install: nobody finds the modules of the extras. The command runs, and none of them is there afterwards.
BASE_INSTALL = """
import importlib.machinery, sys

class WithoutExtra(importlib.machinery.PathFinder):
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        return None if name.split(".")[0] in ABSENT else super().find_spec(name, path, target)

ABSENT = set(sys.argv[1].split(","))
finder = importlib.machinery.PathFinder
sys.meta_path[:] = [WithoutExtra if each is finder else each for each in sys.meta_path]
sys.argv = ["digits", *sys.argv[2:]]
from digit_recognizer.cli import main
try:
    main()
finally:
    assert not ABSENT & set(sys.modules)
"""
OF_TRAIN = "torch,torchvision,safetensors,onnx,onnxscript,filelock,tensorboard,cleanlab,captum,timm"
OF_SERVE = "fastapi,starlette,uvicorn,httptools,prometheus_client,python_multipart"
OF_OTHERS = "pyarrow,fsspec,ray,pydicom,pypdfium2,pillow_heif"
ABSENT = f"sklearn,scipy,matplotlib,jinja2,{OF_TRAIN},{OF_SERVE},{OF_OTHERS}"


def bad_picture(kind: str, folder: Path) -> Path:
    """A file named .png of one bad kind."""
    path = folder / f"{kind}.png"
    whole = draw_seven(folder / "whole.png").read_bytes()
    content = {"empty": b"", "text": b"hello, no picture", "truncated": whole[: len(whole) // 2], "model": ONNX}
    if kind == "folder":
        path.mkdir()
    elif kind == "bomb":
        Image.new("1", (20_000, 20_000)).save(path)
    elif kind in content:
        path.write_bytes(content[kind])
    return path


@pytest.mark.parametrize("kind", ["missing", "empty", "text", "truncated", "model", "folder", "bomb"])
def test_a_bad_picture_is_named(tmp_path: Path, kind: str) -> None:
    path = bad_picture(kind, tmp_path)
    is_complaint(digits("predict", path), path)
    if kind != "folder":
        answer = digits("predict", "--json", path)
        found = json.loads(answer.out)
        assert (answer.code, answer.err, found["status"]) == (2, "", "error")
        assert str(path) in found["error"]


def bad_model(kind: str, folder: Path) -> Path:
    """A model file, or what stands in its place, of one bad kind."""
    path = folder / f"{kind}.{'pt' if kind == 'pickle' else 'onnx'}"
    content: dict[str, Callable[[], bytes]] = {
        "pickle": lambda: pickle.dumps({"weights": [1.0]}),
        "disguised-pickle": lambda: pickle.dumps({"weights": [1.0]}),
        "truncated": lambda: ONNX[:5000],
        "newer": lambda: onnx_with(schema=SCHEMA + 1),
        "nan": lambda: both_forms(poisoned(np.nan))[".onnx"],
        "wrong-shapes": lambda: onnx_with(preprocess={"size": 20}),
    }
    if kind == "run-without-model":
        path.mkdir()
    elif kind in content:
        path.write_bytes(content[kind]())
    return path


@pytest.mark.parametrize(
    "kind",
    ["missing", "pickle", "disguised-pickle", "truncated", "newer", "nan", "wrong-shapes", "run-without-model"],
)
def test_a_bad_model_is_named_before_anything_is_done(tmp_path: Path, kind: str) -> None:
    path, seven = bad_model(kind, tmp_path), draw_seven(tmp_path / "seven.png")
    before = sorted(tmp_path.rglob("*"))
    is_complaint(digits("predict", "--model", path, seven), path)
    is_complaint(digits("evaluate", path, "--json", "-"), path)
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize(
    ("arguments", "nearest"),
    [
        (("predict", "--model", "clasic", "x.png"), "classic"),
        (("evaluate", "classik"), "classic"),
        (("evaluate", "--data", "mnits"), "mnist"),
        (("show", "--data", "fashion_mnist"), "fashion-mnist"),
        (("train", "--recipe", "clasic"), "classic"),
        (("train", "--data", "minst"), "mnist"),
    ],
)
def test_an_unknown_name_suggests_the_nearest(
    arguments: tuple[str, ...], nearest: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    is_complaint(digits(*arguments), f"Did you mean {nearest!r}?")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("arguments", "nearest"),
    [
        (("evaluate", "--split", "tset"), "test"),
        (("show", "--split", "validatoin"), "validation"),
        (("train", "--train-on", "trian"), "train"),
    ],
)
def test_an_unknown_part_suggests_the_nearest(
    arguments: tuple[str, ...], nearest: str, mnist: object, mnist_dir: Path, tmp_path: Path
) -> None:
    assert mnist
    out = ("--out", tmp_path / "run") if arguments[0] == "train" else ()
    is_complaint(digits(*arguments, *out, "--data-dir", mnist_dir), f"Did you mean {nearest!r}?")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("arguments", [("predict",), ("predict", "--nope", "x"), ("nope",), ("show", "--seed", "-1")])
def test_wrong_usage_ends_with_2(arguments: tuple[str, ...]) -> None:
    answer = digits(*arguments)
    assert (answer.code, answer.out) == (2, "")
    assert "Usage: digits" in answer.err


def test_an_answer_that_cannot_be_written_damages_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("kept")
    is_complaint(digits("data", "--json", tmp_path / "file" / "found.json"), "found.json", "cannot be written")
    assert (tmp_path / "file").read_text() == "kept"


def test_a_complaint_of_a_process_has_no_traceback(tmp_path: Path) -> None:
    is_complaint(digits_apart("predict", tmp_path / "absent.png"), "absent.png")


@posix("colons in file names")
def test_names_that_mean_something_to_the_printer_are_shown_as_they_are(tmp_path: Path) -> None:
    path = tmp_path / ":cat:[bold].png"
    is_complaint(digits("predict", path), path)
    draw_seven(path)
    assert str(path) in digits("predict", path).out


@linux("file names of any bytes")
@pytest.mark.parametrize("coding", ["utf-8:strict", "ascii:strict"])
def test_names_that_are_no_text_are_answered(tmp_path: Path, coding: str) -> None:
    path = os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9-\xc5\x82.png")
    draw_seven(Path(path))
    answer = digits_apart("predict", "--json", path, PYTHONIOENCODING=coding)
    assert (answer.code, answer.err) == (0, "")
    assert json.loads(answer.out)["source"] == path
    answer = digits_apart("predict", path, PYTHONIOENCODING=coding)
    assert (answer.code, answer.err) == (0, "")
    assert ".png: 7" in answer.out


def test_ctrl_c_ends_with_130_and_no_traceback(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("digit_recognizer.cli.predict.picture_files", interrupt)
    answer = digits("predict", draw_seven(tmp_path / "seven.png"))
    assert (answer.code, answer.out) == (130, "")
    assert "Traceback" not in answer.err


def test_the_base_install_predicts(tmp_path: Path, run_python: Callable[..., CompletedProcess[str]]) -> None:
    done = run_python(BASE_INSTALL, ABSENT, "predict", draw_seven(tmp_path / "seven.png"))
    assert (done.returncode, done.stderr) == (0, "")
    assert "seven.png: 7" in done.stdout


def test_the_base_install_lists_the_data(tmp_path: Path, run_python: Callable[..., CompletedProcess[str]]) -> None:
    done = run_python(BASE_INSTALL, ABSENT, "data", "--data-dir", tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert "fashion-mnist" in done.stdout


@pytest.mark.parametrize("verb", ["train", "evaluate", "show", "demo"])
def test_the_base_install_says_what_to_install(
    verb: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run_python: Callable[..., CompletedProcess[str]]
) -> None:
    monkeypatch.chdir(tmp_path)
    done = run_python(BASE_INSTALL, ABSENT, verb)
    assert (done.returncode, done.stdout) == (2, "")
    assert install_command("train") in done.stderr
    assert f"digits {verb} needs torch, " in done.stderr
    assert len(done.stderr.splitlines()) <= 3
    assert not list(tmp_path.iterdir())


def test_the_base_install_says_what_a_model_without_a_twin_needs(
    tmp_path: Path, run_python: Callable[..., CompletedProcess[str]]
) -> None:
    (tmp_path / "alone.safetensors").write_bytes(both_forms()[".safetensors"])
    seven = draw_seven(tmp_path / "seven.png")
    done = run_python(BASE_INSTALL, ABSENT, "predict", "--model", tmp_path / "alone.safetensors", seven)
    assert (done.returncode, done.stdout) == (2, "")
    assert "alone.safetensors" in done.stderr
    assert install_command("train") in done.stderr


@pytest.mark.parametrize("option", ["--json", "--report"])
def test_what_cannot_be_written_is_told_before_the_work(option: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("kept")
    for target, says in ((tmp_path, "it is a folder"), (tmp_path / "file" / "x.json", "is a file)")):
        result = digits("evaluate", "no-such-model", option, str(target))
        is_complaint(result, says)
    assert (tmp_path / "file").read_text() == "kept"
