"""Grey DICOM files made on a grid of what devices write."""

from __future__ import annotations

import io
import struct
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
import pydicom
from numpy.typing import NDArray
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGLSLossless,
    RLELossless,
    SecondaryCaptureImageStorage,
)

SYNTAXES = {
    "implicit": ImplicitVRLittleEndian,
    "explicit": ExplicitVRLittleEndian,
    "big endian": ExplicitVRBigEndian,
    "deflated": DeflatedExplicitVRLittleEndian,
    "run lengths": RLELossless,
    "JPEG 2000": JPEG2000Lossless,
    "JPEG-LS": JPEGLSLossless,
}
BITS = (8, 10, 12, 16)
SIZE = (40, 36)  # rows and columns; JPEG 2000 needs 32
DISPLAYS = {  # what a window, a table or a scale is, by the bits of a value
    "none": {},
    "scale": {"RescaleSlope": "0.5", "RescaleIntercept": "-1024"},
    "window": {"WindowCenter": "70", "WindowWidth": "150"},
    "scaled window": {
        "RescaleSlope": "2.5",
        "RescaleIntercept": "-100",
        "WindowCenter": ["90.5", "1"],
        "WindowWidth": ["220", "9"],
    },
    "exact window": {"WindowCenter": "60", "WindowWidth": "100.5", "VOILUTFunction": "LINEAR_EXACT"},
    "sigmoid": {"WindowCenter": "80", "WindowWidth": "90", "VOILUTFunction": "SIGMOID"},
    "window below one": {
        "RescaleSlope": "0.001",
        "RescaleIntercept": "0",
        "WindowCenter": "0.08",
        "WindowWidth": "0.12",
    },
    "window of no width": {"WindowCenter": "60", "WindowWidth": "0"},
}
TABLES = ("table", "table of bytes", "table of fewer bits than stated", "modality table")


@dataclass(frozen=True)
class Made:
    """A made file. kind: what is special about it; facts: where it stands on the grid."""

    kind: str
    facts: dict[str, Any]
    content: bytes
    padded: NDArray[np.bool_] | None = None  # (H, W): where no picture is
    truth: NDArray[np.uint8] | None = None  # (H, W, 3), where it is known
    clean: bytes | None = None  # another file of the same picture, as the rules have it


def values(bits: int, signed: bool, seed: int) -> NDArray[Any]:
    """Values over the whole range of a number of bits, most of them among the lowest few hundred, (H, W)."""
    random = np.random.default_rng(seed)
    low, high = (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) if signed else (0, 2**bits - 1)
    near = random.integers(max(low, -100), min(high, 300), SIZE)
    whole = random.integers(low, high, SIZE, endpoint=True)
    found = np.where(random.random(SIZE) < 0.6, near, whole)
    found.flat[:2] = low, high
    kind = f"{'i' if signed else 'u'}{1 if bits <= 8 else 2}"
    return found.astype(kind)


def dataset_of(stored: NDArray[Any], bits: int, interpretation: str, **elements: Any) -> FileDataset:
    """A file of one frame, little endian, with further elements by keyword."""
    meta = FileMetaDataset()
    meta.TransferSyntaxUID, meta.MediaStorageSOPClassUID = ExplicitVRLittleEndian, SecondaryCaptureImageStorage
    meta.MediaStorageSOPInstanceUID = "1.2.826.0.1.3680043.8.498.1"
    dataset = FileDataset("made.dcm", {}, file_meta=meta, preamble=b"\0" * 128)
    dataset.SOPClassUID, dataset.SOPInstanceUID = SecondaryCaptureImageStorage, meta.MediaStorageSOPInstanceUID
    dataset.PatientName, dataset.PatientID = "Made^File", "0"
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 3 if stored.ndim == 3 else 1, interpretation
    if stored.ndim == 3:
        dataset.PlanarConfiguration = 0
    dataset.Rows, dataset.Columns = stored.shape[:2]
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = 8 * stored.itemsize, bits, bits - 1
    dataset.PixelRepresentation = int(stored.dtype.kind == "i")
    dataset.PixelData = stored.tobytes() + b"\0" * (stored.nbytes % 2)
    dataset["PixelData"].VR = "OW" if stored.itemsize == 2 else "OB"
    for name, value in elements.items():
        setattr(dataset, name, value)
    return dataset


def as_file(dataset: FileDataset, syntax: str) -> bytes:
    """The file in a transfer syntax of SYNTAXES, its words in that one's order."""
    uid = SYNTAXES[syntax]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # some files are made against the rules
        if uid.is_compressed:
            stated = dataset.PhotometricInterpretation
            dataset.compress(uid, generate_instance_uid=False)
            dataset.PhotometricInterpretation = stated
        dataset.file_meta.TransferSyntaxUID = uid
        if uid == ExplicitVRBigEndian:
            dataset.walk(to_big_endian)
        content = io.BytesIO()
        pydicom.dcmwrite(
            content,
            dataset,
            implicit_vr=uid == ImplicitVRLittleEndian,
            little_endian=uid != ExplicitVRBigEndian,
            enforce_file_format=True,
        )
    return content.getvalue()


