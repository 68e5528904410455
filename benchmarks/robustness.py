"""Errors of the shipped models on corrupted digits (in the manner of MNIST-C).

15 corruptions at 5 severities, of validation images unless --split test is given, which is a logged evaluation.
Corrupted
images are prepared as any picture is (Preprocess.fit): what is measured is the whole recognizer, and its figures do not
compare with those of networks that were fed the corrupted images as they are.

    python benchmarks/robustness.py [--models NAME ...] [--images N] [--split NAME] [--figure FILE] [--json FILE|-]
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from scipy.stats import bootstrap

from common import parser, report, say
from digit_recognizer import load_dataset
from digit_recognizer.evaluation.robustness import Robustness, robustness
from digit_recognizer.models import shipped_models
from digit_recognizer.report.figures import save_figure
from digit_recognizer.statistics import Interval
from trials.robustness_figure import robustness_figure

BASELINE = "classic"


def measure(models: list[str], images: int | None, split: str) -> tuple[dict[str, Any], list[Robustness]]:
    """The figures of all models, and what they come from."""
    dataset = load_dataset("mnist")
    found = []
    for name in models:
        found.append(robustness(name, dataset, split, n=images))
        say(f"{name}: mean error {found[-1].to_dict()['unseen']} over the unseen corruptions")
    return {
        "corruptions": {each.model.header.name: each.to_dict() for each in found},
        "unseen_error_to_classic": ratios(found),
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


def main() -> None:
    arguments = parser(__doc__.splitlines()[0])
    arguments.add_argument("--models", nargs="+", metavar="NAME", choices=shipped_models(), default=shipped_models())
    arguments.add_argument("--images", type=int, help="so many images, drawn at random; all unless given")
    arguments.add_argument("--split", default="validation", help="test is a look, and noted")
    arguments.add_argument("--figure", type=Path, metavar="FILE", help="draw the errors by severity")
    options = arguments.parse_args()
    result, found = measure(options.models, options.images, options.split)
    if options.figure:
        save_figure(robustness_figure(found), options.figure)
    report({"robustness": result}, options.json)


if __name__ == "__main__":
    main()
