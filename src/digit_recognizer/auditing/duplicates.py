"""Images that stand in a data set more than once, exactly or nearly, and those of other splits that stand in train."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from digit_recognizer.auditing.pool import Pool
from digit_recognizer.data.spec import Images

# Pearson correlation from which two images are near copies. Of 55,000 MNIST images for training and validation 3 pairs
# reach it, all of them 1s, which differ least; a shift of one pixel keeps 1, a JPEG of quality 75 at least 0.994, noise
# of 12 grey levels 0.991.
NEAR = 0.99
# One of two opposite shifts suffices: either image of a pair may be the one that moved. Rows, columns.
SHIFTS = ((0, 0), (0, 1), (1, 0), (1, 1), (1, -1))
_COMPONENTS = 16  # principal components by which candidates are found
BLOCK = 4096  # candidates that are compared pixel by pixel at once


@dataclass(frozen=True)
class Duplicates:
    """Images of which one is a copy of another, or of a copy of it."""

    members: tuple[int, ...]  # positions in the pool, ascending, two or more
    kind: str  # "exact": the same pixels all; "near" otherwise
    correlation: float  # the lowest of the pairs found
    label_conflict: bool  # whether they bear different labels

    def to_dict(self, pool: Pool) -> dict[str, Any]:
        """The group as `digits audit --json` writes it."""
        images = [labelled(pool, member) for member in self.members]
        return {
            "kind": self.kind,
            "correlation": self.correlation,
            "label_conflict": self.label_conflict,
            "images": images,
        }


@dataclass(frozen=True)
class Leak:
    """An image outside the training split of which train holds a copy."""

    member: int  # position in the pool
    seen: tuple[int, ...]  # of its copies in train
    kind: str  # "exact" where one of these has the same pixels, else "near"
    label_conflict: bool  # whether one of these bears another label

    def to_dict(self, pool: Pool) -> dict[str, Any]:
        """The leak as `digits audit --json` writes it."""
        in_train = [labelled(pool, each) for each in self.seen]
        told = {"kind": self.kind, "label_conflict": self.label_conflict, "in_train": in_train}
        return {**labelled(pool, self.member), **told}


def labelled(pool: Pool, at: int) -> dict[str, Any]:
    """Where an image stands, and its label."""
    label = int(pool.labels[at])
    return {**pool.place(at), "label": pool.label_of(label), "name": pool.classes[label]}


def find_duplicates(pool: Pool) -> list[Duplicates]:
    """All groups of copies in a pool, in the order of their first members."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    same = equal_groups(pool.images)
    _, firsts = np.unique(same, return_index=True)  # one of each set of equal images
    left, right, likeness = near_pairs(pool.small()[firsts])
    links = coo_array((np.ones(len(left)), (left, right)), shape=(len(firsts), len(firsts)))
    _, group = connected_components(links, directed=False)
    lowest = np.ones(len(firsts), np.float32)
    np.minimum.at(lowest, group[left], likeness)
    return [
        Duplicates(
            members=tuple(map(int, members)),
            kind="exact" if len(set(same[members])) == 1 else "near",
            correlation=round(float(lowest[group[same[members[0]]]]), 4),
            label_conflict=len(set(pool.labels[members])) > 1,
        )
        for members in _groups_of_several(group[same])
    ]


def equal_groups(images: Images) -> NDArray[np.int64]:
    """A number for each of N images (N, ...) uint8, the same for those whose pixels are the same, (N,), from 0 on."""
    flat = np.ascontiguousarray(images).reshape(len(images), -1)
    _, group = np.unique(flat.view(f"V{flat.shape[1]}").ravel(), return_inverse=True)
    return np.asarray(group, np.int64)


