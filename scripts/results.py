"""Where the measured figures lie that the documents are written from."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "benchmarks/results"
TEST_EVALUATIONS = RESULTS / "test-evaluations.jsonl"


def read(name: str) -> Any:
    """The figures under a name, such as "accuracy/fast"."""
    return json.loads((RESULTS / f"{name}.json").read_text("utf-8"))


def missing(name: str, command: str) -> str | None:
    """What stands in the place of a figure that is not measured yet."""
    there = (RESULTS / f"{name}.json").exists()
    return None if there else f"Not measured yet: `python benchmarks/{command} --json benchmarks/results/{name}.json`."


def write(name: str, content: Any) -> Path:
    """Keep figures under a name."""
    path = RESULTS / f"{name}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, indent=1) + "\n", "utf-8")
    return path


def log_evaluations(name: str, seeds: str, correct: list[int], kept: str) -> None:
    """Add a line to the public log of evaluations of the test images, unless these figures of this model are there.

    name: the model's; with "on" and a set's name where the images are not MNIST's.
    """
    before = test_evaluations() if TEST_EVALUATIONS.exists() else []
    if any(each["correct"] == correct and each["model"].split(",")[0] == name for each in before):
        return
    line = {"model": f"{name}, {seeds}", "correct": correct, "kept": kept}
    TEST_EVALUATIONS.write_text(
        "".join(json.dumps(each, ensure_ascii=False) + "\n" for each in [*before, line]), "utf-8"
    )


def test_evaluations() -> list[dict[str, Any]]:
    """The public log of evaluations of the test images, the first one first."""
    return [json.loads(line) for line in TEST_EVALUATIONS.read_text("utf-8").splitlines()]


def commit() -> str:
    """The commit that is checked out, with a mark where files differ from it."""
    command = ["git", "describe", "--always", "--dirty", "--abbrev=12"]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()