def to_big_endian(_dataset: Dataset, element: Any) -> None:
    """Turn the words of an element; pydicom writes their bytes as they are."""
    if element.VR == "OW" and isinstance(element.value, bytes):
        element.value = np.frombuffer(element.value, "<u2").astype(">u2").tobytes()


def table_item(entries: NDArray[Any], start: int, stated: int, form: str) -> Dataset:
    """A lookup table. stated: bits; form: "words" (OW), "numbers" (US), or "bytes", two of them in a word."""
    item = Dataset()
    item.LUTDescriptor = [len(entries) % 2**16, start, stated]
    item["LUTDescriptor"].VR = "SS" if start < 0 else "US"
    packed = entries.astype(np.uint8 if form == "bytes" else "<u2").tobytes()
    item.LUTData = packed + b"\0" * (len(packed) % 2) if form != "numbers" else entries.tolist()
    item["LUTData"].VR = "US" if form == "numbers" else "OW"
    return item


def table_elements(display: str, bits: int, signed: bool) -> dict[str, Any]:
    """The elements of one of TABLES: a curve that falls, over 200 values from -20 or 20 on."""
    start = -20 if signed else 20
    held = {"table of bytes": 8, "table of fewer bits than stated": max(bits - 4, 6)}.get(display, bits)
    if display == "modality table" and bits > 8:
        held = 16  # the standard has none between
    stated = 16 if display == "table of fewer bits than stated" else held
    curve = np.rint((2**held - 1) * np.linspace(1, 0, 200) ** 1.5).astype(int)
    form = {"table of bytes": "bytes", "table": "numbers"}.get(display, "words")
    item = Sequence([table_item(curve, start, stated, form)])
    if display == "modality table":
        return {"ModalityLUTSequence": item, "WindowCenter": str(2**held / 2), "WindowWidth": str(2**held / 2)}
    return {"VOILUTSequence": item}


def greys() -> Iterator[Made]:
    """The grid of bits, sign, interpretation, transfer syntax and display."""
    grid = product(BITS, (False, True), ("MONOCHROME1", "MONOCHROME2"), SYNTAXES, (*DISPLAYS, *TABLES))
    for number, (bits, signed, interpretation, syntax, display) in enumerate(grid):
        elements = DISPLAYS[display] if display in DISPLAYS else table_elements(display, bits, signed)
        made = dataset_of(values(bits, signed, number), bits, interpretation, **elements)
        facts = {"bits": bits, "signed": signed, "interpretation": interpretation, "syntax": syntax, "display": display}
        yield Made(display, facts, as_file(made, syntax))


def padded() -> Iterator[Made]:
    """Padding, stated with the sign of the values and with the other, and as a range."""
    for bits, signed, syntax, other in product(BITS[1:], (False, True), ("implicit", "explicit", "big endian"), (0, 1)):
        stored = values(bits, signed, bits)
        pad = -(2 ** (bits - 1)) if signed else 2**bits - 1
        stored[:5] = pad
        made = dataset_of(stored, bits, "MONOCHROME2", **DISPLAYS["window"])
        made.PixelPaddingValue = pad % 2**16 if signed == bool(other) else (pad % 2**16 + 2**15) % 2**16 - 2**15
        made["PixelPaddingValue"].VR = "US" if made.PixelPaddingValue >= 2**15 or signed == bool(other) else "SS"
        facts = {"bits": bits, "signed": signed, "syntax": syntax, "stated": made["PixelPaddingValue"].VR}
        yield Made("padding", facts, as_file(made, syntax), padded=stored == pad)


def dirty() -> Iterator[Made]:
    """Other bits of a cell than those of its value filled with dirt, and values that lie high in their cells."""
    for bits, signed, syntax, high in product((10, 12), (False, True), SYNTAXES, (False, True)):
        if syntax == "deflated":
            continue  # what is deflated cannot be edited
        stored = values(bits, signed, bits)
        random = np.random.default_rng(bits)
        shift = 16 - bits if high else 0
        dirt = random.integers(0, 2**16, SIZE) & ~((2**bits - 1) << shift)
        cells = ((stored.astype(np.int64) & (2**bits - 1)) << shift | dirt).astype(np.uint16).view(f"{stored.dtype}")
        content = as_file(dataset_of(cells, 16, "MONOCHROME2", **DISPLAYS["window"]), syntax)
        clean = as_file(dataset_of(stored, bits, "MONOCHROME2", **DISPLAYS["window"]), "explicit")
        kind = "values high in their cells" if high else "dirt in unused bits"
        facts = {"bits": bits, "signed": signed, "syntax": syntax}
        yield Made(kind, facts, restated(content, bits, bits - 1 + shift), clean=clean)


def restated(content: bytes, bits: int, high: int) -> bytes:
    """The file with other bits stored and another high bit than its pixels were packed with."""
    found = content
    for number, old, new in ((0x101, 16, bits), (0x102, 15, high)):
        for order in "<>":
            for head in (
                struct.pack(f"{order}HH2sH", 0x28, number, b"US", 2),
                struct.pack(f"{order}HHL", 0x28, number, 2),
            ):
                found = found.replace(head + struct.pack(f"{order}H", old), head + struct.pack(f"{order}H", new), 1)
    return found
