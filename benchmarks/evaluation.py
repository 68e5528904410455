"""Seconds to score 10,000 images with the classic network: this project's evaluate() beside one image after another.

The peer fetches through torchvision's transform and a DataLoader, as the notebook does, and asks the network, in torch,
about each image in turn. The images are the validation and calibration images: speed needs no evaluation of the test
split.

    python benchmarks/evaluation.py [--rounds 5] [--json FILE|-]
"""

from __future__ import annotations

import statistics
import time
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader
from torchvision import datasets, transforms

from common import options_of_rounds, report, say
from digit_recognizer import evaluate, load_dataset
from digit_recognizer.data import Dataset
from digit_recognizer.data.cache import default_data_dir
from digit_recognizer.models import Model, load_model
from digit_recognizer.models.model_file import load_network
from digit_recognizer.models.ood import OodNetwork
from limit import flops, gflop_per_second, of_limit

IMAGES = 10_000
Timed = tuple[float, int]  # seconds; images read rightly


def held_out(count: int) -> Dataset:
    """A set whose validation images are `count` held-out images of MNIST, repeated where that takes more."""
    dataset = load_dataset("mnist")
    both = dataset.split("validation").joined(dataset.split("calibration"))
    chosen = np.arange(count) % len(both)
    return Dataset(dataset.spec, {"validation": both.chosen(chosen)})


def torchvision_set(dataset: Dataset) -> datasets.MNIST:
    """The same images as torchvision's MNIST hands them out: a PIL image each, transformed when fetched."""
    transform = transforms.Compose([transforms.ToTensor(), transforms.Normalize((0.5,), (0.5,))])
    made = datasets.MNIST(default_data_dir(), train=True, transform=transform)
    split = dataset.split("validation")
    made.data = torch.from_numpy(split.take(np.arange(len(split))))
    made.targets = torch.from_numpy(split.labels)
    return made


def peer(network: nn.Module, dataset: datasets.MNIST) -> Timed:
    """One image after another."""
    began = time.perf_counter()
    correct = 0
    with torch.no_grad():
        for images, labels in DataLoader(dataset, batch_size=64):
            for image, label in zip(images, labels, strict=True):
                correct += network(image.unsqueeze(0)).argmax(1).item() == label.item()
    return time.perf_counter() - began, correct


def ours(model: Model, dataset: Dataset) -> Timed:
    """The public evaluate()."""
    began = time.perf_counter()
    correct = evaluate(model, dataset, "validation").correct
    return time.perf_counter() - began, correct


def measure(limit: float, rounds: int = 5, images: int = IMAGES) -> dict[str, Any]:
    """Seconds of both; limit: the machine's GFLOP/s; images: fewer for a trial."""
    dataset = held_out(images)
    theirs = torchvision_set(dataset)
    model = load_model("classic")
    _, whole, _ = load_network(model.path)
    network = (whole.network if isinstance(whole, OodNetwork) else whole).eval()  # the peer asks for no OOD score
    ours_runs: list[Timed] = []
    peer_runs: list[Timed] = []
    for number in range(rounds):
        peer_runs.append(peer(network, theirs))
        ours_runs.append(ours(model, dataset))
        say(f"round {number + 1}: peer {peer_runs[-1][0]:.2f} s, ours {ours_runs[-1][0]:.4f} s")
    ours_s = statistics.median(seconds for seconds, _ in ours_runs)
    peer_s = statistics.median(seconds for seconds, _ in peer_runs)
    return {
        "ratio": peer_s / ours_s,
        "ours_s": ours_s,
        "peer_s": peer_s,
        "n": {"images": images, "rounds": rounds},
        "ours_correct": ours_runs[0][1],
        "peer_correct": peer_runs[0][1],
        **of_limit(images * flops(network, model.preprocess.size), ours_s, limit),
        "all_ours_s": [seconds for seconds, _ in ours_runs],
        "all_peer_s": [seconds for seconds, _ in peer_runs],
    }


def main() -> None:
    options = options_of_rounds(__doc__.splitlines()[0], 5)
    report({"evaluation": measure(gflop_per_second(), options.rounds)}, options.json)


if __name__ == "__main__":
    main()
