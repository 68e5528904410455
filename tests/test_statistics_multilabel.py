"""Figures of several labels an image: those of scikit-learn, label by label, and wholly right images."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from sklearn.metrics import accuracy_score, average_precision_score, precision_recall_fscore_support, roc_auc_score

from digit_recognizer.evaluation.predictions import Predictions
from digit_recognizer.statistics.binary import positive_figures
from digit_recognizer.statistics.multilabel import label_details, label_figures
from examples import examples
from tiny import shifted_seed

pytestmark = pytest.mark.arithmetic

NAMES = ("edema", "mass", "nodule")


def cases(seed: int, n: int = 60) -> tuple[np.ndarray, np.ndarray]:  # type: ignore[type-arg]
    rng = np.random.default_rng(shifted_seed(seed))
    labels = rng.integers(0, 2, (n, 3))
    return labels, np.clip(0.3 * labels + 0.7 * rng.random((n, 3)), 0, 1)


@examples(5)
@given(st.integers(0, 100))
def test_the_figures_are_scikit_learns(seed: int) -> None:
    labels, probabilities = cases(seed)
    found = {each.name: each for each in label_figures(labels, probabilities)}
    predicted = (probabilities >= 0.5).astype(int)
    wanted = {
        "accuracy": accuracy_score(labels, predicted),
        "label_accuracy": (labels == predicted).mean(),
        "macro_auroc": roc_auc_score(labels, probabilities, average="macro"),
        "macro_average_precision": average_precision_score(labels, probabilities, average="macro"),
        "brier_score": ((labels - probabilities) ** 2).mean(),
    }
    assert found.keys() == wanted.keys()
    for name, value in wanted.items():
        assert found[name].value == pytest.approx(value)
        interval = found[name].interval
        assert interval is not None
        assert interval.low <= value <= interval.high


def test_the_rows_are_scikit_learns() -> None:
    labels, probabilities = cases(1)
    made = Predictions("made", NAMES, labels, probabilities).counts()
    rows = precision_recall_fscore_support(labels, probabilities >= 0.5)
    for k, row in enumerate(made["per_class"]):
        assert (row["name"], row["n"]) == (NAMES[k], labels[:, k].sum())
        assert [row["precision"], row["recall"], row["f1"]] == pytest.approx([figure[k] for figure in rows[:3]])
    assert made["correct"] == (labels == (probabilities >= 0.5)).all(1).sum()
    assert made["confusion"] is None


def test_a_label_that_nothing_bears_is_undefined_and_not_guessed() -> None:
    labels, probabilities = cases(2)
    labels[:, 1] = 0
    made = label_details(labels, probabilities)
    assert [each["value"] is None for each in made["class_auroc"]] == [False, True, False]
    assert made["figures"]["macro_auroc"]["value"] == pytest.approx(
        np.mean([made["class_auroc"][k]["value"] for k in (0, 2)])
    )
    json.dumps(made, allow_nan=False)


@given(arrays.arrays(np.int64, st.integers(1, 40), elements=st.integers(0, 1)), st.sampled_from([0, 1]))
def test_sensitivity_is_of_the_positive_class_whichever_it_is(labels: np.ndarray, positive: int) -> None:  # type: ignore[type-arg]
    score = np.random.default_rng(len(labels)).random(len(labels))
    table = np.stack([score, 1 - score], 1)[:, :: 1 if positive == 0 else -1]
    found = positive_figures(labels, table, positive, "sick")
    sick = labels == positive
    assert (found["sensitivity"]["n"], found["specificity"]["n"]) == (sick.sum(), (~sick).sum())
    for name, among, right in (("sensitivity", sick, score >= 0.5), ("specificity", ~sick, score < 0.5)):
        wanted = None if not among.any() else pytest.approx(right[among].mean())
        assert found[name]["value"] == wanted
    assert (found["auroc"]["value"] is None) == (len(set(labels.tolist())) < 2)
