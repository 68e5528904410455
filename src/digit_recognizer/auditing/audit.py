"""The public `audit`: what is wrong with a data set, told as lists of images and figures of its splits."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from digit_recognizer.auditing.balance import ClassCounts, Drift, class_counts, find_drift
from digit_recognizer.auditing.duplicates import Duplicates, Leak, find_duplicates, find_leaks
from digit_recognizer.auditing.out_of_fold import FEWEST, FOLDS, OutOfFold, learnable, read_out_of_fold
from digit_recognizer.auditing.pool import Pool, pooled
from digit_recognizer.auditing.suspects import Suspect, find_suspects
from digit_recognizer.data import SPLITS, ArraySplit, Dataset
from digit_recognizer.data.pictures import FolderSplit
from digit_recognizer.data.spec import in_memory
from digit_recognizer.errors import require_extra

SCHEMA = "digit-recognizer/audit/1"
_SLIGHT = 0.2  # Cohen's kappa below which agreement is slight (Landis and Koch, Biometrics 33, 1977)

_OnStep = Callable[[str, int, int], None]  # what is going on, steps of it done, steps


@dataclass(frozen=True)
class Audit:
    """What was found in a data set."""

    name: str
    pool: Pool = field(repr=False)
    suspects: list[Suspect] | None  # the most doubtful first; None where the labels could not be audited
    kappa: float | None  # of the given labels and what networks read out of fold, test images left aside
    duplicates: list[Duplicates]
    leaks: list[Leak]
    classes: list[ClassCounts]
    drift: list[Drift]
    notes: list[str]  # what could not be looked at, and why

    def to_dict(self) -> dict[str, Any]:
        """The object that `digits audit --json` writes."""
        pool = self.pool
        return {
            "schema": SCHEMA,
            "dataset": self.name,
            "n": dict(pool.counts),
            "suspects": None if self.suspects is None else [each.to_dict(pool) for each in self.suspects],
            "kappa": self.kappa,
            "duplicates": [each.to_dict(pool) for each in self.duplicates],
            "leaks": [each.to_dict(pool) for each in self.leaks],
            "classes": [each.to_dict(pool.classes) for each in self.classes],
            "drift": [each.to_dict() for each in self.drift],
            "notes": self.notes,
        }


def _ignore_step(_what: str, _done: int, _steps: int) -> None:
    """Nobody asked for the steps."""


def audit(
    splits: Mapping[str, ArraySplit],
    classes: Sequence[str],
    *,
    name: str = "data",
    files: Mapping[str, Sequence[str]] | None = None,
    seed: int = 0,
    device: str | None = None,
    on_step: _OnStep = _ignore_step,
) -> Audit:
    """Look for doubtful labels, copies, leaks into train, uneven classes and drift. The same by seed on one machine.

    splits: by name, in order; images (N, H, W) uint8, at least 8 x 8, labels (N,) 0..K-1. Leaks and drift are told of
        the splits beside the one named "train". classes: the K names. files: the name of each image, by split.
    Test images are inspected as all others are; no model is chosen or scored by them.
    Raises DataError for splits that do not fit together, MissingExtraError without the extra [audit].
    """
    require_extra("audit", "Auditing")
    pool = pooled(splits, classes, files)
    on_step("looking for copies", 0, 1)
    duplicates = find_duplicates(pool)
    suspects, kappa, notes = _audit_labels(pool, duplicates, seed, device, on_step)
    leaks = find_leaks(pool, duplicates)
    return Audit(name, pool, suspects, kappa, duplicates, leaks, class_counts(pool), find_drift(pool), notes)


def _audit_labels(
    pool: Pool, duplicates: list[Duplicates], seed: int, device: str | None, on_step: _OnStep
) -> tuple[list[Suspect] | None, float | None, list[str]]:
    """The doubtful labels, the networks' agreement with the given ones, and what could not be audited and why."""
    known = learnable(pool, duplicates)
    present = np.unique(pool.labels)
    if len(known) < 2:
        why = f"only {len(known)} of {len(pool.classes)} classes have {FEWEST} different images; two are needed"
        return None, None, [f"The labels were not audited: {why}."]
    notes = [
        f"The labels of class {pool.classes[label]!r} were not audited: it has fewer than {FEWEST} different images."
        for label in np.setdiff1d(present, known)
    ]
    on_step("reading what was not learned", 0, FOLDS)
    read = read_out_of_fold(
        pool, known, duplicates, seed, device, lambda done: on_step("reading what was not learned", done, FOLDS)
    )
    kappa = agreement(pool, read)
    if kappa is not None and kappa < _SLIGHT:
        why = f"networks hardly learn them (Cohen's kappa with the out-of-fold predictions is {kappa:.2f})"
        return None, kappa, [*notes, f"No label is called doubtful: {why}."]
    return find_suspects(pool, read), kappa, notes


def agreement(pool: Pool, read: OutOfFold) -> float | None:
    """Cohen's kappa of the given labels and the most probable ones, of test images only where there are no others.

    None where one class alone is given.
    """
    from sklearn.metrics import cohen_kappa_score

    chosen = pool.split_of[read.members] != "test"
    if not chosen.any():
        chosen[:] = True
    given = pool.labels[read.members][chosen]
    if len(np.unique(given)) < 2:
        return None
    return float(cohen_kappa_score(given, read.known[read.probabilities.argmax(1)][chosen]))


def audit_dataset(
    dataset: Dataset, *, seed: int = 0, device: str | None = None, on_step: _OnStep = _ignore_step
) -> Audit:
    """Audit a loaded data set; pictures of a folder are read into memory, as the networks see them, and named."""
    # An unsplit folder's "all" is its other splits once more.
    names = [name for name in SPLITS if name in dataset.splits] or list(dataset.splits)
    splits = {name: dataset.splits[name] for name in names}
    files = {name: split.names() for name, split in splits.items() if isinstance(split, FolderSplit)}
    held = {name: in_memory(split) for name, split in splits.items()}
    spec = dataset.spec
    return audit(held, spec.classes, name=spec.name, files=files, seed=seed, device=device, on_step=on_step)
