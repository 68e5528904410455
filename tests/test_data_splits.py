"""The parts do not overlap, lose nothing, and share no writer."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from digit_recognizer.data import ArraySplit, Dataset
from digit_recognizer.data.splits import drawn_held_out, mnist_held_out, parted
from digit_recognizer.errors import ConfigError

SCRIPT = Path(__file__).resolve().parent.parent / "scripts" / "make_mnist_splits.py"
WRITER = 2


@pytest.fixture(scope="module")
def make_splits() -> ModuleType:
    """The script that chose the committed lists."""
    spec = importlib.util.spec_from_file_location("make_mnist_splits", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def writer_table(make_splits: ModuleType, shared_file: Callable[[str], Path]) -> NDArray[np.int32]:
    """QMNIST's labels of MNIST's training images, (60000, 8)."""
    table: NDArray[np.int32] = make_splits.read_labels(shared_file("qmnist-labels/qmnist-train-labels-idx2-int.gz"))
    return table


def test_mnist_has_the_stated_sizes(mnist: Dataset) -> None:
    assert {name: len(split) for name, split in mnist.splits.items()} == dict(mnist.spec.counts)
    assert {split.take(np.arange(2)).shape for split in mnist.splits.values()} == {(2, 28, 28)}


def test_mnists_parts_cover_the_training_images_once() -> None:
    held = mnist_held_out()
    both = np.concatenate([held["validation"], held["calibration"]])
    assert [len(part) for part in held.values()] == [5_000, 5_000]
    assert len(np.unique(both)) == 10_000
    assert both.min() >= 0
    assert both.max() < 60_000


def test_all_of_mnists_training_images_are_in_training_on_all(mnist: Dataset) -> None:
    whole, validation = mnist.training("all")
    assert validation is None
    # The published class counts of the 60,000 training images.
    assert np.bincount(whole.labels).tolist() == [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]


@pytest.mark.parametrize(("train_on", "n"), [("train", 50_000), ("train+validation", 55_000), ("all", 60_000)])
def test_training_sets_grow_by_name_and_never_hold_test_images(mnist: Dataset, train_on: str, n: int) -> None:
    part, validation = mnist.training(train_on)
    assert len(part) == n
    assert (validation is None) == (train_on != "train")
    kept = {image.tobytes() for image in part.take(np.arange(n))}
    assert not kept & {image.tobytes() for image in mnist.split("test").take(np.arange(10_000))}


@pytest.mark.parametrize(("ask", "guess"), [("validaton", "validation"), ("tests", "test")])
def test_an_unknown_split_gets_the_nearest_name(mnist: Dataset, ask: str, guess: str) -> None:
    with pytest.raises(ConfigError, match=rf"mnist has no split '{ask}'\. Did you mean '{guess}'\?"):
        mnist.split(ask)


def test_an_unknown_training_set_gets_the_nearest_name(mnist: Dataset) -> None:
    with pytest.raises(ConfigError, match=r"'train,validation', are unknown\. Did you mean 'train\+validation'\?"):
        mnist.training("train,validation")


def test_no_writer_is_in_two_parts(writer_table: NDArray[np.int32]) -> None:
    held = mnist_held_out()
    rest = np.setdiff1d(np.arange(60_000), np.concatenate([*held.values()]))
    writers = [set(writer_table[part, WRITER].tolist()) for part in (rest, *held.values())]
    assert len(set.union(*writers)) == sum(map(len, writers)) == len(np.unique(writer_table[:, WRITER]))


def test_the_writers_are_those_of_these_images(mnist: Dataset, writer_table: NDArray[np.int32]) -> None:
    for name, part in mnist_held_out().items():
        assert np.array_equal(mnist.split(name).labels, writer_table[part, 0])


def test_the_script_gives_the_committed_lists(make_splits: ModuleType, writer_table: NDArray[np.int32]) -> None:
    again, committed = make_splits.choose(writer_table), mnist_held_out()
    assert {name: part.tolist() for name, part in again.items()} == {n: part.tolist() for n, part in committed.items()}


@given(classes=st.integers(2, 5), each=st.integers(8, 30), seed=st.integers(0, 9))
def test_a_drawn_part_has_every_class_in_its_share(classes: int, each: int, seed: int) -> None:
    labels = np.random.default_rng(seed).permutation(np.repeat(np.arange(classes), each))
    held = drawn_held_out(labels, 2 * classes, seed)
    again = drawn_held_out(labels, 2 * classes, seed)
    assert not set(held["validation"]) & set(held["calibration"])
    for name, part in held.items():
        assert np.bincount(labels[part], minlength=classes).tolist() == [2] * classes
        assert np.array_equal(part, again[name])


@given(held=hnp.arrays(np.int64, 12, elements=st.integers(0, 49), unique=True))
def test_parting_keeps_every_image_with_its_label(held: NDArray[np.int64]) -> None:
    images = np.arange(50, dtype=np.uint8)[:, None, None] * np.ones((1, 2, 2), np.uint8)
    whole = ArraySplit(images, np.arange(50))
    parts = parted(whole, {"validation": np.sort(held[:7]), "calibration": np.sort(held[7:])}, whole)
    assert [len(parts[name]) for name in ("train", "validation", "calibration", "test")] == [38, 7, 5, 50]
    seen = [label for name in ("train", "validation", "calibration") for label in parts[name].labels.tolist()]
    assert sorted(seen) == [*range(50)]
    for part in parts.values():
        assert np.array_equal(part.take(np.arange(len(part)))[:, 0, 0], part.labels)


@given(size=st.integers(1, 60), order=st.none() | st.permutations(range(50)))
def test_batches_hold_every_image_in_order(size: int, order: list[int] | None) -> None:
    images = np.arange(50, dtype=np.uint8)[:, None, None]
    wanted = None if order is None else np.array(order)
    batches = [*ArraySplit(images, np.arange(50)).batches(size, wanted)]
    assert all(len(batch) == size for batch in batches[:-1])
    assert np.concatenate(batches).ravel().tolist() == (order or [*range(50)])
