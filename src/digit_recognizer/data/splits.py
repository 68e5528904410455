"""Which training images are held out: MNIST's by writer (committed lists), other sets' by a seeded draw."""

from __future__ import annotations

from importlib import resources

import numpy as np

from digit_recognizer.data.spec import ArraySplit, Labels, Split

_HELD_OUT = ("validation", "calibration")


def mnist_held_out() -> dict[str, Labels]:
    """Indices into MNIST's 60,000 training images, 5,000 a part; no writer is in two parts.

    A random part would share all its writers with the rest and flatter: the test writers are strangers.
    """
    folder = resources.files("digit_recognizer.data") / "mnist"
    return {part: np.array((folder / f"{part}.txt").read_text("ascii").split(), dtype=np.int64) for part in _HELD_OUT}


def drawn_held_out(labels: Labels, count: int, seed: int = 0) -> dict[str, Labels]:
    """`count` indices for each held-out part, with every class in its share; for sets whose authors are unknown."""
    from sklearn.model_selection import train_test_split

    everything = np.arange(len(labels))
    rest, first = train_test_split(everything, test_size=count, stratify=labels, random_state=seed)
    _, second = train_test_split(rest, test_size=count, stratify=labels[rest], random_state=seed)
    return dict(zip(_HELD_OUT, (np.sort(first), np.sort(second)), strict=True))


def parted(training: ArraySplit, held_out: dict[str, Labels], test: ArraySplit) -> dict[str, Split]:
    """The four splits: what is held out of the published training images, the rest of them, and the test images."""
    rest = np.setdiff1d(np.arange(len(training)), np.concatenate(list(held_out.values())))
    parts = {"train": rest, **held_out}
    made: dict[str, Split] = {name: training.chosen(indices) for name, indices in parts.items()}
    return {**made, "test": test}


def halves(labels: Labels, seed: int = 0) -> dict[str, Labels]:
    """Indices of published validation images as validation and calibration, half each, by a seeded draw.

    labels: (N,), and then every class with two images has its share in both, or (N, K) of several labels a case.
    """
    from sklearn.model_selection import train_test_split

    single = labels.ndim == 1 and len(labels) and np.bincount(labels)[labels].min() > 1
    first, second = train_test_split(
        np.arange(len(labels)), test_size=0.5, stratify=labels if single else None, random_state=seed
    )
    return dict(zip(_HELD_OUT, (np.sort(first), np.sort(second)), strict=True))
