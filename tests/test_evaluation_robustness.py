"""Robustness: every cell is what the model reads in the corrupted images, and a test split's run is one look."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import stats

from digit_recognizer.data import ArraySplit, Dataset
from digit_recognizer.errors import ConfigError, DataError
from digit_recognizer.evaluation.robustness import Robustness, mean_error, robustness
from digit_recognizer.models import Model, load_model
from digit_recognizer.synthetic.corruptions import CORRUPTIONS, SEEN, SEVERITIES, corrupt

pytestmark = pytest.mark.arithmetic

SOME = ("brightness", "zigzag", "rotate")


@pytest.fixture(scope="module")
def classic() -> Model:
    return load_model("classic")


@pytest.fixture(scope="module")
def few(mnist: Dataset) -> Dataset:
    """Sixty validation images; as a test split too, so that no test image is read here."""
    split = mnist.split("validation")
    part = ArraySplit(split.take(np.arange(60)), split.labels[:60])
    return Dataset(mnist.spec, {"validation": part, "test": part})


@pytest.fixture(scope="module")
def found(classic: Model, few: Dataset) -> Robustness:
    return robustness(classic, few, corruptions=SOME, severities=(1, 5))


def test_every_cell_is_the_error_on_the_corrupted_images(classic: Model, few: Dataset, found: Robustness) -> None:
    split = few.split("validation")
    images = split.take(np.arange(60))
    for figures in found.figures:
        prepared = classic.preprocess.fit_all(corrupt(images, figures.name, figures.severity))
        read = classic.probabilities(prepared).argmax(1)
        assert figures.wrong == (read != split.labels).sum()
        assert (figures.n, figures.error) == (60, figures.wrong / 60)
        assert figures.interval.low <= figures.error <= figures.interval.high
        assert figures.seen == (figures.name == "rotate")
    assert [(each.name, each.severity) for each in found.figures] == [(name, s) for name in SOME for s in (1, 5)]
    assert found.clean_error == (classic.probabilities(images).argmax(1) != split.labels).mean()


def test_means_are_over_unseen_and_seen_apart(found: Robustness) -> None:
    for seen in (False, True):
        mean = found.mean_error(seen)
        assert mean is not None
        assert mean.mean == pytest.approx(np.mean([each.error for each in found.figures if each.seen == seen]))


def test_a_mean_of_none_is_none(classic: Model, few: Dataset) -> None:
    unseen = robustness(classic, few, corruptions=("stripe",), severities=(2,), n=5)
    assert unseen.mean_error(seen=True) is None
    assert unseen.to_dict()["seen"] is None


@given(shares=hnp.arrays(np.float64, st.integers(2, 40), elements=st.sampled_from(np.arange(12) / 11)))
def test_the_interval_of_a_mean_is_students(shares: np.ndarray) -> None:  # type: ignore[type-arg]
    found = mean_error(shares)
    assert found.interval is not None
    if np.ptp(shares) == 0:
        assert (found.interval.low, found.interval.high) == pytest.approx((found.mean, found.mean))
        return
    theirs = stats.ttest_1samp(shares, 0.5).confidence_interval(0.95)
    wanted = max(0, theirs.low), min(1, theirs.high)
    assert (found.interval.low, found.interval.high) == pytest.approx(wanted)


def test_one_image_has_no_interval(classic: Model, few: Dataset) -> None:
    written = robustness(classic, few, corruptions=("stripe",), severities=(1,), n=1).to_dict()
    assert written["n"] == 1
    assert written["unseen"]["interval"] is None
    assert json.loads(json.dumps(written)) == written


def test_a_drawn_part_is_corrupted_as_in_the_whole(classic: Model, few: Dataset, found: Robustness) -> None:
    part = robustness(classic, few, corruptions=SOME, severities=(1, 5), n=20, seed=found.seed)
    chosen = np.sort(np.random.default_rng(0).choice(60, 20, replace=False))
    assert np.array_equal(part.wrong, found.wrong[:, :, chosen])
    assert robustness(classic, few, corruptions=SOME, severities=(1, 5), n=60).n == 60


def test_a_run_on_a_test_split_is_one_look(classic: Model, few: Dataset) -> None:
    for looks in (1, 2):
        assert robustness(classic, few, "test", corruptions=SOME, severities=(1, 5)).test_evaluations == looks
    assert robustness(classic, few, "validation", corruptions=SOME[:1], severities=(1,)).test_evaluations is None


@pytest.mark.parametrize(
    ("asked", "cause"),
    [
        ({"corruptions": ("fogg",)}, "'fogg' is unknown. Did you mean 'fog'"),
        ({"severities": (0,)}, "Severity 0 of shot_noise is unknown"),
        ({"corruptions": ()}, "at least one corruption"),
        ({"n": 0}, "0 images cannot be scored"),
    ],
)
def test_a_slip_spends_no_look(classic: Model, few: Dataset, own_home: Path, asked: dict[str, int], cause: str) -> None:
    with pytest.raises(ConfigError, match=cause):
        robustness(classic, few, "test", **asked)  # type: ignore[arg-type]
    assert not list(own_home.rglob("*.jsonl"))


def test_an_empty_split_and_unknown_classes_are_refused(classic: Model, few: Dataset) -> None:
    nothing = ArraySplit(np.zeros((0, 28, 28), np.uint8), np.array([], np.int64))
    with pytest.raises(DataError, match="its split 'validation' is empty"):
        robustness(classic, Dataset(few.spec, {"validation": nothing}))
    letters = replace(few.spec, classes=tuple("abcdefghij"))
    with pytest.raises(DataError, match="has the class 'a'"):
        robustness(classic, Dataset(letters, few.splits))


def test_what_is_written_says_all(classic: Model, few: Dataset) -> None:
    written = robustness(classic, few, n=10).to_dict()
    assert written["schema"] == "digit-recognizer/robustness/2"
    assert len(written["corruptions"]) == len(CORRUPTIONS) * len(SEVERITIES)
    assert {row["corruption"] for row in written["corruptions"] if row["seen"]} == set(SEEN)
    assert {row["corruption"] for row in written["corruptions"] if not row["seen"]} == set(CORRUPTIONS) - set(SEEN)
    assert (written["split"], written["test_evaluations"], written["seed"]) == ("validation", None, 0)
    assert written["model_sha256"] == classic.sha256
    assert 0 <= written["unseen"]["mean_error"] <= 1
