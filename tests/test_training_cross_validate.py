"""Cross-validation chooses on train and validation images alone; what calibration fits later had no part in it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from digit_recognizer.data import ArraySplit, Dataset
from digit_recognizer.data.medmnist import MEDMNIST, parted
from digit_recognizer.data.spec import PATIENT
from digit_recognizer.errors import DataError
from digit_recognizer.models.architectures import build_network
from digit_recognizer.models.runtime import TorchRuntime
from digit_recognizer.training.network import form_of
from digit_recognizer.training.recipes import MLP
from medmnist_files import small_spec
from tiny import shifted_seed, tiny_split
from trials.cross_validate import dealt, groups_of, pooled, trained_folds

pytestmark = pytest.mark.arithmetic

SHORT = replace(MLP, epochs=8, batch_size=16, ema_decay=0.0, augmentation=None, threads=1)


class Untouchable:
    """A split that whoever chooses must not look at."""

    def __getattr__(self, name: str) -> Any:
        raise AssertionError(f"{name} of a split that may not be seen")

    def __len__(self) -> int:
        raise AssertionError("the length of a split that may not be seen")


def guarded(train: ArraySplit, validation: ArraySplit) -> Dataset:
    spec = small_spec("multi-class", 10, size=28)
    hidden: Any = Untouchable()
    splits = {"train": train, "validation": validation, "calibration": hidden, "test": hidden}
    return Dataset(replace(spec, form="digit"), splits)


def test_neither_calibration_nor_test_images_are_looked_at() -> None:
    dataset = guarded(tiny_split(150, 1), tiny_split(50, 2))
    pool, right = pooled(dataset), 0
    assert np.array_equal(pool.labels, np.concatenate([tiny_split(150, 1).labels, tiny_split(50, 2).labels]))
    for held_out, network in trained_folds(SHORT, dataset, folds=2):
        logits, _ = TorchRuntime(network).observe(form_of(dataset.spec).normalise(pool.take(held_out)))
        right += (logits.argmax(axis=1) == pool.labels[held_out]).sum()
    assert right > 100


def test_of_a_medical_set_no_choice_and_calibration_share_an_image() -> None:
    spec = replace(MEDMNIST["breastmnist"], counts={})
    labels = np.arange(90) % 2
    images = np.random.default_rng(shifted_seed(0)).integers(0, 256, (90, 28, 28)).astype(np.uint8)
    published = {
        name: ArraySplit(images[part], labels[part])
        for name, part in zip(("train", "validation", "test"), np.split(np.arange(90), 3), strict=True)
    }
    dataset = parted(spec, published)
    seen = {each.tobytes() for each in pooled(dataset).images}
    for name in ("calibration", "test"):
        assert not seen & {each.tobytes() for each in dataset.split(name).take(np.arange(15))}
    assert len(seen) == 45


@given(st.integers(20, 80), st.integers(2, 5), st.integers(0, 99), st.booleans())
def test_copies_and_patients_stay_in_one_fold(n: int, folds: int, seed: int, known: bool) -> None:
    rng = np.random.default_rng(seed)
    of = rng.integers(0, n // 2, n)  # whom, or of what, each image is
    images = of[:, None, None] * np.ones((1, 28, 28), np.int64) if not known else rng.integers(0, 256, (n, 28, 28))
    labels = np.concatenate([np.repeat([0, 1], folds), rng.integers(0, 2, n - 2 * folds)]) if n > 2 * folds else of % 2
    columns = {PATIENT: of.astype(str)} if known else {}
    at = n // 2
    train, validation = (
        ArraySplit(images[part].astype(np.uint8), labels[part], {name: words[part] for name, words in columns.items()})
        for part in (slice(at), slice(at, n))
    )
    dataset = guarded(train, validation)
    pool = pooled(dataset)
    held = []
    for learn, held_out in dealt(pool, groups_of(pool), folds, seed):
        assert not set(of[learn]) & set(of[held_out])
        held += held_out.tolist()
    assert sorted(held) == list(range(n))


def test_too_few_of_a_class_is_refused() -> None:
    few = tiny_split(300, 1)
    with pytest.raises(DataError, match="cannot be split into 5 folds"):
        next(trained_folds(SHORT, guarded(few.chosen(np.arange(20)), few.chosen(np.arange(20, 25)))))


def test_a_fold_begins_with_the_network_that_is_given() -> None:
    begun: list[int] = []

    def begin(seed: int) -> nn.Module:
        begun.append(seed)
        return build_network(SHORT.architecture(28, 10))

    dataset = guarded(tiny_split(150, 1), tiny_split(50, 2))
    barely = replace(SHORT, epochs=1, learning_rate=1e-12)
    folds = list(trained_folds(barely, dataset, folds=2, seed=3, begin=begin))
    assert begun == [6, 7]
    assert sorted(np.concatenate([held_out for held_out, _ in folds])) == list(range(200))
    torch.manual_seed(shifted_seed(0))
    given = build_network(SHORT.architecture(28, 10))
    ((_, network), _) = list(trained_folds(barely, dataset, folds=2, begin=lambda _: given))
    assert network is given
