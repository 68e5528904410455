"""Copies are found whatever was done to them, and what is merely alike is not."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from digit_recognizer.auditing.duplicates import (
    NEAR,
    SHIFTS,
    Duplicates,
    equal_groups,
    find_duplicates,
    find_leaks,
    near_pairs,
    unit_windows,
)
from digit_recognizer.auditing.pool import Pool, pooled, scaled
from digit_recognizer.data import ArraySplit, Dataset
from digit_recognizer.errors import DataError
from examples import examples

pytestmark = pytest.mark.arithmetic

Images = NDArray[np.uint8]
MEDMNIST = {"train": "train", "validation": "val", "test": "test"}


def medmnist(file: Path) -> Pool:
    """A MedMNIST file's splits."""
    with np.load(file, allow_pickle=False) as held:
        arrays = {name: (held[f"{key}_images"], held[f"{key}_labels"]) for name, key in MEDMNIST.items()}
    splits = {name: ArraySplit(images, labels.ravel().astype(np.int64)) for name, (images, labels) in arrays.items()}
    return pooled(splits, ("0", "1"))


def split(images: Images, labels: list[int] | None = None) -> ArraySplit:
    return ArraySplit(images, np.array(labels if labels is not None else [0] * len(images), np.int64))


def moved(image: Images, down: int, right: int) -> Images:
    """The image, moved; what comes in at the edge is black."""
    height, width = image.shape
    made = np.zeros_like(image)
    rows, columns = (slice(max(0, by), side + min(0, by)) for by, side in ((down, height), (right, width)))
    made[rows, columns] = image[
        max(0, -down) : height - max(0, down),
        max(0, -right) : width - max(0, right),
    ]
    return made


def as_jpeg(image: Images, quality: int = 75) -> Images:
    held = io.BytesIO()
    Image.fromarray(image).save(held, "JPEG", quality=quality)
    return np.asarray(Image.open(held))


def brute_force(images: Images, least: float = NEAR) -> set[tuple[int, int]]:
    """The pairs by definition: every image's middle beside every moved middle of every other one."""
    middles = unit_windows(images, (0, 0))
    best = np.max([middles @ unit_windows(images, shift).T for shift in SHIFTS], axis=0)
    return {(int(i), int(j)) for i, j in zip(*np.nonzero(np.maximum(best, best.T) >= least), strict=True) if i < j}


@pytest.fixture(scope="module")
def digits_(mnist: Dataset) -> Images:
    """Some validation images, more than a tenth of them 1s."""
    return mnist.split("validation").take(np.arange(600))


@examples(8)
@given(st.integers(0, 10**6))
def test_equal_images_share_a_number(seed: int) -> None:
    rng = np.random.default_rng(seed)
    images = rng.integers(0, 2, (30, 2, 2), np.uint8)
    group = equal_groups(images)
    same = (images[:, None] == images[None]).all((2, 3))
    assert ((group[:, None] == group[None]) == same).all()


@pytest.mark.parametrize("down", [-1, 0, 1])
@pytest.mark.parametrize("right", [-1, 0, 1])
def test_a_copy_moved_by_a_pixel_is_found(digits_: Images, down: int, right: int) -> None:
    copies = np.stack([moved(image, down, right) for image in digits_[:50]])
    first, second, correlation = near_pairs(np.concatenate([digits_, copies]))
    assert {(i, 600 + i) for i in range(50)} <= set(zip(first.tolist(), second.tolist(), strict=True))
    assert (correlation[second >= 600] > 0.999).all() or (down, right) == (0, 0)


def altered(kind: str, images: Images) -> Images:
    rng = np.random.default_rng(0)
    if kind == "JPEG":
        return np.stack([as_jpeg(image) for image in images])
    if kind == "noise":
        return (images.astype(int) + rng.integers(-5, 6, images.shape)).clip(0, 255).astype(np.uint8)
    if kind == "darker":
        return (images * 0.9).astype(np.uint8)
    return np.stack([as_jpeg(moved(image, 1, -1)) for image in images])


@pytest.mark.parametrize("kind", ["JPEG", "noise", "darker", "moved JPEG"])
def test_an_altered_copy_is_found(digits_: Images, kind: str) -> None:
    first, second, correlation = near_pairs(np.concatenate([digits_, altered(kind, digits_[:100])]))
    found = set(zip(first.tolist(), second.tolist(), strict=True))
    assert {(i, 600 + i) for i in range(100)} <= found
    assert (correlation >= NEAR).all()


def test_different_digits_are_no_copies(mnist: Dataset) -> None:
    validation = mnist.split("validation")
    images, labels = validation.take(np.arange(len(validation))), validation.labels
    alike = images[labels == 1]  # the thin ones
    first, _, _ = near_pairs(np.concatenate([alike, images[labels != 1][:1000]]))
    assert len(alike) > 400
    assert len(first) == 0


@examples(15)
@given(st.integers(0, 10**6))
def test_the_search_misses_no_pair(seed: int) -> None:
    rng = np.random.default_rng(seed)
    images = np.repeat(rng.integers(0, 256, (6, 12, 12)), 5, axis=0)
    images = (images + rng.normal(0, rng.uniform(0, 14), images.shape)).clip(0, 255).astype(np.uint8)
    images[::7] = np.stack([moved(image, -1, 1) for image in images[::7]])
    images[3] = 9  # no contrast
    first, second, _ = near_pairs(images)
    found = set(zip(first.tolist(), second.tolist(), strict=True))
    # Beside the limit rounding decides: the search and the definition sum in another order.
    assert brute_force(images, NEAR + 1e-5) <= found <= brute_force(images, NEAR - 1e-5)


