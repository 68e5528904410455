"""Files without a preamble, a mark or a meta group are DICOM files too, and what is none is not taken for one."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path

import numpy as np
import pydicom
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from pydicom.uid import ExplicitVRBigEndian, ExplicitVRLittleEndian, ImplicitVRLittleEndian

from dicom_files import NUMBER, PATIENT, as_bytes, made, real
from digit_recognizer.dicom.names import is_dicom
from digit_recognizer.dicom.start import HEAD
from digit_recognizer.errors import PictureKindError
from digit_recognizer.images import open_picture, page_names, read_picture, shown_name

PICTURE = np.arange(48, dtype=np.uint8).reshape(6, 8)
NATIVE = {"explicit": ExplicitVRLittleEndian, "implicit": ImplicitVRLittleEndian, "big endian": ExplicitVRBigEndian}


def whole(syntax: str = "explicit", **elements: object) -> bytes:
    dataset = made(PICTURE, **elements)
    dataset.file_meta.TransferSyntaxUID = NATIVE[syntax]
    content = io.BytesIO()
    little = syntax != "big endian"
    pydicom.dcmwrite(content, dataset, implicit_vr=syntax == "implicit", little_endian=little, enforce_file_format=True)
    return content.getvalue()


def bare(syntax: str) -> bytes:
    """The elements alone."""
    content = whole(syntax)
    return content[HEAD + 12 + int.from_bytes(content[HEAD + 8 : HEAD + 12], "little") :]


@pytest.mark.parametrize("syntax", NATIVE)
@pytest.mark.parametrize("lacks", ["nothing", "preamble", "preamble and mark", "meta group"])
@pytest.mark.parametrize("name", ["a.dcm", "IM0001"])
def test_a_file_may_lack_its_preamble(tmp_path: Path, syntax: str, lacks: str, name: str) -> None:
    content = whole(syntax)
    parts = {
        "nothing": content,
        "preamble": content[128:],
        "preamble and mark": content[132:],
        "meta group": bare(syntax),
    }
    path = tmp_path / PATIENT / name
    path.parent.mkdir()
    path.write_bytes(parts[lacks])
    assert page_names(str(path)) == [str(path)]
    assert np.array_equal(read_picture(path), PICTURE)
    assert shown_name(path).startswith("dicom-")
    with pytest.raises(PictureKindError, match=r"^dicom-\w{16}: is a DICOM file") as refused:
        open_picture(parts[lacks], f"{PATIENT}.dcm")
    assert NUMBER not in str(refused.value)


def test_frames_of_such_a_file_are_pages(tmp_path: Path) -> None:
    path = tmp_path / "cine"
    path.write_bytes(as_bytes(made(np.stack([PICTURE, PICTURE])))[132:])
    assert page_names(str(path)) == [f"{path}[1]", f"{path}[2]"]


def test_a_deflated_file_may_lack_it_too(tmp_path: Path) -> None:
    content = real("image_dfl.dcm").read_bytes()
    path = tmp_path / "deflated"
    path.write_bytes(content[132:])
    assert np.array_equal(read_picture(path), read_picture(real("image_dfl.dcm")))


def test_what_is_called_dicom_and_is_none_is_told_what_it_lacks(tmp_path: Path) -> None:
    path = tmp_path / f"{PATIENT}.dcm"
    for content in (b"words" * 100, real("no_meta.dcm").read_bytes(), bytes(500)):
        path.write_bytes(content)
        with pytest.raises(PictureKindError, match="neither the mark DICM after 128 bytes nor elements") as refused:
            read_picture(path)
        assert PATIENT not in str(refused.value)
    Image.fromarray(PICTURE).save(path, "PNG")
    assert np.array_equal(read_picture(path), PICTURE)


@given(st.binary(max_size=200))
def test_other_bytes_are_no_dicom_files(content: bytes) -> None:
    for head in (
        b"",
        b"\x89PNG\r\n\x1a\n",
        b"\xff\xd8\xff\xe0",
        b"II*\0",
        b"MM\0*",
        b"GIF89a",
        b"BM",
        b"RIFF",
        b"%PDF-",
    ):
        assert not is_dicom(head + b"\0\0" + content) or content[:2] in (b"\x08\0", b"\2\0")
    for other in (b"\0\0\x08\x03", b"\0\0\x08\x01", b"\x1f\x8b\x08", b"PK\x03\x04", b"\x93NUMPY", b"DICOM"):
        assert not is_dicom(other + content)


def test_numbers_in_a_raw_file_are_no_elements() -> None:
    for kind in ("<u2", ">u2", "<i4", ">i4", "<f4"):
        for first in (2, 8):
            assert not is_dicom(np.arange(first, 200).astype(kind).tobytes())
            assert not is_dicom(np.full(200, first, kind).tobytes())
    assert not is_dicom(zlib.compress(bytes(1000)))


@pytest.mark.parametrize(("group", "length", "known"), [(8, 4, True), (8, 3, False), (16, 4, False), (2, 4, True)])
def test_elements_begin_with_the_first_groups_and_have_even_lengths(group: int, length: int, known: bool) -> None:
    elements = b"".join(struct.pack("<HHL", group, number, length) + b"abcd"[:length] for number in (1, 2, 3))
    assert is_dicom(elements) == known
