"""How evenly a split's classes are filled, and how far another split departs from the training split."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from digit_recognizer.auditing.pool import Pool
from digit_recognizer.data.spec import Images

# A small effect (Cohen 1988, chapters 7 and 2) that chance alone makes in less than one of a hundred comparisons.
_NOTABLE_V, _NOTABLE_DIFFERENCE = 0.1, 0.2
_CHANCE, _DEVIATIONS = 0.01, 2.58


@dataclass(frozen=True)
class ClassCounts:
    """How many images of each class a split holds."""

    split: str
    counts: tuple[int, ...]  # K
    ratio: float | None  # the largest count by the smallest; None where a class is empty

    def to_dict(self, classes: tuple[str, ...]) -> dict[str, Any]:
        """The counts as `digits audit --json` writes them."""
        empty = [name for name, count in zip(classes, self.counts, strict=True) if not count]
        counts = dict(zip(classes, self.counts, strict=True))
        return {"split": self.split, "counts": counts, "ratio": self.ratio, "empty": empty}


@dataclass(frozen=True)
class Drift:
    """How far a split departs from the training split. A figure is None where it is undefined."""

    split: str
    n: int  # images of this split
    n_train: int
    p_value: float | None  # of Pearson's chi-square test that both splits have the same shares of classes
    cramers_v: float | None  # the size of that departure, 0..1; None where both hold one and the same class alone
    # Difference of means by the pooled standard deviation, this split minus train; None where nothing varies.
    brightness: float | None  # of the images' mean grey level
    contrast: float | None  # of the standard deviation of an image's levels
    sharpness: float | None  # of the mean difference of neighbouring pixels

    @property
    def notable(self) -> bool:
        """Whether any departure is at least a small effect, and more than chance would make of so few images."""
        by_chance = _DEVIATIONS * (1 / self.n + 1 / self.n_train) ** 0.5
        pixels = [abs(each) for each in (self.brightness, self.contrast, self.sharpness) if each is not None]
        classes = self.p_value is not None and self.p_value < _CHANCE and (self.cramers_v or 0) >= _NOTABLE_V
        return classes or any(each >= max(_NOTABLE_DIFFERENCE, by_chance) for each in pixels)

    def to_dict(self) -> dict[str, Any]:
        """The figures as `digits audit --json` writes them."""
        return asdict(self) | {"notable": self.notable}


def class_counts(pool: Pool) -> list[ClassCounts]:
    """The classes of each split."""
    return [_count_classes(pool, split) for split in pool.counts]


def _count_classes(pool: Pool, split: str) -> ClassCounts:
    """The classes of one split."""
    counts = np.bincount(pool.labels[pool.split_of == split], minlength=len(pool.classes))
    return ClassCounts(split, tuple(map(int, counts)), float(counts.max() / counts.min()) if counts.min() else None)


def find_drift(pool: Pool) -> list[Drift]:
    """Each other split beside train; none where there is no train, or nothing in it."""
    if not pool.counts.get("train"):
        return []
    figures = image_figures(pool.images)
    learned = pool.split_of == "train"
    found = []
    for split in (name for name, n in pool.counts.items() if n and name != "train"):
        inside = pool.split_of == split
        shares = compare_classes(pool.labels[learned], pool.labels[inside], len(pool.classes))
        pixels = standardised_difference(figures[inside], figures[learned])
        found.append(Drift(split, pool.counts[split], pool.counts["train"], *shares, *pixels))
    return found


def compare_classes(
    train: NDArray[np.int64], other: NDArray[np.int64], classes: int
) -> tuple[float | None, float | None]:
    """The p-value of the chi-square test and Cramér's V of two sets of labels, (n,) and (m,); None where undefined."""
    from scipy.stats import chi2_contingency
    from scipy.stats.contingency import association

    table = np.stack([np.bincount(labels, minlength=classes) for labels in (train, other)])
    table = table[:, table.any(0)]
    if table.shape[1] < 2:
        return None, None
    return float(chi2_contingency(table, correction=False).pvalue), float(association(table, method="cramer"))


def image_figures(images: Images) -> NDArray[np.float64]:
    """Brightness, contrast and sharpness of each image (N, H, W), (N, 3), in grey levels."""
    parts = [_figures_of(images[start : start + 2048].astype(np.float32)) for start in range(0, len(images), 2048)]
    return np.concatenate(parts)


def _figures_of(images: NDArray[np.float32]) -> NDArray[np.float64]:
    """The three figures of a few images."""
    across, down = np.abs(np.diff(images, axis=2)).mean((1, 2)), np.abs(np.diff(images, axis=1)).mean((1, 2))
    return np.stack([images.mean((1, 2)), images.std((1, 2)), (across + down) / 2], 1).astype(np.float64)


def standardised_difference(other: NDArray[np.float64], train: NDArray[np.float64]) -> list[float | None]:
    """Means of `other` (n, F) minus those of `train` (m, F), by the root of the mean of both variances (Austin 2009).

    None for a column that varies in neither, and for all where either holds one image.
    """
    if min(len(other), len(train)) < 2:
        return [None] * train.shape[1]
    spread = np.sqrt((other.var(0, ddof=1) + train.var(0, ddof=1)) / 2)
    difference = other.mean(0) - train.mean(0)
    return [float(d / s) if s > 0 else None for d, s in zip(difference, spread, strict=True)]
