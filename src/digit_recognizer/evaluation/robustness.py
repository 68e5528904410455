"""How a model's errors grow as images are corrupted (Mu and Gilmer 2019; Hendrycks and Dietterich 2019)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from digit_recognizer.data import Dataset, load_dataset
from digit_recognizer.data.spec import Images, Labels
from digit_recognizer.errors import ConfigError, require_extra
from digit_recognizer.evaluation.evaluate import take_to_score
from digit_recognizer.models import Model, load_model
from digit_recognizer.statistics.checks import check_form
from digit_recognizer.statistics.intervals import Interval, student_interval, wilson
from digit_recognizer.synthetic.corruptions import CORRUPTIONS, SEEN, SEVERITIES, TABLE, corrupt

SCHEMA = "digit-recognizer/robustness/2"  # 2: images are prepared after they are corrupted
Wrong = NDArray[np.bool_]


@dataclass(frozen=True)
class _CorruptionFigures:
    """How a model fared under one corruption of one severity."""

    name: str
    severity: int  # 1 to 5
    amount: float  # in the corruption's unit
    unit: str
    seen: bool  # training may have bent images like this
    n: int
    wrong: int

    @property
    def error(self) -> float:
        return self.wrong / self.n

    @property
    def interval(self) -> Interval:
        """The 95 % interval of the error."""
        return wilson(self.wrong, self.n)

    def to_dict(self) -> dict[str, Any]:
        return {
            "corruption": self.name,
            "severity": self.severity,
            "amount": self.amount,
            "unit": self.unit,
            "seen": self.seen,
            "n": self.n,
            "wrong": self.wrong,
            "error": self.error,
            "accuracy": 1 - self.error,
            "interval_of_the_error": self.interval.to_dict(),
        }


@dataclass(frozen=True)
class _MeanError:
    """An error averaged over corruptions and severities."""

    mean: float
    interval: Interval | None  # of the mean, over images; None for a single image

    def to_dict(self) -> dict[str, Any]:
        return {"mean_error": self.mean, "interval": self.interval.to_dict() if self.interval else None}


@dataclass(frozen=True)
class Robustness:
    """How a model fared on the same images under every corruption; C corruptions, S severities, N images."""

    model: Model = field(repr=False)
    dataset: str
    split: str
    corruptions: tuple[str, ...]
    severities: tuple[int, ...]
    seed: int
    clean: Wrong = field(repr=False)  # (N,), whether each image as it is was read wrongly
    wrong: Wrong = field(repr=False)  # (C, S, N), and each corrupted one
    test_evaluations: int | None  # at this test split by this model, this one included; None for other splits

    @property
    def n(self) -> int:
        return len(self.clean)

    @property
    def clean_error(self) -> float:
        return float(self.clean.mean())

    @property
    def figures(self) -> list[_CorruptionFigures]:
        """One for each corruption and severity, in that order."""
        return [
            _CorruptionFigures(
                name, severity, TABLE[name].amounts[severity - 1], TABLE[name].unit, name in SEEN, self.n, int(count)
            )
            for name, counts in zip(self.corruptions, self.wrong.sum(axis=2), strict=True)
            for severity, count in zip(self.severities, counts, strict=True)
        ]

    def share_wrong(self, seen: bool) -> NDArray[np.float64] | None:
        """For each image (N,) under how many of the corruptions, seen or unseen, it was read wrongly, as a share.

        None where no such corruption was measured.
        """
        chosen = [number for number, name in enumerate(self.corruptions) if (name in SEEN) == seen]
        return np.asarray(self.wrong[chosen].mean(axis=(0, 1))) if chosen else None

    def mean_error(self, seen: bool) -> _MeanError | None:
        """Over the seen corruptions or the unseen ones; None where no such corruption was measured."""
        shares = self.share_wrong(seen)
        return None if shares is None else mean_error(shares)

    def to_dict(self) -> dict[str, Any]:
        means = {"unseen": self.mean_error(seen=False), "seen": self.mean_error(seen=True)}
        return {
            "schema": SCHEMA,
            "model": self.model.header.name,
            "model_sha256": self.model.sha256,
            "dataset": self.dataset,
            "split": self.split,
            "n": self.n,
            "seed": self.seed,
            "clean": {
                "wrong": int(self.clean.sum()),
                "error": self.clean_error,
                "interval_of_the_error": wilson(int(self.clean.sum()), self.n).to_dict(),
            },
            **{kind: mean.to_dict() if mean else None for kind, mean in means.items()},
            "corruptions": [figures.to_dict() for figures in self.figures],
            "test_evaluations": self.test_evaluations,
        }


def robustness(
    model: str | Path | Model,
    data: str | Path | Dataset = "mnist",
    split: str = "validation",
    data_dir: str | Path | None = None,
    *,
    corruptions: Sequence[str] = CORRUPTIONS,
    severities: Sequence[int] = SEVERITIES,
    n: int | None = None,
    seed: int = 0,
) -> Robustness:
    """Score a model on one split of a data set under corruptions; at a test split that is logged once.

    model: a shipped name, a model file, a run folder, or a loaded model. n: so many images of the split, drawn by
        `seed`; all unless given. Images are corrupted in the network's own form and then prepared as any picture is
        (Preprocess.fit), so what is measured is the whole recognizer; MNIST-C's figures are of the network alone.
    Raises ConfigError for unknown corruptions or severities, DataError for an empty split or unknown classes.
    """
    require_extra("train", "Measuring robustness")
    check(corruptions, severities)
    loaded = model if isinstance(model, Model) else load_model(model)
    dataset = data if isinstance(data, Dataset) else load_dataset(data, data_dir, loaded.preprocess)
    chosen = choose(len(dataset.split(split)), n, seed)
    check_form(dataset.spec, loaded.preprocess)
    images, labels, test_evaluations = take_to_score(loaded, dataset, split, chosen)
    clean = misread(loaded, images, labels)
    wrong = np.empty((len(corruptions), len(severities), len(chosen)), bool)
    for row, name in enumerate(corruptions):
        for column, severity in enumerate(severities):
            wrong[row, column] = misread(loaded, corrupt(images, name, severity, seed, chosen.tolist()), labels)
    return Robustness(
        loaded, dataset.spec.name, split, tuple(corruptions), tuple(severities), seed, clean, wrong, test_evaluations
    )


def check(corruptions: Sequence[str], severities: Sequence[int]) -> None:
    """Raise ConfigError before anything is scored, so that no evaluation is spent on a mistake."""
    if not corruptions or not severities:
        raise ConfigError("Name at least one corruption and one severity.")
    nothing = np.zeros((0, 1, 1), np.uint8)
    for name in corruptions:
        for severity in severities:
            corrupt(nothing, name, severity)


def choose(count: int, n: int | None, seed: int) -> NDArray[np.int64]:
    """The indices of all images, or of n of them in order."""
    if n is None or n >= count:
        return np.arange(count)
    if n < 1:
        raise ConfigError(f"{n} images cannot be scored. Ask for 1 or more.")
    return np.sort(np.random.default_rng(seed).choice(count, n, replace=False))


def misread(model: Model, images: Images, labels: Labels) -> Wrong:
    """Whether each image (N, H, W), prepared as any picture is, is read wrongly, (N,); one without ink is."""
    return np.asarray(model.probabilities(model.preprocess.fit_all(images)).argmax(axis=1) != labels)


def mean_error(shares: NDArray[np.float64], level: float = 0.95) -> _MeanError:
    """The mean over corruptions, severities and images, with its interval over images; shares: (N,), see share_wrong.

    All corruptions are of the same images, whose errors go together: an image's share is one observation.
    """
    mean, n = float(shares.mean()), len(shares)
    if n == 1:
        return _MeanError(mean, None)
    found = student_interval(mean, float(shares.std(ddof=1)), n, level, "images")
    return _MeanError(mean, replace(found, low=max(0.0, found.low), high=min(1.0, found.high)))
