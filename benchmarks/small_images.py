"""`auto` beside timm's resnet18, fastai and Ultralytics-cls, on four small sets, each for the same seconds of training.

python benchmarks/small_images.py [--sets NAME...] [--tools NAME...] [--seconds 60] [--seeds 3] [--split test]
    [--data-dir FOLDER] [--unverified FILE] [--json FILE|-]

Every tool starts at random, learns from the same training images on one thread of the CPU, at its own defaults. How
many images fit into the seconds is measured for each tool and set beforehand, in seconds of processor time, which other
work on the machine disturbs less than the clock: as many epochs as fit, or a part of one. Peers that are not installed
are left out, with the reason (pip install fastai ultralytics; timm is in the extra [train]). Each seed of each tool
scores the split once.

Ahead or behind: the 95 % interval of the difference of the means over seeds, from resampled cases and seeds, leaves
zero out; of binary sets the AUROC, which does not depend on a threshold, of others the accuracy.
"""

from __future__ import annotations

import math
import os
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from coloured_shapes import SPEC, coloured_shapes
from common import parser, report, say
from digit_recognizer import load_dataset, train
from digit_recognizer.data import ArraySplit, Dataset
from digit_recognizer.data.spec import Labels
from digit_recognizer.models.runtime import TorchRuntime
from digit_recognizer.models.softmax import softmax
from digit_recognizer.statistics import over_seeds
from digit_recognizer.statistics.auroc import auroc
from digit_recognizer.statistics.bootstrap import bootstrap
from digit_recognizer.training.auto import auto_recipe
from digit_recognizer.training.network import form_of
from small_images_peers import PEERS, Predict, Probabilities, Task, missing

SETS = ("fashion-mnist", "breastmnist", "pneumoniamnist", SPEC.name)
OURS = "auto"
TRIAL = 256  # images whose epochs tell what one costs
RESAMPLES = 2000

Learner = Callable[[ArraySplit, int, int], tuple[Predict, float]]  # training images, epochs, seed; seconds too


@dataclass(frozen=True)
class Scored:
    """One training of one tool."""

    probabilities: Probabilities  # (n, K) of the split that is scored
    seconds: float  # of processor time, of the training as a whole
    epochs: int
    images: int  # seen in each


def loaded(name: str, data_dir: Path | None, unverified: Path | None) -> Dataset:
    """A set by name; `unverified` stands in for PneumoniaMNIST's file alone."""
    if name == SPEC.name:
        return coloured_shapes()
    return load_dataset(name, data_dir, unverified=unverified if name == "pneumoniamnist" else None)


def ours(dataset: Dataset, n: int) -> Learner:
    """The recipe that `auto` has for n training images, with other epochs."""

    def learn(images: ArraySplit, epochs: int, seed: int) -> tuple[Predict, float]:
        recipe = auto_recipe(dataset.spec, n, epochs=epochs)
        part = replace(dataset, splits={"train": images})
        began = time.process_time()
        runtime = TorchRuntime(train(recipe, part, seed=seed, device="cpu").network)
        seconds = time.process_time() - began
        normalise = form_of(dataset.spec).normalise

        def predict(files: Sequence[Path]) -> Probabilities:
            return softmax(runtime.observe(normalise(np.stack([np.asarray(Image.open(file)) for file in files])))[0])

        return predict, seconds

    return learn


def peers(dataset: Dataset, name: str) -> Learner:
    """Another tool, which reads a folder; writing it does not count, and it lasts for the training alone."""

    def learn(images: ArraySplit, epochs: int, seed: int) -> tuple[Predict, float]:
        with tempfile.TemporaryDirectory() as place:
            laid_out(images, Path(place))
            task = Task(Path(place), dataset.spec.size, len(dataset.spec.classes), epochs, seed)
            began = time.process_time()
            predict = PEERS[name][1](task)
            return predict, time.process_time() - began

    return learn


def laid_out(split: ArraySplit, folder: Path) -> None:
    """A split as class folders, under train/, and an image of each class under val/, which Ultralytics asks for."""
    for index, (image, label) in enumerate(zip(split.images, split.labels.tolist(), strict=True)):
        for part in ("train", "val"):
            place = folder / part / f"{label:03}"
            if part == "train" or not place.exists():
                place.mkdir(parents=True, exist_ok=True)
                Image.fromarray(image).save(place / f"{index:06}.png")


def drawn(split: ArraySplit, n: int, seed: int) -> ArraySplit:
    """n images of a split, by chance, every class among them."""
    order = np.random.default_rng(seed).permutation(len(split))
    first = [int(order[split.labels[order] == each][0]) for each in np.unique(split.labels)]
    rest = order[~np.isin(order, first)][: max(0, n - len(first))]
    return split.chosen(np.sort(np.concatenate([np.array(first), rest])))


def affordable(learn: Learner, split: ArraySplit, seconds: float) -> int:
    """How many images a tool can learn from in so many seconds, each as often as it comes."""
    images = drawn(split, TRIAL, 0)
    learn(images, 1, 0)  # what happens but once: imports, caches
    short, long = (learn(images, epochs, 0)[1] for epochs in (1, 4))
    return max(TRIAL, math.floor(seconds * 3 * len(images) / max(long - short, 1e-6)))


def scored(learn: Learner, split: ArraySplit, budget: int, seed: int, files: Sequence[Path]) -> Scored:
    """One training within a budget of images, and its probabilities of `files`."""
    epochs = max(1, round(budget / len(split)))
    images = split if budget >= len(split) else drawn(split, budget, seed)
    predict, seconds = learn(images, epochs, seed)
    return Scored(predict(files), seconds, epochs, len(images))


