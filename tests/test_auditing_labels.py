"""Doubtful labels are found out of fold, and where they cannot be, that is said."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from digit_recognizer.auditing import audit
from digit_recognizer.auditing.duplicates import Duplicates
from digit_recognizer.auditing.out_of_fold import (
    FEWEST,
    FOLDS,
    MOST_EPOCHS,
    OutOfFold,
    folds,
    leaders,
    learnable,
    read_out_of_fold,
    recipe_for,
)
from digit_recognizer.auditing.pool import pooled
from digit_recognizer.auditing.suspects import REVIEWED, find_suspects
from digit_recognizer.data import ArraySplit, Dataset
from tiny import shifted_seed, tiny_split

pytestmark = pytest.mark.arithmetic

Labels = NDArray[np.int64]
NAMES = tuple("0123456789")


def flipped(split: ArraySplit, n: int, seed: int) -> tuple[ArraySplit, Labels]:
    """The split with n labels changed to another class at random, and where."""
    rng = np.random.default_rng(seed)
    where = np.sort(rng.choice(len(split), n, replace=False))
    labels = split.labels.copy()
    labels[where] = (labels[where] + rng.integers(1, 10, n)) % 10
    return replace(split, labels=labels), where


@given(st.integers(0, 10**6), st.integers(0, 20))
def test_folds_keep_copies_together_and_classes_in_their_shares(seed: int, copies: int) -> None:
    rng = np.random.default_rng(seed)
    labels = rng.permutation(np.repeat([0, 1, 2], [60, 30, 15]))
    leader = np.arange(len(labels))
    for _ in range(copies):
        left, right = rng.choice(len(labels), 2, replace=False)
        leader[leader == leader[right]] = leader[left]
    dealt = folds(labels, leader, seed)
    assert set(dealt) <= set(range(FOLDS))
    for each in np.unique(leader):
        assert len(set(dealt[leader == each])) == 1
    if copies == 0:
        for k, n in enumerate((60, 30, 15)):
            assert np.bincount(dealt[labels == k], minlength=FOLDS).tolist() == [n // FOLDS] * FOLDS


def test_the_first_of_a_group_leads_it() -> None:
    groups = [Duplicates((1, 3), "exact", 1.0, False), Duplicates((2, 4, 5), "near", 0.99, False)]
    assert leaders(7, groups).tolist() == [0, 1, 2, 1, 2, 2, 6]


def test_copies_do_not_make_a_class_learnable() -> None:
    split = ArraySplit(np.zeros((40, 28, 28), np.uint8), np.repeat(np.arange(4), [FEWEST, FEWEST - 1, FEWEST, 11]))
    pool = pooled({"train": split}, "abcde")
    assert learnable(pool, []).tolist() == [0, 2, 3]
    assert learnable(pool, [Duplicates((0, 1), "exact", 1.0, False)]).tolist() == [2, 3]


@given(st.integers(1, 10**6))
def test_fewer_images_are_seen_more_often(n: int) -> None:
    assert 1 <= recipe_for(n).epochs <= MOST_EPOCHS
    assert recipe_for(n).epochs >= recipe_for(n + 1).epochs
    assert recipe_for(n).images is None


@pytest.mark.slow
def test_each_image_is_read_by_a_network_that_never_saw_it_or_its_copy() -> None:
    # Labels that only a network which learned them by heart could know: of noise, each image twice.
    rng = np.random.default_rng(shifted_seed(0))
    images = np.repeat(rng.integers(0, 256, (40, 28, 28)), 2, axis=0).astype(np.uint8)
    labels = np.repeat(rng.permutation(np.repeat([0, 1], 20)), 2)
    pool = pooled({"train": ArraySplit(images, labels)}, "ab")
    groups = [Duplicates((2 * i, 2 * i + 1), "exact", 1.0, False) for i in range(40)]
    read = read_out_of_fold(pool, np.array([0, 1]), groups, shifted_seed(0), "cpu", lambda _: None)
    right = (read.probabilities.argmax(1) == labels).mean()
    assert right < 0.85  # by heart it would be all; chance gives a half, seldom three quarters
    np.testing.assert_allclose(read.probabilities.sum(1), 1)
    np.testing.assert_allclose(read.probabilities[::2], read.probabilities[1::2], atol=1e-5)


def made_reading(labels: Labels, likely: Labels, classes: int, sureness: NDArray[np.float64]) -> OutOfFold:
    probabilities = np.repeat((1 - sureness)[:, None] / (classes - 1), classes, axis=1)
    probabilities[np.arange(len(labels)), likely] = sureness
    return OutOfFold(np.arange(len(labels)), np.arange(classes), probabilities)


def test_the_surest_contradictions_come_first() -> None:
    rng = np.random.default_rng(shifted_seed(0))
    labels = np.tile(np.arange(3), 200)
    likely, sureness = labels.copy(), rng.uniform(0.8, 0.9, 600)
    wrong = rng.choice(600, 20, replace=False)
    likely[wrong], sureness[wrong] = (labels[wrong] + 1) % 3, np.linspace(0.99, 0.9, 20)
    pool = pooled({"train": ArraySplit(np.zeros((600, 8, 8), np.uint8), labels)}, "abc")
    found = find_suspects(pool, made_reading(labels, likely, 3, sureness))
    assert [each.member for each in found[:20]] == wrong.tolist()
    assert [(each.given, each.suggested) for each in found[:20]] == [(labels[i], likely[i]) for i in wrong]
    scores = [each.score for each in found]
    assert scores == sorted(scores)
    assert all(each.confident for each in found[:20])
    assert all(each.suggested != each.given for each in found)


def test_of_each_split_the_lowest_scores_are_listed() -> None:
    labels = np.tile(np.arange(2), 400)
    splits = {
        "train": ArraySplit(np.zeros((500, 8, 8), np.uint8), labels[:500]),
        "test": ArraySplit(np.zeros((300, 8, 8), np.uint8), labels[500:]),
    }
    sureness = np.random.default_rng(shifted_seed(0)).uniform(0.6, 0.9, 800)
    pool = pooled(splits, "ab")
    found = find_suspects(pool, made_reading(labels, labels, 2, sureness))
    lowest = [*np.argsort(sureness[:500])[:5], *(500 + np.argsort(sureness[500:])[:3])]
    assert REVIEWED == 0.01
    assert {each.member for each in found if not each.confident} == set(map(int, lowest))


def of_classes(split: ArraySplit, *classes: int) -> ArraySplit:
    """The images of some classes."""
    kept = np.isin(split.labels, classes)
    return ArraySplit(split.images[kept], split.labels[kept])


@pytest.mark.slow
def test_flipped_labels_of_a_small_set_are_found(mnist: Dataset) -> None:
    validation = mnist.split("validation")
    few, more = np.arange(300), np.arange(300, 400)
    clean = of_classes(ArraySplit(validation.take(few), validation.labels[few]), 0, 1, 2)
    others = of_classes(ArraySplit(validation.take(more), validation.labels[more]), 0, 1, 2)
    where = np.array([3, 17, 31, 44, 59, 70])
    labels = clean.labels.copy()
    labels[where] = (labels[where] + 1) % 3
    found = audit({"train": replace(clean, labels=labels), "test": others}, NAMES, seed=shifted_seed(0), device="cpu")
    assert found.suspects is not None
    first = [each for each in found.suspects[:10] if each.member in where]
    assert len(first) >= 4  # chance would find none or one
    assert [each.suggested for each in first] == [clean.labels[each.member] for each in first]
    assert found.kappa is not None
    assert found.kappa > 0.6
    written = found.to_dict()["suspects"][0]
    assert set(written) == {
        *("split", "index", "given", "given_name", "suggested", "suggested_name", "score", "confident"),
    }
    assert (written["split"], written["given_name"]) == ("train", NAMES[written["given"]])


@pytest.mark.slow
def test_labels_without_meaning_are_not_called_doubtful() -> None:
    drawn = tiny_split(400, 1)
    twelve_each = np.concatenate([np.flatnonzero(drawn.labels == label)[:12] for label in range(10)])
    split = ArraySplit(drawn.images[twelve_each], drawn.labels[twelve_each])
    shuffled = replace(split, labels=np.random.default_rng(shifted_seed(0)).permutation(split.labels))
    found = audit({"train": shuffled}, NAMES, seed=shifted_seed(0), device="cpu")
    assert found.suspects is None
    assert found.to_dict()["suspects"] is None
    assert found.kappa is not None
    assert found.kappa < 0.2  # six of its standard errors above 0
    assert "hardly learn" in found.notes[-1]


@pytest.mark.parametrize("n", [1, 2, FOLDS - 1, 12])
def test_of_too_few_images_the_labels_are_not_audited(n: int) -> None:
    found = audit({"train": tiny_split(n, 1)}, NAMES)
    assert (found.suspects, found.kappa) == (None, None)
    assert found.notes == [
        "The labels were not audited: only 0 of 10 classes have 10 different images; two are needed."
    ]


def test_one_class_alone_is_not_audited() -> None:
    split = tiny_split(60, 1)
    found = audit({"train": replace(split, labels=np.zeros(60, np.int64)), "test": tiny_split(0, 2)}, NAMES)
    assert found.suspects is None
    assert "only 1 of 10 classes" in found.notes[0]
    assert [each.ratio for each in found.classes] == [None, None]
    assert found.drift == []


def test_a_rare_class_is_left_out_and_named() -> None:
    split = of_classes(tiny_split(200, 1), 0, 1, 4)
    kept = np.setdiff1d(np.arange(len(split)), np.flatnonzero(split.labels == 4)[3:])
    found = audit(
        {"train": ArraySplit(split.images[kept], split.labels[kept])}, NAMES, seed=shifted_seed(0), device="cpu"
    )
    assert found.notes == ["The labels of class '4' were not audited: it has fewer than 10 different images."]
    assert found.suspects is not None
    assert all(4 not in (each.given, each.suggested) for each in found.suspects)
    assert found.to_dict()["classes"][0]["empty"] == list("2356789")


@pytest.mark.slow
def test_mnist_labels_flipped_at_random_and_its_known_errors_are_found(mnist: Dataset) -> None:
    splits, flips = {}, {}
    for seed, (name, split) in enumerate(mnist.splits.items()):
        held = ArraySplit(split.take(np.arange(len(split))), split.labels)
        splits[name], flips[name] = (held, set()) if name == "test" else flipped(held, len(held) // 100, seed)
    found = audit(splits, NAMES)
    assert found.suspects is not None
    rows = [each.to_dict(found.pool) for each in found.suspects]
    for name, where in flips.items():
        first = {row["index"] for row in [row for row in rows if row["split"] == name][: len(where)]}
        assert len(first & set(map(int, where))) >= 0.93 * len(where), name
    # Test labels that people do not confirm (Northcutt, Athalye and Mueller 2021).
    known = {947, 1621, 1901, 2130, 2462, 2597, 2654, 3520, 3558, 5937, 6651, 6783, 8527, 9679, 9729}
    first_hundred = {row["index"] for row in [row for row in rows if row["split"] == "test"][:100]}
    assert len(first_hundred & known) >= 13
