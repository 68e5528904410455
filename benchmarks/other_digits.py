"""Errors on other people's digits, by networks that know MNIST alone (Wilson's intervals).

USPS's published test split (--usps FOLDER, where usps.t.bz2 lies) and scikit-learn's load_digits, each picture prepared
as Recognizer.predict does. Both are scored as test splits, and each evaluation is logged: neither chooses anything.

    python benchmarks/other_digits.py [--models NAME ...] [--usps FOLDER] [--json FILE|-]
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from common import parser, report, say
from digit_recognizer import evaluate
from digit_recognizer.data import ArraySplit, Dataset, DatasetSpec
from digit_recognizer.data.spec import Images, Labels
from digit_recognizer.images import Preprocess
from digit_recognizer.models import load_model, shipped_models

Pictures = tuple[Images, Labels]


def other_digits(name: str, usps: Path | None) -> dict[str, Any]:
    """The accuracy of one model on each set."""
    sets: dict[str, Callable[[], Pictures]] = {"load_digits": sklearn_digits}
    if usps is not None:
        sets["usps"] = lambda: usps_digits(usps)
    model, found = load_model(name), {}
    for title, read in sets.items():
        pictures, labels = read()
        found[title] = evaluate(model, as_test_set(title, pictures, labels, model.preprocess), "test").to_dict()
        say(f"{name} on {title}: {found[title]['correct']} of {found[title]['n']}")
    return found


def as_test_set(title: str, pictures: Images, labels: Labels, preprocess: Preprocess) -> Dataset:
    """Pictures prepared as Recognizer.predict does, as a set that has a test split alone; no ink is scored too."""
    names = tuple("0123456789")
    spec = DatasetSpec(title, title, "multi-class", names, 1, preprocess.size, "measured only", title)
    return Dataset(spec, {"test": ArraySplit(preprocess.fit_all(pictures), labels)})


def sklearn_digits() -> Pictures:
    """scikit-learn's 1,797 digits of 8 x 8: the test part of optdigits, by 13 writers (Alpaydin and Kaynak 1998)."""
    from sklearn.datasets import load_digits

    digits = load_digits()
    return np.rint(digits.images * (255 / 16)).astype(np.uint8), digits.target.astype(np.int64)


def usps_digits(folder: Path) -> Pictures:
    """The 2,007 digits of 16 x 16 of USPS's test split (Hull 1994), light on black."""
    from torchvision.datasets import USPS

    found = USPS(folder, train=False)
    return np.asarray(found.data, np.uint8), np.asarray(found.targets, np.int64)


def main() -> None:
    arguments = parser(__doc__.splitlines()[0])
    arguments.add_argument("--models", nargs="+", metavar="NAME", choices=shipped_models(), default=shipped_models())
    arguments.add_argument("--usps", type=Path, metavar="FOLDER", help="where usps.t.bz2 lies; left out unless given")
    options = arguments.parse_args()
    report({"other_digits": {name: other_digits(name, options.usps) for name in options.models}}, options.json)


if __name__ == "__main__":
    main()
