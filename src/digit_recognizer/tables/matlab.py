"""MATLAB's and HDF5's files: arrays by name, read with SciPy and h5py where these are installed."""

from __future__ import annotations

import importlib
import importlib.util
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from digit_recognizer.errors import DataError, require_extra
from digit_recognizer.tables.named_arrays import StoredArray, stored_array

_MAT_MARK = b"MATLAB 5.0"
HDF5_MARK = b"\x89HDF\r\n\x1a\n"
HIDDEN = "__"  # how MATLAB's own entries begin
_DEEPEST = 8
_MOST_MATLAB = 2**33  # bytes of an array, were all its values doubles, as most are not


def arrays_of_mat(path: Path) -> dict[str, StoredArray]:
    """The arrays of a MATLAB file (version 5), those inside structs by their path: "dataset/train/images"."""
    require_extra("stats", f"Reading {path.name}")
    from scipy.io import whosmat

    def listed() -> list[tuple[str, tuple[int, ...], str]]:
        return list(whosmat(str(path)))

    stated = _guarded(path, listed)
    if any(8 * math.prod(shape) > _MOST_MATLAB for _, shape, _ in stated):
        raise DataError(f"{path}: states arrays larger than are read.")
    structs = [name for name, _, kind in stated if kind in ("struct", "cell", "object")]
    plain = {name: StoredArray(tuple(shape), _kind(kind)) for name, shape, kind in stated if name not in structs}
    if not structs:
        return plain
    return plain | {key: stored_array(each.shape, each.dtype) for key, each in _inside(path, structs).items()}


def _kind(matlab: str) -> str:
    """The kind of MATLAB's types, as numpy has it."""
    return {"double": "f", "single": "f", "logical": "b", "char": "U"}.get(matlab, "u" if matlab[:1] == "u" else "i")


def load_mat(path: Path, key: str) -> NDArray[Any]:
    """One array of a MATLAB file."""
    name = key.split("/")[0]
    if "/" in key:
        return _inside(path, [name])[key]
    return np.asarray(_variables(path, [name])[name])


def _variables(path: Path, names: list[str]) -> dict[str, Any]:
    from scipy.io import loadmat

    def read() -> dict[str, Any]:
        found: dict[str, Any] = loadmat(str(path), variable_names=names)
        return found

    made: dict[str, Any] = _guarded(path, read)
    return made


def _guarded(path: Path, read: Any) -> Any:
    """What a reader of SciPy's returns; it raises nearly anything on damaged bytes."""
    try:
        return read()
    except Exception as error:
        raise DataError(f"{path}: is damaged or of an unusual kind ({error}). Save it again, as -v7.") from error


def _inside(path: Path, names: list[str]) -> dict[str, NDArray[Any]]:
    """The arrays inside structs, by their paths."""
    found: dict[str, NDArray[Any]] = {}

    def walk(prefix: str, value: Any, depth: int) -> None:
        names = getattr(getattr(value, "dtype", None), "names", None)
        if names and value.size == 1 and depth < _DEEPEST:
            for name in names:
                walk(f"{prefix}/{name}", value.reshape(-1)[0][name], depth + 1)
        elif isinstance(value, np.ndarray):
            found[prefix] = value

    for name, value in _variables(path, names).items():
        if not name.startswith(HIDDEN):
            walk(name, value, 0)
    return found


def arrays_of_hdf5(path: Path) -> dict[str, StoredArray]:
    """The arrays of an HDF5 file by their paths. Links to other files are not followed."""
    require_extra("hdf5", f"Reading {path.name}, an HDF5 file,")
    h5py: Any = importlib.import_module("h5py")
    found: dict[str, StoredArray] = {}

    def note(name: str, item: Any) -> None:
        if isinstance(item, h5py.Dataset) and not name.startswith("#") and not item.external and not item.is_virtual:
            text = h5py.check_string_dtype(item.dtype) is not None
            found[name] = StoredArray(item.shape or (), "S") if text else stored_array(item.shape or (), item.dtype)

    def read() -> None:
        with h5py.File(path, "r") as file:
            file.visititems(note)

    _guarded(path, read)
    return found


def load_hdf5(path: Path, key: str) -> NDArray[Any]:
    """One array of an HDF5 file; of one that MATLAB wrote, with its axes in MATLAB's order."""
    h5py: Any = importlib.import_module("h5py")

    def read() -> NDArray[Any]:
        with h5py.File(path, "r") as file:
            item = file[key]
            words = h5py.check_string_dtype(item.dtype) is not None
            values = np.asarray(item.asstr()[()]).astype(np.str_) if words else np.asarray(item[()])
            return values.T if "MATLAB_class" in item.attrs else values

    made: NDArray[Any] = _guarded(path, read)
    return made


def is_mat(start: bytes) -> bool:
    """Whether a file is MATLAB's version 5, by its first bytes."""
    return start.startswith(_MAT_MARK)


def is_hdf5(start: bytes) -> bool:
    """Whether a file is HDF5, by its first bytes; MATLAB's (-v7.3) have 512 bytes of their own before it."""
    return start.startswith(HDF5_MARK) or start[512:520] == HDF5_MARK


def short_names(stored: Mapping[str, StoredArray]) -> dict[str, str]:
    """The arrays' names without the structs that hold all of them -> their paths: "train/images", as names say."""
    parts = [key.split("/") for key in stored]
    common = 0
    while parts and all(len(each) > common + 1 and each[common] == parts[0][common] for each in parts):
        common += 1
    return {"/".join(key.split("/")[common:]): key for key in stored}
