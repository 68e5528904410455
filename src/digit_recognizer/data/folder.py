"""A folder of class folders (torchvision's ImageFolder layout) as a data set that need not fit in memory."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from digit_recognizer.data.spec import Dataset, DatasetSpec, Images, Labels, Split
from digit_recognizer.errors import DataError, ImageError
from digit_recognizer.files import sha256_of
from digit_recognizer.images import Preprocess, read_picture
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
SMALL = 512  # pictures that one process decodes sooner than workers start


@dataclass(frozen=True)
class Prepare:
    """Reads one file of a class folder as a network sees it; a plain object, so that workers can be sent it."""

    preprocess: Preprocess

    def __call__(self, path: str) -> Images | str:
        """The prepared image (H, W) uint8, all zero where there is no ink; or what is wrong with the file."""
        try:
            fitted = self.preprocess.fit(read_picture(path))
        except ImageError as error:
            return str(error)
        size = self.preprocess.size
        return np.zeros((size, size), np.uint8) if fitted is None else fitted


@dataclass(frozen=True)
class FolderSplit:
    """Pictures on disk, decoded and prepared by a DataLoader's workers as they are asked for."""

    files: tuple[Path, ...] = field(repr=False)
    labels: Labels = field(repr=False)
    preprocess: Preprocess

    def __len__(self) -> int:
        return len(self.files)

    @cached_property
    def sha256(self) -> str:
        digest = hashlib.sha256()
        for file, label in zip(self.files, self.labels, strict=True):
            digest.update(f"{content_hash(file)} {label}\n".encode())
        return digest.hexdigest()

    def take(self, indices: NDArray[np.int64]) -> Images:
        if not len(indices):
            return np.zeros((0, self.preprocess.size, self.preprocess.size), np.uint8)
        part = FolderSplit(tuple(self.files[i] for i in indices), self.labels[indices], self.preprocess)
        return np.concatenate([*part.batches(256)])

    def joined(self, *others: Split) -> FolderSplit:
        parts = [self, *(other for other in others if isinstance(other, FolderSplit))]
        files = tuple(file for part in parts for file in part.files)
        return FolderSplit(files, np.concatenate([part.labels for part in parts]), self.preprocess)

    def batches(self, size: int, order: NDArray[np.int64] | None = None) -> Iterator[Images]:
        """Raises DataError, naming the file, where a picture cannot be read."""
        from torch.utils.data import DataLoader

        workers = 0 if len(self) < SMALL else min(4, os.cpu_count() or 1)
        read = Prepare(self.preprocess)
        loader: DataLoader[Any] = DataLoader(
            PictureFiles(self.files, read),  # type: ignore[arg-type]  # a map-style set by its methods
            batch_size=size,
            sampler=None if order is None else order.tolist(),
            num_workers=workers,
            collate_fn=stack,
        )
        for images in loader:
            if isinstance(images, str):
                raise DataError(f"{images}\nMend or remove that file; nothing else was changed.")
            yield images


@dataclass(frozen=True)
class PictureFiles:
    """What a DataLoader's workers index."""

    files: tuple[Path, ...]
    read: Prepare

    def __len__(self) -> int:
        return len(self.files)

    def __getitem__(self, index: int) -> Images | str:
        return self.read(str(self.files[index]))


def stack(read: list[Images | str]) -> Images | str:
    """A batch (n, H, W), or the first complaint in it."""
    images = [item for item in read if not isinstance(item, str)]
    complaints = [item for item in read if isinstance(item, str)]
    return complaints[0] if complaints else np.stack(images)


def load_folder(folder: Path, preprocess: Preprocess) -> Dataset:
    """A folder of class folders, or of train / validation / calibration / test folders of class folders.

    An unsplit folder is split by the content of each file, so that equal pictures never stand in two splits and a new
    picture moves no other; its split "all" is the whole of it.
    """
    split_folders = {SPLIT_FOLDERS[p.name.lower()]: p for p in subfolders(folder) if p.name.lower() in SPLIT_FOLDERS}
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
        channels=1,
        size=preprocess.size,
        licence="yours",
        source=str(folder),
        counts={name: len(split) for name, split in splits.items()},
    )
    return Dataset(spec, splits)


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
    """All pictures of one folder of class folders, as torchvision's ImageFolder finds them."""
    from torchvision.datasets import ImageFolder

    strange = sorted({p.name for p in subfolders(folder)} - set(classes))
    if strange:
        raise DataError(f"{folder}: has the class {strange[0]!r}, which the training folder has not.")
    found = ImageFolder(str(folder), is_valid_file=lambda path: Path(path).suffix.lower() in SUFFIXES, allow_empty=True)
    # ImageFolder takes hidden folders for classes too.
    named = [(Path(path), found.classes[label]) for path, label in found.samples]
    visible = [(path, classes.index(name)) for path, name in named if name in classes]
    if not visible:
        raise DataError(f"{folder}: holds no pictures ({', '.join(SUFFIXES)}) in its class folders.")
    labels = np.array([label for _, label in visible], dtype=np.int64)
    return FolderSplit(tuple(path for path, _ in visible), labels, preprocess)


def content_hash(file: Path) -> str:
    """The SHA-256 of a picture file. Raises DataError, naming it, for what cannot be read or would never end."""
    try:
        if not file.is_file():
            raise DataError(f"{file}: is no regular file, so it is not read. Remove it.")
        return sha256_of(file)
    except OSError as error:
        raise DataError(f"{file}: cannot be read ({error.strerror}). Check its rights, or remove it.") from error


def by_content(whole: FolderSplit) -> dict[str, Split]:
    """An unsplit folder's pictures dealt to the splits by the first byte of their SHA-256."""
    first = np.array([int(content_hash(file)[:2], 16) for file in whole.files])
    splits: dict[str, Split] = {"all": whole}
    start = 0
    for name, share in SHARES:
        chosen = np.flatnonzero((first >= start) & (first < start + share))
        start += share
        if len(chosen):
            files = tuple(whole.files[i] for i in chosen)
            splits[name] = FolderSplit(files, whole.labels[chosen], whole.preprocess)
    return splits
