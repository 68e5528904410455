"""What `auto` does with few images, chosen anew: one thing changed at a time, cross-validated on train and validation.

python benchmarks/auto_choice.py [--data breastmnist] [--data-dir FOLDER] [--folds 5] [--repeats 2] [--json FILE|-]

Calibration and test images are not looked at (training/cross_validate.py). One network stands for the ensemble's three.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from common import parser, report, say
from digit_recognizer import load_dataset
from digit_recognizer.data import Dataset
from digit_recognizer.measuring.auroc import auroc
from digit_recognizer.measuring.scores import negative_log_likelihood
from digit_recognizer.training import EnsembleRecipe, Recipe
from digit_recognizer.training.auto import LIGHT, auto_recipe
from digit_recognizer.training.cross_validate import CHOOSES, cross_validate


def variants(dataset: Dataset) -> dict[str, Recipe]:
    """The recipe and what stands beside it."""
    recipe = auto_recipe(dataset.spec, len(dataset.split("train")))
    one = recipe.members[0] if isinstance(recipe, EnsembleRecipe) else recipe
    assert isinstance(one, Recipe)
    return {
        "auto": one,
        "classes weighted": replace(one, class_weighting=1.0),
        "light and contrast changed": replace(one, exposure=LIGHT),
        "batches of 64": replace(one, batch_size=64),
    }


def measure(dataset: Dataset, folds: int, repeats: int) -> list[dict[str, Any]]:
    """A row a variant: AUROC of the positive class and negative log likelihood, each a value a repeat."""
    positive = dataset.spec.positive
    assert positive is not None
    rows = []
    for name, recipe in variants(dataset).items():
        areas, surprises = [], []
        for repeat in range(repeats):
            labels, probabilities = cross_validate(recipe, dataset, folds=folds, seed=repeat, device="cpu")
            area = auroc(labels == positive, probabilities[:, positive])
            assert area is not None
            areas.append(area)
            surprises.append(float(negative_log_likelihood(labels, probabilities)))
        rows.append({"variant": name, "auroc": areas, "negative_log_likelihood": surprises})
        say(f"{name}: AUROC {np.mean(areas):.4f}, negative log likelihood {np.mean(surprises):.4f}")
    return rows


def main() -> None:
    arguments = parser(__doc__.splitlines()[0])
    arguments.add_argument("--data", default="breastmnist")
    arguments.add_argument("--data-dir", type=Path)
    arguments.add_argument("--folds", type=int, default=5)
    arguments.add_argument("--repeats", type=int, default=2)
    options = arguments.parse_args()
    dataset = load_dataset(options.data, options.data_dir)
    sizes = {name: len(dataset.split(name)) for name in CHOOSES}
    facts = {"data": options.data, "n": sizes, "folds": options.folds, "repeats": options.repeats}
    report(facts | {"variants": measure(dataset, options.folds, options.repeats)}, options.json)


if __name__ == "__main__":
    main()
