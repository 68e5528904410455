"""What test_training_distributed.py starts by torchrun: a run folder for each kind of recipe, into the folder named."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np

from digit_recognizer import load_dataset, train
from digit_recognizer.data import ArraySplit, Dataset
from digit_recognizer.models.cnn import Convolution
from digit_recognizer.training import RECIPES, EnsembleRecipe, Recipe, Trained
from digit_recognizer.training.augmentation import Augmentation
from digit_recognizer.training.exposure import Exposure

CLASSIC = RECIPES["classic"]
assert isinstance(CLASSIC, Recipe)
HUNDRED = replace(CLASSIC, epochs=1, images=100 * CLASSIC.batch_size)
# 125 images in batches of 61: a last batch of three, too few to deal out, after batches that do not halve.
BENT = Recipe(
    "bent",
    epochs=2,
    batch_size=61,
    learning_rate=0.01,
    hidden=(16,),
    optimizer="muon",
    muon_lr=0.05,
    warmup=0.3,
    class_weighting=1.0,
    ema_decay=0.7,
    weight_decay=0.01,
    augmentation=Augmentation(rotation=10, scale=0.1, shear=5, shift=1, elastic=0.5),
    exposure=Exposure(gamma=0.3, contrast=0.3, brightness=0.3),
    threads=1,
)
NORMED = replace(
    BENT, name="normed", hidden=(), convolutions=(Convolution(4, 5, stride=3), Convolution(6, 3, padding=1, pool=2))
)
TWO = EnsembleRecipe("two", (replace(HUNDRED, name="a", images=640), replace(HUNDRED, name="b", images=640, variant=1)))
RUNS: dict[str, tuple[Recipe | EnsembleRecipe, int]] = {  # recipe, training images
    "classic": (HUNDRED, 6_400),
    "bent": (BENT, 125),
    "normed": (NORMED, 125),
    "ensemble": (TWO, 640),
}


def digits(n: int) -> Dataset:
    """The first n training images of MNIST, and of the others 51 each, which no two processes halve."""
    whole = load_dataset("mnist")
    counts = {"train": n, "validation": 51, "calibration": 51}
    parts = {name: (whole.split(name), np.arange(count)) for name, count in counts.items()}
    return Dataset(whole.spec, {k: ArraySplit(v.take(few), v.labels[few]) for k, (v, few) in parts.items()})


def run(name: str, out: Path) -> Trained:
    """One of the runs."""
    recipe, images = RUNS[name]
    return train(recipe, digits(images), out=out, resume=(out / "run.json").exists())


if __name__ == "__main__":
    for each in RUNS:
        run(each, Path(sys.argv[1]) / each)
