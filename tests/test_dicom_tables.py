"""Lookup tables and palettes of DICOM files as devices write them: read by what they hold."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from dicom_files import NATIVE, as_bytes, encoded, made, stored_in, table
from digit_recognizer.dicom.palette import expanded
from digit_recognizer.dicom.read import read_dicom
from digit_recognizer.dicom.tables import ShadeError
from digit_recognizer.images.decode import check_pixels

RAMP = np.arange(4096, dtype=np.uint16).reshape(64, 64)


def shown(content: bytes, page: int | None = None, channels: str = "L") -> NDArray[np.int64]:
    return np.asarray(read_dicom(content, page, "it", check_pixels).convert(channels)).astype(np.int64)


@pytest.mark.parametrize(("stated", "held"), [(16, 12), (16, 15), (16, 10), (16, 8), (12, 8), (12, 12), (10, 16)])
@pytest.mark.parametrize("syntax", NATIVE)
@pytest.mark.parametrize("form", ["OW", "US"])
def test_a_table_is_scaled_by_the_bits_that_it_holds(stated: int, held: int, syntax: str, form: str) -> None:
    curve = np.rint(np.linspace(1, 0, 4096) ** 2 * (2**held - 1))
    found = shown(encoded(stored_in(RAMP, 12, VOILUTSequence=table(curve, 0, stated, form)), syntax))
    assert np.abs(found - 255 * curve[RAMP] / (2**held - 1)).max() <= 0.6


@pytest.mark.parametrize("syntax", NATIVE)
@pytest.mark.parametrize("form", ["bytes", "OB", "US of bytes"])
def test_an_entry_may_be_a_byte(syntax: str, form: str) -> None:
    stored = RAMP.astype(np.uint8)
    curve = 255 - np.arange(256)
    found = shown(encoded(made(stored, VOILUTSequence=table(curve, 0, 8, form)), syntax))
    assert np.array_equal(found, 255 - stored.astype(np.int64))


@pytest.mark.parametrize("syntax", NATIVE)
@pytest.mark.parametrize("signed", [False, True])
def test_the_first_value_of_a_table_has_the_sign_of_what_it_is_for(syntax: str, signed: bool) -> None:
    stored = RAMP.astype(np.int16) - 2048 if signed else RAMP + np.uint16(40_000 - 2048)
    curve = np.arange(1000)
    start = -500 if signed else 39_500
    expected = (stored.astype(np.int64) - start).clip(0, 999)
    found = shown(encoded(made(stored, VOILUTSequence=table(curve, start, 16, "OW")), syntax))
    assert np.abs(found - 255 * expected / 1023).max() <= 0.6
    if signed:  # by a scale alone, a table of unsigned values is for what may be negative
        scaled = made(RAMP, RescaleSlope=1, RescaleIntercept=-2048, VOILUTSequence=table(curve, start, 16, "OW"))
        assert np.array_equal(shown(encoded(scaled, syntax)), found)
    modality = made(stored, ModalityLUTSequence=table(curve, start, 16, "OW"))
    assert np.abs(shown(encoded(modality, syntax)) - 255 * expected / 999).max() <= 0.6


def test_a_table_of_no_entries_has_all_of_them() -> None:
    stored = np.arange(65536, dtype=np.uint16).reshape(256, 256)
    curve = stored.ravel()[::-1]
    found = shown(as_bytes(made(stored, VOILUTSequence=table(curve, 0, 16, "OW"))))
    assert np.abs(found - (255 - stored / 257)).max() <= 0.6


@pytest.mark.parametrize("syntax", NATIVE)
@pytest.mark.parametrize(("held", "bits", "form"), [(8, 16, "OW"), (16, 16, "OW"), (8, 8, "bytes"), (8, 8, "OW")])
def test_a_palette_is_read_by_what_it_holds(syntax: str, held: int, bits: int, form: str) -> None:
    colours = np.random.default_rng(0).integers(0, 256, (3, 256))
    stored = RAMP.astype(np.uint8)
    dataset = made(stored, PhotometricInterpretation="PALETTE COLOR")
    for entries, channel in zip(colours * (257 if held == 16 else 1), ("Red", "Green", "Blue"), strict=True):
        item = table(entries, 0, bits, form)[0]
        setattr(dataset, f"{channel}PaletteColorLookupTableDescriptor", item.LUTDescriptor)
        setattr(dataset, f"{channel}PaletteColorLookupTableData", item.LUTData)
    assert np.array_equal(shown(encoded(dataset, syntax), channels="RGB"), colours[:, stored].transpose(1, 2, 0))


def test_the_segments_of_a_palette_are_expanded_and_bounded() -> None:
    from pydicom.pixels.processing import _expand_segmented_lut

    segments = [0, 3, 1, 2, 9, 1, 5, 40, 0, 1, 7]
    assert expanded(segments, 9, wide=False) == _expand_segmented_lut(tuple(segments), "<B")
    repeated = [*segments, 2, 2, 0, 0]  # both segments from byte 0 on, once more
    assert expanded(repeated, 17, wide=True) == [
        *expanded(segments, 9, wide=True),
        *expanded(segments[:8], 8, wide=True),
    ]
    assert len(expanded([0, 1, 5, *[1, 60_000, 9] * 100_000], 65536, wide=True)) == 65536
    for wrong in ([1, 5, 5], [3, 1, 1], [0, 0, 1, 1], [0, 1, 4, 2, 9, 6, 0, 2, 9, 6, 0]):
        with pytest.raises(ShadeError):
            expanded(wrong, 100, wide=True)
