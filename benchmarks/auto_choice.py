"""What `auto` does with few images, chosen anew: other ways beside it, cross-validated on train and validation.

python benchmarks/auto_choice.py [--data breastmnist] [--data-dir FOLDER] [--variants NAME...] [--folds 5] [--repeats 2]
    [--json FILE|-]

Calibration and test images are not looked at (trials/cross_validate.py). One network stands for the ensemble's three.
Each network answers twice: for the images as they are, and ("mirrored") with the mean of its probabilities of each
image and of its mirror image, which costs no training.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from common import parser, report, say
from digit_recognizer import load_dataset, train
from digit_recognizer.data import Dataset
from digit_recognizer.data.spec import Labels
from digit_recognizer.models.runtime import TorchRuntime
from digit_recognizer.models.softmax import softmax
from digit_recognizer.statistics.auroc import auroc
from digit_recognizer.statistics.scores import negative_log_likelihood
from digit_recognizer.training import EnsembleRecipe, Recipe
from digit_recognizer.training.augmentation import Augmentation
from digit_recognizer.training.auto import LIGHT, auto_recipe
from digit_recognizer.training.network import form_of
from digit_recognizer.training.recipes import FAST
from trials.cross_validate import CHOOSES, Begin, pooled, trained_folds

STRONG = Augmentation(rotation=20, scale=0.2, shear=10, shift=3, elastic=1.0)


@dataclass(frozen=True)
class Variant:
    """A way to learn."""

    recipe: Recipe
    begin: Begin | None = None  # what a training starts with, in place of a random network


def variants(dataset: Dataset) -> dict[str, Variant]:
    """The recipe and what stands beside it."""
    recipe = auto_recipe(dataset.spec, len(dataset.split("train")))
    one = recipe.members[0] if isinstance(recipe, EnsembleRecipe) else recipe
    assert isinstance(one, Recipe)
    strong = replace(STRONG, symmetry=dataset.spec.symmetry)
    small = replace(one, widths=(), convolutions=FAST.convolutions, stride=1)
    return {
        "auto": Variant(one),
        "stronger augmentation, 40 epochs": Variant(replace(one, augmentation=strong, epochs=40)),
        "initialised from MNIST, 20 epochs": Variant(
            replace(one, epochs=20, ema_decay=0.95), lambda seed: taught(one, len(dataset.spec.classes), seed)
        ),
        "finer maps, half the channels": Variant(replace(one, stride=1, widths=tuple(w // 2 for w in one.widths))),
        "the network of fast, 60 epochs": Variant(replace(small, epochs=60, ema_decay=0.98)),
        "AdamW for the filters too": Variant(replace(one, optimizer="adamw", learning_rate=0.003)),
        "labels softened": Variant(replace(one, label_smoothing=0.1)),
        "classes weighted": Variant(replace(one, class_weighting=1.0)),
        "light and contrast changed": Variant(replace(one, exposure=LIGHT)),
        "batches of 64": Variant(replace(one, batch_size=64)),
    }


@cache
def digits_taught(recipe: Recipe) -> nn.Module:
    """The recipe's network after 30,000 of MNIST's digits."""
    short = replace(recipe, epochs=2, images=15_000, batch_size=64, ema_decay=0.99, augmentation=None)
    return train(short, "mnist", seed=0, device="cpu").network


def taught(recipe: Recipe, classes: int, seed: int) -> nn.Module:
    """That network with a new last layer."""
    torch.manual_seed(seed)
    network = copy.deepcopy(digits_taught(recipe))
    assert isinstance(network, nn.Sequential)
    assert isinstance(network[-1], nn.Linear)
    network[-1] = nn.Linear(network[-1].in_features, classes)
    return network


def both_ways(
    variant: Variant, dataset: Dataset, folds: int, seed: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Probabilities (n, K) of all images that a choice may see, as they are and mirrored, by networks
    that saw neither."""
    pool, normalise = pooled(dataset), form_of(dataset.spec).normalise
    found = np.zeros((2, len(pool), len(dataset.spec.classes)))
    networks = trained_folds(variant.recipe, dataset, folds=folds, seed=seed, device="cpu", begin=variant.begin)
    for held_out, network in networks:
        inputs, runtime = normalise(pool.take(held_out)), TorchRuntime(network)
        plain, turned = (
            softmax(runtime.observe(each)[0]) for each in (inputs, np.ascontiguousarray(inputs[..., ::-1]))
        )
        found[:, held_out] = plain, (plain + turned) / 2
    return found[0], found[1]


def figures(labels: Labels, probabilities: NDArray[np.float64], positive: int) -> dict[str, float]:
    """AUROC of the positive class, accuracy at 0.5, mean negative log likelihood."""
    area = auroc(labels == positive, probabilities[:, positive])
    assert area is not None
    return {
        "auroc": area,
        "accuracy": float((probabilities.argmax(1) == labels).mean()),
        "negative_log_likelihood": float(negative_log_likelihood(labels, probabilities)),
    }


def measure(dataset: Dataset, names: Sequence[str], folds: int, repeats: int) -> list[dict[str, Any]]:
    """A row a variant, plain and mirrored: each figure a value a repeat."""
    positive, labels = dataset.spec.positive, pooled(dataset).labels
    assert positive is not None
    known, rows = variants(dataset), []
    for name in names:
        answers = list(zip(*(both_ways(known[name], dataset, folds, each) for each in range(repeats)), strict=True))
        for suffix, each in zip(("", ", mirrored"), answers, strict=True):
            told = [figures(labels, probabilities, positive) for probabilities in each]
            rows.append({"variant": name + suffix} | {key: [one[key] for one in told] for key in told[0]})
            say(f"{rows[-1]['variant']}: AUROC {np.mean(rows[-1]['auroc']):.4f}")
    return rows


def main() -> None:
    arguments = parser(__doc__.splitlines()[0])
    arguments.add_argument("--data", default="breastmnist")
    arguments.add_argument("--data-dir", type=Path)
    arguments.add_argument("--variants", nargs="+", metavar="NAME", help="of those in variants(); all by default")
    arguments.add_argument("--folds", type=int, default=5)
    arguments.add_argument("--repeats", type=int, default=2)
    options = arguments.parse_args()
    dataset = load_dataset(options.data, options.data_dir)
    sizes = {name: len(dataset.split(name)) for name in CHOOSES}
    facts = {"data": options.data, "n": sizes, "folds": options.folds, "repeats": options.repeats}
    names = options.variants or list(variants(dataset))
    report(facts | {"variants": measure(dataset, names, options.folds, options.repeats)}, options.json)


if __name__ == "__main__":
    main()
