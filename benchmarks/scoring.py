"""`digits score` against its parts on the same cores: bare PNG decoding and bare ONNX Runtime.

Decoding and inference by themselves, a process a core, then the whole command, in turn, each round. Were nothing else
to do, a picture would take the seconds of both: the bound is 1 / (1 / decoding + 1 / inference) pictures a second, and
the share is what of it the command reaches, its own start included. Pictures are MNIST's validation digits over and
over, 28 x 28 PNGs in tar archives.

    python benchmarks/scoring.py [--images 100000 1000000] [--model best] [--workers N] [--rounds 3] [--json FILE|-]

--images: the sizes, a line of figures each, with the command's peak memory.
"""

from __future__ import annotations

import io
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Callable
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from common import conditions, parser, report, say
from digit_recognizer import load_dataset
from digit_recognizer.models import load_model
from digit_recognizer.processes import cores
from digit_recognizer.recognizer import BATCH, DEFAULT_MODEL
from digit_recognizer.scoring.parts import counts_in
from latency import session
from serving import memory

IN_ARCHIVE = 5_000  # pictures
SECONDS = 3.0  # of decoding, and of inference, in a round
LOOK = 0.5  # seconds between two looks at the memory
PATIENCE = 120  # seconds for a process to be ready
Batch = Callable[[], object]  # handles BATCH pictures


def measure(sizes: list[int], model: str, workers: int, rounds: int, seconds: float = SECONDS) -> dict[str, Any]:
    """The figures of each size, all in one folder that is removed afterwards."""
    with tempfile.TemporaryDirectory() as folder:
        rows = [of_size(size, Path(folder), model, workers, rounds, seconds) for size in sizes]
    return {"model": model, "workers": workers, "batch": BATCH, "in_archive": IN_ARCHIVE, "sizes": rows}


def of_size(n: int, folder: Path, model: str, workers: int, rounds: int, seconds: float) -> dict[str, Any]:
    """Rates in pictures a second, all rounds; the share of the bound by their medians."""
    source = folder / f"source-{n}"
    archives(source, n)
    found: dict[str, list[float]] = {"decoding": [], "inference": [], "score": [], "peak_memory_mb": []}
    for _ in range(rounds):
        for name, prepared in (("decoding", partial(decoding, source)), ("inference", partial(inference, model))):
            found[name].append(in_all(prepared, workers, seconds))
        rate, peak, written = command(source, folder / "out", n, model, workers)
        found["score"].append(rate)
        found["peak_memory_mb"].append(peak)
    stored = size_of(source, "*.tar")
    shutil.rmtree(source)
    decoded, inferred, scored = (float(np.median(found[name])) for name in ("decoding", "inference", "score"))
    bound = 1 / (1 / decoded + 1 / inferred)
    say(f"{n:,} pictures: {scored:,.0f} a second, {scored / bound:.0%} of the bound of {bound:,.0f}")
    each = {"stored_bytes": stored / n, "row_bytes": written / n}  # of a picture in its archive, of its row in a part
    return {"n": n, **found, "bound": bound, "share": scored / bound, **each}


def size_of(folder: Path, pattern: str) -> int:
    """Bytes of some files of a folder."""
    return sum(path.stat().st_size for path in folder.glob(pattern))


def archives(folder: Path, n: int) -> None:
    """n pictures in tar archives; each IN_ARCHIVE of them the same."""
    folder.mkdir()
    split = load_dataset("mnist").split("validation")
    for number, first in enumerate(range(0, n, IN_ARCHIVE)):
        path, held = folder / f"{number:06}.tar", min(IN_ARCHIVE, n - first)
        if number > 0 and held == IN_ARCHIVE:
            shutil.copyfile(folder / "000000.tar", path)
            continue
        with tarfile.open(path, "w") as archive:
            for place, image in enumerate(split.take(np.arange(held) % len(split))):
                add(archive, f"{place:06}.png", image)


