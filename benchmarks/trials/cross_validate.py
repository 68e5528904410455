"""Choosing between recipes where a validation split is too small: cross-validation on train and validation together.

Never on calibration images: what is fitted on them once a choice is made (temperature, thresholds) promises what holds
for images that had no part in choosing. Never on test images either.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from torch import nn

from digit_recognizer.data import Dataset
from digit_recognizer.data.spec import PATIENT, ArraySplit, in_memory, pixel_hashes
from digit_recognizer.errors import DataError
from digit_recognizer.training.any_recipe import AnyRecipe
from digit_recognizer.training.train import train

CHOOSES = ("train", "validation")  # the splits that a choice may see
FOLDS = 5

Begin = Callable[[int], nn.Module]  # the network that a fold's training begins with, by its seed


def trained_folds(
    recipe: AnyRecipe,
    dataset: Dataset,
    *,
    folds: int = FOLDS,
    seed: int = 0,
    device: str | None = None,
    begin: Begin | None = None,
) -> Iterator[tuple[NDArray[np.int64], nn.Module]]:
    """Each fold's held-out indices into `pooled`, (n,), and the network that did not see these images.

    begin: what a training begins with in place of a random network; it must know none of the images.
    """
    pool = pooled(dataset)
    labels = pool.labels
    counts = np.bincount(labels) if labels.ndim == 1 else np.zeros(1, np.int64)
    if counts[counts > 0].min(initial=len(labels)) < folds or labels.ndim != 1:
        raise DataError(f"{dataset.spec.name}: cannot be split into {folds} folds with every class in each of them.")
    for number, (learn, held_out) in enumerate(dealt(pool, groups_of(pool), folds, seed)):
        one = replace(dataset, splits={"train": pool.chosen(learn)})
        own = seed * folds + number
        yield held_out, train(recipe, one, seed=own, device=device, model=begin(own) if begin else None).network


def pooled(dataset: Dataset) -> ArraySplit:
    """The images that a choice may see, in memory."""
    first, *others = (dataset.splits[name] for name in CHOOSES if name in dataset.splits)
    return in_memory(first).joined(*others)


def groups_of(pool: ArraySplit) -> NDArray[np.int64]:
    """What belongs together, (n,): the images of a patient; where patients are not known, an image and its copies."""
    keys = pool.columns[PATIENT] if PATIENT in pool.columns else np.array(pixel_hashes(pool.images))
    return np.asarray(np.unique(keys, return_inverse=True)[1], np.int64)


def dealt(
    pool: ArraySplit, groups: NDArray[np.int64], folds: int, seed: int
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Indices to learn from and to predict, a fold at a time; every class in its share, as far as groups allow it."""
    from sklearn.model_selection import StratifiedGroupKFold

    yield from StratifiedGroupKFold(folds, shuffle=True, random_state=seed).split(groups, pool.labels, groups)
