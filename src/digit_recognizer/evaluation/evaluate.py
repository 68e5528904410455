"""Scoring a model on a split: the only code that scores a test split, and it logs each evaluation."""

from __future__ import annotations

import time
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from digit_recognizer.data import Dataset, Split
from digit_recognizer.data.spec import PATIENT, Images, Labels
from digit_recognizer.errors import ConfigError, DataError, DigitRecognizerWarning, require_extra
from digit_recognizer.evaluation.evaluation import Evaluation
from digit_recognizer.evaluation.evaluation_log import log_test_evaluation
from digit_recognizer.evaluation.leaks import found_in
from digit_recognizer.models import Model, load_model
from digit_recognizer.statistics.checks import as_model_labels, check_form, check_lengths
from digit_recognizer.statistics.operating import SensitivityTarget

BATCH = 2048
_FIXED_ON = "validation"  # the split that a threshold is fixed on
_TEST_INSIDE = ("test", "all")  # splits that hold test images


def evaluate(
    model: str | Path | Model,
    data: str | Path | Dataset = "mnist",
    split: str = "test",
    data_dir: str | Path | None = None,
    groups: NDArray[Any] | None = None,
    sensitivity: float | None = None,
    prevalences: Sequence[float] = (),
) -> Evaluation:
    """Score a model on one split of a data set; an evaluation of a test split is logged.

    model: a shipped name, a model file, a run folder, or a loaded model. data: a set's name or a folder of class
        folders. groups: (N,) the writer, patient or site of each image, where images of one are alike; by default
        what the split tells of its patients.
    sensitivity: the target, 0..1, of a model with a positive class, of two: the threshold is fixed on the
        set's validation images (statistics/operating.py), before any other is scored. prevalences: of that class, 0..1,
        for which predictive values are told.
    Raises ConfigError for a target that cannot be met; DataError where the set has classes that the model has
    not, other images than groups, or of another form.
    """
    from digit_recognizer.data import load_dataset  # all sets; a command that predicts imports this file, too

    require_extra("train", "Evaluating")
    loaded = model if isinstance(model, Model) else load_model(model)
    dataset = data if isinstance(data, Dataset) else load_dataset(data, data_dir, loaded.preprocess)
    part = dataset.split(split)
    if not len(part):
        raise DataError(f"{dataset.spec.name}: its split {split!r} is empty.")
    labels = as_model_labels(part.labels, dataset.spec.classes, loaded.header.class_names, dataset.spec.name)
    check_form(dataset.spec, loaded.preprocess)
    columns = dict(part.columns)
    patients = columns.pop(PATIENT, None)
    groups = patients if groups is None else groups
    check_lengths(images=labels, groups=groups)
    _check_wishes(loaded, sensitivity, prevalences)
    target = _fix_threshold(loaded, dataset, sensitivity) if sensitivity is not None else None
    warn_of_seen(loaded, dataset, split)
    in_train = _leaked_images(dataset, split)
    test_evaluations = (
        log_test_evaluation(loaded, dataset.spec.name, part.sha256, len(part)) if split in _TEST_INSIDE else None
    )
    began = time.perf_counter()
    probabilities = score(loaded, part)
    seconds = time.perf_counter() - began
    caveats = tuple(dict.fromkeys((*dataset.spec.caveats, *loaded.header.caveats)))
    return Evaluation(
        *(
            loaded,
            dataset.spec.name,
            split,
            labels,
            probabilities,
            seconds,
            test_evaluations,
            groups,
            in_train,
            columns,
            caveats,
        ),
        *(patients, target, tuple(prevalences)),
    )


def _check_wishes(model: Model, sensitivity: float | None, prevalences: Sequence[float]) -> None:
    """Raise ConfigError for what is asked of a positive class where there is none, and for shares that are none."""
    asked = {"sensitivity": [] if sensitivity is None else [sensitivity], "prevalence": list(prevalences)}
    named = [name for name, values in asked.items() if values]
    if named and (model.header.positive is None or len(model.header.class_names) != 2):
        raise ConfigError(
            f"A {named[0]} is of a model that looks for one of two classes; {model.title} does not. Train it with a"
            " positive class.",
            see=("train", "positive"),
        )
    for name, values in asked.items():
        for value in values:
            if not 0 < value < 1:
                raise ConfigError(f"A {name} must be strictly between 0 and 1 (got {value:g}).")


