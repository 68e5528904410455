"""Seconds an epoch of the classic recipe (60,000 images): this project's train() beside torchvision and a DataLoader.

The peer is how the published notebook trains: torchvision MNIST with ToTensor and Normalize on each sample, a shuffling
DataLoader of batches of 64 (0 and 2 workers; the faster counts), the same network, loss and SGD. Ours is the public
train() with its progress callback, history and checkpoints. Both run in turn, several times.

    python benchmarks/classic_epoch.py [--rounds 3] [--json FILE|-]
"""

from __future__ import annotations

import statistics
import tempfile
import time
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from torch import nn, optim
from torch.utils.data import DataLoader
from torchvision import datasets, transforms

from common import options_of_rounds, report, say
from digit_recognizer import load_dataset, train
from digit_recognizer.data import Dataset
from digit_recognizer.data.cache import default_data_dir
from digit_recognizer.models.mlp import mlp
from digit_recognizer.training import RECIPES, EpochRecord
from limit import TRAINING, flops, gflop_per_second, of_limit

IMAGES = 60_000
SIZES = [784, 64, 32, 10]
EPOCHS = 4  # of ours in a round, of which the first is not counted (it includes loading)


def peer_epoch(workers: int, images: int) -> float:
    """Seconds of one epoch of the first `images` training images, the plain way."""
    transform = transforms.Compose([transforms.ToTensor(), transforms.Normalize((0.5,), (0.5,))])
    dataset = datasets.MNIST(default_data_dir(), train=True, transform=transform)
    dataset.data, dataset.targets = dataset.data[:images], dataset.targets[:images]
    loader = DataLoader(dataset, batch_size=64, shuffle=True, num_workers=workers)
    network = mlp(SIZES)
    optimizer = optim.SGD(network.parameters(), lr=0.1)
    criterion = nn.CrossEntropyLoss()
    began = time.perf_counter()
    for images, labels in loader:
        optimizer.zero_grad()
        loss = criterion(network(images), labels)
        loss.backward()
        optimizer.step()
    return time.perf_counter() - began


def our_epochs(dataset: Dataset) -> list[float]:
    """Seconds between the ends of successive epochs: training, history and checkpoint."""
    ends: list[float] = []

    def on_epoch(_record: EpochRecord) -> None:
        ends.append(time.perf_counter())

    with tempfile.TemporaryDirectory() as place:
        recipe = replace(RECIPES["classic"], epochs=EPOCHS)
        train(recipe, dataset, train_on="all", out=Path(place) / "run", device="cpu", on_epoch=on_epoch)
    return [after - before for before, after in pairwise(ends)]


def first_images(count: int) -> Dataset:
    """MNIST with its first `count` training images for all there is to learn from."""
    dataset = load_dataset("mnist")
    learn, _ = dataset.training("all")
    chosen = np.arange(count)
    return Dataset(dataset.spec, {"train": learn.chosen(chosen)})


def measure(limit: float, rounds: int = 3, images: int = IMAGES) -> dict[str, Any]:
    """Seconds an epoch of both; limit: the machine's GFLOP/s; images: fewer for a trial."""
    dataset = first_images(images)
    peers: dict[int, list[float]] = {0: [], 2: []}
    ours: list[float] = []
    for number in range(rounds):
        for workers, seconds in peers.items():
            seconds.append(peer_epoch(workers, images))
        ours += our_epochs(dataset)
        say(f"round {number + 1}: peer {peers[0][-1]:.2f} and {peers[2][-1]:.2f} s, ours {ours[-1]:.3f} s")
    medians = {workers: statistics.median(seconds) for workers, seconds in peers.items()}
    best = min(medians, key=lambda workers: medians[workers])
    ours_s = statistics.median(ours)
    work = TRAINING * images * flops(mlp(SIZES), 28)
    return {
        "ratio": medians[best] / ours_s,
        "ours_s": ours_s,
        "peer_s": medians[best],
        "n": {"images": images, "rounds": rounds, "our_epochs": len(ours), "peer_epochs": rounds},
        "peer_workers": best,
        **of_limit(work, ours_s, limit),
        "all_ours_s": ours,
        "all_peer_s": {str(workers): seconds for workers, seconds in peers.items()},
    }


def main() -> None:
    options = options_of_rounds(__doc__.splitlines()[0], 3)
    report(measure(gflop_per_second(), options.rounds), options.json)


if __name__ == "__main__":
    main()
