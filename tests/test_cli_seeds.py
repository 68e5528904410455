"""Many seeds by one command: the same figures as one by one, and a call that goes on where another was killed."""

from __future__ import annotations

import functools
import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

import helpers_cli
from digit_recognizer.statistics import over_seeds
from helpers_cli import is_complaint
from platforms import posix

# Real trainings, one of them killed; test_cli_medical.py trains two seeds in a moment.
pytestmark = [pytest.mark.slow, pytest.mark.arithmetic]

COMMAND = (sys.executable, "-m", "digit_recognizer")
TRAIN = ("train", "--recipe", "fast", "--seeds", "2", "--seed", "3", "--out", "seeds")


def digits(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*COMMAND, *arguments], capture_output=True, text=True, timeout=300, cwd=cwd)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with two trained seeds of `fast`, the second of which was killed once and gone on with."""
    place = tmp_path_factory.mktemp("seeds")
    first = subprocess.Popen([*COMMAND, *TRAIN], cwd=place, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    until(lambda: (place / "seeds/seed-4/run.json").exists())
    first.kill()
    first.wait()
    (place / "before.json").write_text(json.dumps(weights(place, 3)))
    done = digits(*TRAIN, "--json", "train.json", cwd=place)
    assert done.returncode == 0, done.stderr
    (place / "words").write_text(done.stdout)
    return place


def until(happened: Any, seconds: float = 200) -> None:
    ends = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < ends
        time.sleep(0.01)


def weights(place: Path, seed: int) -> dict[str, float]:
    folder = place / f"seeds/seed-{seed}"
    return {path.name: path.stat().st_mtime for path in folder.glob("checkpoints/*")}


def test_what_was_finished_is_kept(place: Path) -> None:
    assert weights(place, 3) == json.loads((place / "before.json").read_text())


@posix("SIGINT for one process")
def test_an_interrupt_says_that_the_same_command_goes_on(tmp_path: Path) -> None:
    # Started in a shell's background, this process ignores SIGINT, and so would its children.
    heard = functools.partial(signal.signal, signal.SIGINT, signal.SIG_DFL)
    run = subprocess.Popen([*COMMAND, *TRAIN], cwd=tmp_path, stderr=subprocess.PIPE, text=True, preexec_fn=heard)
    until(lambda: (tmp_path / "seeds/seed-3/run.json").exists())
    run.send_signal(signal.SIGINT)
    _, words = run.communicate(timeout=120)
    assert run.returncode == 130
    assert "Repeat the same command to continue" in words
    assert "--resume" not in words


def test_the_figures_are_those_of_the_runs(place: Path) -> None:
    result = json.loads((place / "train.json").read_text())
    assert [row["seed"] for row in result["seeds"]] == [3, 4]
    for row in result["seeds"]:
        (record,) = (json.loads(line) for line in (place / row["run"] / "history.jsonl").read_text().splitlines())
        assert row["accuracy"] == record["validation_accuracy"]
        assert row["accuracy"] > 0.97
    summary = over_seeds([row["accuracy"] for row in result["seeds"]]).to_dict()
    assert result["summary"] == summary
    words = (place / "words").read_text()
    assert f"Mean of 2 seeds: {100 * summary['mean']:.3f} %" in words
    assert "digits evaluate seeds" in words


def test_evaluate_takes_the_folder(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(place)
    done = helpers_cli.digits("evaluate", "seeds", "--split", "validation", "--json", "-")
    assert done.code == 0, done.err
    measured, trained = json.loads(done.out), json.loads((place / "train.json").read_text())
    assert measured["summary"] == trained["summary"]
    assert [row["correct"] for row in measured["seeds"]] == [row["correct"] for row in trained["seeds"]]
    is_complaint(helpers_cli.digits("evaluate", "seeds", "--each"), "name one of the runs")


def test_another_recipe_in_the_same_folder_is_refused(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(place)
    other = ("train", "--recipe", "classic", "--seeds", "1", "--seed", "3", "--out", "seeds")
    is_complaint(helpers_cli.digits(*other), "was begun with")
    assert weights(place, 3) == json.loads((place / "before.json").read_text())
