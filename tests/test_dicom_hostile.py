"""DICOM files that lie, break off or nest: each a clear error that quotes nothing, before anything large is made."""

from __future__ import annotations

import io
import struct
import tracemalloc
import warnings
import zlib
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from pydicom.encaps import encapsulate
from pydicom.uid import JPEG2000Lossless, JPEGBaseline8Bit, JPEGLSLossless, RLELossless

from conftest import Python
from dicom_files import NUMBER, PATIENT, as_bytes, beginning, made, nested, real, write_dicom
from digit_recognizer.dicom.elements import MAX_DEPTH, StructureError, take
from digit_recognizer.dicom.packed import runs_length, stated_sizes
from digit_recognizer.dicom.read import read_dicom
from digit_recognizer.dicom.unpack import plugins_of
from digit_recognizer.errors import DigitRecognizerWarning, ImageError, PictureKindError, PictureSizeError
from digit_recognizer.images import open_picture
from digit_recognizer.images.decode import check_pixels
from digit_recognizer.installed import install_command
from examples import examples

SMALL = np.arange(48, dtype=np.uint16).reshape(6, 8)
MOST = 200 * 2**20  # bytes of memory that refusing a file may take


def refused(content: bytes, match: str, kind: type[ImageError] = ImageError) -> None:
    """Refused with these words, and without the patient."""
    with pytest.raises(kind, match=match) as found:
        read_dicom(content, None, "it", check_pixels)
    assert PATIENT not in str(found.value)
    assert NUMBER not in str(found.value)


@pytest.mark.parametrize("depth", [MAX_DEPTH + 1, 300, 100_000])
def test_deep_nesting_is_refused(depth: int) -> None:
    refused(nested(depth), "nest deeper")


def test_as_much_nesting_as_a_report_has_is_passed() -> None:
    refused(nested(MAX_DEPTH - 1), "without a picture")


def test_items_without_end_are_refused() -> None:
    item = struct.pack("<HHL", 0xFFFE, 0xE000, 0)
    opened = struct.pack("<HH2sHL", 0x0008, 0x1140, b"SQ", 0, 0xFFFFFFFF)
    refused(beginning() + opened + item * 300_000, "more than 200,000 elements")
    flat = struct.pack("<HH2sH", 0x0008, 0x0008, b"CS", 0)
    refused(beginning() + flat * 300_000, "more than 200,000 elements")


def test_a_deflated_bomb_is_refused() -> None:
    packer = zlib.compressobj(1, wbits=-15)
    packed = packer.compress(bytes(2 * MOST)) + packer.flush()
    tracemalloc.start()
    try:
        refused(beginning(b"1.2.840.10008.1.2.1.99") + packed, "unpacks to more than 64 MiB")
        assert tracemalloc.get_traced_memory()[1] < MOST
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    ("lie", "match"),
    [
        ({"Rows": 60_000, "Columns": 60_000}, "60000 x 60000 pixels"),
        ({"Rows": 7}, "holds only 96 bytes"),
        ({"Rows": 0}, "does not state its rows"),
        ({"NumberOfFrames": 1_000_000_000}, "1,000,000,000 frames"),
        ({"NumberOfFrames": -3}, "-3 frames"),
        ({"SamplesPerPixel": 4}, "colour space"),
        ({"PhotometricInterpretation": "HSV"}, "colour space"),
        ({"BitsAllocated": 7}, "the bits of its samples"),
        ({"RescaleSlope": 0, "RescaleIntercept": 1}, "slope is 0"),
        ({"RescaleSlope": "1e400", "RescaleIntercept": 1}, "not a number"),
        ({"WindowCenter": 5, "WindowWidth": 9, "VOILUTFunction": "LOG"}, "function that DICOM does not know"),
    ],
)
def test_what_a_header_says_wrongly_is_told(lie: dict[str, Any], match: str) -> None:
    refused(as_bytes(made(SMALL, **lie)), match)


def test_a_file_without_pixels_is_told() -> None:
    dataset = made(SMALL)
    del dataset.PixelData
    refused(as_bytes(dataset), "without a picture")
    refused(real("waveform_ecg.dcm").read_bytes(), "without a picture")


