"""Seconds from a command's start to its end, in a process of its own."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from common import seconds_of, summary

PICTURE = Path(__file__).resolve().parent.parent / "docs" / "pictures" / "three.png"


def cold_start(models: Sequence[str], rounds: int) -> dict[str, Any]:
    """Seconds of `digits --help` and of `digits predict` with each model, in turn; beside them Python's own start."""
    digits = (sys.executable, "-m", "digit_recognizer")
    commands: dict[str, Sequence[str]] = {
        "python": (sys.executable, "-c", "pass"),
        "digits --help": (*digits, "--help"),
        **{f"digits predict --model {name}": (*digits, "predict", str(PICTURE), "--model", name) for name in models},
    }
    seconds: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(rounds):
        for name, command in commands.items():
            seconds[name].append(seconds_of(lambda command=command: finished(command)))
    return {name: summary(each) | {"all_s": each} for name, each in seconds.items()}


def finished(command: Sequence[str]) -> None:
    """Run a command to its end; one that fails raises."""
    subprocess.run(command, capture_output=True, check=True)
