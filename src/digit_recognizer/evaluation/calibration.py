"""What is fitted on calibration images and travels with a model: temperature, thresholds of answering, label sets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from digit_recognizer.data import Dataset
from digit_recognizer.data.spec import Labels
from digit_recognizer.errors import ConfigError, DataError, ModelFileError
from digit_recognizer.evaluation.typical import Typical, fit_typical
from digit_recognizer.models import Model
from digit_recognizer.models.header import ModelHeader
from digit_recognizer.models.runtime import OodScore
from digit_recognizer.models.softmax import softmax
from digit_recognizer.statistics.checks import as_model_labels, check_form
from digit_recognizer.statistics.conformal import ConformalSets, fit_sets, ood_limit_of
from digit_recognizer.statistics.scores import negative_log_likelihood
from digit_recognizer.statistics.selective import AnswerTable, answer_table

_COLDEST, _WARMEST = 0.02, 50.0  # temperatures that are searched
_MARGINAL_LEVELS = (0.9, 0.95, 0.99, 0.999)
_CLASS_LEVELS = (0.9, 0.95, 0.99)


@dataclass(frozen=True)
class Calibration:
    """A model's calibration; all of it holds for images drawn as the calibration images were."""

    source: dict[str, Any]  # name, split, n and sha256 of the calibration images
    temperature: float
    answers: AnswerTable
    sets: tuple[ConformalSets, ...]
    # The OOD score beyond which an image is no digit, as `ood_limit_of` has it; None without an OOD detector.
    ood_limit: float | None = None
    typical: Typical | None = None  # of pictures that are no digits, which stand all alike or each in its own way

    def set_at(self, level: float, *, per_class: bool = False) -> ConformalSets:
        """The prediction sets of a level (0..1). Raises ConfigError for a level that was not fitted."""
        for each in self.sets:
            if each.level == level and each.per_class == per_class:
                return each
        known = ", ".join(f"{100 * each.level:g} %" for each in self.sets if each.per_class == per_class)
        raise ConfigError(f"Prediction sets at {100 * level:g} % were not fitted; there are {known}.")

    def to_dict(self) -> dict[str, Any]:
        """The fields as a model's header keeps them."""
        return {
            "source": self.source,
            "temperature": self.temperature,
            "answers": self.answers.to_dict(),
            "sets": [each.to_dict() for each in self.sets],
            "ood_limit": self.ood_limit,
            "typical": self.typical.to_dict() if self.typical else None,
        }


def read_calibration(header: ModelHeader) -> Calibration | None:
    """A model's calibration; None where it has none. Raises ModelFileError for one that cannot be used."""
    fields = header.calibration
    if fields is None:
        return None
    try:
        sets = tuple(ConformalSets.from_dict(each) for each in fields["sets"])
        if any(len(each.least) != len(header.class_names) for each in sets):
            raise ValueError("its prediction sets have another number of classes")
        ood_limit, typical = fields["ood_limit"], fields["typical"]
        return Calibration(
            dict(fields["source"]),
            header.temperature,
            AnswerTable.from_dict(fields["answers"]),
            sets,
            float(ood_limit) if ood_limit is not None else None,
            Typical.from_dict(typical) if typical is not None else None,
        )
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise ModelFileError(f"{header.name}: its calibration is damaged ({error}). Copy the model again.") from error


def calibrate(
    logits: NDArray[np.float32],
    labels: Labels,
    source: dict[str, Any],
    ood_score: OodScore = None,
    typical: Typical | None = None,
) -> Calibration:
    """Fit everything on calibration images: logits (N, K), labels (N,) 0..K-1, source as Calibration keeps it,
    OOD score (N,) where an OOD detector gives it; typical: fitted already, for pictures that are no digits.

    Raises DataError where the sample tells nothing (see fit_temperature).
    """
    temperature = fit_temperature(logits, labels)
    probabilities = softmax(logits / temperature)
    answers = answer_table(probabilities.max(axis=1), probabilities.argmax(axis=1) == labels)
    sets = [fit_sets(probabilities, labels, level, per_class=False) for level in _MARGINAL_LEVELS]
    sets += [fit_sets(probabilities, labels, level, per_class=True) for level in _CLASS_LEVELS]
    ood_limit = None if ood_score is None else ood_limit_of(ood_score.astype(np.float64))
    return Calibration(source, temperature, answers, tuple(sets), ood_limit, typical)


def fit_temperature(logits: NDArray[np.float32], labels: Labels) -> float:
    """The temperature T > 0 by which logits are divided so that their cross-entropy is least (Guo et al. 2017, 4.2).

    logits: (N, K). labels: (N,) 0..K-1, the actual classes. No label's rank changes, so accuracy stays as it is.
    Raises DataError where there is no image, and where every image is read rightly: the sample then asks for
    boundless confidence.
    """
    from scipy.optimize import minimize_scalar

    if not len(labels):
        raise DataError("There are no images to calibrate on. Give labelled images.")
    if (logits.argmax(axis=1) == labels).all():
        raise DataError(
            f"All {len(labels):,} images are classified correctly, so they cannot show how often the model errs."
            " Give more images, including difficult ones."
        )

    def loss(log_temperature: float) -> float:
        return negative_log_likelihood(labels, softmax(logits / np.exp(log_temperature))) or 0.0

    bounds = (np.log(_COLDEST), np.log(_WARMEST))
    found = minimize_scalar(loss, bounds=bounds, method="bounded", options={"xatol": 1e-6})
    return float(np.exp(found.x))


def calibrate_model(model: Model, dataset: Dataset, split: str | None = None) -> tuple[Calibration, float, float]:
    """A calibration of a model on labelled images, and the mean negative log-likelihood before and after, nats.

    split: by default the whole of an unsplit folder, and the calibration images of everything else.
    Raises ConfigError for test images, which are for measuring; DataError where the images tell nothing.
    """
    chosen = split or ("all" if "all" in dataset.splits else "calibration")
    if chosen == "test":
        raise ConfigError("The test split is for evaluation. Calibrate on the split calibration.", see=("split",))
    if model.header.multi_label:
        raise ConfigError(
            f"{model.title}: gives several labels per picture; only models with one label can be calibrated."
        )
    check_form(dataset.spec, model.preprocess)
    part = dataset.split(chosen)
    labels = as_model_labels(part.labels, dataset.spec.classes, model.header.class_names, dataset.spec.name)
    if not len(part):
        raise DataError(f"{dataset.spec.name}: its split {chosen!r} is empty.")
    images = part.take(np.arange(len(part)))
    logits, ood_score = model.observe(images)
    source = {"name": dataset.spec.name, "split": chosen, "n": len(part), "sha256": part.sha256}
    typical = fit_typical([images]) if model.preprocess.form == "picture" else None
    found = calibrate(logits, labels, source, ood_score, typical)
    before, after = (
        negative_log_likelihood(labels, softmax(logits / temperature)) or 0.0
        for temperature in (model.header.temperature, found.temperature)
    )
    return found, before, after
