"""Errors on MNIST's validation digits as other scanners, pens, frames and cameras would record them.

What the preparation is chosen by: no digit of another set, and none of a test split, is among them.

    python benchmarks/rerendered.py [--models NAME ...] [--kinds NAME ...] [--images N] [--seed N] [--json FILE|-]
"""

from __future__ import annotations

from typing import Any

import numpy as np

from common import parser, report, say
from digit_recognizer import load_dataset
from digit_recognizer.evaluation.robustness import choose
from digit_recognizer.models import load_model, shipped_models
from digit_recognizer.statistics import wilson
from trials.rerendered import KINDS, rerendered

IMAGES = 1000


def measure(models: list[str], kinds: list[str], n: int, seed: int) -> dict[str, Any]:
    """The error of each model on each kind, each picture prepared as Recognizer.predict does."""
    split = load_dataset("mnist").split("validation")
    chosen = choose(len(split), n, 0)
    images, labels = split.take(chosen), split.labels[chosen]
    loaded = [load_model(name) for name in models]
    found: dict[str, Any] = {name: {} for name in models}
    for kind in kinds:
        pictures = rerendered(images, kind, seed, chosen.tolist())
        for name, model in zip(models, loaded, strict=True):
            predicted = model.probabilities(model.preprocess.fit_all(pictures)).argmax(axis=1)
            found[name][kind] = figures(int(np.count_nonzero(predicted != labels)), len(labels))
            say(f"{name}, {kind}: {found[name][kind]['wrong']} of {len(labels)} wrong")
    return found


def figures(wrong: int, n: int) -> dict[str, Any]:
    """An error with its 95 % interval."""
    return {"n": n, "wrong": wrong, "error": wrong / n, "interval": wilson(wrong, n).to_dict()}


def main() -> None:
    arguments = parser(__doc__.splitlines()[0])
    arguments.add_argument("--models", nargs="+", metavar="NAME", choices=shipped_models(), default=shipped_models())
    arguments.add_argument("--kinds", nargs="+", metavar="NAME", choices=KINDS, default=list(KINDS))
    arguments.add_argument("--images", type=int, default=IMAGES, metavar="N", help="of the 5,000, drawn at random")
    arguments.add_argument("--seed", type=int, default=0, help="of what befalls each digit")
    options = arguments.parse_args()
    found = measure(options.models, options.kinds, options.images, options.seed)
    report({"rerendered": found}, options.json)


if __name__ == "__main__":
    main()
