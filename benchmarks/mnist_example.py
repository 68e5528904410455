"""A peer: the network and the recipe of pytorch/examples' mnist/main.py, written anew, as it runs on a CPU."""

from __future__ import annotations

import time
from pathlib import Path

import torch
from torch import Tensor, nn, optim
from torch.nn.functional import nll_loss
from torch.utils.data import DataLoader
from torchvision import datasets, transforms

MEAN, DEVIATION = 0.1307, 0.3081


def example_network() -> nn.Sequential:
    """Two convolutions and two linear layers, 1,199,882 parameters; gives logarithms of probabilities."""
    return nn.Sequential(
        nn.Conv2d(1, 32, 3),
        nn.ReLU(),
        nn.Conv2d(32, 64, 3),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Dropout(0.25),
        nn.Flatten(),
        nn.Linear(9216, 128),
        nn.ReLU(),
        nn.Dropout(0.5),
        nn.Linear(128, 10),
        nn.LogSoftmax(1),
    )


class Example:
    """One seed of the example, trained an epoch at a time; several can take turns, each with random numbers of its own.

    images: how many of the 60,000 training images. shuffle: the example shuffles on a GPU alone, not on a CPU.
    """

    def __init__(self, seed: int, data_dir: Path, images: int = 60_000, shuffle: bool = False) -> None:
        began = time.perf_counter()
        torch.manual_seed(seed)
        transform = transforms.Compose([transforms.ToTensor(), transforms.Normalize((MEAN,), (DEVIATION,))])
        dataset = datasets.MNIST(data_dir, train=True, transform=transform)
        dataset.data, dataset.targets = dataset.data[:images], dataset.targets[:images]
        self.loader = DataLoader(dataset, batch_size=64, shuffle=shuffle)
        self.network = example_network()
        self.optimizer = optim.Adadelta(self.network.parameters(), lr=1.0)
        self.scheduler = optim.lr_scheduler.StepLR(self.optimizer, step_size=1, gamma=0.7)
        self.random = torch.get_rng_state()
        self.correct: list[int] = []  # test images, after each epoch
        self.seconds: list[float] = []  # from the start to the end of each epoch, the others' turns left out
        self.building = time.perf_counter() - began

    def epoch(self) -> None:
        """One pass over the training images, timed."""
        torch.set_rng_state(self.random)
        began = time.perf_counter()
        self.network.train()
        for images, labels in self.loader:
            self.optimizer.zero_grad()
            loss = nll_loss(self.network(images), labels)
            loss.backward()
            self.optimizer.step()
        self.scheduler.step()
        before = self.seconds[-1] if self.seconds else self.building
        self.seconds.append(before + time.perf_counter() - began)
        self.random = torch.get_rng_state()

    def score(self, inputs: Tensor, labels: Tensor) -> None:
        """Note how many of some images (N, 1, 28, 28) the network reads rightly."""
        self.network.eval()
        with torch.inference_mode():
            answers = torch.cat([self.network(part).argmax(1) for part in inputs.split(1000)])
        self.correct.append(int((answers == labels).sum()))


def test_images(data_dir: Path) -> tuple[Tensor, Tensor]:
    """The 10,000 test images (N, 1, 28, 28) in the form that the example trains on, and their labels (N,)."""
    # Only evaluation/evaluate.py scores a model of this project on test images. The example is none: its score after
    # each epoch is what decides when its clock stops, in its own script too.
    dataset = datasets.MNIST(data_dir, train=False)
    return (dataset.data.unsqueeze(1) / 255 - MEAN) / DEVIATION, dataset.targets
