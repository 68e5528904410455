"""Images and labels of an npz file in MedMNIST's layout, its shapes and bytes checked before an array is made."""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from digit_recognizer.data.spec import ArraySplit, DatasetSpec, Labels
from digit_recognizer.errors import DataError
from digit_recognizer.tables.numpy_files import read_npy_header

PARTS = {"train": "train", "validation": "val", "test": "test"}  # our splits -> what the files call them
_SLACK = 2  # times the published number of images: the most that another file may hold
_LAYOUT = "train_images, train_labels, val_images, val_labels, test_images, test_labels"


@dataclass(frozen=True)
class Stated:
    """What an array in the file says of itself."""

    shape: tuple[int, ...]
    dtype: np.dtype[Any]


def read_npz(path: Path, spec: DatasetSpec) -> dict[str, ArraySplit]:
    """The published splits, train, validation and test. Raises DataError, naming the file, for anything else."""
    try:
        with zipfile.ZipFile(path) as packed:
            stated = {name: _look_at(packed, name) for name in _LAYOUT.split(", ")}
        _check_shapes(stated, spec)
        with np.load(path, allow_pickle=False) as arrays:
            return {
                split: ArraySplit(arrays[f"{part}_images"], _as_labels(arrays[f"{part}_labels"], spec))
                for split, part in PARTS.items()
            }
    except DataError as error:
        raise DataError(f"{path}: {error}") from error
    except OSError as error:
        raise DataError(
            f"{path}: cannot be read ({error.strerror or error}). Check its name and permissions."
        ) from error
    except Exception as error:  # untrusted bytes: the readers of zip and npy raise nearly anything
        raise DataError(f"{path}: is damaged, truncated or not an npz file ({error}). Download it again.") from error


def _look_at(packed: zipfile.ZipFile, name: str) -> Stated:
    """The header of one array; what it states must be what lies there."""
    try:
        entry = packed.getinfo(f"{name}.npy")
    except KeyError:
        raise DataError(f"holds no {name}. A file of MedMNIST's layout has {_LAYOUT}.") from None
    with packed.open(entry) as file:
        shape, dtype = read_npy_header(file)
        start = file.tell()
    if dtype.hasobject or dtype.kind not in "ui" or dtype.itemsize > 8:
        raise DataError(f"its {name} have the type {dtype}, not whole numbers.")
    if start + int(np.prod(shape, dtype=object)) * dtype.itemsize != entry.file_size:
        raise DataError(f"its {name} are fewer or more than the header says. Download the file again.")
    return Stated(shape, dtype)


def _check_shapes(stated: dict[str, Stated], spec: DatasetSpec) -> None:
    """Raise DataError where an array is not of the set's form or is larger than the published set's could be."""
    form = (spec.size, spec.size) + ((3,) if spec.channels == 3 else ())
    columns = len(spec.classes) if spec.task == "multi-label" else 1
    most = _SLACK * sum(spec.counts.values())
    for part in PARTS.values():
        images, labels = stated[f"{part}_images"], stated[f"{part}_labels"]
        n = images.shape[0] if images.shape else 0
        if images.shape[1:] != form or images.dtype != np.uint8 or not 0 < n <= most:
            raise DataError(
                f"its {part}_images are {images.shape} {images.dtype}; {spec.name} has at most {most:,} of"
                f" {form} uint8."
            )
        if labels.shape not in {(n, columns)} | ({(n,)} if columns == 1 else set()):
            raise DataError(f"its {part}_labels have the shape {labels.shape}; {n:,} images need ({n}, {columns}).")


def _as_labels(values: NDArray[Any], spec: DatasetSpec) -> Labels:
    """Labels (N,) 0..K-1, or (N, K) of 0 and 1. Raises DataError for one that is no class."""
    several = spec.task == "multi-label"
    labels = values.astype(np.int64) if several else values.astype(np.int64).reshape(-1)
    most = 1 if several else len(spec.classes) - 1
    if labels.min(initial=0) < 0 or labels.max(initial=0) > most:
        raise DataError(f"its labels run from {labels.min()} to {labels.max()}; {spec.name} has 0 to {most}.")
    return labels
