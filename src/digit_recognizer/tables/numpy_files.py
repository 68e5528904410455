"""npy and npz files: their headers are read before an array is made, and pickled objects never."""

from __future__ import annotations

import io
import math
import zipfile
import zlib
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from digit_recognizer.errors import DataError
from digit_recognizer.tables.named_arrays import StoredArray, stored_array
from digit_recognizer.tables.packed import MOST_HELD, damaged, whole

MAGIC = b"\x93NUMPY"
_HEADER = 4096  # bytes; an array's header is no longer than that


def read_npy_header(file: IO[bytes]) -> tuple[tuple[int, ...], np.dtype[Any]]:
    """Shape and type that an npy file states."""
    readers = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
    shape, _, dtype = readers[np.lib.format.read_magic(file)](file, max_header_size=_HEADER)
    return shape, dtype


def read_npy(path: Path) -> NDArray[Any]:
    """The array of an npy file. Raises DataError, with its name."""
    return _array_in(whole(path), str(path))


def stored_in(path: Path) -> StoredArray:
    """What the array of an npy file is, before it is read. Raises DataError."""
    try:
        with path.open("rb") as file:
            return stored_array(*read_npy_header(file))
    except Exception as error:  # untrusted bytes: the readers raise nearly anything
        raise DataError(f"{path}: is damaged, truncated or not an npy file ({error}). Save it again.") from error


def _array_in(content: bytes, name: str) -> NDArray[Any]:
    """The array of an npy file's bytes. Raises DataError for objects, and for other bytes than the header states."""
    try:
        file = io.BytesIO(content)
        shape, dtype = read_npy_header(file)
        if dtype.hasobject:
            raise DataError(f"{name}: holds Python objects, which are never unpickled. Save it as an array of numbers.")
        if math.prod(shape) * dtype.itemsize != len(content) - file.tell():
            raise DataError(f"{name}: does not hold as many values as its header states. Save it again.")
        file.seek(0)
        made: NDArray[Any] = np.load(file, allow_pickle=False)
    except DataError:
        raise
    except Exception as error:  # untrusted bytes: the readers raise nearly anything
        raise DataError(f"{name}: is damaged, truncated or not an npy file ({error}). Save it again.") from error
    return made


def arrays_of(path: Path) -> dict[str, StoredArray]:
    """The arrays of an npz file by name. Raises DataError."""
    found: dict[str, StoredArray] = {}
    try:
        with zipfile.ZipFile(path) as packed:
            for entry in packed.infolist():
                if not entry.filename.endswith(".npy"):
                    continue
                with packed.open(entry) as file:
                    shape, dtype = read_npy_header(file)
                    if not dtype.hasobject and file.tell() + math.prod(shape) * dtype.itemsize != entry.file_size:
                        raise DataError(f"{path}: {entry.filename} holds other bytes than its header states.")
                found[entry.filename.removesuffix(".npy")] = stored_array(shape, dtype)
    except DataError:
        raise
    except OSError as error:
        raise DataError(
            f"{path}: cannot be read ({error.strerror or error}). Check its name and permissions."
        ) from error
    except Exception as error:  # untrusted bytes: the readers of zip and npy raise nearly anything
        raise DataError(f"{path}: is damaged, truncated or not an npz file ({error}). Download it again.") from error
    return found


def load_from(path: Path, key: str) -> NDArray[Any]:
    """One array of an npz file."""
    try:
        with zipfile.ZipFile(path) as packed, packed.open(f"{key}.npy") as file:
            content = file.read(MOST_HELD + _HEADER)
    except (OSError, zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError) as error:
        raise damaged(f"{path}[{key}]", error) from error
    return _array_in(content, f"{path}[{key}]")
