"""Errors of the shipped models on corrupted digits (in the manner of MNIST-C) and on digits of other people's sets.

Corruptions: 15 at 5 severities, of validation images unless --split test is given, which is a noted look. Strangers'
digits: USPS's published test split (--usps FOLDER, where usps.t.bz2 lies) and scikit-learn's load_digits, each picture
prepared as Recognizer.predict does; these are scored as test splits, and noted.

    python benchmarks/robustness.py [--models NAME ...] [--images N] [--split NAME] [--usps FOLDER] [--figure FILE]
                                    [--json FILE|-]
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from scipy.stats import bootstrap

from common import parser, report, say
from digit_recognizer import evaluate, load_dataset
from digit_recognizer.data import ArraySplit, Dataset, DatasetSpec
from digit_recognizer.data.spec import Images, Labels
from digit_recognizer.images import Preprocess
from digit_recognizer.measuring import Interval
from digit_recognizer.measuring.robustness import Robustness, robustness
from digit_recognizer.models import load_model, shipped_models
from digit_recognizer.report.figures import save_figure
from digit_recognizer.report.robustness_figure import robustness_figure

BASELINE = "classic"
Pictures = tuple[Images, Labels]


def measure(
    models: list[str], images: int | None, split: str, usps: Path | None
) -> tuple[dict[str, Any], list[Robustness]]:
    """The figures of all models, and what they come from."""
    dataset = load_dataset("mnist")
    found = []
    for name in models:
        found.append(robustness(name, dataset, split, n=images))
        say(f"{name}: mean error {found[-1].to_dict()['unseen']} over the unseen corruptions")
    return {
        "corruptions": {each.model.header.name: each.to_dict() for each in found},
        "unseen_error_to_classic": ratios(found),
        "strangers_digits": {name: strangers_digits(name, usps) for name in models},
    }, found


def ratios(found: list[Robustness]) -> dict[str, Any]:
    """Each model's mean error over the unseen corruptions as a share of classic's, with a paired bootstrap interval."""
    by_name = {each.model.header.name: each.share_wrong(seen=False) for each in found}
    baseline = by_name.pop(BASELINE, None)
    return {name: ratio(shares, baseline) for name, shares in by_name.items()} if baseline is not None else {}


def ratio(shares: Any, baseline: Any) -> dict[str, Any]:
    """A ratio of two means over the same images."""

    def of_means(above: Any, below: Any, axis: int) -> Any:
        return above.mean(axis=axis) / below.mean(axis=axis)

    found = bootstrap(
        (shares, baseline), of_means, paired=True, n_resamples=2000, batch=100, method="percentile", rng=0
    ).confidence_interval
    return {
        "ratio": float(shares.mean() / baseline.mean()),
        "interval": Interval(0.95, "bootstrap over images", float(found.low), float(found.high)).to_dict(),
    }


def strangers_digits(name: str, usps: Path | None) -> dict[str, Any]:
    """The accuracy of one model on other people's digits."""
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
    """Pictures prepared as Recognizer.predict does, as a set that has a test split alone."""
    fitted = [preprocess.fit(picture) for picture in pictures]
    blank = np.zeros((preprocess.size, preprocess.size), np.uint8)  # what holds no ink is scored too
    images = np.stack([blank if each is None else each for each in fitted])
    names = tuple("0123456789")
    spec = DatasetSpec(title, title, "multi-class", names, 1, preprocess.size, "measured only", title)
    return Dataset(spec, {"test": ArraySplit(images, labels)})


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
    arguments.add_argument("--images", type=int, help="so many images, drawn at random; all unless given")
    arguments.add_argument("--split", default="validation", help="test is a look, and noted")
    arguments.add_argument("--usps", type=Path, metavar="FOLDER", help="where usps.t.bz2 lies; left out unless given")
    arguments.add_argument("--figure", type=Path, metavar="FILE", help="draw the errors by severity")
    options = arguments.parse_args()
    result, found = measure(options.models, options.images, options.split, options.usps)
    if options.figure:
        save_figure(robustness_figure(found), options.figure)
    report({"robustness": result}, options.json)


if __name__ == "__main__":
    main()
