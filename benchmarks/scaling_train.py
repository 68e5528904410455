"""One epoch of classic on so many images: what scaling.py starts, by itself or by torchrun.

python benchmarks/scaling_train.py N
"""

from __future__ import annotations

import sys
from dataclasses import replace

import numpy as np

from digit_recognizer import load_dataset, train
from digit_recognizer.data import Dataset
from digit_recognizer.training import RECIPES, Recipe


def repeated(n: int) -> Dataset:
    """MNIST's training images over and over, n in all; nothing held out."""
    whole = load_dataset("mnist")
    split = whole.split("train")
    picks = np.arange(n) % len(split)
    return Dataset(whole.spec, {"train": split.chosen(picks)})


if __name__ == "__main__":
    recipe = RECIPES["classic"]
    assert isinstance(recipe, Recipe)
    train(replace(recipe, epochs=1), repeated(int(sys.argv[1])), device="cpu")
