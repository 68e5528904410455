"""A folder of class folders (torchvision's ImageFolder layout) as a data set: its classes and its splits."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

from digit_recognizer.data.pictures import FolderSplit, content_hash
from digit_recognizer.data.spec import Dataset, DatasetSpec, Split
from digit_recognizer.errors import DataError
from digit_recognizer.images import Preprocess
from digit_recognizer.images.decode import SUFFIXES

# What people call the folders of a set that is already split.
SPLIT_FOLDERS = {
    "train": "train",
    "training": "train",
    "validation": "validation",
    "valid": "validation",
    "val": "validation",
    "calibration": "calibration",
    "test": "test",
}
# Shares of an unsplit folder, in 1/256: about 60, 10, 10 and 20 %.
SHARES = (("train", 154), ("validation", 26), ("calibration", 25), ("test", 51))


def load_folder(folder: Path, preprocess: Preprocess) -> Dataset:
    """A folder of class folders, or of train / validation / calibration / test folders of class folders.

    An unsplit folder is split by the content of each file, so that equal pictures never stand in two splits and a new
    picture moves no other; its split "all" is the whole of it.
    """
    split_folders = find_split_folders(folder)
    if split_folders:
        classes = class_names(split_folders.get("train", next(iter(split_folders.values()))))
        splits: dict[str, Split] = {
            name: one_folder(place, classes, preprocess) for name, place in split_folders.items()
        }
    else:
        classes = class_names(folder)
        splits = by_content(one_folder(folder, classes, preprocess))
    spec = DatasetSpec(
        name=folder.name or str(folder),
        title=f"pictures in {folder}",
        task="multi-class",
        classes=classes,
        channels=preprocess.channels,
        size=preprocess.size,
        licence="yours",
        source=str(folder.resolve()),
        counts={name: len(split) for name, split in splits.items()},
        form=preprocess.form,
    )
    return Dataset(spec, splits)


def find_split_folders(folder: Path) -> dict[str, Path]:
    """The folder of each split; none where any other folder stands beside them, since then all are classes."""
    inside = subfolders(folder)
    if any(place.name.lower() not in SPLIT_FOLDERS for place in inside):
        return {}
    found = {SPLIT_FOLDERS[place.name.lower()]: place for place in inside}
    if len(found) < len(inside):
        raise DataError(f"{folder}: has two folders for one split ({', '.join(p.name for p in inside)}). Join them.")
    return found


def subfolders(folder: Path) -> list[Path]:
    """The visible folders in `folder`, by name."""
    return sorted(p for p in folder.iterdir() if p.is_dir() and not p.name.startswith("."))


def class_names(folder: Path) -> tuple[str, ...]:
    """The class folders' names; raises DataError for fewer than two."""
    names = tuple(p.name for p in subfolders(folder))
    if len(names) < 2:
        held = f"only the class folder {names[0]!r}" if names else "no class folders"
        raise DataError(f"{folder}: holds {held}. Give each class a folder named after it, with its pictures inside.")
    return names


def one_folder(folder: Path, classes: tuple[str, ...], preprocess: Preprocess) -> FolderSplit:
    """All pictures of one folder of class folders, in the order of torchvision's ImageFolder.

    Links to folders are not followed: one that points upwards would repeat every picture, or never end.
    """
    strange = sorted({p.name for p in subfolders(folder)} - set(classes))
    if strange:
        raise DataError(f"{folder}: has the class {strange[0]!r}, which the training folder has not.")
    found = [(file, label) for label, name in enumerate(classes) for file in pictures_below(folder / name)]
    if not found:
        raise DataError(f"{folder}: holds no pictures ({', '.join(SUFFIXES)}) in its class folders.")
    labels = np.array([label for _, label in found], dtype=np.int64)
    return FolderSplit(tuple(file for file, _ in found), labels, preprocess)


def pictures_below(folder: Path) -> list[Path]:
    """The files named like pictures in a folder and the folders below it."""
    walked = sorted(os.walk(folder, followlinks=False))
    return [Path(place) / name for place, _, names in walked for name in sorted(names) if is_picture_name(name)]


def is_picture_name(name: str) -> bool:
    return Path(name).suffix.lower() in SUFFIXES


def by_content(whole: FolderSplit) -> dict[str, Split]:
    """An unsplit folder's pictures dealt to the splits by the first byte of their SHA-256."""
    first = np.array([int(content_hash(file)[:2], 16) for file in whole.files])
    splits: dict[str, Split] = {"all": whole}
    start = 0
    for name, share in SHARES:
        chosen = np.flatnonzero((first >= start) & (first < start + share))
        start += share
        if len(chosen):
            splits[name] = whole.chosen(chosen)
    return splits
