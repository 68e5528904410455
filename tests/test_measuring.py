"""Figures of accuracy agree with their definitions, with an independent table and with the shipped model's header."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray
from PIL import Image

from digit_recognizer.data import ArraySplit, Dataset
from digit_recognizer.errors import ConfigError, DataError
from digit_recognizer.evaluation import Evaluation, evaluate
from digit_recognizer.models import Model, load_model
from digit_recognizer.statistics import wilson
from digit_recognizer.statistics.checks import as_model_labels
from digit_recognizer.statistics.metrics import confusion_matrix, per_class

pytestmark = pytest.mark.arithmetic

pairs = st.integers(1, 60).flatmap(
    lambda n: st.tuples(*[hnp.arrays(np.int64, n, elements=st.integers(0, 4))] * 2)
)  # labels and predictions of five classes


@pytest.fixture(scope="module")
def classic() -> Model:
    return load_model("classic")


def made(model: Model, labels: NDArray[np.int64], probabilities: NDArray[np.float64]) -> Evaluation:
    return Evaluation(model, "made", "validation", labels, probabilities, 0.0, None)


@given(n=st.integers(1, 10**6), share=st.floats(0, 1), level=st.sampled_from([0.9, 0.95, 0.99]))
def test_wilson_is_the_closed_form(n: int, share: float, level: float) -> None:
    correct = round(share * n)
    found = wilson(correct, n, level)
    z = {0.9: 1.6448536269514722, 0.95: 1.959963984540054, 0.99: 2.5758293035489004}[level]
    p = correct / n
    middle, half = p + z**2 / (2 * n), z * math.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
    assert found.low == pytest.approx((middle - half) / (1 + z**2 / n), abs=1e-12)
    assert found.high == pytest.approx((middle + half) / (1 + z**2 / n), abs=1e-12)
    assert (found.level, found.method) == (level, "wilson")
    assert 0 <= found.low <= p <= found.high <= 1


def test_wilson_is_the_published_example() -> None:
    # Newcombe, Statistics in Medicine 17 (1998) 857-872, table I, method 3 (score without continuity correction).
    for correct, n, low, high in ((81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611)):
        assert (wilson(correct, n).low, wilson(correct, n).high) == pytest.approx((low, high), abs=5e-5)


def test_wilson_of_nothing_is_everything() -> None:
    assert (wilson(0, 0).low, wilson(0, 0).high) == (0.0, 1.0)


@given(pair=pairs)
def test_the_confusion_matrix_counts_every_pair(pair: tuple[NDArray[np.int64], NDArray[np.int64]]) -> None:
    counts = np.zeros((5, 5), np.int64)
    np.add.at(counts, pair, 1)
    assert np.array_equal(confusion_matrix(*pair, 5), counts)


@given(pair=pairs)
def test_figures_of_a_class_are_their_definitions(pair: tuple[NDArray[np.int64], NDArray[np.int64]]) -> None:
    labels, predicted = pair
    for k, figures in enumerate(per_class(labels, predicted, tuple("abcde"))):
        hits, n, said = (
            int(((labels == k) & (predicted == k)).sum()),
            int((labels == k).sum()),
            int((predicted == k).sum()),
        )
        assert (figures.name, figures.n) == ("abcde"[k], n)
        assert figures.recall == (pytest.approx(hits / n) if n else None)
        assert figures.precision == (pytest.approx(hits / said) if said else None)
        assert figures.f1 == (pytest.approx(2 * hits / (n + said)) if n else None)


def test_figures_of_nothing_are_undefined() -> None:
    nothing = np.array([], np.int64)
    assert not confusion_matrix(nothing, nothing, 3).any()
    for figures in per_class(nothing, nothing, ("a", "b", "c")):
        assert (figures.n, figures.precision, figures.recall, figures.f1) == (0, None, None, None)


def test_the_shipped_model_scores_what_its_header_says(classic: Model, mnist: Dataset) -> None:
    stated = classic.header.accuracy
    assert stated is not None
    found = evaluate(classic, mnist, "validation")
    assert (found.n, found.correct, found.accuracy) == (stated["n"], stated["correct"], stated["accuracy"])
    assert found.interval.to_dict() == pytest.approx(stated["interval"])
    assert found.accuracy > 0.95
    assert found.test_evaluations is None
    assert found.confusion.trace() == found.correct
    assert [row.n for row in found.per_class] == found.confusion.sum(1).tolist()
    assert np.allclose(found.probabilities.sum(1), 1)


def test_an_independent_table_has_its_known_errors(
    classic: Model, mnist: Dataset, shared_file: Callable[[str], Path]
) -> None:
    table = np.load(shared_file("mnist-label-errors/mnist_test_set_pyx.npy"), allow_pickle=False)
    labels = mnist.split("test").labels
    found = made(classic, labels, table)
    assert (found.n, found.n - found.correct, found.accuracy) == (10_000, 87, 0.9913)
    assert found.confusion.sum() - found.confusion.trace() == 87
    assert found.confusion.sum(1).tolist() == np.bincount(labels).tolist()
    worst = found.worst_mistakes(100)
    assert len(worst) == 87
    assert (table[worst].argmax(1) != labels[worst]).all()


@given(
    labels=hnp.arrays(np.int64, 20, elements=st.integers(0, 9)),
    scores=hnp.arrays(np.float64, (20, 10), elements=st.floats(0.01, 1)),
    count=st.integers(0, 25),
)
def test_the_worst_mistakes_are_the_surest(
    classic: Model, labels: NDArray[np.int64], scores: NDArray[np.float64], count: int
) -> None:
    found = made(classic, labels, scores)
    worst = found.worst_mistakes(count)
    wrong = {i for i in range(20) if scores[i].argmax() != labels[i]}
    assert len(worst) == min(count, len(wrong))
    assert set(worst) <= wrong
    sureness = scores.max(1)
    assert sorted(sureness[worst], reverse=True) == sureness[worst].tolist()
    assert all(sureness[left] <= sureness[worst[-1]] for left in wrong - set(worst) if count)


def test_labels_are_matched_to_the_model_by_class_name() -> None:
    matched = as_model_labels(np.array([0, 1, 1, 2]), ("7", "10", "1"), ("1", "10", "7"), "set")
    assert matched.tolist() == [2, 1, 1, 0]


def test_a_class_that_the_model_does_not_know_is_refused(classic: Model) -> None:
    with pytest.raises(DataError, match=r"set: has the class 'cat', which the model does not know \(it knows 0, 1"):
        as_model_labels(np.array([0]), ("1", "cat"), classic.header.class_names, "set")


def test_a_folder_of_some_digits_scores_as_the_same_images_do(classic: Model, mnist: Dataset, tmp_path: Path) -> None:
    split = mnist.split("validation")
    chosen = np.flatnonzero(np.isin(split.labels, [3, 7]))[:60]
    for index, image in zip(chosen, split.take(chosen), strict=True):
        (tmp_path / "val" / str(split.labels[index])).mkdir(parents=True, exist_ok=True)
        Image.fromarray(image).save(tmp_path / "val" / str(split.labels[index]) / f"{index}.png")
    found = evaluate(classic, tmp_path, "validation")
    of_folder = dict(zip(sorted(chosen, key=lambda i: (split.labels[i], str(i))), found.predicted, strict=True))
    in_memory = classic.probabilities(split.take(chosen)).argmax(1)
    assert [of_folder[i] for i in chosen] == in_memory.tolist()
    assert found.correct == (in_memory == split.labels[chosen]).sum()


def test_what_is_written_says_all(classic: Model, mnist: Dataset) -> None:
    few = ArraySplit(mnist.split("validation").take(np.arange(200)), mnist.split("validation").labels[:200])
    written = evaluate(classic, Dataset(mnist.spec, {"validation": few}), "validation").to_dict()
    assert written["schema"] == "digit-recognizer/evaluation/1"
    assert (written["dataset"], written["split"], written["n"], written["looks"]) == ("mnist", "validation", 200, None)
    assert written["accuracy"] == written["correct"] / 200
    assert set(written["interval"]) == {"level", "method", "low", "high"}
    figures = {"name", "n", "precision", "recall", "f1", "specificity", "precision_interval", "recall_interval"}
    assert set(written["per_class"][0]) == figures
    assert np.array(written["confusion"]).shape == (10, 10)
    assert np.trace(written["confusion"]) == written["correct"]
    assert written["model_sha256"] == classic.sha256


def test_an_empty_or_unknown_split_is_refused(classic: Model, mnist: Dataset) -> None:
    nothing = ArraySplit(np.zeros((0, 28, 28), np.uint8), np.array([], np.int64))
    empty = Dataset(replace(mnist.spec, name="set"), {"validation": nothing})
    with pytest.raises(DataError, match="set: its split 'validation' is empty"):
        evaluate(classic, empty, "validation")
    with pytest.raises(ConfigError, match="has no split 'test'"):
        evaluate(classic, empty, "test")