def _groups_of_several(group: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    """The positions that share a number, for each number that two or more have, by their first positions."""
    order = np.argsort(group, kind="stable")
    parts = np.split(order, np.flatnonzero(np.diff(group[order])) + 1)
    return sorted((part for part in parts if len(part) > 1), key=lambda part: int(part[0]))


def near_pairs(images: Images) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float32]]:
    """Pairs of near copies among images (N, H, W): the positions of the first, of the second, and their correlations.

    The middle of one image, all but a frame of one pixel, is correlated with the middle of the other and of the other
    moved by one pixel. Of unit vectors of mean 0 that correlate by r, the squared distance is 2 - 2r, and that of their
    principal components is never greater: a search for neighbours among these misses no pair. An image without contrast
    is no copy of anything.
    """
    from scipy.spatial import cKDTree
    from sklearn.decomposition import PCA

    middles = unit_windows(images, (0, 0))
    if len(images) < 2 or not middles.any():
        return np.array([], np.int64), np.array([], np.int64), np.array([], np.float32)
    components = PCA(min(_COMPONENTS, *middles.shape), svd_solver="covariance_eigh").fit(middles)
    tree = cKDTree(components.transform(middles))
    found = []
    for shift in SHIFTS:
        moved = unit_windows(images, shift)
        for start in range(0, len(images), BLOCK):
            block = components.transform(moved[start : start + BLOCK])
            near = tree.query_ball_point(block, (2 - 2 * NEAR) ** 0.5 + 1e-3, workers=-1)  # and what rounding adds
            second = np.repeat(np.arange(start, start + len(block)), [len(each) for each in near])
            first = np.concatenate([np.asarray(each, np.int64) for each in near])
            found.append(verified(first, second, middles, moved))
    firsts, seconds, correlations = (np.concatenate(parts) for parts in zip(*found, strict=True))
    return _best_of_each(firsts, seconds, correlations, len(images))


def unit_windows(images: Images, shift: tuple[int, int]) -> NDArray[np.float32]:
    """The images' middles, moved by `shift` of one pixel at most, as vectors (N, D) of mean 0 and length 1.

    A window of one level is the vector 0.
    """
    (height, width), (down, right) = images.shape[1:], shift
    windows = images[:, 1 + down : height - 1 + down, 1 + right : width - 1 + right].reshape(len(images), -1)
    centred = windows - windows.mean(1, dtype=np.float32, keepdims=True)
    centred[windows.min(1) == windows.max(1)] = 0  # what rounding leaves is no contrast
    lengths = np.linalg.norm(centred, axis=1, keepdims=True)
    return np.asarray(centred / np.where(lengths > 0, lengths, 1), np.float32)


def verified(
    first: NDArray[np.int64], second: NDArray[np.int64], middles: NDArray[np.float32], moved: NDArray[np.float32]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float32]]:
    """Those candidates that are near copies by all their pixels, the lower position first, and their correlations."""
    other = first != second
    first, second = first[other], second[other]
    parts = range(0, len(first), BLOCK)
    likeness = [np.einsum("nd,nd->n", middles[first[i : i + BLOCK]], moved[second[i : i + BLOCK]]) for i in parts]
    correlations = np.concatenate([*likeness, np.array([], np.float32)]).clip(max=1)
    near = correlations >= NEAR
    low, high = np.minimum(first, second), np.maximum(first, second)
    return low[near], high[near], correlations[near]


def _best_of_each(
    first: NDArray[np.int64], second: NDArray[np.int64], correlations: NDArray[np.float32], n: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float32]]:
    """Each pair once, with the highest of its correlations; n: images that positions count."""
    keys, at = np.unique(first * n + second, return_inverse=True)
    best = np.zeros(len(keys), np.float32)
    np.maximum.at(best, at, correlations)
    return keys // n, keys % n, best


def find_leaks(pool: Pool, duplicates: list[Duplicates]) -> list[Leak]:
    """The images of other splits of which the training split holds a copy, in their order."""
    learned = pool.split_of == "train"
    leaks = []
    for group in duplicates:
        seen = tuple(member for member in group.members if learned[member])
        for member in group.members if seen else ():
            if not learned[member]:
                equal = any(np.array_equal(pool.images[member], pool.images[each]) for each in seen)
                conflict = any(pool.labels[member] != pool.labels[each] for each in seen)
                leaks.append(Leak(member, seen, "exact" if equal else "near", conflict))
    return sorted(leaks, key=lambda leak: leak.member)