def add(archive: tarfile.TarFile, name: str, image: np.ndarray[Any, np.dtype[np.uint8]]) -> None:
    """One picture, (H, W) uint8, as a member."""
    packed = io.BytesIO()
    Image.fromarray(image).save(packed, "PNG")
    member = tarfile.TarInfo(name)
    member.size = packed.tell()
    packed.seek(0)
    archive.addfile(member, packed)


def decoding(source: Path) -> Batch:
    """PNG files in memory -> arrays (28, 28) uint8."""
    with tarfile.open(source / "000000.tar") as archive:
        files = [archive.extractfile(member) for member in archive.getmembers()[:BATCH]]
        contents = [file.read() for file in files if file is not None]
    contents = [contents[i % len(contents)] for i in range(BATCH)]
    return lambda: [np.asarray(Image.open(io.BytesIO(content))) for content in contents]


def inference(model: str) -> Batch:
    """Arrays in the network's form -> logits, on one thread."""
    found = load_model(model, "onnx", threads=1)
    images = load_dataset("mnist").split("validation").take(np.arange(BATCH))
    inputs, compute = found.preprocess.normalise(images), session(found.path, 1)
    return lambda: compute(inputs)


def in_all(prepared: Callable[[], Batch], workers: int, seconds: float) -> float:
    """Pictures a second of so many processes that begin together."""
    context = get_context("spawn")
    ready, rates = context.Barrier(workers), context.Queue()
    processes = [context.Process(target=alone, args=(prepared, seconds, ready, rates)) for _ in range(workers)]
    for process in processes:
        process.start()
    total = sum(rates.get(timeout=PATIENCE + 10 * seconds) for _ in processes)
    for process in processes:
        process.join()
    return float(total)


def alone(prepared: Callable[[], Batch], seconds: float, ready: Any, rates: Any) -> None:
    """One process: as many batches as it gets through, put into a queue as pictures a second."""
    batch = prepared()
    batch()
    ready.wait(PATIENCE)
    began = time.perf_counter()
    count = 0
    while time.perf_counter() - began < seconds:
        batch()
        count += BATCH
    rates.put(count / (time.perf_counter() - began))


def command(source: Path, out: Path, n: int, model: str, workers: int) -> tuple[float, float, int]:
    """Pictures a second of the whole command, the most memory (MB) that its processes held, bytes of its parts."""
    asked = [sys.executable, "-m", "digit_recognizer", "score", str(source), "--out", str(out), "--quiet"]
    took, peak = watched([*asked, "--model", model, "--workers", str(workers)], (0, 1))
    rows, written = counts_in(str(out))[0], size_of(out, "part-*")
    shutil.rmtree(out)
    if sum(rows.values()) != n:
        raise RuntimeError(f"digits score wrote of {n} pictures {dict(rows)}")
    return n / took, peak, written


def watched(asked: list[str], ends: tuple[int, ...] = (0,)) -> tuple[float, float]:
    """Seconds that a command takes, and the most memory (MB) that its processes held together; ends: exit codes."""
    began, peak = time.perf_counter(), 0.0
    process = subprocess.Popen(asked, stdout=subprocess.DEVNULL)
    while True:
        try:
            process.wait(LOOK)
            break
        except subprocess.TimeoutExpired:
            peak = max(peak, memory(process.pid))
    took = time.perf_counter() - began
    if process.returncode not in ends:
        raise RuntimeError(f"{' '.join(asked)} ended with {process.returncode}")
    return took, peak


def main() -> None:
    arguments = parser(__doc__.splitlines()[0])
    arguments.add_argument("--images", nargs="+", type=int, default=[100_000, 1_000_000], metavar="N")
    arguments.add_argument("--model", default=DEFAULT_MODEL)
    arguments.add_argument("--workers", type=int, default=cores(), help="processes; a core each")
    arguments.add_argument("--rounds", type=int, default=3)
    arguments.add_argument("--seconds", type=float, default=SECONDS, help="of decoding and of inference in a round")
    options = arguments.parse_args()
    before = conditions()
    found = measure(options.images, options.model, options.workers, options.rounds, options.seconds)
    report({**before, "scoring": found}, options.json)


if __name__ == "__main__":
    main()