@pytest.mark.parametrize("n", [1, 2, 5])
def test_images_without_contrast_are_copies_only_where_equal(n: int) -> None:
    levels = np.arange(n, dtype=np.uint8)
    pool = pooled({"train": split(np.broadcast_to(levels[:, None, None], (n, 28, 28)))}, ("a",))
    assert find_duplicates(pool) == []
    blank = pooled({"train": split(np.zeros((n, 28, 28), np.uint8))}, ("a",))
    groups = [Duplicates(tuple(range(n)), "exact", 1.0, False)] if n > 1 else []
    assert find_duplicates(blank) == groups


def test_groups_leaks_and_contradictions_are_told(digits_: Images) -> None:
    a, b, c, d = digits_[:4]
    pool = pooled(
        {
            "train": split(np.stack([a, b, c, a]), [0, 1, 2, 0]),
            "validation": split(np.stack([d, moved(b, 0, 1)]), [0, 2]),
            "test": split(np.stack([a, d]), [0, 0]),
        },
        ("x", "y", "z"),
        {"test": ["a.png", "d.png"]},
    )
    found = find_duplicates(pool)
    assert [(group.members, group.kind, group.label_conflict) for group in found] == [
        ((0, 3, 6), "exact", False),
        ((1, 5), "near", True),
        ((4, 7), "exact", False),
    ]
    leaks = find_leaks(pool, found)
    assert [(leak.member, leak.seen, leak.kind, leak.label_conflict) for leak in leaks] == [
        (5, (1,), "near", True),
        (6, (0, 3), "exact", False),
    ]
    assert leaks[1].to_dict(pool)["file"] == "a.png"
    assert leaks[0].to_dict(pool) == {
        **{"split": "validation", "index": 1, "label": 2, "name": "z", "kind": "near", "label_conflict": True},
        "in_train": [{"split": "train", "index": 1, "label": 1, "name": "y"}],
    }
    assert found[1].to_dict(pool)["images"] == [
        {"split": "train", "index": 1, "label": 1, "name": "y"},
        {"split": "validation", "index": 1, "label": 2, "name": "z"},
    ]


def test_breastmnist_leaks_with_a_contradiction(shared_file: Callable[[str], Path]) -> None:
    pool = medmnist(shared_file("medmnist/breastmnist.npz"))
    groups = find_duplicates(pool)
    exact = [leak for leak in find_leaks(pool, groups) if leak.kind == "exact"]
    assert [leak.to_dict(pool) for leak in exact] == [
        {
            **{"split": "test", "index": 76, "label": 1, "name": "1", "kind": "exact", "label_conflict": True},
            "in_train": [{"split": "train", "index": 115, "label": 0, "name": "0"}],
        }
    ]
    assert [group.members for group in groups if group.kind == "exact"] == [(115, 546 + 78 + 76)]


def test_pneumoniamnist_has_its_known_copies(shared_file: Callable[[str], Path]) -> None:
    pool = medmnist(shared_file("medmnist/pneumoniamnist_reordered.npz"))
    groups = find_duplicates(pool)
    assert {group.kind for group in groups} == {"exact"}
    assert not any(group.label_conflict for group in groups)
    leaks = find_leaks(pool, groups)
    assert [(str(pool.split_of[leak.member]), leak.kind) for leak in leaks] == [("validation", "exact")] * 8
    repeats = dict.fromkeys(pool.counts, 0)
    for group in groups:
        for name, times in Counter(map(str, pool.split_of[list(group.members)])).items():
            repeats[name] += times - 1
    assert repeats == {"train": 18, "validation": 0, "test": 3}


def test_other_sizes_are_scaled() -> None:
    rng = np.random.default_rng(0)
    large = np.kron(rng.integers(0, 256, (3, 28, 28)), np.ones((4, 4))).astype(np.uint8)
    assert scaled(large).shape == (3, 28, 28)
    assert (scaled(np.full((2, 9, 60), 77, np.uint8)) == 77).all()
    assert np.corrcoef(scaled(large)[0].ravel(), large[0, 1::4, 1::4].ravel())[0, 1] > 0.9


@pytest.mark.parametrize(
    ("splits", "cause"),
    [
        ({}, "no images"),
        ({"train": split(np.zeros((0, 28, 28), np.uint8))}, "no images"),
        (
            {"train": split(np.zeros((1, 9, 9), np.uint8)), "test": split(np.zeros((1, 8, 8), np.uint8))},
            "several sizes",
        ),
        ({"train": split(np.zeros((1, 7, 9), np.uint8))}, "at least 8 x 8"),
        ({"train": split(np.zeros((1, 9, 9, 3), np.uint8))}, "grey images"),
        ({"train": split(np.zeros((1, 9, 9), np.uint8), [2])}, "run from 2 to 2, but there are 2 classes"),
        ({"train": split(np.zeros((1, 9, 9), np.uint8), [-1])}, "run from -1"),
    ],
)
def test_what_is_no_data_set_is_refused(splits: dict[str, ArraySplit], cause: str) -> None:
    with pytest.raises(DataError, match=cause):
        pooled(splits, ("a", "b"))
