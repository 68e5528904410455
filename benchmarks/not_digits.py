"""How well the shipped models tell digits from pictures that are none (DeLong's intervals).

Made pictures (letters in fonts, noise, scribbles, signs, textures, digits upside down) and Fashion-MNIST
(--fashion FOLDER; Debian's dataset-fashion-mnist lies in /usr/share/datasets) against MNIST's calibration digits; with
--split test against its test digits, which is a logged evaluation. The limit beyond which a model says "not a digit"
comes
from calibration digits alone. What `digits predict` says of the pictures is counted too, and of shadows on blank paper,
on which it should see no ink, nothing else.

    python benchmarks/not_digits.py [--models NAME ...] [--split NAME] [--each N] [--fashion FOLDER] [--json FILE|-]
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np

from common import parser, report, say
from digit_recognizer import Recognizer, load_dataset
from digit_recognizer.data.spec import Images
from digit_recognizer.models import load_model, shipped_models
from trials.ood_pictures import KINDS, made_ood_pictures, shadows, upside_down
from trials.ood_scores import evaluate_ood

EACH = 1000  # pictures of a kind


def pictures(split: str, each: int, fashion: Path | None) -> dict[str, Images]:
    """All kinds; for test digits the made pictures are others than those that scores were chosen on."""
    digits = load_dataset("mnist").split(split)
    chosen = np.arange(min(len(digits), 2 * each))  # half of the digits are of the kinds that can be turned
    seed = 1 if split == "test" else 0
    found = {kind: made_ood_pictures(kind, each, seed) for kind in KINDS}
    found["upside down"] = upside_down(digits.take(chosen), digits.labels[chosen])
    if fashion:
        clothes = load_dataset("fashion-mnist", fashion).split("test")
        found["fashion-mnist"] = clothes.take(np.arange(len(clothes)))
    return found


def statuses(model: str, images: Images | list[Images]) -> dict[str, int]:
    """How many of the pictures, each (H, W), are answered, unsure and no digit, by `digits predict` as it comes."""
    return dict(Counter(each.status for each in Recognizer.load(model).predict(list(images))))


def main() -> None:
    arguments = parser(__doc__.splitlines()[0])
    arguments.add_argument("--models", nargs="+", metavar="NAME", choices=shipped_models(), default=shipped_models())
    arguments.add_argument("--split", default="calibration", help="test is a look, and noted")
    arguments.add_argument("--each", type=int, default=EACH, metavar="N", help="made pictures of a kind")
    arguments.add_argument("--fashion", type=Path, metavar="FOLDER", help="Fashion-MNIST; left out unless given")
    options = arguments.parse_args()
    made = pictures(options.split, options.each, options.fashion)
    digits = load_dataset("mnist")
    found: dict[str, Any] = {}
    for name in options.models:
        scored = evaluate_ood(load_model(name), digits, options.split, made)
        found[name] = scored.to_dict()
        for kind, images in made.items():
            told = ", ".join(f"{each.score} {each.auroc:.4f}" for each in scored.separations(kind))
            found[name]["ood_pictures"][kind]["statuses"] = statuses(name, images)
            say(f"{name}, {kind}: {told}; {found[name]['ood_pictures'][kind]['statuses']}")
        found[name]["shadows"] = statuses(name, shadows(options.each, seed=int(options.split == "test")))
        say(f"{name}, shadows: {found[name]['shadows']}")
    report({"ood_pictures": found}, options.json)


if __name__ == "__main__":
    main()
