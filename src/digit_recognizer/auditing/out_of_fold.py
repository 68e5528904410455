"""What networks read in images that they did not learn from: k-fold cross-validation over all splits together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from digit_recognizer.auditing.duplicates import Duplicates
from digit_recognizer.auditing.pool import SIZE, Pool
from digit_recognizer.data import ArraySplit, Dataset, DatasetSpec
from digit_recognizer.data.spec import Images, Labels
from digit_recognizer.images import Preprocess
from digit_recognizer.training import Recipe, train
from digit_recognizer.training.recipes import FAST_LONG

FOLDS = 5
FEWEST = 10  # images of a class, copies counted once; of fewer no network learns what the class looks like
_IMAGES_SEEN = 112_000  # that a network learns from, repeats counted: two epochs of four fifths of MNIST
MOST_EPOCHS = 40
_LEAST_BATCH = 16  # of a small set, so that an epoch has steps enough
BATCH = 2048

_OnFold = Callable[[int], None]  # folds done


@dataclass(frozen=True)
class OutOfFold:
    """Probabilities of the images that could be read out of fold."""

    members: NDArray[np.int64]  # (n,) positions in the pool
    known: NDArray[np.int64]  # (k,) the classes that were learned, ascending
    probabilities: NDArray[np.float64] = field(repr=False)  # (n, k)


def learnable(pool: Pool, duplicates: list[Duplicates]) -> NDArray[np.int64]:
    """The classes that have enough different images to be learned and read, ascending."""
    different = leaders(len(pool), duplicates) == np.arange(len(pool))
    return np.flatnonzero(np.bincount(pool.labels[different], minlength=len(pool.classes)) >= FEWEST)


def leaders(n: int, duplicates: list[Duplicates]) -> NDArray[np.int64]:
    """The first of the copies of each of n images, (n,): itself where it has none."""
    first = np.arange(n)
    for group in duplicates:
        first[list(group.members)] = group.members[0]
    return first


def read_out_of_fold(
    pool: Pool, known: NDArray[np.int64], duplicates: list[Duplicates], seed: int, device: str | None, on_fold: _OnFold
) -> OutOfFold:
    """Probabilities of every image of the classes `known`, each from a network that saw neither it nor a copy of it."""
    members = np.flatnonzero(np.isin(pool.labels, known))
    labels = np.searchsorted(known, pool.labels[members])
    images = pool.small()[members]
    fold = folds(labels, leaders(len(pool), duplicates)[members], seed)
    probabilities = np.zeros((len(members), len(known)))
    for k in range(FOLDS):
        learn = ArraySplit(images[fold != k], labels[fold != k])
        network = train(recipe_for(len(learn)), _as_dataset(learn, len(known)), seed=seed + k, device=device).network
        probabilities[fold == k] = read(network, images[fold == k])
        on_fold(k + 1)
    return OutOfFold(members, known, probabilities)


def folds(labels: Labels, leader: NDArray[np.int64], seed: int) -> NDArray[np.int64]:
    """The fold of each image, (n,): each class in its share, and an image where the first of its copies is."""
    from sklearn.model_selection import StratifiedKFold

    _, firsts, group = np.unique(leader, return_index=True, return_inverse=True)
    of_group = np.zeros(len(firsts), np.int64)
    dealt = StratifiedKFold(FOLDS, shuffle=True, random_state=seed).split(firsts, labels[firsts])
    for k, (_, held_out) in enumerate(dealt):
        of_group[held_out] = k
    return of_group[group]


def recipe_for(n: int) -> Recipe:
    """A short recipe for n training images: the fewer there are, the more often each is seen."""
    epochs = min(MOST_EPOCHS, max(1, round(_IMAGES_SEEN / n)))
    batch = min(FAST_LONG.batch_size, max(_LEAST_BATCH, n // 10))
    # The average of the weights would remember the first of few steps too well. One thread: two stand still together
    # as soon as anything else runs, which made an audit of MNIST twice as long as it need be.
    return replace(FAST_LONG, name="audit", images=None, epochs=epochs, batch_size=batch, ema_decay=0.0, threads=1)


def _as_dataset(learn: ArraySplit, classes: int) -> Dataset:
    """The training images of one fold as a data set of their own."""
    names = tuple(map(str, range(classes)))
    return Dataset(DatasetSpec("audit", "one fold", "multi-class", names, 1, SIZE, "", ""), {"train": learn})


def read(network: nn.Module, images: Images) -> NDArray[np.float64]:
    """Probabilities (n, k) of images (n, 28, 28)."""
    device = next(network.parameters()).device
    with torch.inference_mode():
        parts = [
            network(torch.from_numpy(Preprocess().normalise(images[i : i + BATCH])).to(device)).double().softmax(1)
            for i in range(0, len(images), BATCH)
        ]
    return np.asarray(torch.cat(parts).cpu().numpy(), np.float64)
