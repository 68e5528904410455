"""The facts of a set that a user names: a folder, an archive or a table."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from digit_recognizer.data.spec import Dataset, DatasetSpec, Split
from digit_recognizer.images import Preprocess


def own_set(
    place: Path,
    name: str,
    title: str,
    classes: tuple[str, ...],
    preprocess: Preprocess,
    splits: Mapping[str, Split],
    *,
    clinical: bool,
    several: bool = False,
) -> Dataset:
    """A user's own pictures as a data set. clinical: they are of patients, so that they are not for clinical use.

    place: where they lie. several: a picture may have several labels.
    """
    spec = DatasetSpec(
        name=name,
        title=title,
        task="multi-label" if several else "multi-class",
        classes=classes,
        channels=preprocess.channels,
        size=preprocess.size,
        licence="yours",
        source=str(place.resolve()),
        counts={part: len(split) for part, split in splits.items()},
        form=preprocess.form,
        as_is=bool(preprocess.as_is),
        clinical=clinical,
    )
    return Dataset(spec, splits)
