"""Mini-batches in the order of a seed and an epoch: from memory without any work a sample, or from a DataLoader."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

import numpy as np
import torch
from torch import Tensor

from digit_recognizer.data import ArraySplit, Split
from digit_recognizer.images import Preprocess

Batch = tuple[Tensor, Tensor]  # inputs (n, C, H, W) float32, labels (n,) or (n, K) int64


class Batches(Protocol):
    """Where a loop gets its mini-batches."""

    resumes_inside_epochs: bool

    def __len__(self) -> int:
        """Images an epoch."""
        ...

    def epoch(self, seed: int, epoch: int, first_step: int = 0) -> Iterator[Batch]:
        """The mini-batches of one epoch, shuffled by (seed, epoch) alone, from step `first_step` on."""
        ...


def seen(images: int | None, n: int, size: int) -> int:
    """How many of n images an epoch sees in batches of `size`: `images` where given.

    One fewer where the last batch would hold a single image: batch normalisation cannot tell the spread of one.
    """
    count = min(images or n, n)
    return count - 1 if count > size and count % size == 1 else count


class MemoryBatches:
    """A whole split as normalised tensors on the device: a batch is one indexed copy."""

    resumes_inside_epochs = True

    def __init__(
        self, split: ArraySplit, preprocess: Preprocess, size: int, device: torch.device, images: int | None = None
    ) -> None:
        self.inputs = torch.from_numpy(preprocess.normalise(split.images)).to(device)
        self.labels = torch.from_numpy(split.labels).to(device)
        self.size = size
        self.images = seen(images, len(split), size)

    def __len__(self) -> int:
        return self.images

    def epoch(self, seed: int, epoch: int, first_step: int = 0) -> Iterator[Batch]:
        order = shuffled(len(self.labels), seed, epoch)[: len(self)].to(self.labels.device)
        labels = self.labels[order].split(self.size)
        for step, indices in enumerate(order.split(self.size)):
            if step >= first_step:
                yield self.inputs.index_select(0, indices), labels[step]


class _WorkerBatches:
    """Pictures on disk, decoded by a DataLoader's workers; goes on at the start of an epoch only."""

    resumes_inside_epochs = False

    def __init__(
        self, split: Split, preprocess: Preprocess, size: int, device: torch.device, images: int | None = None
    ) -> None:
        self.split, self.preprocess, self.size, self.device = split, preprocess, size, device
        self.images = seen(images, len(split), size)

    def __len__(self) -> int:
        return self.images

    def epoch(self, seed: int, epoch: int, first_step: int = 0) -> Iterator[Batch]:
        assert first_step == 0
        order = shuffled(len(self.split), seed, epoch)[: len(self)].numpy()
        start = 0
        for images in self.split.batches(self.size, order):
            labels = self.split.labels[order[start : start + len(images)]]
            start += len(images)
            inputs = torch.from_numpy(self.preprocess.normalise(images))
            yield inputs.to(self.device), torch.from_numpy(labels).to(self.device)


def make_batches(
    split: Split, preprocess: Preprocess, size: int, device: torch.device, images: int | None = None
) -> Batches:
    """Batches of a split, from memory where it lies there; images: that an epoch sees, all by default."""
    if isinstance(split, ArraySplit):
        return MemoryBatches(split, preprocess, size, device, images)
    return _WorkerBatches(split, preprocess, size, device, images)


def shuffled(n: int, seed: int, epoch: int) -> Tensor:
    """A permutation of 0..n-1 that depends on the seed and the epoch alone, so that a resumed run draws it again."""
    return torch.randperm(n, generator=torch.Generator().manual_seed(mixed(seed, epoch)))


def mixed(*numbers: int) -> int:
    """One seed of several numbers, unlike that of any others; zeros at the end do not count."""
    return int(np.random.SeedSequence(numbers).generate_state(1, np.uint64)[0] >> 1)
