"""Small made files in MedMNIST's layout: every task, grey and colour."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from digit_recognizer.data import DatasetSpec
from tiny import shifted_seed

COUNTS = {"train": 40, "validation": 20, "test": 10}


def small_spec(task: str, classes: int, channels: int = 1, size: int = 28, symmetry: str = "none") -> DatasetSpec:
    """A set as small as can be of one kind; its published file is none at all."""
    names = tuple(f"class {k}" for k in range(classes))
    positive = 0 if task == "binary" else None
    return DatasetSpec(
        *("made", "made patterns", task, names, channels, size, "none", "made"),
        counts=COUNTS,
        md5={"made.npz": "0" * 32},
        positive=positive,
        form="picture",
        symmetry=symmetry,
        clinical=True,
    )


SMALL = (
    small_spec("binary", 2),
    small_spec("multi-class", 4, channels=3, size=12, symmetry="all"),
    small_spec("ordinal", 3, channels=3, symmetry="mirror"),
    small_spec("multi-label", 3, size=20),
)


def arrays_of(spec: DatasetSpec, seed: int = 0) -> dict[str, Any]:
    """Arrays of a file: every class has a pattern of its own, under noise; several labels add their patterns."""
    rng = np.random.default_rng(shifted_seed(seed))
    form = (spec.size, spec.size) + ((3,) if spec.channels == 3 else ())
    patterns = np.random.default_rng(shifted_seed(1)).integers(0, 120, (len(spec.classes), *form))
    arrays: dict[str, Any] = {}
    for part, n in zip(("train", "val", "test"), spec.counts.values(), strict=True):
        several = rng.integers(0, 2, (n, len(spec.classes)))
        single = np.eye(len(spec.classes), dtype=int)[np.arange(n) % len(spec.classes)]
        shown = several if spec.task == "multi-label" else single
        noise = rng.integers(0, 40, (n, *form))
        images = np.tensordot(shown, patterns, 1) + noise
        arrays[f"{part}_images"] = np.minimum(images, 255).astype(np.uint8)
        arrays[f"{part}_labels"] = (shown if spec.task == "multi-label" else shown.argmax(1)[:, None]).astype(np.uint8)
    return arrays


def write_npz(path: Path, arrays: dict[str, Any]) -> Path:
    np.savez_compressed(path, **arrays)
    return path
