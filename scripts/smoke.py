"""Try an installed `digits` as a new user would, on any system.

python scripts/smoke.py [predict] [train] [serve]

Without a step all three run. Needs the standard library, and `digits` beside the Python that runs this.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import struct
import subprocess
import sys
import sysconfig
import tempfile
import threading
import zlib
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

PATIENCE = 600  # seconds; a first import of torch on a busy machine takes minutes
HEIGHT, WIDTH = 200, 120


def drawn_one() -> bytes:
    """A 1, dark on light, as a PNG file; written by hand, since only the standard library is here."""
    rows = [
        b"\0" + bytes(0 if 20 <= row < 180 and 55 <= column < 70 else 255 for column in range(WIDTH))
        for row in range(HEIGHT)
    ]
    header = struct.pack(">IIBBBBB", WIDTH, HEIGHT, 8, 0, 0, 0, 0)  # 8 bits, grey
    chunks = (b"IHDR", header), (b"IDAT", zlib.compress(b"".join(rows))), (b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
        for kind, content in chunks
    )


def command() -> str:
    """The `digits` of this environment."""
    return shutil.which("digits", path=sysconfig.get_path("scripts")) or sys.exit(
        f"smoke.py: digits is not installed beside {sys.executable}. Install it there first."
    )


def expect(right: bool, complaint: str) -> None:
    if not right:
        sys.exit(f"smoke.py: {complaint}")


def digits(place: Path, *arguments: str) -> str:
    """What a call of the command prints; one that fails ends the script."""
    done = subprocess.run(
        [command(), *arguments], cwd=place, capture_output=True, encoding="utf-8", errors="replace", timeout=PATIENCE
    )
    said = f"digits {' '.join(arguments)}: exit {done.returncode}\n{done.stdout}{done.stderr}"
    expect(done.returncode == 0, said)
    return done.stdout


def label_of(place: Path, *options: str) -> Any:
    """What a model reads on the drawn 1."""
    return json.loads(digits(place, "predict", "--json", *options, "one.png"))["label"]


def predict(place: Path) -> None:
    """The base install imports, lists its models and reads a digit."""
    import_module("digit_recognizer")
    expect(version("handwritten-digit-recognizer") in digits(place, "--version"), "--version names another version.")
    expect("best" in digits(place, "models"), "digits models does not list the model best.")
    label = label_of(place)
    expect(label == 1, f"the drawn 1 was read as {label}.")


def train(place: Path) -> None:
    """One epoch gives a run that can be read from. What so short a training reads is not judged."""
    digits(place, "train", "--recipe", "classic", "--epochs", "1", "--out", "run")
    lines = (place / "run" / "history.jsonl").read_text("utf-8").splitlines()
    expect(len(lines) == 1, f"history.jsonl has {len(lines)} lines after one epoch.")
    label = label_of(place, "--model", "run")
    expect(label in range(10), f"the trained model answers {label}.")


def serve(place: Path) -> None:
    """The server answers a picture and shows its page, and ends when told."""
    asked = [command(), "serve", "--port", "0", "--model", "classic", "--quiet"]
    log = place / "log"
    with log.open("wb") as said, subprocess.Popen(asked, cwd=place, stdout=subprocess.PIPE, stderr=said) as run:
        watch = threading.Timer(PATIENCE, run.kill)  # one that never answers must not hold this script for ever
        watch.start()
        try:
            assert run.stdout
            address = run.stdout.readline().decode().strip()
            complaint = f"digits serve printed {address!r}.\n{log.read_text('utf-8', 'replace')}"
            expect(address.startswith("http://"), complaint)
            _ask(address)
            run.terminate()
            code = run.wait()
        finally:
            watch.cancel()
            run.kill()
    # Windows ends a process that is told to; it cannot end by itself.
    expect(code == 0 or os.name == "nt", f"digits serve ended with {code}.")


def _ask(address: str) -> None:
    request = Request(f"{address}/v1/predict", drawn_one(), {"Content-Type": "application/octet-stream"})
    with urlopen(request, timeout=PATIENCE) as answer:
        label = json.load(answer)["predictions"][0]["label"]
    expect(label == 1, f"the server read the drawn 1 as {label}.")
    with urlopen(address, timeout=PATIENCE) as page:
        expect(b"<html" in page.read(), "the server shows no page.")


STEPS = {"predict": predict, "train": train, "serve": serve}


def main() -> None:
    parser = argparse.ArgumentParser(description="Try an installed digits as a new user would.")
    parser.add_argument("steps", nargs="*", metavar="STEP", help=f"{', '.join(STEPS)}; all without one")
    steps = parser.parse_args().steps or list(STEPS)
    expect(set(steps) <= set(STEPS), f"unknown step among {steps}; there are {', '.join(STEPS)}.")
    with tempfile.TemporaryDirectory(prefix="digits-smoke-", ignore_cleanup_errors=True) as folder:
        place = Path(folder)
        (place / "one.png").write_bytes(drawn_one())
        for step in steps:
            STEPS[step](place)
            print(f"{step}: works", flush=True)


if __name__ == "__main__":
    main()
