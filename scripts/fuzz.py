"""Damaged and hostile bytes for all that reads files or requests of unknown origin: `make fuzz MINUTES=10`.

python scripts/fuzz.py [--minutes 10] [--seed 0] [--only NAME] [--out fuzz] [--json FILE|-]

Each target of scripts/fuzz_targets.py runs in a process of its own with a limit of memory. Its inputs are mutations of
valid files; one that reaches a new line of this package is kept and mutated further. A finding is any exception that is
not one of this package's own, an input that takes longer than SLOW, or the end of the process. It lies in the folder
--out, with its traceback; the exit status is then 1. Findings become tests.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import random
import sys
import time
import traceback
import warnings
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

from fuzz_targets import PACKAGE, REFUSALS, TARGETS, Target

SLOW = 5.0  # seconds for one input
MEMORY = 3 * 2**30  # bytes of address space beyond what a target has at its start
_LONGEST = 2**18  # bytes of a mutated input
_INTERESTING = (0, 1, 2, 3, 7, 8, 15, 16, 31, 32, 63, 64, 100, 127, 128, 200, 254, 255)
_WORDS = (
    b"\xff\xff\xff\xff",
    b"\x7f\xff\xff\xff",
    b"\x00\x00\x00\x00",
    b"\x80\x00\x00\x00",
    b"1e999",
    b"nan",
    b"-1",
    b"\x00",
)


def mutated(content: bytes, others: list[bytes], draw: random.Random) -> bytes:
    """The content with a few things changed."""
    made = bytearray(content[:_LONGEST])
    for _ in range(draw.choice((1, 1, 2, 4, 8, 16))):
        at = draw.randrange(len(made) + 1) if draw.random() < 0.5 else draw.randrange(min(len(made), 256) + 1)
        size = draw.choice((1, 1, 2, 4, 8, 64, 1024))
        kind = draw.randrange(7)
        if kind == 0 and at < len(made):
            made[at] ^= 1 << draw.randrange(8)
        elif kind == 1 and at < len(made):
            made[at] = draw.choice(_INTERESTING)
        elif kind == 2:
            word = draw.choice(_WORDS)
            made[at : at + len(word)] = word
        elif kind == 3:
            del made[at : at + size]
        elif kind == 4:
            made[at:at] = made[at : at + size] * draw.choice((1, 2, 50))
        elif kind == 5:
            made[at:at] = draw.randbytes(size)
        else:
            other = draw.choice(others)
            start = draw.randrange(len(other) + 1)
            made[at : at + size] = other[start : start + size]
    return bytes(made[: draw.randrange(len(made) + 1)] if draw.random() < 0.1 else made[:_LONGEST])


def reached(read: Callable[[bytes], object], content: bytes) -> tuple[set[tuple[str, int]], str | None]:
    """The lines of this package that reading the content reaches, and what it raised that it may not."""
    lines: set[tuple[str, int]] = set()

    def trace(frame: FrameType, event: str, _argument: Any) -> Any:
        if not frame.f_code.co_filename.startswith(PACKAGE):
            return None
        if event == "line":
            lines.add((frame.f_code.co_filename, frame.f_lineno))
        return trace

    before, fault = sys.gettrace(), None
    sys.settrace(trace)
    try:
        read(content)
    except REFUSALS:
        pass
    except BaseException:  # whatever it is, it was not meant
        sys.settrace(before)
        fault = traceback.format_exc()
    finally:
        sys.settrace(before)
    return lines, fault


def run(name: str, seconds: float, seed: int, out: Path, told: Any) -> None:
    """Fuzz one target for so long; tell inputs tried, lines reached and findings at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)  # decoders in C print what they think of each input
    _limit_memory()
    warnings.simplefilter("ignore")
    target: Target = TARGETS[name]()
    draw, corpus, known, findings = (
        random.Random(f"{seed} {name}"),
        list(target.seeds),
        set[tuple[str, int]](),
        set[str](),
    )
    last, tried, end = out / f"{name}.last", 0, time.monotonic() + seconds
    for content in corpus:
        known |= reached(target.read, content)[0]
    while time.monotonic() < end:
        content = mutated(draw.choice(corpus), corpus, draw)
        last.write_bytes(content)
        began = time.monotonic()
        lines, fault = reached(target.read, content)
        tried += 1
        if fault is None and time.monotonic() - began > SLOW:
            fault = f"took {time.monotonic() - began:.1f} s\n"
        if fault is not None and (cause := _cause_of(fault)) not in findings:
            findings.add(cause)
            (out / f"{name}-{len(findings)}.input").write_bytes(content)
            (out / f"{name}-{len(findings)}.txt").write_text(fault, encoding="utf-8", errors="replace")
        if lines - known:
            known |= lines
            corpus.append(content)
    last.unlink()
    told.put((name, tried, len(known), sorted(findings)))


def _cause_of(fault: str) -> str:
    """Where it happened and what it was, so that one fault counts once."""
    lines = [line.strip() for line in fault.strip().splitlines()]
    places = [line for line in lines if line.startswith("File ")]
    return f"{places[-1] if places else ''} {lines[-1].partition(':')[0]}"


def _limit_memory() -> None:
    try:
        import resource
    except ModuleNotFoundError:  # Windows
        return
    pages = (
        int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0]) if Path("/proc/self/statm").exists() else 0
    )
    if pages:
        resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + MEMORY,) * 2)


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", choices=sorted(TARGETS), action="append")
    parser.add_argument("--out", type=Path, default=Path("fuzz"))
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    context, rows = multiprocessing.get_context("spawn"), []
    names = options.only or sorted(TARGETS)
    for name in names:
        told = context.Queue()
        seconds = 60 * options.minutes / len(names)
        process = context.Process(target=run, args=(name, seconds, options.seed, options.out, told))
        process.start()
        process.join(seconds + 60)
        ended = process.exitcode
        process.kill()
        process.join()
        if ended == 0:
            _, tried, lines, findings = told.get(timeout=10)
        else:
            tried, lines, findings = 0, 0, [f"the process ended ({ended}), or stood still; its input is {name}.last"]
        rows.append({"target": name, "inputs": tried, "lines_reached": lines, "findings": findings})
        print(f"{name}: {tried:,} inputs, {lines:,} lines of the package reached, {len(findings)} findings", flush=True)
        for finding in findings:
            print(f"  {finding}")
    if options.json:
        options.json.write_text(json.dumps({"seed": options.seed, "rows": rows}, indent=2) + "\n", encoding="utf-8")
    return int(any(row["findings"] for row in rows))


if __name__ == "__main__":
    sys.exit(main())
