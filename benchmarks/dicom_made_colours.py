"""Coloured DICOM files as devices write them, each with the picture that it stands for; and all made files."""

from __future__ import annotations

import io
from collections.abc import Iterator
from itertools import product

import numpy as np
import pydicom
from numpy.typing import NDArray
from PIL import Image
from pydicom.encaps import encapsulate
from pydicom.uid import JPEGBaseline8Bit

from dicom_made import SIZE, Made, as_file, dataset_of, dirty, greys, padded, table_item


def colours() -> Iterator[Made]:
    """Colours as they are, as YCbCr and in JPEG with and without markers, stated rightly and wrongly."""
    rows, columns = np.mgrid[0 : SIZE[0], 0 : SIZE[1]]
    picture = np.stack([rows * 6, columns * 7, 255 - rows * 3 - columns * 3], axis=-1).clip(0, 255).astype(np.uint8)
    picture[:6], picture[:, :5] = 0, 250
    for syntax in ("implicit", "explicit", "big endian", "run lengths"):
        yield Made("RGB", {"syntax": syntax}, as_file(dataset_of(picture, 8, "RGB"), syntax), truth=picture)
        ycc = np.asarray(Image.fromarray(picture).convert("YCbCr"))
        yield Made("YBR_FULL", {"syntax": syntax}, as_file(dataset_of(ycc, 8, "YBR_FULL"), syntax), truth=picture)
    for stored, stated, marker, coarse in product(
        ("RGB", "YCbCr"), ("RGB", "YBR_FULL_422"), ("JFIF", "Adobe", "none"), (False, True)
    ):
        if stored == "RGB" and (coarse or marker == "JFIF"):
            continue  # contradicts itself
        packed, truth = jpeg_of(picture, stored, marker, coarse)
        made = dataset_of(picture, 8, stated)
        made.file_meta.TransferSyntaxUID = JPEGBaseline8Bit
        made.PixelData = encapsulate([packed])
        made["PixelData"].is_undefined_length = True
        content = io.BytesIO()
        pydicom.dcmwrite(content, made, enforce_file_format=True)
        right = stored[0] == stated[0]
        facts = {"stored": stored, "stated": stated, "marker": marker, "coarse": coarse}
        yield Made("JPEG, " + ("" if right else "wrongly stated"), facts, content.getvalue(), truth=truth)


def jpeg_of(picture: NDArray[np.uint8], stored: str, marker: str, coarse: bool) -> tuple[bytes, NDArray[np.uint8]]:
    """A JPEG with a marker of its colours or none, and what it shows."""
    whole = io.BytesIO()
    options = {"keep_rgb": True} if stored == "RGB" else {"subsampling": 2 if coarse else 0}
    Image.fromarray(picture).save(whole, "JPEG", quality=95, **options)
    content = whole.getvalue()
    shown = np.asarray(Image.open(io.BytesIO(content)))
    bare = without_markers(content)
    if stored == "RGB":  # Pillow numbers the parts R, G and B, which tells; devices number them 1, 2 and 3
        for head, step in ((b"\xff\xc0", 3), (b"\xff\xda", 2)):
            at = bare.index(head) + (10 if head == b"\xff\xc0" else 5)
            edited = bytearray(bare)
            edited[at : at + 3 * step : step] = b"\x01\x02\x03"
            bare = bytes(edited)
    adobe = b"\xff\xee\x00\x0eAdobe\x00\x64\x00\x00\x00\x00" + (b"\x00" if stored == "RGB" else b"\x01")
    jfif = b"\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00"
    return bare[:2] + {"Adobe": adobe, "JFIF": jfif, "none": b""}[marker] + bare[2:], shown


def without_markers(content: bytes) -> bytes:
    """A JPEG without its JFIF and Adobe segments."""
    kept, at = [content[:2]], 2
    while content[at + 1] != 0xDA:
        end = at + 2 + int.from_bytes(content[at + 2 : at + 4], "big")
        if content[at + 1] not in (0xE0, 0xEE):
            kept.append(content[at:end])
        at = end
    return b"".join([*kept, content[at:]])


def palettes() -> Iterator[Made]:
    """Palettes of 8 and of 16 bits, in words and in bytes, in both orders."""
    random = np.random.default_rng(0)
    stored = random.integers(0, 256, SIZE).astype(np.uint8)
    colours_of = random.integers(0, 256, (3, 256))
    for syntax, held, form in product(("implicit", "explicit", "big endian"), (8, 16), ("words", "bytes")):
        if form == "bytes" and held == 16:
            continue
        made = dataset_of(stored, 8, "PALETTE COLOR")
        for entries, channel in zip(colours_of * (257 if held == 16 else 1), ("Red", "Green", "Blue"), strict=True):
            item = table_item(entries, 0, 8 if form == "bytes" else 16, form)
            setattr(made, f"{channel}PaletteColorLookupTableDescriptor", item.LUTDescriptor)
            setattr(made, f"{channel}PaletteColorLookupTableData", item.LUTData)
            made[f"{channel}PaletteColorLookupTableDescriptor"].VR = "US"
        facts = {"syntax": syntax, "bits": held, "form": form}
        yield Made("palette", facts, as_file(made, syntax), truth=colours_of[:, stored].transpose(1, 2, 0).astype("u1"))


def all_made() -> Iterator[Made]:
    for make in (greys, padded, dirty, colours, palettes):
        yield from make()
