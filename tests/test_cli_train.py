"""`digits train` and `digits demo` as a user runs them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image


def digits(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "digit_recognizer", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=300, cwd=cwd)


def test_train_writes_a_run_that_every_verb_takes(tmp_path: Path) -> None:
    done = digits("train", "--epochs", "1", "--tensorboard", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    run = tmp_path / "runs/classic-mnist-seed0"
    assert f"digits evaluate {run.relative_to(tmp_path)}" in done.stdout
    assert "loss" in done.stderr  # the progress bar's last state
    with Image.open(run / "learning-curves.png") as curves:
        assert curves.width > 400
    assert list((run / "tensorboard").glob("events.*"))
    options = ("--split", "validation", "--json", "-", "--figures", "figures")
    measured = digits("evaluate", str(run), *options, cwd=tmp_path)
    evaluation = json.loads(measured.stdout)
    (record,) = [json.loads(line) for line in (run / "history.jsonl").read_text().splitlines()]
    assert evaluation["accuracy"] == record["validation_accuracy"]
    assert {path.name for path in (tmp_path / "figures").iterdir()} == {"confusion.png", "mistakes.png"}
    quiet = digits("train", "--epochs", "1", "--quiet", "--resume", "--out", str(run), cwd=tmp_path)
    assert (quiet.returncode, quiet.stdout, quiet.stderr) == (0, "", "")


@pytest.mark.skipif(sys.platform != "linux", reason="other systems keep caches elsewhere")
def test_nothing_but_the_data_is_left_in_the_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither ONNX Runtime's usage reports nor any other library's traces."""
    home, work = tmp_path / "home", tmp_path / "work"
    home.mkdir()
    work.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("MPLCONFIGDIR", str(work))
    assert digits("train", "--epochs", "1", "--out", "run", cwd=work).returncode == 0
    assert digits("evaluate", "run", "--split", "validation", cwd=work).returncode == 0
    assert {path.name for path in home.rglob("*") if path.is_dir()} == {
        ".cache", "digit_recognizer", "data", "MNIST", "raw",
    }  # fmt: skip


def test_what_cannot_be_trained_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    for arguments, words in (
        (("--recipe", "clasic"), "Did you mean 'classic'"),
        (("--data", "mnits"), "Did you mean 'mnist'"),
        (("--resume",), "--out"),
        (("--resume", "--out", "nothing"), "no run to resume"),
        (("--device", "abacus"), "--device cpu"),
    ):
        done = digits("train", *arguments, cwd=tmp_path)
        assert done.returncode == 2
        assert words in done.stderr
        assert len(done.stderr.strip().splitlines()) <= 3
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
        assert "noted beside this model: 1." in done.stdout
        assert f"runs/{folder}" in done.stdout
