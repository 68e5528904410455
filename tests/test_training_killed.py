"""Training processes that are killed, interrupted or run out of disk lose nothing."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from platforms import posix

pytestmark = pytest.mark.arithmetic

HERE = Path(__file__).parent


def killed_runs(*arguments: str) -> int:
    """How many runs were killed and came out right."""
    done = subprocess.run(
        [sys.executable, str(HERE / "killed_runs.py"), *arguments], capture_output=True, text=True, timeout=900
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return int(done.stdout.split()[0])


@posix("os.fork")
@pytest.mark.slow
def test_killed_at_20_random_moments(tmp_path: Path) -> None:
    assert killed_runs("random", str(tmp_path), "20") == 20


@posix("os.fork")
@pytest.mark.slow
def test_killed_before_every_write(tmp_path: Path) -> None:
    # run.json, history and model files take three calls each (fsync, replace, fsync of the folder), checkpoints four
    assert killed_runs("boundaries", str(tmp_path)) > 25


def start(folder: Path, *more: str) -> subprocess.Popen[str]:
    """A real `digits train` of six epochs."""
    command = [sys.executable, "-m", "digit_recognizer", "train", "--epochs", "6", "--out", str(folder), *more]
    return subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


@posix("signals that a process can catch")
@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_saves_and_says_how_to_go_on(number: signal.Signals, tmp_path: Path) -> None:
    whole = start(tmp_path / "whole")
    whole.communicate(timeout=300)
    run = start(tmp_path / "run")
    while not (tmp_path / "run/history.jsonl").exists():
        time.sleep(0.05)
    run.send_signal(number)
    _, words = run.communicate(timeout=120)
    assert run.returncode == 130
    assert f"digits train --resume --out {tmp_path / 'run'}" in words
    assert "Traceback" not in words
    again = subprocess.run(
        [sys.executable, "-m", "digit_recognizer", "train", "--resume", "--out", str(tmp_path / "run")],
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert again.returncode == 0, again.stderr
    assert (tmp_path / "run/model.onnx").read_bytes() == (tmp_path / "whole/model.onnx").read_bytes()
    history = [json.loads(line) for line in (tmp_path / "run/history.jsonl").read_text().splitlines()]
    assert [record["epoch"] for record in history] == [1, 2, 3, 4, 5, 6]


@posix("limits on the size of a file")
@pytest.mark.slow
def test_a_full_disk_is_said_and_harms_nothing(tmp_path: Path) -> None:
    """A limit on the size of files (EFBIG) stands for the full disk: the first checkpoint is larger than it."""
    program = (
        "import resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))\n"
        "from tiny import tiny_dataset; from digit_recognizer import train\n"
        "from digit_recognizer.errors import StorageError\n"
        "try: train('classic', tiny_dataset(), out=sys.argv[1])\n"
        "except StorageError as error: print(error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path / "run")],
        capture_output=True,
        text=True,
        timeout=120,
        env={**os.environ, "PYTHONPATH": str(HERE)},
    )
    assert "cannot be written" in done.stdout, done.stderr
    assert "checkpoints" in done.stdout
    assert list((tmp_path / "run/checkpoints").iterdir()) == []