def measure_set(dataset: Dataset, tools: Sequence[str], seconds: float, seeds: int, asked: str) -> dict[str, Any]:
    """Every tool on one set."""
    learn_from, judged = dataset.split("train"), dataset.split(asked)
    assert isinstance(learn_from, ArraySplit)
    assert isinstance(judged, ArraySplit)
    found: dict[str, list[Scored]] = {}
    with tempfile.TemporaryDirectory() as place:
        files = [Path(place) / f"{index:06}.png" for index in range(len(judged))]
        for file, image in zip(files, judged.images, strict=True):
            Image.fromarray(image).save(file)
        for tool in tools:
            learn = ours(dataset, len(learn_from)) if tool == OURS else peers(dataset, tool)
            budget = affordable(learn, learn_from, seconds)
            found[tool] = [scored(learn, learn_from, budget, seed, files) for seed in range(seeds)]
            shares = [accuracy(judged.labels, each.probabilities) for each in found[tool]]
            say(f"{dataset.spec.name}, {tool}: {budget} images affordable, accuracy {np.mean(shares):.4f}")
    return table(dataset, judged.labels, found) | {
        "n": len(judged),
        "learned_from": len(learn_from),
        "caveats": list(dataset.spec.caveats),
    }


def accuracy(labels: Labels, probabilities: Probabilities) -> float:
    return float((probabilities.argmax(1) == labels).mean())


def table(dataset: Dataset, labels: Labels, found: dict[str, list[Scored]]) -> dict[str, Any]:
    """The figures of each tool, and of the first beside each other one."""
    positive = dataset.spec.positive
    figures: dict[str, Callable[[Labels, Probabilities], float | None]] = {"accuracy": accuracy}
    if positive is not None:
        figures["auroc"] = lambda labels, p: auroc(labels == positive, p[:, positive])
    tools = {
        tool: {
            name: over_seeds([defined(figure(labels, each.probabilities)) for each in runs]).to_dict()
            for name, figure in figures.items()
        }
        | {
            "processor_seconds": [round(each.seconds, 2) for each in runs],
            "epochs": runs[0].epochs,
            "images_an_epoch": runs[0].images,
        }
        for tool, runs in found.items()
    }
    beside = {}
    if OURS in found:
        for tool, runs in found.items():
            if tool != OURS:
                first, second = ([each.probabilities for each in one] for one in (found[OURS], runs))
                paired = {name: difference(labels, first, second, figure) for name, figure in figures.items()}
                beside[tool] = paired | {"verdict": paired["auroc" if positive is not None else "accuracy"]["verdict"]}
    return {"tools": tools, "auto_beside": beside}


def defined(value: float | None) -> float:
    assert value is not None
    return value


def difference(
    labels: Labels,
    first: Sequence[Probabilities],
    second: Sequence[Probabilities],
    figure: Callable[[Labels, Probabilities], float | None],
) -> dict[str, Any]:
    """How far the first's mean over seeds is above the second's: cases are resampled for both together, seeds apart."""
    random = np.random.default_rng(0)

    def mean_difference(cases: NDArray[np.int64], *chosen: NDArray[np.int64]) -> float | None:
        means = []
        for runs, seeds in zip((first, second), chosen, strict=True):
            values = [figure(labels[cases], runs[seed][cases]) for seed in seeds]
            if any(value is None for value in values):
                return None
            means.append(float(np.mean([defined(value) for value in values])))
        return means[0] - means[1]

    def resampled(cases: NDArray[np.int64]) -> float | None:
        return mean_difference(cases, *(random.integers(0, len(runs), len(runs)) for runs in (first, second)))

    value = mean_difference(np.arange(len(labels)), *(np.arange(len(runs)) for runs in (first, second)))
    interval = bootstrap(resampled, len(labels), resamples=RESAMPLES)
    verdict = "level"
    if interval:
        verdict = "ahead" if interval.low > 0 else "behind" if interval.high < 0 else "level"
    return {"difference": value, "interval": interval.to_dict() if interval else None, "verdict": verdict}


def main() -> None:
    arguments = parser(__doc__.splitlines()[0])
    arguments.add_argument("--sets", nargs="+", choices=SETS, default=list(SETS))
    arguments.add_argument("--tools", nargs="+", choices=[OURS, *PEERS], default=[OURS, *PEERS])
    arguments.add_argument("--seconds", type=float, default=60.0, help="of processor time a training (default: 60)")
    arguments.add_argument("--seeds", type=int, default=3)
    arguments.add_argument("--split", choices=("validation", "test"), default="test")
    arguments.add_argument("--data-dir", type=Path)
    arguments.add_argument("--unverified", type=Path, help="a file in PneumoniaMNIST's place")
    options = arguments.parse_args()
    torch.set_num_threads(1)
    reasons = {tool: missing(PEERS[tool][0]) for tool in options.tools if tool in PEERS}
    left_out = {tool: reason for tool, reason in reasons.items() if reason}
    for tool, reason in left_out.items():
        say(f"{tool} is left out: {reason}")
    tools = [tool for tool in options.tools if tool not in left_out]
    sets = {}
    for name in options.sets:
        dataset = loaded(name, options.data_dir, options.unverified)
        sets[name] = measure_set(dataset, tools, options.seconds, options.seeds, options.split)
    facts = {"seconds": options.seconds, "seeds": options.seeds, "split": options.split, "left_out": left_out}
    report({"small_images": facts | {"sets": sets}}, options.json)


if __name__ == "__main__":
    main()
