"""What a data set is: its facts, and its splits as arrays in memory."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from digit_recognizer.errors import ConfigError, nearest

SPLITS = ("train", "validation", "calibration", "test")
TRAIN_ON = ("train", "train+validation", "all")

Images = NDArray[np.uint8]  # (N, H, W), 0 black to 255 white, light ink on black
Labels = NDArray[np.int64]  # (N,), 0..K-1


@dataclass(frozen=True)
class DatasetSpec:
    """The facts of one data set."""

    name: str
    title: str
    task: str  # "multi-class"
    classes: tuple[str, ...]
    channels: int
    size: int  # side of an image in pixels
    licence: str
    source: str
    counts: Mapping[str, int] = field(default_factory=dict)  # images by split
    sha256: Mapping[str, str] = field(default_factory=dict)  # by unpacked file


class Split(Protocol):
    """One part of a data set, in memory or on disk."""

    @property
    def labels(self) -> Labels: ...
    @property
    def sha256(self) -> str:
        """A hash of all images and labels in their order."""
        ...

    def __len__(self) -> int: ...
    def take(self, indices: NDArray[np.int64]) -> Images:
        """The images at `indices`, (n, H, W) uint8."""
        ...

    def joined(self, *others: Split) -> Split:
        """This split and others of the same set, one after the other."""
        ...

    def batches(self, size: int, order: NDArray[np.int64] | None = None) -> Iterator[Images]:
        """All images, up to `size` at a time; in `order`, (N,) indices, where that is given."""
        ...


@dataclass(frozen=True)
class ArraySplit:
    """A split that lies in memory. images: (N, H, W) uint8; labels: (N,) int64."""

    images: Images = field(repr=False)
    labels: Labels = field(repr=False)

    def __len__(self) -> int:
        return len(self.labels)

    @cached_property
    def sha256(self) -> str:
        digest = hashlib.sha256(np.ascontiguousarray(self.images).data)
        digest.update(np.ascontiguousarray(self.labels).data)
        return digest.hexdigest()

    def take(self, indices: NDArray[np.int64]) -> Images:
        return self.images[indices]

    def batches(self, size: int, order: NDArray[np.int64] | None = None) -> Iterator[Images]:
        images = self.images if order is None else self.images[order]
        for start in range(0, len(self), size):
            yield images[start : start + size]

    def joined(self, *others: Split) -> ArraySplit:
        images = [self.images, *(other.take(np.arange(len(other))) for other in others)]
        return ArraySplit(np.concatenate(images), np.concatenate([self.labels, *(other.labels for other in others)]))


@dataclass(frozen=True)
class Dataset:
    """A data set ready to use: `dataset.split("test")`, or `dataset.training("all")` for what to learn from."""

    spec: DatasetSpec
    splits: Mapping[str, Split]

    def split(self, name: str) -> Split:
        """One split; raises ConfigError for a name that this set has not."""
        if name not in self.splits:
            raise ConfigError(f"{self.spec.name} has no split {name!r}.{nearest(name, list(self.splits))}")
        return self.splits[name]

    def training(self, train_on: str = "train") -> tuple[Split, Split | None]:
        """What to learn from, and the validation split if it is held out of that.

        train_on: "train"; "train+validation", when all choices are made; "all", also the calibration images.
        """
        if train_on not in TRAIN_ON:
            raise ConfigError(f"--train-on {train_on!r} is unknown.{nearest(train_on, list(TRAIN_ON))}")
        train = self.split("train")
        if train_on == "train":
            return train, self.splits.get("validation")
        names = {"train+validation": ("validation",), "all": ("validation", "calibration")}[train_on]
        return train.joined(*(self.splits[name] for name in names if name in self.splits)), None
