"""Real training processes killed by SIGKILL, then resumed: every resumed model must equal the uninterrupted one.

Run as a script by test_training_killed.py. The package is imported once and each trial is a fork of that process, so
that a trial costs a second and not an import of torch; one thread, because OpenMP's threads do not survive a fork.

    python killed_runs.py random FOLDER TRIALS | boundaries FOLDER
"""

from __future__ import annotations

import os
import random
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from digit_recognizer import train
from digit_recognizer.training import RECIPES
from tiny import tiny_dataset

RECIPE = replace(RECIPES["classic"], epochs=3)
MODEL = ("model.safetensors", "model.onnx")
DATASET = tiny_dataset(6_000)


def run(folder: Path, checkpoint_seconds: float = 1e9) -> None:
    """Train into the folder, or go on with what is there."""
    resume = (folder / "run.json").exists()
    train(RECIPE, DATASET, out=folder, resume=resume, checkpoint_seconds=checkpoint_seconds)


def forked(work: Callable[[], None]) -> int:
    """Start the work in a child process; its process id."""
    child = os.fork()
    if child:
        return child
    try:
        work()
        os._exit(0)
    except BaseException as error:
        print(f"child failed: {error!r}", flush=True)
        os._exit(1)


def ended(child: int) -> int:
    """Wait for a child: its exit code, or minus the signal that killed it."""
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def killing_before_call(number: int, work: Callable[[], None]) -> Callable[[], None]:
    """The work, in a process that kills itself before the write call with this number (fsync, replace, unlink)."""
    calls = 0

    def counted(real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **options: Any) -> Any:
            nonlocal calls
            if calls == number:
                os.kill(os.getpid(), signal.SIGKILL)
            calls += 1
            return real(*arguments, **options)

        return call

    def patched() -> None:
        os.fsync, os.replace, os.unlink = counted(os.fsync), counted(os.replace), counted(os.unlink)
        work()

    return patched


def check(folder: Path, expected: dict[str, bytes], what: str) -> None:
    """Resume what was killed and compare the model's bytes."""
    assert ended(forked(lambda: run(folder))) == 0, f"{what}: could not be resumed"
    for name in MODEL:
        assert (folder / name).read_bytes() == expected[name], f"{what}: {name} differs"
    left = [path.name for path in folder.rglob("*.tmp")]
    assert not left, f"{what}: left {left}"


def main(how: str, place: Path, trials: int) -> None:
    torch.set_num_threads(1)
    run(place / "warm-up")  # imports what the first export needs; also tells how long a run takes
    began = time.monotonic()
    assert ended(forked(lambda: run(place / "whole"))) == 0
    seconds = time.monotonic() - began
    expected = {name: (place / "whole" / name).read_bytes() for name in MODEL}
    killed = 0
    if how == "random":
        chance = random.Random(0)
        while killed < trials:
            folder = place / f"random-{killed}"
            child = forked(lambda folder=folder: run(folder, 0.02))  # type: ignore[misc]
            time.sleep(chance.uniform(0, seconds))
            os.kill(child, signal.SIGKILL)
            killed += ended(child) == -signal.SIGKILL
            check(folder, expected, f"killed at random, trial {killed}")
    else:
        while True:
            folder = place / f"boundary-{killed}"
            code = ended(forked(killing_before_call(killed, lambda folder=folder: run(folder))))  # type: ignore[misc]
            if code == 0:  # the run made no more calls
                break
            assert code == -signal.SIGKILL, f"boundary {killed}: exit {code}"
            check(folder, expected, f"killed before write call {killed}")
            killed += 1
    print(f"{killed} runs killed and resumed")


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]) if len(sys.argv) > 3 else 0)
