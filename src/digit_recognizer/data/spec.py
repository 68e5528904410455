"""What a data set is: its facts, and its splits as arrays in memory."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from digit_recognizer.errors import ConfigError, DataError, nearest

SPLITS = ("train", "validation", "calibration", "test")
TRAIN_ON = ("train", "train+validation", "all")

TASKS = ("multi-class", "binary", "ordinal", "multi-label")
SYMMETRIES = ("none", "mirror", "all")
PATIENT = "patient"  # the column by which images belong together
NOT_CLINICAL = "Not for clinical use."

# (N, H, W), 0 black to 255 white, of digits light ink on black; in colour (N, H, W, 3), red first.
Images = NDArray[np.uint8]
Labels = NDArray[np.int64]  # (N,), 0..K-1; of a multi-label set (N, K), 0 or 1


@dataclass(frozen=True)
class DatasetSpec:
    """The facts of one data set."""

    name: str
    title: str
    task: str  # one of TASKS; the classes of an ordinal set have an order, those of a multi-label one go together
    classes: tuple[str, ...]
    channels: int  # 1 grey, 3 colour
    size: int  # side of an image in pixels
    licence: str
    source: str
    counts: Mapping[str, int] = field(default_factory=dict)  # images by split
    sha256: Mapping[str, str] = field(default_factory=dict)  # by unpacked file
    md5: Mapping[str, str] = field(default_factory=dict)  # by file, where only that was published
    files: tuple[str, ...] = ()  # unpacked files of which no hash was published
    positive: int | None = None  # the class that is looked for, of two; None: neither is declared
    form: str = "digit"  # how a strange picture is brought to this form: Preprocess.form
    as_is: bool = False  # pictures of its size keep their pixels, in MNIST's form or not: Preprocess.as_is
    # What leaves an image's class as it is: "mirror" left for right, "all" quarter turns too.
    symmetry: str = "none"
    clinical: bool = False  # medical images: every output says that it is not for clinical use
    notes: tuple[str, ...] = ()  # what its figures must be read with: known leaks
    unverified: str | None = None  # the file that stands in for the published one, which it is not

    @property
    def caveats(self) -> tuple[str, ...]:
        """What every output of this set says."""
        said = f"{self.name} was read from {self.unverified}, which is not the published file."
        clinical = (NOT_CLINICAL,) if self.clinical else ()
        return (*clinical, *((said,) if self.unverified else ()), *self.notes)


class Split(Protocol):
    """One part of a data set, in memory or on disk."""

    @property
    def labels(self) -> Labels: ...
    @property
    def sha256(self) -> str:
        """A hash of all images and labels in their order."""
        ...

    @property
    def columns(self) -> Mapping[str, NDArray[np.str_]]:
        """What else is known of each image, (N,) words a column: its PATIENT, its site; empty for most sets."""
        ...

    def __len__(self) -> int: ...
    def take(self, indices: NDArray[np.int64]) -> Images:
        """The images at `indices`, (n, H, W) or (n, H, W, 3) uint8."""
        ...

    def chosen(self, indices: NDArray[np.int64]) -> Split:
        """The part of this split at `indices`, with its columns."""
        ...

    def joined(self, *others: Split) -> Split:
        """This split and others of the same set, one after the other, with their columns.

        Raises DataError where they differ in what is known of their images, or cannot be one split.
        """
        ...

    def batches(self, size: int, order: NDArray[np.int64] | None = None) -> Iterator[Images]:
        """All images, up to `size` at a time; in `order`, (N,) indices, where that is given."""
        ...


@dataclass(frozen=True)
class ArraySplit:
    """A split that lies in memory. images: (N, H, W) or (N, H, W, 3) uint8; labels: (N,) or (N, K) int64."""

    images: Images = field(repr=False)
    labels: Labels = field(repr=False)
    columns: Mapping[str, NDArray[np.str_]] = field(default_factory=dict, repr=False)

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

    def chosen(self, indices: NDArray[np.int64]) -> ArraySplit:
        columns = {name: words[indices] for name, words in self.columns.items()}
        return ArraySplit(self.images[indices], self.labels[indices], columns)

    def joined(self, *others: Split) -> ArraySplit:
        columns = joined_columns([self, *others])
        parts = [self, *map(in_memory, others)]
        images, labels = (np.concatenate([getattr(part, what) for part in parts]) for what in ("images", "labels"))
        return ArraySplit(images, labels, columns)


def check_taught(spec: DatasetSpec, train: Split) -> None:
    """Raise DataError, naming them, for classes without a training image: a network would never learn these."""
    counts = (
        train.labels.sum(axis=0) if train.labels.ndim == 2 else np.bincount(train.labels, minlength=len(spec.classes))
    )
    lacking = [name for name, count in zip(spec.classes, counts, strict=True) if not count]
    if lacking:
        raise DataError(
            f"{spec.name}: {len(lacking)} of {len(spec.classes)} classes have no training image:"
            f" {', '.join(map(repr, lacking[:20]))}. Add some, or take these classes away."
        )


def in_memory(split: Split) -> ArraySplit:
    """A split as arrays, with its columns."""
    if isinstance(split, ArraySplit):
        return split
    return ArraySplit(split.take(np.arange(len(split))), split.labels, split.columns)


def joined_columns(parts: Sequence[Split]) -> dict[str, NDArray[np.str_]]:
    """The columns of several splits, one split after the other.

    Raises DataError where one has a column that another has not: without it nobody could tell which images of the
    whole are of one patient.
    """
    first, *others = ({*part.columns} for part in parts)
    for other in others:
        if other != first:
            ours, theirs = (", ".join(sorted(names)) or "none" for names in (first, other))
            raise DataError(
                f"Splits with different columns cannot be joined: one has {ours}, another {theirs}. Give every image"
                " the same columns, or none."
            )
    return {name: np.concatenate([part.columns[name] for part in parts]) for name in parts[0].columns}


def pixel_hashes(images: Images) -> list[bytes]:
    """A hash of 16 bytes of each image (N, H, W) or (N, H, W, 3): no two different ones of a set share it by chance."""
    return [hashlib.blake2b(image.tobytes(), digest_size=16).digest() for image in images]


@dataclass(frozen=True)
class Dataset:
    """A data set ready to use: `dataset.split("test")`, or `dataset.training("all")` for what to learn from."""

    spec: DatasetSpec
    splits: Mapping[str, Split]
    place: Mapping[str, str] = field(default_factory=dict)  # the arguments of load_dataset that load it again

    def looking_for(self, positive: str) -> Dataset:
        """The same set of two classes, of which the one named is looked for. Raises ConfigError for any other."""
        if len(self.spec.classes) != 2 or positive not in self.spec.classes or self.spec.task == "multi-label":
            known = ", ".join(self.spec.classes[:20])
            raise ConfigError(f"The positive class is one of two; {self.spec.name} has {known}, not {positive!r}.")
        spec = replace(self.spec, task="binary", positive=self.spec.classes.index(positive))
        return replace(self, spec=spec)

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
            raise ConfigError(f"The splits to train on, {train_on!r}, are unknown.{nearest(train_on, list(TRAIN_ON))}")
        train = self.split("train")
        if train_on == "train":
            return train, self.splits.get("validation")
        names = {"train+validation": ("validation",), "all": ("validation", "calibration")}[train_on]
        return train.joined(*(self.splits[name] for name in names if name in self.splits)), None
