"""What every benchmark says of itself: versions, machine, and its result as text and as JSON."""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import torch

T = TypeVar("T")
PACKAGES = ("torch", "torchvision", "numpy", "onnxruntime", "handwritten-digit-recognizer")
QUIET = 0.5  # load average above which something else is running


def versions() -> dict[str, str]:
    """Versions and machine behind a figure."""
    return {
        "python": platform.python_version(),
        **{name: version(name) for name in PACKAGES},
        "system": f"{platform.system()} {platform.machine()}",
        "processor": processor(),
        "cores": str(os.cpu_count()),
    }


def processor() -> str:
    """The processor's name where the system tells it."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()


def conditions() -> dict[str, Any]:
    """Torch's threads and how busy the machine is before anything is measured; a warning where it is busy."""
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else None
    if load is not None and load > QUIET:
        say(f"warning: the load average is {load:.2f}; something else is running, and the seconds will be too many")
    return {"torch_threads": torch.get_num_threads(), "load_average": load}


def seconds_of(work: Callable[[], object]) -> float:
    """How long one call takes."""
    return timed(work)[1]


def timed(work: Callable[[], T]) -> tuple[T, float]:
    """What one call gives, and how many seconds it takes."""
    began = time.perf_counter()
    made = work()
    return made, time.perf_counter() - began


def summary(seconds: list[float]) -> dict[str, Any]:
    """Median, 95th percentile and number of calls."""
    return {"median_s": float(np.median(seconds)), "p95_s": float(np.percentile(seconds, 95)), "n": len(seconds)}


def parser(description: str) -> argparse.ArgumentParser:
    """A parser with --json FILE|-."""
    made = argparse.ArgumentParser(description=description)
    made.add_argument("--json", metavar="FILE|-", help="write one JSON object to a file or to standard output")
    return made


def options_of_rounds(description: str, rounds: int) -> argparse.Namespace:
    """What was given of --json and --rounds; rounds: by default."""
    arguments = parser(description)
    arguments.add_argument("--rounds", type=int, default=rounds)
    return arguments.parse_args()


def report(result: dict[str, Any], target: str | None) -> None:
    """The result with its versions: as JSON where asked, and for people where standard output is free."""
    whole = write(result, target)
    if target != "-":
        for key, value in whole.items():
            print(f"{key}: {value}")


def write(result: dict[str, Any], target: str | None) -> dict[str, Any]:
    """The result with its versions, written as JSON: to standard output for "-", or to a file; nowhere for None."""
    whole = result | {"versions": versions()}
    if target == "-":
        print(json.dumps(whole))
    elif target:
        Path(target).write_text(json.dumps(whole, indent=2) + "\n")
    return whole


def say(text: str) -> None:
    """Progress, on standard error."""
    print(text, file=sys.stderr, flush=True)
