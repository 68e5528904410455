"""A tiny made data set that a network can learn: ten fixed patterns under noise."""

from __future__ import annotations

import os

import numpy as np

from digit_recognizer.data import ArraySplit, Dataset
from digit_recognizer.data.idx_sets import MNIST


def shifted_seed(seed: int) -> int:
    """A seed that a test draws with. DIGITS_TEST_SEED=1, 2... gives others, of which its statement holds as well."""
    return seed + 1000 * int(os.environ.get("DIGITS_TEST_SEED", "0"))


def tiny_split(n: int, seed: int) -> ArraySplit:
    """n images (28, 28) of ten classes."""
    patterns = np.random.default_rng(shifted_seed(0)).integers(0, 200, (10, 28, 28))
    rng = np.random.default_rng(shifted_seed(seed))
    labels = rng.integers(0, 10, n)
    noise = rng.integers(0, 56, (n, 28, 28))
    return ArraySplit((patterns[labels] + noise).astype(np.uint8), labels.astype(np.int64))


def tiny_dataset(n: int = 200) -> Dataset:
    """n training images (a last batch that is not full, unless n is a multiple of 64), 50 in each other split."""
    return Dataset(
        MNIST,
        {
            "train": tiny_split(n, 1),
            "validation": tiny_split(50, 2),
            "calibration": tiny_split(50, 3),
            "test": tiny_split(50, 4),
        },
    )