def _fix_threshold(model: Model, dataset: Dataset, sensitivity: float) -> SensitivityTarget:
    """The validation cases by which a threshold is fixed. Raises ConfigError where they cannot show the sensitivity."""
    part = dataset.splits.get(_FIXED_ON)
    if part is None or not len(part):
        raise ConfigError(f"{dataset.spec.name}: has no {_FIXED_ON} images to choose a threshold on.")
    if dataset.spec.name == model.header.data.get("name") and model.header.data.get("train_on") != "train":
        raise ConfigError(
            f"{model.title} was trained on the {_FIXED_ON} images, so no threshold can be chosen on them. Train it on"
            " the training images only."
        )
    labels = as_model_labels(part.labels, dataset.spec.classes, model.header.class_names, dataset.spec.name)
    target = SensitivityTarget(sensitivity, _FIXED_ON, labels, score(model, part), part.columns.get(PATIENT))
    target.granted(model.header.positive or 0)
    return target


def warn_of_seen(model: Model, dataset: Dataset, split: str) -> None:
    """Say that a figure flatters, where the model learned from the images that it is scored on."""
    from digit_recognizer.data.printed import JOINED

    learned = model.header.data
    seen = {
        "train": ["train"],
        "train+validation": ["train", "validation"],
        "all": ["train", "validation", "calibration"],
    }
    parts = seen.get(str(learned.get("train_on")), [])
    taught, scored = ({name, *JOINED.get(name, ())} for name in (str(learned.get("name")), dataset.spec.name))
    if taught & scored and split in [*parts, "all"]:
        message = (
            f"The model was trained on images of {dataset.spec.name}'s split {split!r}: this accuracy is too high."
        )
        warnings.warn(message, DigitRecognizerWarning, stacklevel=3)


def _leaked_images(dataset: Dataset, split: str) -> NDArray[np.bool_] | None:
    """Which images of a split stand in the training split too, (N,), with a warning where any do; None for train."""
    if split in ("train", "all") or "train" not in dataset.splits:
        return None
    found = found_in(dataset.split(split), dataset.split("train"))
    if found is not None and found.any():
        message = (
            f"{found.sum():,} of the {len(found):,} images of {dataset.spec.name}'s split {split!r} are in its"
            f" training split too: this accuracy is too high. An audit of the set finds them."
        )
        warnings.warn(DigitRecognizerWarning(message, see=("audit",)), stacklevel=3)
    return found


def read_samples(model: Model, dataset: Dataset, split: str, images: Images) -> Labels:
    """What a model reads in some images (n, H, W) of a split, (n,); of a test split that is evaluated, and logged."""
    if split in _TEST_INSIDE:
        log_test_evaluation(model, dataset.spec.name, dataset.split(split).sha256, len(images))
    return np.asarray(model.probabilities(images).argmax(axis=1))


def take_to_score(
    model: Model, dataset: Dataset, split: str, indices: NDArray[np.int64]
) -> tuple[Images, Labels, int | None]:
    """Images (n, H, W) of a split that are about to be scored, however often, and their labels (n,) as the model's.

    Of a test split that is logged once; the third value says how many this model has had.
    Raises DataError for no images, and for classes that the model has not.
    """
    part = dataset.split(split)
    if not len(indices):
        raise DataError(f"{dataset.spec.name}: its split {split!r} is empty.")
    labels = as_model_labels(part.labels[indices], dataset.spec.classes, model.header.class_names, dataset.spec.name)
    warn_of_seen(model, dataset, split)
    test_evaluations = (
        log_test_evaluation(model, dataset.spec.name, part.sha256, len(indices)) if split in _TEST_INSIDE else None
    )
    return part.take(indices), labels, test_evaluations


def score(model: Model, split: Split) -> NDArray[np.float64]:
    """Probabilities (N, K) of all images of a split, in order."""
    return np.concatenate([model.probabilities(images) for images in split.batches(BATCH)])
