"""All splits of a data set as one row of images, each of which knows where it stands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from digit_recognizer.data import ArraySplit
from digit_recognizer.data.class_names import as_numbers
from digit_recognizer.data.spec import Images, Labels
from digit_recognizer.errors import DataError
from digit_recognizer.images import Preprocess

SIZE = Preprocess().size  # side of the form in which the networks and the search for near copies see images, pixels
SMALLEST = 8  # side of an image, pixels; below it there is nothing to tell images apart by


@dataclass(frozen=True)
class Pool:
    """The images of all splits, one split after the other."""

    images: Images = field(repr=False)  # (N, H, W)
    labels: Labels = field(repr=False)  # (N,)
    classes: tuple[str, ...]  # K names
    counts: Mapping[str, int]  # images by split, in order
    files: Mapping[str, Sequence[str]] = field(default_factory=dict, repr=False)  # names of an image each, by split

    def __len__(self) -> int:
        return len(self.labels)

    @cached_property
    def split_of(self) -> NDArray[np.str_]:
        """The split of each image, (N,)."""
        return np.repeat(np.array(list(self.counts), dtype=np.str_), list(self.counts.values()))

    @cached_property
    def index_of(self) -> NDArray[np.int64]:
        """The index of each image within its split, (N,)."""
        return np.concatenate([np.arange(n) for n in self.counts.values()])

    def place(self, at: int) -> dict[str, Any]:
        """Where the image at position `at` of the pool stands: its split, its index there, its file if it has one."""
        split, index = str(self.split_of[at]), int(self.index_of[at])
        named = {"file": self.files[split][index]} if split in self.files else {}
        return {"split": split, "index": index, **named}

    def label_of(self, index: int) -> int:
        """What stands for a class beside its name: the number that is its name, or its index, as in `Prediction`."""
        numbers = as_numbers(self.classes)
        return index if numbers is None else numbers[index]

    def small(self) -> Images:
        """The images as (N, 28, 28) uint8; other sizes are scaled, with anti-aliasing."""
        return self.images if self.images.shape[1:] == (SIZE, SIZE) else scaled(self.images)


def pooled(
    splits: Mapping[str, ArraySplit], classes: Sequence[str], files: Mapping[str, Sequence[str]] | None = None
) -> Pool:
    """The splits as one pool. Raises DataError for shapes that differ, labels without a class and no images at all."""
    if not any(len(split) for split in splits.values()):
        raise DataError("There are no images to audit.")
    shapes = {split.images.shape[1:] for split in splits.values() if len(split)}
    if len(shapes) > 1:
        raise DataError(f"The splits hold images of several sizes, {sorted(shapes)}. Bring them to one.")
    (shape,) = shapes
    if len(shape) != 2 or min(shape) < SMALLEST:
        raise DataError(f"An audit needs grey images of at least {SMALLEST} x {SMALLEST} pixels; these are {shape}.")
    kept = [split for split in splits.values() if len(split)]
    images, labels = (np.concatenate([getattr(split, what) for split in kept]) for what in ("images", "labels"))
    if labels.ndim > 1:
        raise DataError("An audit needs images with one label each; these have several.")
    if labels.min() < 0 or labels.max() >= len(classes):
        raise DataError(f"The labels run from {labels.min()} to {labels.max()}, but there are {len(classes)} classes.")
    counts = {name: len(split) for name, split in splits.items()}
    return Pool(images, labels, tuple(classes), counts, files or {})


def scaled(images: Images) -> Images:
    """Images (N, H, W) uint8 as (N, 28, 28) uint8."""
    import torch
    from torch.nn.functional import interpolate

    parts = []
    for part in np.array_split(images, -(-len(images) // 1024)):
        inputs = torch.from_numpy(part.astype(np.float32))[:, None]
        bent = interpolate(inputs, (SIZE, SIZE), mode="bilinear", antialias=True, align_corners=False)
        parts.append(bent[:, 0].clamp(0, 255).round().to(torch.uint8).numpy())
    return np.concatenate(parts)
