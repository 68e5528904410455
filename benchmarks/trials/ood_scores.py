"""How well a model tells digits from strangers (pictures that are none): four scores side by side, its own limit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from digit_recognizer.data import Dataset
from digit_recognizer.data.spec import Images
from digit_recognizer.errors import require_extra
from digit_recognizer.evaluation.calibration import read_calibration
from digit_recognizer.evaluation.evaluate import take_to_score
from digit_recognizer.models import Model
from digit_recognizer.models.runtime import BATCH
from digit_recognizer.statistics.auroc import auroc, auroc_interval
from digit_recognizer.statistics.checks import check_form
from digit_recognizer.statistics.intervals import Interval, wilson

PROBABILITY, ENERGY, FEATURES, OOD = "largest probability", "energy", "features", "features and energy"
_Scores = dict[str, NDArray[np.float64]]  # each (N,), the higher the stranger


@dataclass(frozen=True)
class _Separation:
    """How one score tells strangers of one kind from digits."""

    score: str
    auroc: float  # the chance that a stranger scores above a digit
    interval: Interval

    def to_dict(self) -> dict[str, Any]:
        return {"score": self.score, "auroc": self.auroc, "interval": self.interval.to_dict()}


@dataclass(frozen=True)
class _Refusals:
    """How many of n pictures lie beyond a model's limit ("not a digit")."""

    n: int
    refused: int

    def to_dict(self) -> dict[str, Any]:
        return {"n": self.n, "refused": self.refused, "interval": wilson(self.refused, self.n).to_dict()}


@dataclass(frozen=True)
class OodEvaluation:
    """A model's scores of digits and of several kinds of strangers."""

    model: Model = field(repr=False)
    dataset: str
    split: str
    test_evaluations: int | None  # at this test split by this model, this one included; None for other splits
    digits: _Scores = field(repr=False)
    kinds: Mapping[str, _Scores] = field(repr=False)

    def separations(self, kind: str) -> list[_Separation]:
        """One for each score that the model has."""
        found = []
        for score, strange in self.kinds[kind].items():
            values = np.concatenate([self.digits[score], strange])
            positive = np.arange(len(values)) >= len(values) - len(strange)
            area = auroc(positive, values)
            assert area is not None  # neither class is empty
            found.append(_Separation(score, area, auroc_interval(positive, values)))
        return found

    def refusals(self, scores: _Scores) -> _Refusals | None:
        """How many pictures the model takes for no digit; None where it has no OOD detector or no limit."""
        calibration = read_calibration(self.model.header)
        if calibration is None or calibration.ood_limit is None or OOD not in scores:
            return None
        return _Refusals(len(scores[OOD]), int((scores[OOD] > calibration.ood_limit).sum()))

    def to_dict(self) -> dict[str, Any]:
        refused = {kind: self.refusals(scores) for kind, scores in self.kinds.items()}
        ours = self.refusals(self.digits)
        return {
            "model": self.model.header.name,
            "model_sha256": self.model.sha256,
            "dataset": self.dataset,
            "split": self.split,
            "test_evaluations": self.test_evaluations,
            "n": len(self.digits[PROBABILITY]),
            "digits_refused": ours.to_dict() if ours else None,
            "ood_pictures": {
                kind: {
                    "n": len(scores[PROBABILITY]),
                    "scores": [each.to_dict() for each in self.separations(kind)],
                    "refused": each.to_dict() if (each := refused[kind]) else None,
                }
                for kind, scores in self.kinds.items()
            },
        }


def evaluate_ood(model: Model, dataset: Dataset, split: str, pictures: Mapping[str, Images]) -> OodEvaluation:
    """Score the digits of a split and strangers, given as {kind: images (n, H, W) uint8, prepared, n > 0}.

    Digits of a test split are evaluated once, which is logged. Raises DataError for an empty split, ModelFileError
    where
    torch has no weights to use.
    """
    require_extra("train", "Measuring how strangers are told from digits")
    check_form(dataset.spec, model.preprocess)
    digits, _, test_evaluations = take_to_score(model, dataset, split, np.arange(len(dataset.split(split))))
    kinds = {kind: ood_scores(model, images) for kind, images in pictures.items()}
    return OodEvaluation(model, dataset.spec.name, split, test_evaluations, ood_scores(model, digits), kinds)


def ood_scores(model: Model, images: Images) -> _Scores:
    """Scores (N,) of images (N, H, W), the higher the stranger.

    "largest probability": one less it (Hendrycks and Gimpel 2017). "energy": minus the logarithm of the sum of exp of
    the logits (Liu et al. 2020), the mean over an ensemble's members, whose joint logits have none. For a model that
    has an OOD detector (models/ood.py) also "features": what the axes leave of them, and "features and"
        " energy": the OOD detector's
    own, which "not a digit" rests on.
    """
    logits, ood_score = model.observe(images)
    found = {PROBABILITY: 1 - model.as_probabilities(logits).max(axis=1)} | _seen_by_torch(model, images)
    return found if ood_score is None else found | {OOD: ood_score.astype(np.float64)}


def _seen_by_torch(model: Model, images: Images) -> _Scores:
    """The energy (N,) of images (N, H, W) and, with an OOD detector, what its axes leave of the features."""
    import torch

    from digit_recognizer.models.model_file import load_network
    from digit_recognizer.models.ood import OodNetwork, energy, features_and_logits

    _, whole, _ = load_network(model.path)
    network, ood = (whole.network, whole.ood) if isinstance(whole, OodNetwork) else (whole, None)
    network.eval()
    scores: dict[str, list[torch.Tensor]] = {name: [] for name in ((ENERGY, FEATURES) if ood else (ENERGY,))}
    with torch.inference_mode():
        for start in range(0, len(images), BATCH):
            inputs = torch.from_numpy(model.preprocess.normalise(images[start : start + BATCH]))
            features, logits = features_and_logits(network, inputs)
            scores[ENERGY].append(-energy(logits))
            if ood:
                scores[FEATURES].append(ood.residual(features))
    return {name: np.concatenate([each.double().numpy() for each in parts]) for name, parts in scores.items()}
