"""Seconds from a command's start to its end, in a process of its own; the same on torch beside it.

python benchmarks/cold_start.py [--model best] [--rounds 20] [--json FILE|-]
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from common import conditions, parser, report, seconds_of, summary

ON_TORCH = """
import sys
from digit_recognizer import Recognizer
print(Recognizer.load(sys.argv[1], runtime="torch").predict(sys.argv[2])[0].label)
"""
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


def beside_torch(model: str, rounds: int) -> dict[str, Any]:
    """Seconds of `digits predict` and of the same picture through the same network on torch, in turn."""
    ours = (sys.executable, "-m", "digit_recognizer", "predict", str(PICTURE), "--model", model)
    theirs = (sys.executable, "-c", ON_TORCH, model, str(PICTURE))
    finished(ours)  # the files are in memory from here on
    finished(theirs)
    seconds: dict[str, list[float]] = {"digits_predict": [], "torch": []}
    for _ in range(rounds):
        seconds["digits_predict"].append(seconds_of(lambda: finished(ours)))
        seconds["torch"].append(seconds_of(lambda: finished(theirs)))
    found: dict[str, Any] = {name: summary(each) | {"all_s": each} for name, each in seconds.items()}
    return {"model": model, "ratio": found["torch"]["median_s"] / found["digits_predict"]["median_s"], **found}


def finished(command: Sequence[str]) -> None:
    """Run a command to its end; one that fails raises."""
    subprocess.run(command, capture_output=True, check=True)


def main() -> None:
    arguments = parser(__doc__.splitlines()[0])
    arguments.add_argument("--model", default="best", help="a shipped name")
    arguments.add_argument("--rounds", type=int, default=20)
    options = arguments.parse_args()
    report({**conditions(), "cold_start": beside_torch(options.model, options.rounds)}, options.json)


if __name__ == "__main__":
    main()
