"""Whose pictures they are: patients as numbers, and the split that each falls to. Their names are kept nowhere."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from digit_recognizer.data.cache import warn
from digit_recognizer.data.pictures import file_of
from digit_recognizer.dicom.elements import ISSUER, PATIENT_ID, StructureError, value_of
from digit_recognizer.dicom.names import first_bytes, is_dicom, is_dicom_file
from digit_recognizer.errors import DataError

# Shares of a set that is not split, in 1/256: about 60, 10, 10 and 20 %.
SHARES = (("train", 154), ("validation", 26), ("calibration", 25), ("test", 51))
HEAD = 2**20  # bytes of a DICOM file, within which its patient stands


def split_of(key: str) -> str:
    """The split that a hash (hexadecimal) falls to."""
    first = int(key[:2], 16)
    for name, share in SHARES:
        first -= share
        if first < 0:
            return name
    return SHARES[-1][0]


def numbered(names: Sequence[str] | NDArray[np.str_]) -> NDArray[np.str_]:
    """Names (N,) as numbers in the order in which they first occur."""
    _, first, places = np.unique(names, return_index=True, return_inverse=True)
    rank = np.argsort(np.argsort(first))
    return np.array([str(rank[place] + 1) for place in places], np.str_)


def dicom_patients(files: Sequence[Path]) -> list[str] | None:
    """A hash of whom each picture is of, (N,), where all are DICOM files that state it; None otherwise.

    One patient in all files is the mark of a set that was made anonymous: then, too, it is not known, with a warning.
    """
    keys: dict[Path, str] = {}
    for file in map(file_of, files):
        key = keys.get(file) or _patient_key(file)
        if key is None:
            return None
        keys[file] = key
    if len(set(keys.values())) == 1 and len(keys) > 1:
        warn("All DICOM files state the same patient, so the patients are treated as unknown.")
        return None
    return [keys[file_of(file)] for file in files] if keys else None


def check_apart(place: Path, patients: NDArray[np.str_], splits: NDArray[np.str_]) -> None:
    """Raise DataError for a patient in two splits. patients, splits: of each usable picture in its order, (N,)."""
    pairs = np.unique(np.stack([patients, splits]), axis=1)
    twice, counts = np.unique(pairs[0], return_counts=True)
    if (counts > 1).any():
        row = int(np.flatnonzero(patients == twice[counts > 1][0])[0]) + 1
        raise DataError(
            f"{place}: {(counts > 1).sum():,} patients are in two splits, first that of usable row {row}."
            " This makes the accuracy too high. Give each patient one split, or leave the splits out."
        )


def has_dicom(files: Sequence[Path]) -> bool:
    """Whether any of the pictures is of a DICOM file."""
    return any(is_dicom_file(file_of(file)) for file in files)


def _patient_key(file: Path) -> str | None:
    """A hash of a DICOM file's patient and of who named that (PS3.3, C.7.1.1); None where it states none."""
    content = first_bytes(file, HEAD)
    try:
        patient = value_of(content, PATIENT_ID) if is_dicom(content) else b""
        return hashlib.sha256(value_of(content, ISSUER) + b"\0" + patient).hexdigest() if patient else None
    except StructureError:  # whatever is wrong with it is told when it is read
        return None