@examples(100)
@given(st.data())
def test_a_file_cut_short_anywhere_is_refused(data: st.DataObject) -> None:
    content = as_bytes(made(SMALL))
    at = data.draw(st.integers(132, len(content) - 1))
    with pytest.raises(ImageError, match=r"^it: "):
        read_dicom(content[:at], None, "it", check_pixels)


@examples(150)
@given(st.data())
def test_a_damaged_file_is_a_picture_or_a_clear_error(data: st.DataObject) -> None:
    name = data.draw(
        st.sampled_from(
            [
                *("MR_small.dcm", "JPEG2000.dcm", "MR_small_RLE.dcm", "SC_rgb_dcmtk_+eb+cy+np.dcm"),
                *("SC_rgb_jpeg_dcmtk.dcm", "SC_rgb_small_odd_big_endian.dcm"),
            ]
        )
    )
    content = bytearray(real(name).read_bytes())
    for _ in range(data.draw(st.integers(1, 8))):
        content[data.draw(st.integers(132, len(content) - 1))] = data.draw(st.integers(0, 255))
    with suppress(ImageError), warnings.catch_warnings():
        warnings.simplefilter("ignore", DigitRecognizerWarning)  # a damaged window
        assert read_dicom(bytes(content), None, "it", check_pixels).size > (0, 0)


def packed_as(syntax: str, packed: bytes, **lies: Any) -> bytes:
    """A file of 8 x 6 pixels whose one frame is packed so."""
    dataset = made(SMALL.astype(np.uint8), **lies)
    dataset.file_meta.TransferSyntaxUID = syntax
    dataset.PixelData = encapsulate([packed])
    dataset["PixelData"].VR = "OB"
    dataset["PixelData"].is_undefined_length = True
    return as_bytes(dataset)


@pytest.mark.parametrize(("syntax", "kind"), [(JPEGBaseline8Bit, "JPEG"), (JPEG2000Lossless, "JPEG2000")])
def test_a_packed_frame_larger_than_the_file_states_is_refused_by_its_own_head(syntax: str, kind: str) -> None:
    content = io.BytesIO()
    Image.new("L", (64, 32)).save(content, kind)
    packed = bytearray(content.getvalue())
    assert (64, 32) in list(stated_sizes(bytes(packed)))
    refused(packed_as(syntax, bytes(packed)), "another size|damaged")
    if kind == "JPEG":
        at = packed.index(b"\xff\xc0")
        packed[at + 5 : at + 9] = struct.pack(">HH", 60_000, 60_000)
    else:
        at = packed.index(b"\xff\x4f\xff\x51")
        packed[at + 8 : at + 16] = struct.pack(">LL", 60_000, 60_000)
    refused(packed_as(syntax, bytes(packed)), "60000 x 60000 pixels", PictureSizeError)


@pytest.mark.parametrize(("height", "parts"), [(0, 1), (7, 1), (6, 200)])
@pytest.mark.parametrize(("syntax", "start"), [(JPEGBaseline8Bit, 0xC0), (JPEG2000Lossless, 0x51)])
def test_a_packed_frame_states_its_size_before_it_is_unpacked(height: int, parts: int, syntax: Any, start: int) -> None:
    """A decoder goes on without end where a head states no height, and makes as many planes as it states."""
    if start == 0xC0:
        packed = b"\xff\xd8\xff\xc0" + struct.pack(">HBHHB", 8 + 3 * parts, 8, height, 8, parts) + b"\1\x11\0" * parts
    else:
        sizes = struct.pack(">8L", 8, height, 0, 0, 8, 8, 0, 0)
        packed = b"\xff\x4f\xff\x51" + struct.pack(">HH", 38 + 3 * parts, 0) + sizes + struct.pack(">H", parts)
        packed += b"\7\1\1" * parts
    refused(packed_as(syntax, packed), "another size")


def test_gdcm_is_the_last_to_be_asked() -> None:
    """It ends the process on some damaged files."""
    decoder = SimpleNamespace(UID=JPEGBaseline8Bit, available_plugins=("gdcm", "pillow", "pylibjpeg"))
    assert plugins_of(decoder) == ("pillow", "pylibjpeg")
    decoder.available_plugins = ("gdcm",)
    assert plugins_of(decoder) == ("gdcm",)
    decoder.available_plugins = ()
    assert plugins_of(decoder) == ("",)
    decoder.UID = RLELossless
    assert plugins_of(decoder) == ("pydicom",)


