"""A folder of class folders (torchvision's ImageFolder layout) as a data set: its classes and its splits."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import numpy as np

from digit_recognizer.data.class_names import in_order
from digit_recognizer.data.patients import check_apart, dealt, dicom_patients, has_dicom, numbered
from digit_recognizer.data.pictures import FolderSplit, content_hash
from digit_recognizer.data.spec import PATIENT, SPLITS, Dataset, DatasetSpec, Split
from digit_recognizer.errors import DataError
from digit_recognizer.images import Preprocess, is_picture, page_names
from digit_recognizer.images.decode import SUFFIXES
from digit_recognizer.images.dicom_names import is_dicom_file

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


def load_folder(folder: Path, preprocess: Preprocess, keep_ids: bool = False) -> Dataset:
    """A folder of class folders, or of train / validation / calibration / test folders of class folders.

    An unsplit folder is split by the content of each file, so that equal pictures never stand in two splits and a new
    picture moves no other; its split "all" is the whole of it. DICOM files that state their patients are split by
    these. keep_ids: as for load_dataset.
    """
    split_folders = find_split_folders(folder)
    if split_folders:
        classes = class_names(split_folders.get("train", next(iter(split_folders.values()))))
        parts = {name: one_folder(place, classes, preprocess, keep_ids) for name, place in split_folders.items()}
        splits: dict[str, Split] = {**with_patients(folder, parts)}
    else:
        classes = class_names(folder)
        splits = by_hash(one_folder(folder, classes, preprocess, keep_ids))
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
        clinical=any(isinstance(split, FolderSplit) and has_dicom(split.files) for split in splits.values()),
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
    """The class folders' names in their natural order (2 before 10); raises DataError for fewer than two."""
    names = in_order(p.name for p in subfolders(folder))
    if len(names) < 2:
        held = f"only the class folder {names[0]!r}" if names else "no class folders"
        raise DataError(f"{folder}: holds {held}. Give each class a folder named after it, with its pictures inside.")
    return names


def one_folder(folder: Path, classes: tuple[str, ...], preprocess: Preprocess, keep_ids: bool) -> FolderSplit:
    """All pictures of one folder of class folders, class by class.

    Links to folders are not followed: one that points upwards would repeat every picture, or never end.
    """
    strange = sorted({p.name for p in subfolders(folder)} - set(classes))
    if strange:
        raise DataError(f"{folder}: has the class {strange[0]!r}, which the training folder has not.")
    found = [(file, label) for label, name in enumerate(classes) for file in pictures_below(folder / name)]
    if not found:
        raise DataError(f"{folder}: holds no pictures ({', '.join(SUFFIXES)}) in its class folders.")
    labels = np.array([label for _, label in found], dtype=np.int64)
    files = tuple(file for file, _ in found)
    return FolderSplit(files, labels, preprocess, keep_ids=keep_ids)


def pictures_below(folder: Path) -> list[Path]:
    """The pictures in a folder and the folders below it; of a DICOM file each frame."""
    walked = sorted(os.walk(folder, followlinks=False))
    files = [
        Path(place) / name for place, _, names in walked for name in sorted(names) if is_picture(Path(place) / name)
    ]
    return [Path(name) for file in files for name in (page_names(str(file)) if is_dicom_file(file) else (str(file),))]


def with_patients(folder: Path, parts: dict[str, FolderSplit]) -> dict[str, FolderSplit]:
    """Splits that someone made, with the patients that DICOM files state. Raises DataError for one in two of them."""
    patients = dicom_patients([file for part in parts.values() for file in part.files])
    if patients is None:
        return parts
    numbers, names = numbered(patients), np.repeat(list(parts), [len(part) for part in parts.values()])
    check_apart(folder, numbers, names)
    return {name: replace(part, columns={PATIENT: numbers[names == name]}) for name, part in parts.items()}


def by_hash(whole: FolderSplit) -> dict[str, Split]:
    """An unsplit folder's pictures dealt to the splits by the SHA-256 of their patients, or else of their content."""
    patients = dicom_patients(whole.files)
    if patients:
        whole = replace(whole, columns={PATIENT: numbered(patients)})
    names = np.array([dealt(key) for key in patients or map(content_hash, whole.files)], np.str_)
    splits: dict[str, Split] = {"all": whole}
    for name in SPLITS:
        chosen = np.flatnonzero(names == name)
        if len(chosen):
            splits[name] = whole.chosen(chosen)
    return splits
