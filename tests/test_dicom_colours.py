"""Colours of JPEG in DICOM files: by the stream's markers and samples, whatever the file states."""

from __future__ import annotations

import io

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from pydicom.encaps import encapsulate
from pydicom.uid import JPEG2000Lossless, JPEGBaseline8Bit, RLELossless

from dicom_files import as_bytes, made
from digit_recognizer.dicom.jpeg import as_raw, beyond, stated_of
from digit_recognizer.dicom.read import read_dicom
from digit_recognizer.images.decode import check_pixels

JFIF = b"\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00"
ADOBE = b"\xff\xee\x00\x0eAdobe\x00\x64\x00\x00\x00\x00"
Picture = NDArray[np.uint8]


def picture(kind: str) -> Picture:
    """As an ultrasound has them: tints on black; or as a slide has them: tints on white; or soft tissue all over."""
    rows, columns = np.mgrid[0:48, 0:64]
    tints = np.stack([80 + rows * 3, 200 - columns * 2, 60 + rows + columns], axis=-1).clip(0, 255).astype(np.uint8)
    if kind == "tissue":
        return np.stack([160 + rows, 90 + columns // 2, 80 + rows // 2], axis=-1).astype(np.uint8)
    tints[:16] = 0 if kind == "ultrasound" else 250
    return tints


def bare(packed: bytes, numbers: bytes | None = None) -> bytes:
    """A JPEG without its markers of colours, its components numbered otherwise where asked."""
    kept, at = [packed[:2]], 2
    while packed[at + 1] != 0xDA:
        end = at + 2 + int.from_bytes(packed[at + 2 : at + 4], "big")
        kept += [] if packed[at + 1] in (0xE0, 0xEE) else [packed[at:end]]
        at = end
    found = bytearray(b"".join([*kept, packed[at:]]))
    if numbers:
        frame, scan = found.index(b"\xff\xc0") + 10, found.index(b"\xff\xda") + 5
        found[frame : frame + 9 : 3] = numbers
        found[scan : scan + 6 : 2] = numbers
    return bytes(found)


def packed_file(packed: bytes, interpretation: str) -> bytes:
    dataset = made(picture("slide"), PhotometricInterpretation=interpretation)
    dataset.file_meta.TransferSyntaxUID = JPEGBaseline8Bit
    dataset.PixelData = encapsulate([packed])
    dataset["PixelData"].is_undefined_length = True
    return as_bytes(dataset)


def shown(content: bytes) -> NDArray[np.int64]:
    return np.asarray(read_dicom(content, None, "it", check_pixels)).astype(np.int64)


@pytest.mark.parametrize("kind", ["ultrasound", "slide", "tissue"])
@pytest.mark.parametrize("stated", ["RGB", "YBR_FULL", "YBR_FULL_422"])
@pytest.mark.parametrize("marker", ["none", "JFIF", "Adobe"])
@pytest.mark.parametrize("coarse", [0, 1, 2])
@pytest.mark.parametrize("numbers", [b"\x01\x02\x03", b"\x00\x01\x02"])
def test_ycbcr_has_its_colours_however_it_is_stated(
    kind: str, stated: str, marker: str, coarse: int, numbers: bytes
) -> None:
    if kind == "tissue" and marker == "none" and not coarse and stated == "RGB" and numbers[0] == 0:
        return  # then nothing tells it from RGB
    content = io.BytesIO()
    Image.fromarray(picture(kind)).save(content, "JPEG", quality=95, subsampling=coarse)
    stream = bare(content.getvalue(), numbers)
    stream = stream[:2] + {"none": b"", "JFIF": JFIF, "Adobe": ADOBE + b"\x01"}[marker] + stream[2:]
    expected = np.asarray(Image.open(content)).astype(np.int64)
    assert np.abs(shown(packed_file(stream, stated)) - expected).max() <= 3


@pytest.mark.parametrize("kind", ["ultrasound", "slide", "tissue"])
@pytest.mark.parametrize("stated", ["RGB", "YBR_FULL", "YBR_FULL_422"])
@pytest.mark.parametrize("marker", ["none", "JFIF", "Adobe"])
@pytest.mark.parametrize("numbers", [b"RGB", b"\x01\x02\x03", b"\x00\x01\x02"])
def test_rgb_has_its_colours_however_it_is_stated(kind: str, stated: str, marker: str, numbers: bytes) -> None:
    if marker == "JFIF" and stated != "RGB" and numbers != b"RGB":
        return  # then all that is said agrees, and is wrong
    if kind == "tissue" and marker != "Adobe" and numbers != b"RGB":
        return  # colours that YCbCr has too: they say nothing
    content = io.BytesIO()
    Image.fromarray(picture(kind)).save(content, "JPEG", quality=95, keep_rgb=True)
    stream = bare(content.getvalue(), numbers)
    stream = stream[:2] + {"none": b"", "JFIF": JFIF, "Adobe": ADOBE + b"\x00"}[marker] + stream[2:]
    expected = np.asarray(Image.open(content)).astype(np.int64)
    assert np.abs(shown(packed_file(stream, stated)) - expected).max() <= 3


@pytest.mark.parametrize("packed", [None, RLELossless, JPEG2000Lossless])
def test_rgb_that_a_tool_unpacked_may_still_be_stated_as_ycbcr(packed: str | None) -> None:
    dataset = made(picture("ultrasound"))
    if packed:
        dataset.compress(packed)
    for stated in ("YBR_FULL", "RGB"):
        dataset.PhotometricInterpretation = stated
        assert np.array_equal(shown(as_bytes(dataset)), picture("ultrasound"))


def test_a_jpeg_2000_that_makes_rgb_itself_is_not_converted_twice() -> None:
    dataset = made(picture("ultrasound"), PhotometricInterpretation="YBR_RCT")
    dataset.compress(JPEG2000Lossless)
    for stated in ("YBR_RCT", "YBR_ICT", "YBR_FULL", "RGB"):
        dataset.PhotometricInterpretation = stated
        assert np.array_equal(shown(as_bytes(dataset)), picture("ultrasound"))


@pytest.mark.parametrize("packed", [None, RLELossless])
@pytest.mark.parametrize("kind", ["ultrasound", "slide", "tissue"])
def test_ycbcr_is_converted(kind: str, packed: str | None) -> None:
    dataset = made(np.asarray(Image.fromarray(picture(kind)).convert("YCbCr")), PhotometricInterpretation="YBR_FULL")
    if packed:
        dataset.compress(packed)
    assert np.abs(shown(as_bytes(dataset)) - picture(kind)).max() <= 3


def test_what_is_no_jpeg_of_colours_is_left_to_others() -> None:
    content = io.BytesIO()
    Image.new("L", (8, 8)).save(content, "JPEG")
    assert stated_of(content.getvalue()) is None
    assert stated_of(b"\xff\xd8\xff\xc0\x00\x04\x08\x00") is None
    assert as_raw(b"\xff\xd8\xff").endswith(b"\xff")


def test_noise_beyond_the_range_is_not_far() -> None:
    random = np.random.default_rng(0)
    flat = np.full((50, 50, 3), (250, 128, 128)) + random.integers(-5, 6, (50, 50, 3))
    assert not beyond(flat.clip(0, 255).astype(np.uint8))
    assert beyond(np.full((5, 5, 3), 255, np.uint8))