@given(st.binary(max_size=300))
def test_run_lengths_are_counted_as_pydicom_unpacks_them(packed: bytes) -> None:
    from pydicom.pixels.decoders.rle import _rle_decode_segment

    unpacked = len(_rle_decode_segment(packed))
    assert unpacked <= runs_length(packed) <= unpacked + 128  # a last run may be cut short


def test_run_lengths_that_unpack_to_far_more_are_refused() -> None:
    header = struct.pack("<16L", 1, 64, *[0] * 14)
    bomb = packed_as(RLELossless, header + b"\x81\0" * (9 * 2**19))
    refused(bomb, "is larger than stated when decoded", PictureSizeError)


def test_a_way_of_packing_that_nothing_reads_is_told() -> None:
    refused(packed_as("1.2.840.10008.1.2.4.100", b"\0" * 8), "MPEG2")
    refused(packed_as("1.2.3.4.4711", b"\0" * 8), "in a way that no installed package can decode")
    refused(packed_as("1.2.840.10008.1.2.4.100", b"\0" * 8), r"a way \(MPEG2.*\) that no installed package can decode")


def test_a_missing_decoder_is_named(run_python: Python) -> None:
    code = """
import sys
sys.modules |= dict.fromkeys(["pylibjpeg", "gdcm", "jpeg_ls"])
from digit_recognizer.images import read_picture
try:
    read_picture(sys.argv[1])
except Exception as error:
    print(type(error).__name__, error)
"""
    done = run_python(code, real("MR_small_jpeg_ls_lossless.dcm"))
    assert done.stdout.startswith("ReaderMissingError dicom-"), done.stderr
    assert "pylibjpeg-libjpeg" in done.stdout
    assert install_command("medical-codecs") in done.stdout
    assert JPEGLSLossless.name in done.stdout


def test_pydicom_is_needed_for_dicom_alone(tmp_path: Path, run_python: Python) -> None:
    path = write_dicom(tmp_path / "Doe.dcm", made(SMALL))
    Image.new("L", (8, 8)).save(tmp_path / "a.png")
    code = """
import sys
sys.modules["pydicom"] = None
from digit_recognizer.images import read_picture
print(read_picture(sys.argv[2]).shape)
try:
    read_picture(sys.argv[1])
except Exception as error:
    print(type(error).__name__, error)
"""
    done = run_python(code, path, tmp_path / "a.png")
    assert done.stdout.startswith("(8, 8)\nReaderMissingError dicom-"), done.stderr
    assert install_command("medical") in done.stdout
    assert "Doe" not in done.stdout
    code = "import sys, digit_recognizer.images as i; i.read_picture(sys.argv[1]); print('pydicom' in sys.modules)"
    assert run_python(code, tmp_path / "a.png").stdout == "False\n"


def test_bytes_from_elsewhere_are_refused() -> None:
    with pytest.raises(PictureKindError, match=r"dicom-\w{16}: is a DICOM file"):
        open_picture(as_bytes(made(SMALL)), "Doe.dcm")


def test_no_element_of_a_patient_reaches_pydicom() -> None:
    content = as_bytes(made(SMALL))
    assert PATIENT.encode() in content
    assert NUMBER.encode() in content
    for each in (content, real("CT_small.dcm").read_bytes(), real("examples_palette.dcm").read_bytes()):
        taken = take(each).content
        assert not any(word in taken for word in (PATIENT.encode(), NUMBER.encode(), b"CompressedSamples"))


def test_pydicoms_words_are_not_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    def quoting(*_: object) -> None:
        raise ValueError(PATIENT)

    monkeypatch.setattr("digit_recognizer.dicom.read.opened", quoting)
    with pytest.raises(ImageError, match="ValueError") as found:
        read_dicom(as_bytes(made(SMALL)), None, "it", check_pixels)
    assert PATIENT not in str(found.value)
    assert found.value.__cause__ is None
    assert found.value.__suppress_context__


def test_elements_that_claim_more_than_there_is_are_refused() -> None:
    lying = struct.pack("<HH2sHL", 0x0008, 0x1140, b"SQ", 0, 0xFFFFFFFE)
    for content in (beginning() + lying, beginning() + lying[:9]):
        with pytest.raises(StructureError, match="truncated"):
            take(content)
