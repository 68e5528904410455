"""Strangers against digits: the scores are their definitions', the areas scikit-learn's, the limit the recognizer's."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.special import logsumexp
from sklearn.metrics import roc_auc_score

from digit_recognizer import Recognizer
from digit_recognizer.data import ArraySplit, Dataset
from digit_recognizer.errors import DataError
from digit_recognizer.models import load_model
from trials.ood_pictures import made_ood_pictures
from trials.ood_scores import ENERGY, FEATURES, OOD, PROBABILITY, evaluate_ood, ood_scores

pytestmark = pytest.mark.arithmetic

GOLDEN = Path(__file__).parent / "golden"
N = 200


@pytest.fixture(scope="module")
def digits(mnist: Dataset) -> Dataset:
    """The first validation images as a set of their own."""
    part = mnist.split("validation")
    split = ArraySplit(part.take(np.arange(N)), part.labels[:N])
    return Dataset(
        mnist.spec, {"validation": split, "test": split, "train": ArraySplit(split.images[:0], split.labels[:0])}
    )


@pytest.fixture(scope="module")
def signs() -> NDArray[np.uint8]:
    return made_ood_pictures("signs", 60)


def test_the_scores_are_what_they_are_called(signs: NDArray[np.uint8]) -> None:
    model = load_model("fast")
    logits, ood_score = model.observe(signs)
    found = ood_scores(model, signs)
    assert list(found) == [PROBABILITY, ENERGY, FEATURES, OOD]
    powers = np.exp(logits.astype(np.float64) / model.header.temperature)
    np.testing.assert_allclose(found[PROBABILITY], 1 - (powers / powers.sum(1, keepdims=True)).max(1), atol=1e-6)
    np.testing.assert_allclose(found[ENERGY], -logsumexp(logits, axis=1), atol=1e-4)
    assert ood_score is not None
    np.testing.assert_allclose(found[OOD], ood_score, rtol=1e-6)
    assert model.header.ood is not None
    both = model.header.ood["weight"] * found[FEATURES] + found[ENERGY]
    np.testing.assert_allclose(found[OOD], both, rtol=1e-4, atol=1e-3)


def test_an_ensembles_energy_is_its_members_mean(signs: NDArray[np.uint8]) -> None:
    """Its own logits are logarithms of probabilities, whose energy is the same for every image."""
    found = ood_scores(load_model("best"), signs)[ENERGY]
    assert np.ptp(found) > 1


def test_areas_are_scikit_learns_and_refusals_the_recognizers(digits: Dataset, signs: NDArray[np.uint8]) -> None:
    model = load_model("fast")
    found = evaluate_ood(model, digits, "validation", {"signs": signs})
    for each in found.separations("signs"):
        scores = np.concatenate([found.digits[each.score], found.kinds["signs"][each.score]])
        positive = np.arange(len(scores)) >= N
        assert each.auroc == pytest.approx(roc_auc_score(positive, scores))
        assert each.interval.low < each.auroc < each.interval.high
        assert each.auroc > 0.8
    said = Counter(each.status for each in Recognizer(model).predict(list(signs)))
    refused = found.refusals(found.kinds["signs"])
    assert refused is not None
    assert (refused.n, refused.refused) == (60, said["not a digit"])
    written = found.to_dict()
    assert (written["n"], written["test_evaluations"], written["ood_pictures"]["signs"]["n"]) == (N, None, 60)
    assert written["digits_refused"]["refused"] <= 5


def test_a_model_without_a_watch_refuses_nothing(digits: Dataset, signs: NDArray[np.uint8]) -> None:
    found = evaluate_ood(load_model(GOLDEN / "plain.safetensors"), digits, "validation", {"signs": signs})
    assert found.refusals(found.kinds["signs"]) is None
    assert [each.score for each in found.separations("signs")] == [PROBABILITY, ENERGY]


def test_a_test_split_is_a_noted_look_and_no_digits_an_error(digits: Dataset, signs: NDArray[np.uint8]) -> None:
    model = load_model("classic")
    first = evaluate_ood(model, digits, "test", {"signs": signs}).test_evaluations
    assert first is not None
    assert evaluate_ood(model, digits, "test", {"signs": signs}).test_evaluations == first + 1
    with pytest.raises(DataError, match="empty"):
        evaluate_ood(model, digits, "train", {"signs": signs})
