"""DICOM as devices write it: windows, padding and bits that are stated otherwise than they are."""

from __future__ import annotations

import zlib
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.uid import (
    JPEG2000Lossless,
    RLELossless,
)

from dicom_files import NATIVE, as_bytes, encoded, made, stored_in
from digit_recognizer.dicom.read import read_dicom
from digit_recognizer.errors import DigitRecognizerWarning, ImageError
from digit_recognizer.images.decode import check_pixels

RAMP = np.arange(4096, dtype=np.uint16).reshape(64, 64)
WINDOW = {"WindowCenter": 2048, "WindowWidth": 2000, "VOILUTFunction": "LINEAR_EXACT"}
WHOLE = 255 * RAMP.astype(np.float64) / 4095  # shown from the least to the greatest
EXPECTED = 255 * ((RAMP - 2048.0) / 2000 + 0.5).clip(0, 1)


def shown(content: bytes, page: int | None = None, channels: str = "L") -> NDArray[np.int64]:
    return np.asarray(read_dicom(content, page, "it", check_pixels).convert(channels)).astype(np.int64)


@pytest.mark.parametrize(("center", "width", "slope"), [("0.2", "0.4", "0.0001"), ("0.0005", "0.0011", "0.000001")])
def test_a_window_narrower_than_one_is_shown(center: str, width: str, slope: str) -> None:
    found = shown(as_bytes(made(RAMP, RescaleSlope=slope, RescaleIntercept=0, WindowCenter=center, WindowWidth=width)))
    expected = ((RAMP * float(slope) - float(center)) / float(width) + 0.5).clip(0, 1)
    assert np.abs(found - 255 * expected).max() <= 0.5 + 1e-6


@pytest.mark.parametrize("width", ["0", "-5", "-0.5", "1e400"])
@pytest.mark.parametrize("function", ["LINEAR", "LINEAR_EXACT", "SIGMOID"])
def test_a_window_without_width_gives_way_to_the_frames_own_range(width: str, function: str) -> None:
    dataset = made(RAMP + np.uint16(50), WindowCenter=5, WindowWidth=width, VOILUTFunction=function)
    with pytest.warns(DigitRecognizerWarning, match="^it: its window is .* the frame's own values are shown"):
        found = shown(as_bytes(dataset))
    assert np.abs(found - WHOLE).max() <= 0.5 + 1e-6


def test_a_window_of_text_gives_way_too() -> None:
    content = as_bytes(made(RAMP, WindowCenter="2000", WindowWidth="1234"))
    with pytest.warns(DigitRecognizerWarning, match="not stated in numbers"):
        found = shown(content.replace(b"1234", b"12,4"))
    assert np.abs(found - WHOLE).max() <= 0.5 + 1e-6


def test_a_frame_whose_own_window_has_no_width_is_shown() -> None:
    dataset = made(np.stack([RAMP, RAMP]), WindowCenter=1, WindowWidth=1)
    groups = []
    for width in (0, 2000):
        window, group = Dataset(), Dataset()
        window.WindowCenter, window.WindowWidth, window.VOILUTFunction = [2048, 1], [width, 1], "LINEAR_EXACT"
        group.FrameVOILUTSequence = Sequence([window])
        groups.append(group)
    dataset.PerFrameFunctionalGroupsSequence = Sequence(groups)
    with pytest.warns(DigitRecognizerWarning, match="0 wide"):
        assert np.abs(shown(as_bytes(dataset), 1) - WHOLE).max() <= 0.5 + 1e-6
    assert np.abs(shown(as_bytes(dataset), 2) - EXPECTED).max() <= 0.5 + 1e-6


@pytest.mark.parametrize(
    ("kind", "bits", "padding", "stated"),
    [
        ("i2", 16, -2000, ("US", 63536)),
        ("i2", 16, -2000, ("SS", -2000)),
        ("i2", 12, -2000, ("US", 63536)),
        ("i2", 12, -2000, ("US", 2096)),  # its 12 bits
        ("u2", 16, 63536, ("SS", -2000)),
        ("u2", 16, 65535, ("SS", -1)),
        ("u2", 12, 4095, ("US", 4095)),
        ("u1", 8, 255, ("SS", -1)),
        ("i1", 8, -128, ("US", 128)),
        ("i1", 8, -128, ("US", 65408)),
    ],
)
@pytest.mark.parametrize("syntax", NATIVE)
def test_padding_is_compared_by_its_bits(kind: str, bits: int, padding: int, stated: Any, syntax: str) -> None:
    body = np.random.default_rng(0).integers(0, 100, (12, 12)).astype(kind)
    body[0, :2] = 0, 100
    padded = body.copy()
    padded[6:] = padding
    window = {"WindowCenter": 50, "WindowWidth": 100, "VOILUTFunction": "LINEAR_EXACT"}
    for shade in ({}, window) if bits > 8 else (window,):
        dataset = stored_in(padded, bits, PhotometricInterpretation="MONOCHROME1", **shade)
        dataset.add_new("PixelPaddingValue", *stated)
        found = shown(encoded(dataset, syntax))
        assert not found[6:].any()
        assert np.abs(found[:6] - (255 - body[:6].astype(float) * 2.55)).max() <= 0.6


