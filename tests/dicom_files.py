"""DICOM files made with pydicom, as machines and as attackers would write them; each names a patient."""

from __future__ import annotations

import io
import struct
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
from numpy.typing import NDArray
from pydicom.data import get_testdata_file
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.uid import (
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    SecondaryCaptureImageStorage,
)

PATIENT, NUMBER = "Doe^Jane", "HOSPITAL-4711"  # must appear nowhere
NATIVE = {"implicit": ImplicitVRLittleEndian, "explicit": ExplicitVRLittleEndian, "big endian": ExplicitVRBigEndian}
INSTANCE = "1.2.826.0.1.3680043.8.498.4711"


def made(stored: NDArray[Any], **elements: Any) -> FileDataset:
    """A file of stored values (H, W), (H, W, 3) or (N, H, W) of 8 or 16 bits, with further elements by keyword."""
    meta = FileMetaDataset()
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    meta.MediaStorageSOPClassUID = SecondaryCaptureImageStorage
    meta.MediaStorageSOPInstanceUID = INSTANCE
    dataset = FileDataset("made.dcm", {}, file_meta=meta, preamble=b"\0" * 128)
    dataset.PatientName, dataset.PatientID = PATIENT, NUMBER
    dataset.SOPClassUID, dataset.SOPInstanceUID = SecondaryCaptureImageStorage, meta.MediaStorageSOPInstanceUID
    colour = stored.ndim == 3 and stored.shape[2] == 3
    bits = 8 * stored.itemsize
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation = (3, "RGB") if colour else (1, "MONOCHROME2")
    if colour:
        dataset.PlanarConfiguration = 0
    if stored.ndim == 3 and not colour:
        dataset.NumberOfFrames = len(stored)
    dataset.Rows, dataset.Columns = stored.shape[:2] if colour else stored.shape[-2:]
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = bits, bits, bits - 1
    dataset.PixelRepresentation = int(stored.dtype.kind == "i")
    dataset.PixelData = stored.tobytes()
    dataset["PixelData"].VR = "OW" if bits == 16 else "OB"
    for name, value in elements.items():
        setattr(dataset, name, value)
    return dataset


def as_bytes(dataset: FileDataset) -> bytes:
    """The file as it would lie on a disk."""
    content = io.BytesIO()
    pydicom.dcmwrite(content, dataset, enforce_file_format=True)
    return content.getvalue()


def write_dicom(path: Path, dataset: FileDataset) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(as_bytes(dataset))
    return path


def real(name: str) -> Path:
    """One of the files that pydicom ships for its own tests."""
    found = get_testdata_file(name)
    assert isinstance(found, str)
    return Path(found)


def beginning(syntax: bytes = b"1.2.840.10008.1.2.1\0") -> bytes:
    """The start of a file, up to its first element."""
    return b"\0" * 128 + b"DICM" + struct.pack("<HH2sH", 2, 0x10, b"UI", len(syntax)) + syntax


def nested(depth: int) -> bytes:
    """A file with sequences of undefined length, each in an item of the one before."""
    opened = struct.pack("<HH2sHL", 0x0008, 0x1140, b"SQ", 0, 0xFFFFFFFF) + struct.pack(
        "<HHL", 0xFFFE, 0xE000, 0xFFFFFFFF
    )
    closed = struct.pack("<HHL", 0xFFFE, 0xE00D, 0) + struct.pack("<HHL", 0xFFFE, 0xE0DD, 0)
    return beginning() + opened * depth + closed * depth


def encoded(dataset: Any, syntax: str) -> bytes:
    """The file in another native encoding; pydicom writes words of the order OW as they are."""
    big = syntax == "big endian"

    def turn(_dataset: Dataset, element: Any) -> None:
        if big and element.VR == "OW" and isinstance(element.value, bytes):
            element.value = np.frombuffer(element.value, "<u2").astype(">u2").tobytes()

    dataset.walk(turn)
    dataset.file_meta.TransferSyntaxUID = NATIVE[syntax]
    content = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pydicom.dcmwrite(
            content, dataset, implicit_vr=syntax == "implicit", little_endian=not big, enforce_file_format=True
        )
    return content.getvalue()


def stored_in(values: NDArray[Any], bits: int, **elements: Any) -> Any:
    dataset = made(values, **elements)
    dataset.BitsStored, dataset.HighBit = bits, bits - 1
    return dataset


def table(entries: NDArray[Any], start: int, bits: int, form: str) -> Any:
    """A lookup table of words ("OW"), numbers ("US") or bytes, packed in words or not ("bytes", "OB")."""
    item = Dataset()
    item.LUTDescriptor = [len(entries) % 2**16, start % 2**16, bits]
    item["LUTDescriptor"].VR = "US"
    packed = entries.astype("<u2" if form in ("OW", "US") else np.uint8).tobytes()
    item.LUTData = np.frombuffer(packed, "<u2").tolist() if form in ("US", "US of bytes") else packed
    item["LUTData"].VR = {"OB": "OB", "US": "US", "US of bytes": "US"}.get(form, "OW")
    return Sequence([item])
