"""How a model fared on one split: its answers beside the actual labels, and every figure of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from digit_recognizer.data.spec import Labels
from digit_recognizer.evaluation.calibration import read_calibration
from digit_recognizer.evaluation.calibration_report import details
from digit_recognizer.evaluation.predictions import Predictions
from digit_recognizer.models import Model
from digit_recognizer.statistics.binary import by_value, per_patient, positive_figures
from digit_recognizer.statistics.clustered import per_group, proportion_interval
from digit_recognizer.statistics.intervals import Interval
from digit_recognizer.statistics.metrics import ClassFigures, confusion_matrix, per_class
from digit_recognizer.statistics.multilabel import label_aurocs, label_details
from digit_recognizer.statistics.operating import DEFAULT, OperatingPoint, SensitivityTarget
from digit_recognizer.statistics.scores import auroc_per_class, macro, surest_mistakes

SCHEMA = "digit-recognizer/evaluation/1"


@dataclass(frozen=True)
class Evaluation:
    """How a model fared on one split."""

    model: Model = field(repr=False)
    dataset: str
    split: str
    labels: Labels = field(repr=False)  # (N,) actual classes, or (N, K) labels of 0 and 1
    probabilities: NDArray[np.float64] = field(repr=False)  # (N, K)
    seconds: float  # of the network's work, decoding of pictures included
    test_evaluations: int | None  # at this test split by this model, this one included; None for other splits
    groups: NDArray[Any] | None = field(default=None, repr=False)  # (N,) writer, patient or site; None: not known
    # (N,) whether an exact copy stands in the training split; None where that was not looked for.
    in_train: NDArray[np.bool_] | None = field(default=None, repr=False)
    # What else is known of each image (site, sex): column -> (N,) words. Each value's accuracy is told apart.
    columns: Mapping[str, NDArray[Any]] = field(default_factory=dict, repr=False)
    caveats: tuple[str, ...] = ()  # of the set and of the model
    patients: NDArray[Any] | None = field(default=None, repr=False)  # (N,) whose each image is; None: not known
    target: SensitivityTarget | None = None  # for a sensitivity, by which the threshold is fixed; None: it is 0.5
    prevalences: tuple[float, ...] = ()  # 0..1, for which predictive values are told

    @property
    def title(self) -> str:
        """What was scored on what, for people."""
        return f"{self.model.title} on {self.dataset}, {self.split} images"

    @property
    def looks(self) -> int | None:
        """`test_evaluations`, by its earlier name."""
        return self.test_evaluations

    @property
    def predicted(self) -> Labels:
        """The most probable class of each image, (N,); the labels that are given, (N, K), where these are several."""
        return self.predictions.predicted

    @property
    def right(self) -> NDArray[np.bool_]:
        """Whether each image is read rightly, (N,): in all its labels, where these are several."""
        return self.predictions.right

    @property
    def n(self) -> int:
        return len(self.labels)

    @property
    def correct(self) -> int:
        return int(self.right.sum())

    @property
    def accuracy(self) -> float:
        return self.correct / self.n

    @property
    def interval(self) -> Interval:
        """The 95 % interval of the accuracy, clustered where groups are known."""
        return self.interval_of(np.ones(self.n, bool))

    def interval_of(self, chosen: NDArray[np.bool_]) -> Interval:
        """The 95 % interval of the accuracy on the images `chosen`, (N,)."""
        groups = None if self.groups is None else self.groups[chosen]
        return proportion_interval(self.right[chosen], groups)

    @property
    def confusion(self) -> NDArray[np.int64]:
        return confusion_matrix(self.labels, self.predicted, len(self.model.header.class_names))

    @property
    def per_class(self) -> list[ClassFigures]:
        return per_class(self.labels, self.predicted, self.model.header.class_names, self.groups)

    @property
    def macro_auroc(self) -> float | None:
        """The mean of the classes' AUROCs; of two classes that of either."""
        return _mean_area(self.labels, self.probabilities)

    @property
    def leaked(self) -> int | None:
        """Images that stand in the training split too; None where that was not looked for."""
        return None if self.in_train is None else int(self.in_train.sum())

    @property
    def without_leaked(self) -> dict[str, Any] | None:
        """The accuracy without the images that stand in the training split too; None where there are none of them."""
        if self.in_train is None or not self.leaked:
            return None
        kept = ~self.in_train
        n, correct = int(kept.sum()), int(self.right[kept].sum())
        accuracy = correct / n if n else None
        return {"n": n, "correct": correct, "accuracy": accuracy, "interval": self.interval_of(kept).to_dict()}

    def worst_mistakes(self, count: int) -> NDArray[np.int64]:
        """Indices of the mistakes that the model was surest of, the worst first."""
        return surest_mistakes(self.right, self.probabilities, count)

    @property
    def details(self) -> dict[str, Any]:
        """Every further figure with its interval, calibration, refusals, prediction sets; takes some seconds."""
        if self.model.header.multi_label:
            return label_details(self.labels, self.probabilities, self.groups)
        return details(self.labels, self.probabilities, self.groups, read_calibration(self.model.header))

    @property
    def positive(self) -> dict[str, Any] | None:
        """How well the class that is looked for is told from the other; None where none of two is declared."""
        header = self.model.header
        if header.positive is None or len(header.class_names) != 2:
            return None
        at = self.target.granted(header.positive) if self.target else OperatingPoint(DEFAULT)
        name, actual = header.class_names[header.positive], self.labels == header.positive
        cases = (actual, self.probabilities[:, header.positive], at.threshold)
        told = (self.labels, self.probabilities, header.positive, name, self.groups, at, self.prevalences)
        return positive_figures(*told) | {
            "by": by_value(*cases, self.columns, self.groups),
            "per_patient": None if self.patients is None else per_patient(*cases, self.patients),
        }

    @property
    def predictions(self) -> Predictions:
        """The labels and probabilities by themselves."""
        names = self.model.header.class_names
        return Predictions(self.model.title, names, self.labels, self.probabilities, self.groups)

    def to_dict(self) -> dict[str, Any]:
        """The counts; with `details`, the object that `digits evaluate --json` writes."""
        return {
            "schema": SCHEMA,
            "model": self.model.header.name,
            "model_sha256": self.model.sha256,
            "dataset": self.dataset,
            "split": self.split,
            "task": self.model.header.task,
            "caveats": list(self.caveats),
            **self.predictions.counts(),
            "positive": self.positive,
            "by": {
                name: [each.to_dict() for each in per_group(self.right, values)]
                for name, values in self.columns.items()
            },
            "leaked": self.leaked,
            "without_leaked": self.without_leaked,
            "test_evaluations": self.test_evaluations,
            "looks": self.test_evaluations,  # its name in earlier versions
            "seconds": self.seconds,
        }


def _mean_area(labels: Labels, probabilities: NDArray[np.float64]) -> float | None:
    """The mean of the AUROCs of all classes, or labels where an image may bear several; None where none is defined."""
    several = labels.ndim == 2
    areas = [each.value for each in label_aurocs(labels, probabilities)] if several else None
    return macro(areas if areas is not None else auroc_per_class(labels, probabilities))


def together(evaluations: Sequence[Evaluation]) -> dict[str, Any]:
    """What the mean of several models' probabilities gives on the split that each was scored on; it is not scored
    again."""
    first = evaluations[0]
    targets = [each.target for each in evaluations if each.target]
    target = replace(targets[0], probabilities=_mean_of(targets)) if targets else None
    joint = replace(first, probabilities=_mean_of(evaluations), target=target)
    found = {"n": joint.n, "correct": joint.correct, "accuracy": joint.accuracy, "interval": joint.interval.to_dict()}
    return found | {"macro_auroc": joint.macro_auroc, "positive": joint.positive}


def _mean_of(scored: Sequence[Evaluation] | Sequence[SensitivityTarget]) -> NDArray[np.float64]:
    """The mean of several models' probabilities of the same cases, (N, K)."""
    return np.asarray(np.mean([each.probabilities for each in scored], axis=0))
