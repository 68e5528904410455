"""Names, places and outputs that someone may meet by accident or set as a trap."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from io import StringIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from rich.table import Table

from digit_recognizer.cli.output import answers
from digit_recognizer.data import load_dataset
from digit_recognizer.errors import ConfigError, DataError, DigitRecognizerWarning
from digit_recognizer.files import write_whole
from digit_recognizer.training import train
from helpers_cli import digits, digits_apart, draw_seven
from model_files import renamed
from platforms import linux, posix
from tiny import tiny_dataset

LONG = "a" * 300


def class_folders(folder: Path, *names: str) -> Path:
    """A set with six different pictures in each class folder."""
    for number, name in enumerate(names):
        (folder / name).mkdir(parents=True)
        for place in range(6):
            page = np.full((40, 40), 250, np.uint8)
            page[5:35, 5 + 4 * place : 9 + 4 * place] = 10 * number
            Image.fromarray(page).save(folder / name / f"{place}.png")
    return folder


@posix("a limit on the length of a name")
def test_a_name_too_long_is_an_error_and_the_other_picture_is_answered(tmp_path: Path) -> None:
    seven = draw_seven(tmp_path / "seven.png")
    answer = digits("predict", seven, f"{LONG}.png")
    assert answer.code == 1
    assert "seven.png: 7" in answer.out
    assert "too long" in answer.err
    for arguments in (
        ("predict", seven, "--model", LONG),
        ("show", "--data", LONG),
        ("evaluate", LONG),
        ("train", "--out", LONG),
    ):
        answer = digits(*arguments)
        assert answer.code == 2, arguments
        assert "too long" in answer.err
        assert len(answer.err.strip().splitlines()) <= 3


@linux("/dev/full")
def test_a_full_output_is_said(tmp_path: Path) -> None:
    seven = draw_seven(tmp_path / "seven.png")
    for arguments in (["predict", str(seven)], ["predict", "--json", str(seven)], ["data"], ["data", "--json", "-"]):
        with Path("/dev/full").open("w") as full:
            command = [sys.executable, "-m", "digit_recognizer", *arguments]
            done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, timeout=120, check=False)
        assert done.returncode == 2
        assert "No space left" in done.stderr
        assert "Traceback" not in done.stderr


@posix("closing a standard stream")
@pytest.mark.parametrize("arguments", ["predict x.png", "data", "--help"])
def test_a_closed_output_is_said(arguments: str, tmp_path: Path) -> None:
    draw_seven(tmp_path / "x.png")
    for closed, code, said in ((">&-", 2, "Standard output is closed"), ("2>&-", 0, ""), ("| true", 0, "")):
        line = f"{sys.executable} -m digit_recognizer {arguments} {closed}"
        done = subprocess.run(line, shell=True, capture_output=True, text=True, timeout=120, check=False, cwd=tmp_path)
        assert done.returncode == code
        assert "Traceback" not in done.stderr
        assert done.stderr.startswith(f"Error: {said}" if said else "")


@linux("ulimit -v")
def test_too_little_memory_is_said(tmp_path: Path) -> None:
    draw_seven(tmp_path / "x.png")
    for arguments, limit in (("predict x.png", 400_000), ("predict x.png", 1_000_000), ("evaluate classic", 1_000_000)):
        line = f"ulimit -v {limit}; {sys.executable} -m digit_recognizer {arguments}"
        done = subprocess.run(line, shell=True, capture_output=True, text=True, timeout=120, check=False, cwd=tmp_path)
        assert done.returncode == 2 or (done.returncode == 0 and "x.png: 7" in done.stdout)
        assert "Traceback" not in done.stderr
        assert done.returncode == 0 or "Error: " in done.stderr


def test_a_model_s_words_do_not_steer_the_terminal(tmp_path: Path) -> None:
    trap = "\x1b]0;title\x07\r"
    draw_seven(tmp_path / "x.png")
    names = [f"{trap}{digit}" for digit in range(10)]
    model = renamed(tmp_path / "trap.onnx", "classic", names)
    for arguments in (("predict", tmp_path / "x.png"), ("predict", "--csv", "-", tmp_path / "x.png")):
        answer = digits(*arguments, "--model", model)
        assert all(each.isprintable() for each in (answer.out + answer.err).replace("\n", "")), answer
    steered = StringIO()
    console = type(answers())(file=steered, force_terminal=False)
    table = Table(title=trap)
    table.add_column(trap)
    table.add_row(trap)
    console.print(table)
    console.print(trap, markup=False)
    assert "\x1b" not in steered.getvalue()
    assert "x1b]0;title" in steered.getvalue()


@posix("named pipes among files")
def test_links_are_followed_and_pipes_are_written_to(tmp_path: Path) -> None:
    target, link, pipe = tmp_path / "target.json", tmp_path / "link.json", tmp_path / "pipe"
    target.write_text("old")
    link.symlink_to(target)
    write_whole(link, b"new")
    assert link.is_symlink()
    assert target.read_bytes() == b"new"
    os.mkfifo(pipe)
    reader = subprocess.Popen(["cat", str(pipe)], stdout=subprocess.PIPE)
    assert digits_apart("data", "--json", pipe).code == 0
    assert reader.communicate(timeout=60)[0].startswith(b'{"schema"')
    assert pipe.is_fifo()


@posix("control characters in file names")
@pytest.mark.parametrize("trap", ["\033]0;title\007.png", "two\nlines: 3 (99.9 %).png", "\u202egnp.png"])
def test_a_name_does_not_steer_the_terminal(trap: str, tmp_path: Path) -> None:
    draw_seven(tmp_path / trap)
    answer = digits("predict", tmp_path)
    assert answer.code == 0
    assert len(answer.out.splitlines()) == 1
    assert all(each.isprintable() for each in answer.out.rstrip("\n"))
    (line,) = digits("predict", "--json", tmp_path).out.splitlines()
    assert json.loads(line)["source"] == str(tmp_path / trap)


def test_markup_in_a_path_is_a_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert "[red]y[/x]" in digits("data", "--data-dir", "[red]y[/x]").out


@posix("links that every user may make")
def test_links_inside_a_set_repeat_nothing(tmp_path: Path) -> None:
    folder = class_folders(tmp_path / "set", "a", "b")
    for number in range(3):
        (folder / "a" / f"up{number}").symlink_to(folder)
    with pytest.warns(DigitRecognizerWarning, match=r"12 pictures taken, 3 left out \(link to a folder around"):
        assert len(load_dataset(folder).split("all")) == 12


def test_split_names_may_be_class_names(tmp_path: Path) -> None:
    assert load_dataset(class_folders(tmp_path / "set", "test", "other")).spec.classes == ("other", "test")
    twice = tmp_path / "twice"
    for name in ("train", "training"):
        class_folders(twice / name, "a", "b")
    with pytest.raises(DataError, match="two folders for one split"):
        load_dataset(twice)


def test_a_folder_named_like_a_set_is_resumed_as_the_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class_folders(tmp_path / "mnist", "a", "b")
    monkeypatch.chdir(tmp_path)
    assert digits("train", "--data", "./mnist", "--epochs", "1", "--out", "run", "--quiet").code == 0
    monkeypatch.chdir(tmp_path / "run")
    again = digits("train", "--resume", "--out", tmp_path / "run", "--quiet")
    assert (again.code, again.err) == (0, "")


@pytest.mark.parametrize("seed", [-1, 2**63, 99999999999999999999])
def test_a_seed_out_of_range_is_refused_before_anything_is_written(seed: int, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="out of range"):
        train("classic", tiny_dataset(), seed=seed, out=tmp_path / "run")
    assert not (tmp_path / "run").exists()
    assert digits("train", "--seed", seed).code == 2


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a finished run."""
    folder = tmp_path_factory.mktemp("damaged") / "run"
    train("classic", tiny_dataset(64), out=folder)
    return folder


@pytest.mark.parametrize(
    "change",
    [{"recipe": None}, {"place": 3}, {"data": "x"}, {"seed": None}, {"recipe": {"name": "x"}}, {"data": {}}],
)
def test_a_damaged_run_file_is_named(change: dict[str, object], run: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(run, tmp_path / "run")
    settings = json.loads((folder / "run.json").read_text())
    (folder / "run.json").write_text(json.dumps(settings | change))
    answer = digits("train", "--resume", "--out", folder)
    assert answer.code == 2
    assert len(answer.err.strip().splitlines()) <= 3


def test_what_the_model_learned_from_flatters(tmp_path: Path) -> None:
    folder = class_folders(tmp_path / "set", "a", "b")
    assert digits("train", "--data", folder, "--epochs", "1", "--out", tmp_path / "run", "--quiet").code == 0
    assert "too high" in digits("evaluate", tmp_path / "run", "--data", folder, "--split", "all").err
    assert "too high" in digits("evaluate", tmp_path / "run", "--data", folder, "--split", "train").err
    assert "too high" not in digits("evaluate", tmp_path / "run", "--data", folder, "--split", "test").err
