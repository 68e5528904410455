"""What `make fuzz` gives bytes to: each reader with valid inputs to begin with."""

from __future__ import annotations

import contextlib
import gzip
import io
import json
import tarfile
import tempfile
import zipfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

import digit_recognizer
from digit_recognizer.errors import DigitRecognizerError
from digit_recognizer.evaluation.predictions import read_table
from digit_recognizer.images import open_picture, read_picture
from digit_recognizer.images.decode import check_pixels
from digit_recognizer.models.locations import pretrained
from digit_recognizer.models.onnx_file import read_onnx
from digit_recognizer.models.safetensors_header import read_safetensors_header
from digit_recognizer.server.encodings import unpacked
from digit_recognizer.server.forms import read_form
from digit_recognizer.server.json_pictures import read_json
from digit_recognizer.server.problems import ProblemError
from digit_recognizer.sources.archives import members
from digit_recognizer.sources.kinds import PICTURE
from digit_recognizer.tables.reading import read_tables

PACKAGE = str(Path(digit_recognizer.__file__).parent)
REFUSALS = (DigitRecognizerError, ProblemError)
_GOLDEN = Path(__file__).parent.parent / "tests/golden"
_PIXELS = np.random.default_rng(0).integers(0, 256, (24, 31), np.uint8)


@dataclass(frozen=True)
class Target:
    """A reader, and what it reads gladly."""

    seeds: list[bytes]
    read: Callable[[bytes], object]


def _encoded(kind: str, mode: str = "L", **options: object) -> bytes:
    content = io.BytesIO()
    Image.fromarray(_PIXELS).convert(mode).save(content, kind, **options)
    return content.getvalue()


def _pictures() -> Target:
    kinds = ("PNG", "JPEG", "GIF", "BMP", "WEBP", "TIFF", "PPM", "JPEG2000", "TGA", "ICO", "PCX", "SGI", "DDS", "PDF")
    seeds = [_encoded(kind) for kind in kinds] + [_encoded("PNG", mode) for mode in ("1", "P", "RGBA", "I;16")]
    seeds += [_encoded("JPEG", progressive=True), _encoded("TIFF", compression="tiff_lzw")]
    return Target(seeds, lambda content: read_picture(content, channels=3, form="picture"))


def _fronts() -> Target:
    """What is done of a picture before it is decoded."""
    seeds = [_encoded("TIFF"), _encoded("JPEG", progressive=True), _encoded("TIFF", compression="tiff_deflate")]
    return Target(seeds, lambda content: open_picture(content, "a"))


def _dicom() -> Target:
    from pydicom.dataset import FileDataset, FileMetaDataset
    from pydicom.uid import ExplicitVRLittleEndian, SecondaryCaptureImageStorage, generate_uid

    from digit_recognizer.dicom.read import read_dicom

    meta = FileMetaDataset()
    meta.TransferSyntaxUID, meta.MediaStorageSOPClassUID = ExplicitVRLittleEndian, SecondaryCaptureImageStorage
    meta.MediaStorageSOPInstanceUID = generate_uid()
    made = FileDataset("", {}, file_meta=meta, preamble=bytes(128))
    made.Rows, made.Columns = _PIXELS.shape
    made.SamplesPerPixel, made.PhotometricInterpretation, made.PixelRepresentation = 1, "MONOCHROME2", 0
    made.BitsAllocated = made.BitsStored = 8
    made.HighBit, made.WindowCenter, made.WindowWidth = 7, 100, 200
    made.PixelData = _PIXELS.tobytes()
    content = io.BytesIO()
    made.save_as(content, enforce_file_format=True)
    return Target([content.getvalue()], lambda given: read_dicom(given, None, "a", check_pixels))


def _onnx() -> Target:
    seeds = [(_GOLDEN / "plain.onnx").read_bytes(), (pretrained() / "classic.onnx").read_bytes()]
    return Target([seed for seed in seeds if len(seed) < 2**18], read_onnx)


def _safetensors() -> Target:
    return Target([(_GOLDEN / "plain.safetensors").read_bytes()], read_safetensors_header)


