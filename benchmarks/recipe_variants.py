"""What each part of a recipe is worth: `fast` and `mlp` with one thing changed, several seeds, on validation images.

python benchmarks/recipe_variants.py [--seeds 3] [--json FILE|-]
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

from common import parser, report, say, timed
from digit_recognizer import load_dataset, train
from digit_recognizer.data import Dataset
from digit_recognizer.models.cnn import Convolution
from digit_recognizer.statistics import over_seeds
from digit_recognizer.training.augmentation import Augmentation
from digit_recognizer.training.recipe import Recipe
from digit_recognizer.training.recipes import FAST, MLP

STRIDED = (Convolution(16, 5, stride=2), Convolution(32, 3, stride=2), Convolution(64, 3))
FINER = (Convolution(16, 5, stride=2), Convolution(48, 3, pool=2), Convolution(128, 3))
SHORT = replace(MLP, epochs=10)  # enough to see the differences
VARIANTS: dict[str, Recipe] = {
    "fast": replace(FAST, threads=1),
    "fast, AdamW for the filters too": replace(FAST, threads=1, optimizer="adamw"),
    "fast, labels not softened": replace(FAST, threads=1, label_smoothing=0.0),
    "fast, constant rate": replace(FAST, threads=1, warmup=None),
    "fast, a stride of two in place of pooling": replace(FAST, threads=1, convolutions=STRIDED),
    "fast, batches of 256": replace(FAST, threads=1, batch_size=256),
    "fast, all 50,000 images": replace(FAST, threads=1, images=None),
    "fast, images shifted by up to a pixel": replace(FAST, threads=1, augmentation=Augmentation(shift=1)),
    "fast, more filters": replace(FAST, threads=1, convolutions=FINER),
    "mlp, 10 epochs": SHORT,
    "mlp, 10 epochs, AdamW for the hidden layers too": replace(SHORT, optimizer="adamw"),
    "mlp, 10 epochs, no weight decay": replace(SHORT, weight_decay=0.0),
}


def measure(dataset: Dataset, seeds: int) -> list[dict[str, Any]]:
    """A row a variant: its validation accuracies and the median of its seconds."""
    rows = []
    for name, recipe in VARIANTS.items():
        accuracies, seconds = [], []
        for seed in range(seeds):
            trained, took = timed(partial(train, recipe, dataset, seed=seed, device="cpu"))
            share = trained.history[-1].validation_accuracy
            assert share is not None
            accuracies.append(share)
            seconds.append(took)
        rows.append({"variant": name, "validation": over_seeds(accuracies).to_dict(), "seconds": sorted(seconds)})
        say(f"{name}: {100 * rows[-1]['validation']['mean']:.2f} %")
    return rows


def main() -> None:
    arguments = parser(__doc__.splitlines()[0])
    arguments.add_argument("--seeds", type=int, default=3)
    options = arguments.parse_args()
    dataset = load_dataset("mnist")
    n = len(dataset.split("validation"))
    report({"n": n, "variants": measure(dataset, options.seeds)}, options.json)


if __name__ == "__main__":
    main()
