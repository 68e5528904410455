"""`digits train` and `digits demo` as a user runs them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from PIL import Image

import helpers_cli
from helpers_cli import is_complaint
from platforms import linux

pytestmark = pytest.mark.arithmetic

Done = subprocess.CompletedProcess[str]


def digits(*arguments: str, cwd: Path, env: dict[str, str] | None = None) -> Done:
    command = [sys.executable, "-m", "digit_recognizer", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=300, cwd=cwd, env=env)


@dataclass(frozen=True)
class Work:
    """What a user did in `folder`, whose `home` was empty before: trained for an epoch, and measured the run."""

    folder: Path
    home: Path
    trained: Done
    measured: Done

    @property
    def run(self) -> Path:
        return self.folder / "runs/classic-mnist-seed0"


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Work:
    folder, home = tmp_path_factory.mktemp("work"), tmp_path_factory.mktemp("home")
    places = {"HOME": str(home), "USERPROFILE": str(home), "MPLCONFIGDIR": str(folder)}
    env = {name: value for name, value in os.environ.items() if not name.startswith("XDG_")} | places
    trained = digits("train", "--epochs", "1", "--tensorboard", cwd=folder, env=env)
    options = ("--split", "validation", "--json", "-", "--figures", "figures")
    measured = digits("evaluate", "runs/classic-mnist-seed0", *options, cwd=folder, env=env)
    return Work(folder, home, trained, measured)


@pytest.mark.slow
def test_train_writes_a_run_that_every_verb_takes(work: Work) -> None:
    done, run = work.trained, work.run
    assert done.returncode == 0, done.stderr
    assert f"digits evaluate {run.relative_to(work.folder)}" in done.stdout
    assert "loss" in done.stderr  # the progress bar's last state
    with Image.open(run / "learning-curves.png") as curves:
        assert curves.width > 400
    assert list((run / "tensorboard").glob("events.*"))
    evaluation = json.loads(work.measured.stdout)
    (record,) = [json.loads(line) for line in (run / "history.jsonl").read_text().splitlines()]
    # By ONNX Runtime, which rounds otherwise than torch: two images of 5,000 may stand between two classes.
    assert evaluation["accuracy"] == pytest.approx(record["validation_accuracy"], abs=0.0005)
    assert {path.name for path in (work.folder / "figures").iterdir()} == {"confusion.png", "mistakes.png"}
    quiet = digits("train", "--epochs", "1", "--quiet", "--resume", "--out", str(run), cwd=work.folder)
    assert (quiet.returncode, quiet.stdout, quiet.stderr) == (0, "", "")


@pytest.mark.slow
@linux("its caches in ~/.cache")
def test_nothing_but_the_data_is_left_in_the_home(work: Work) -> None:
    """Neither ONNX Runtime's usage reports nor any other library's traces."""
    assert (work.trained.returncode, work.measured.returncode) == (0, 0)
    assert {path.name for path in work.home.rglob("*") if path.is_dir()} == {
        ".cache", "digit_recognizer", "data", "MNIST", "raw",
    }  # fmt: skip


def test_what_cannot_be_trained_is_refused_before_anything_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for arguments, words in (
        (("--recipe", "clasic"), "Did you mean 'classic'"),
        (("--data", "mnits"), "Did you mean 'mnist'"),
        (("--resume",), "--out"),
        (("--resume", "--out", "nothing"), "no run to resume"),
        (("--device", "abacus"), "Try the CPU. See: --device"),
    ):
        is_complaint(helpers_cli.digits("train", *arguments), words)
        assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_the_demo_runs_twice(tmp_path: Path) -> None:
    for folder in ("demo", "demo-2"):
        done = digits("demo", cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        run = tmp_path / "runs" / folder
        assert {path.stem for path in run.glob("*.png")} == {
            "a-digit", "confusion", "learning-curves", "mistakes", "samples",
        }  # fmt: skip
        assert "Total images tested:  10,000" in done.stdout
        assert "logged for this model: 1." in done.stdout
        assert f"runs/{folder}" in done.stdout
