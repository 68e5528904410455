"""Latency and throughput of every shipped model: in torch and in ONNX Runtime, through Recognizer, as a command.

Logits alone, of validation images that are already in the network's form, in calls of at most as many images as Model
makes; both runtimes in turn. Latency: calls of one image.

    python benchmarks/latency.py [--rounds 3] [--json FILE|-]
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime

from cold_start import cold_start
from common import options_of_rounds, report, say, seconds_of, summary
from digit_recognizer import Recognizer, load_dataset
from digit_recognizer.data.spec import Images
from digit_recognizer.models import load_model, shipped_models
from digit_recognizer.models.model_file import load_network
from digit_recognizer.models.runtime import BATCH, Inputs, Logits
from limit import flops, gflop_per_second, of_limit

CALLS = {1: 100, 64: 30, 1_000: 10, 10_000: 2}  # images in a batch -> timed calls in a round
THREADS_AT = (1, 64)  # batches at which ONNX Runtime's thread counts are compared
WARM_UP = 5  # calls before the timed ones of a round, at most as many as those
COLD_STARTS = 5
Compute = Callable[[Inputs], Logits]


def measure(
    limit: float, rounds: int = 3, sizes: Sequence[int] = tuple(CALLS), cold_starts: int = COLD_STARTS
) -> dict[str, Any]:
    """All figures by model; limit: the machine's GFLOP/s; sizes: of the batches."""
    split = load_dataset("mnist").split("validation")
    images = split.take(np.arange(max(sizes)) % len(split))
    models = shipped_models()
    by_model = {name: of_model(name, images, sizes, rounds, limit) for name in models}
    return {"models": by_model, "cold_start": cold_start(models, cold_starts)}


def of_model(name: str, images: Images, sizes: Sequence[int], rounds: int, limit: float) -> dict[str, Any]:
    """What one model takes in this process."""
    onnx, torch = load_model(name, "onnx"), load_model(name, "torch")
    _, network, _ = load_network(torch.path)
    work = flops(network, onnx.preprocess.size)
    inputs = onnx.preprocess.normalise(images)
    batches: dict[str, Any] = {}
    for size in sizes:
        ways = {"torch": in_parts(torch.runtime.observe), "onnx": in_parts(onnx.runtime.observe)}
        rows = in_turn(ways, inputs[:size], rounds)
        rows = {way: row | speed(row, size, work, limit) for way, row in rows.items()}
        batches[str(size)] = rows | {"ratio": rows["torch"]["median_s"] / rows["onnx"]["median_s"]}
        say(f"{name}, {size} images: ONNX Runtime {batches[str(size)]['ratio']:.2f} times as fast as torch")
    return {
        "flops_an_image": work,
        "batches": batches,
        "recognizer_predict": predictions(Recognizer(onnx), images, rounds * CALLS[1]),
        "onnx_threads": {
            str(size): in_turn(by_threads(onnx.path), inputs[:size], rounds) for size in sizes if size in THREADS_AT
        },
    }


def in_parts(observe: Callable[[Inputs], tuple[Logits, Any]]) -> Compute:
    """The logits of any number of images, in calls that bound the memory."""

    def whole(inputs: Inputs) -> Logits:
        return np.concatenate([observe(inputs[i : i + BATCH])[0] for i in range(0, len(inputs), BATCH)])

    return whole


def in_turn(ways: dict[str, Compute], inputs: Inputs, rounds: int) -> dict[str, dict[str, Any]]:
    """Seconds of a call with these inputs for each way, the ways in turn, each round's first calls left out."""
    calls = CALLS[len(inputs)]
    seconds: dict[str, list[float]] = {way: [] for way in ways}
    for _ in range(rounds):
        for way, compute in ways.items():
            for _ in range(min(WARM_UP, calls)):
                compute(inputs)
            seconds[way] += [seconds_of(lambda compute=compute: compute(inputs)) for _ in range(calls)]
    return {way: summary(each) for way, each in seconds.items()}


def speed(row: dict[str, Any], size: int, work: int, limit: float) -> dict[str, float]:
    """What the seconds of a call mean: images a second, and the share of what the machine can do."""
    return {"images_per_s": size / row["median_s"], **of_limit(size * work, row["median_s"], limit)}


def predictions(recognizer: Recognizer, images: Images, calls: int) -> dict[str, Any]:
    """Seconds of Recognizer.predict for one array of 28 x 28, another one in each call."""
    pictures = [images[number % len(images)] for number in range(WARM_UP + calls)]
    seconds = [seconds_of(lambda picture=picture: recognizer.predict(picture)) for picture in pictures]
    return summary(seconds[WARM_UP:])


def by_threads(path: Path) -> dict[str, Compute]:
    """The network in ONNX Runtime with one thread, and with as many as it takes by itself."""
    return {"one": session(path, 1), "default": session(path, 0)}


def session(path: Path, threads: int) -> Compute:
    """A network in ONNX Runtime with this many threads within an operation; 0: its own choice."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    made = onnxruntime.InferenceSession(path.read_bytes(), options, providers=["CPUExecutionProvider"])
    name = made.get_inputs()[0].name
    return lambda inputs: np.asarray(made.run(None, {name: inputs})[0])


def main() -> None:
    options = options_of_rounds(__doc__.splitlines()[0], 3)
    report({"latency": measure(gflop_per_second(), options.rounds)}, options.json)


if __name__ == "__main__":
    main()
