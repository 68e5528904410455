"""What every benchmark says of itself: versions, machine, and its result as text and as JSON."""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

PACKAGES = ("torch", "torchvision", "numpy", "onnxruntime", "handwritten-digit-recognizer")


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


def parser(description: str) -> argparse.ArgumentParser:
    """A parser with --json FILE|-."""
    made = argparse.ArgumentParser(description=description)
    made.add_argument("--json", metavar="FILE|-", help="write one JSON object to a file or to standard output")
    return made


def report(result: dict[str, Any], target: str | None) -> None:
    """The result with its versions: as JSON where asked, otherwise for people."""
    whole = result | {"versions": versions()}
    if target == "-":
        print(json.dumps(whole))
        return
    if target:
        Path(target).write_text(json.dumps(whole, indent=2) + "\n")
    for key, value in whole.items():
        print(f"{key}: {value}")


def say(text: str) -> None:
    """Progress, on standard error."""
    print(text, file=sys.stderr, flush=True)
