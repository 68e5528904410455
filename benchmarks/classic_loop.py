"""Seconds an epoch of the classic loop (60,000 images) in several ways: where the time goes, what else was tried.

python benchmarks/classic_loop.py [--rounds 3] [--json FILE|-]
"""

from __future__ import annotations

import statistics
from collections.abc import Callable

import torch
from torch import nn, optim
from torch.nn.functional import cross_entropy

from common import parser, report, seconds_of
from digit_recognizer import load_dataset
from digit_recognizer.data import ArraySplit
from digit_recognizer.images import Preprocess
from digit_recognizer.models.mlp import mlp
from digit_recognizer.training.batches import MemoryBatches

RATE = 0.1
Way = Callable[[MemoryBatches, nn.Module, optim.Optimizer], None]


def fetch(batches: MemoryBatches, _network: nn.Module, _optimizer: optim.Optimizer) -> None:
    for _ in batches.epoch(0, 0):
        pass


def forward(batches: MemoryBatches, network: nn.Module, _optimizer: optim.Optimizer) -> None:
    for inputs, labels in batches.epoch(0, 0):
        cross_entropy(network(inputs), labels)


def plain(batches: MemoryBatches, network: nn.Module, optimizer: optim.Optimizer) -> None:
    for inputs, labels in batches.epoch(0, 0):
        loss = cross_entropy(network(inputs), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


def flushed(batches: MemoryBatches, network: nn.Module, optimizer: optim.Optimizer) -> None:
    torch.set_flush_denormal(True)
    plain(batches, network, optimizer)
    torch.set_flush_denormal(False)


def functional(batches: MemoryBatches, network: nn.Module, _optimizer: optim.Optimizer) -> None:
    weights = list(network.parameters())
    for inputs, labels in batches.epoch(0, 0):
        gradients = torch.autograd.grad(cross_entropy(network(inputs), labels), weights)
        with torch.no_grad():
            torch._foreach_add_(weights, gradients, alpha=-RATE)


def by_hand(batches: MemoryBatches, network: nn.Module, _optimizer: optim.Optimizer) -> None:
    w1, b1, w2, b2, w3, b3 = (weight.detach() for weight in network.parameters())
    for inputs, labels in batches.epoch(0, 0):
        x = inputs.flatten(1)
        h1 = torch.addmm(b1, x, w1.t()).relu_()
        h2 = torch.addmm(b2, h1, w2.t()).relu_()
        d3 = torch.addmm(b3, h2, w3.t()).softmax(1)
        d3[torch.arange(len(labels)), labels] -= 1
        d3 /= len(labels)
        d2 = (d3 @ w3).mul_(h2 > 0)
        d1 = (d2 @ w2).mul_(h1 > 0)
        for weight, bias, delta, seen in ((w3, b3, d3, h2), (w2, b2, d2, h1), (w1, b1, d1, x)):
            weight.addmm_(delta.t(), seen, alpha=-RATE)
            bias.sub_(delta.sum(0), alpha=RATE)


# What is tried: the loop, torch's threads, and how SGD updates the weights.
WAYS: dict[str, tuple[Way, int, dict[str, bool]]] = {
    "fetching the batches alone": (fetch, 1, {}),
    "and the forward pass with its loss": (forward, 1, {}),
    "the loop as it is": (plain, 1, {"foreach": True}),
    "two threads": (plain, 2, {"foreach": True}),
    "optim.SGD(fused=True)": (plain, 1, {"fused": True}),
    "denormal numbers flushed to zero": (flushed, 1, {"foreach": True}),
    "autograd.grad and one update": (functional, 1, {}),
    "the same with two threads": (functional, 2, {}),
    "backpropagation by hand": (by_hand, 1, {}),
    "by hand with two threads": (by_hand, 2, {}),
}


def seconds(way: Way, threads: int, settings: dict[str, bool], batches: MemoryBatches) -> float:
    """One epoch from the same weights."""
    torch.set_num_threads(threads)
    torch.manual_seed(0)
    network = mlp([784, 64, 32, 10])
    optimizer = optim.SGD(network.parameters(), lr=RATE, **settings)
    return seconds_of(lambda: way(batches, network, optimizer))


def main() -> None:
    arguments = parser(__doc__.splitlines()[0])
    arguments.add_argument("--rounds", type=int, default=3)
    options = arguments.parse_args()
    split, _ = load_dataset("mnist").training("all")
    assert isinstance(split, ArraySplit)
    batches = MemoryBatches(split, Preprocess(), 64, torch.device("cpu"))
    times: dict[str, list[float]] = {name: [] for name in WAYS}
    for _ in range(options.rounds):
        for name, way in WAYS.items():
            times[name].append(seconds(*way, batches))
    medians = {name: statistics.median(all_times) for name, all_times in times.items()}
    report({"n": {"images": 60_000, "rounds": options.rounds}, "median_s": medians, "all_s": times}, options.json)


if __name__ == "__main__":
    main()