def test_a_range_of_padding_and_padding_of_floats() -> None:
    stored = np.arange(-1000, 1000, dtype=np.int16).reshape(40, 50)
    dataset = made(stored, PixelPaddingValue=-1000, PixelPaddingRangeLimit=-501)
    assert np.array_equal(shown(as_bytes(dataset))[10:], shown(as_bytes(made(stored[10:]))))
    floats = made(stored)
    del floats.PixelData
    values = stored.astype(np.float32)
    floats.FloatPixelData, floats.BitsAllocated = values.tobytes(), 32
    floats.FloatPixelPaddingValue, floats.FloatPixelPaddingRangeLimit = -1000.0, -501.0
    found = shown(as_bytes(floats))
    assert not found[:10].any()
    assert (found[10:].min(), found.max()) == (0, 255)


def test_a_value_that_the_bits_cannot_hold_blackens_nothing() -> None:
    dataset = stored_in(RAMP, 12, **WINDOW)
    dataset.add_new("PixelPaddingValue", "SS", -2000)  # its lowest 12 bits are those of 2,096, which is bone
    assert np.abs(shown(as_bytes(dataset)) - EXPECTED).max() <= 0.5 + 1e-6


@pytest.mark.parametrize("packed", [None, RLELossless, JPEG2000Lossless])
@pytest.mark.parametrize("signed", [False, True])
@pytest.mark.parametrize("high", [11, 13, 15])
def test_bits_beyond_those_stored_are_masked(packed: Any, signed: bool, high: int) -> None:
    dirt = np.random.default_rng(0).integers(0, 2**16, RAMP.shape)
    shift = high - 11
    values = RAMP.astype(np.int64) - (2048 if signed else 0)
    cells = (dirt & ~(0xFFF << shift) | (values & 0xFFF) << shift).astype(np.uint16).view("i2" if signed else "u2")
    window = WINDOW | {"WindowCenter": 0 if signed else 2048}
    dataset = made(cells, **window)
    if packed:
        dataset.compress(packed)
    dataset.BitsStored, dataset.HighBit = 12, high
    assert np.abs(shown(as_bytes(dataset)) - EXPECTED).max() <= 0.5 + 1e-6


@pytest.mark.parametrize("packed", [None, RLELossless])
def test_dirt_in_colours_and_in_places_of_a_palette(packed: Any) -> None:
    colours = np.random.default_rng(0).integers(0, 4096, (8, 9, 3))
    dirty = made((colours | 0xA000).astype(np.uint16))
    dirty.BitsStored, dirty.HighBit = 12, 11
    if packed:
        dirty.compress(packed)
    assert np.abs(shown(as_bytes(dirty), channels="RGB") - 255 * colours / 4095).max() <= 0.5 + 1e-6


def test_a_high_bit_that_is_a_slip_is_passed_over() -> None:
    dataset = stored_in(RAMP, 12, **WINDOW)
    dataset.HighBit = 15
    assert np.abs(shown(as_bytes(dataset)) - EXPECTED).max() <= 0.5 + 1e-6


@given(st.binary(max_size=400))
def test_a_deflated_file_may_have_a_head_of_zlib(extra: bytes) -> None:
    content = as_bytes(made(RAMP, **WINDOW))
    marker = b"1.2.840.10008.1.2.1\0"
    start = content.index(marker)
    end = content.index(b"\x08\x00\x16\x00")
    head = content[:start].replace(b"UI\x14\x00", b"UI\x16\x00") + b"1.2.840.10008.1.2.1.99" + content[start + 20 : end]
    for wrap in (-15, 15, 31):
        packer = zlib.compressobj(wbits=wrap)
        whole = head + packer.compress(content[end:]) + packer.flush() + extra
        assert np.abs(shown(whole) - EXPECTED).max() <= 0.5 + 1e-6


def test_packed_pixels_need_a_transfer_syntax() -> None:
    dataset = made(RAMP)
    dataset.compress(RLELossless)
    content = as_bytes(dataset).replace(b"1.2.840.10008.1.2.5\0", b"1.2.840.10008.1.2.1\0")
    with pytest.raises(ImageError, match="compressed, and does not state how"):
        shown(content)