def _forms() -> Target:
    part = b'--B\r\nContent-Disposition: form-data; name="a"; filename="a.png"\r\n\r\nabc\r\n'
    return Target([part + b"--B--\r\n", part * 3 + b"--B--\r\n"], lambda body: read_form(body, _FORM, 8))


_FORM = "multipart/form-data; boundary=B"


def _json() -> Target:
    seeds = [{"image": "AAAA"}, {"images": ["data:image/png;base64,AAAA", {"name": "a", "image": "AAAA"}]}]
    return Target([json.dumps(seed).encode() for seed in seeds], lambda body: read_json(body, 8))


def _packed() -> Target:
    return Target([gzip.compress(bytes(1000)), gzip.compress(b"abc")], lambda body: unpacked(body, b"gzip", 2**20))


def _archives() -> Target:
    picture, tar, packed = _encoded("PNG"), io.BytesIO(), io.BytesIO()
    with tarfile.open(fileobj=tar, mode="w") as archive:
        info = tarfile.TarInfo("a/b.png")
        info.size = len(picture)
        archive.addfile(info, io.BytesIO(picture))
    with zipfile.ZipFile(packed, "w") as archive_of_zip:
        archive_of_zip.writestr("a/b.png", picture)

    def read(content: bytes) -> None:
        for name in ("a.tar", "a.zip"):
            with contextlib.suppress(Exception):  # as who reads archives does: their libraries raise nearly anything
                for _ in members(io.BytesIO(content), name, (PICTURE,), Counter()):
                    pass

    return Target([tar.getvalue(), packed.getvalue(), gzip.compress(tar.getvalue())], read)


def _on_disk(suffix: str, seeds: list[bytes], read: Callable[[Path], object]) -> Target:
    folder = tempfile.mkdtemp(prefix="fuzz-")
    path = Path(folder) / f"a{suffix}"

    def read_file(content: bytes) -> None:
        path.write_bytes(content)
        read(path)

    return Target(seeds, read_file)


def _csv() -> Target:
    rows = "label," + ",".join(f"pixel{place}" for place in range(16)) + "\n" + ("1," + ",".join(["7"] * 16) + "\n") * 3
    seeds = [rows.encode(), rows.replace(",", ";").encode("utf-16"), b"file,label\na.png,1\n"]
    return _on_disk(".csv", seeds, lambda path: read_tables(path, alone=True))


def _predictions() -> Target:
    return _on_disk(".csv", [b"0,1\n0.2,0.8\n0.9,0.1\n", b"0.2;0.8\n"], lambda path: read_table(path, "probabilities"))


def _arrays() -> Target:
    single, several = io.BytesIO(), io.BytesIO()
    np.save(single, _PIXELS[None])
    np.savez_compressed(several, images=np.stack([_PIXELS] * 3), labels=np.arange(3))
    npy = _on_disk(".npy", [single.getvalue()], lambda path: read_tables(path, alone=True))
    npz = _on_disk(".npz", [several.getvalue()], lambda path: read_tables(path, alone=True))

    def read(content: bytes) -> None:
        for target in (npy, npz):
            with contextlib.suppress(*REFUSALS):
                target.read(content)

    return Target([*npy.seeds, *npz.seeds], read)


def _parquet() -> Target:
    import pyarrow as pa
    import pyarrow.parquet as pq

    content = io.BytesIO()
    pq.write_table(pa.table({"image": [_encoded("PNG")] * 3, "label": [1, 2, 3]}), content)
    return _on_disk(".parquet", [content.getvalue()], lambda path: read_tables(path, alone=True))


TARGETS: dict[str, Callable[[], Target]] = {
    "archives": _archives,
    "arrays": _arrays,
    "csv": _csv,
    "dicom": _dicom,
    "forms": _forms,
    "fronts": _fronts,
    "json": _json,
    "onnx": _onnx,
    "packed": _packed,
    "parquet": _parquet,
    "pictures": _pictures,
    "predictions": _predictions,
    "safetensors": _safetensors,
}
