"""A picture of any kind is read rightly or refused by name; nothing but ImageError comes out."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from digit_recognizer.errors import DigitRecognizerWarning, ImageError
from digit_recognizer.images import read_picture
from digit_recognizer.images.decode import MAX_PIXELS

Grey = NDArray[np.uint8]

GREY: Grey = np.full((24, 32), 230, np.uint8)  # dark strokes on light paper, no two sides alike
GREY[4:20, 5:9] = 20
GREY[16:20, 9:24] = 90
KINDS: dict[str, dict[str, Any]] = {"png": {}, "bmp": {}, "tiff": {}, "gif": {}, "webp": {"lossless": True}}
LOSSY: dict[str, dict[str, Any]] = {"jpeg": {"quality": 95}, "webp": {"quality": 95}}


def encoded(image: Image.Image, kind: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def decoded(folder: Path, content: bytes, name: str = "picture") -> Grey:
    (folder / name).write_bytes(content)
    return read_picture(folder / name)


def read_or_told(picture: Path | Image.Image, word: str) -> bool:
    """Whether a picture was read, or refused with a message that holds `word`."""
    try:
        return read_picture(picture).ndim == 2
    except ImageError as error:
        return word in str(error)


def bare_png(width: int, height: int) -> bytes:
    """A PNG that states a size and holds next to nothing."""
    chunks = [
        (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)),
        (b"IDAT", zlib.compress(b"")),
        (b"IEND", b""),
    ]
    body = b"".join(struct.pack(">I", len(d)) + k + d + struct.pack(">I", zlib.crc32(k + d)) for k, d in chunks)
    return b"\x89PNG\r\n\x1a\n" + body


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("mode", ["L", "RGB", "P"])
def test_lossless_kinds_give_their_pixels(tmp_path: Path, kind: str, mode: str) -> None:
    content = encoded(Image.fromarray(GREY).convert(mode), kind, **KINDS[kind])
    read = decoded(tmp_path, content)
    assert read.dtype == np.uint8
    assert np.abs(read.astype(int) - GREY).max() <= (1 if kind == "webp" else 0)


@pytest.mark.parametrize(("kind", "mode"), [("jpeg", "L"), ("jpeg", "RGB"), ("jpeg", "CMYK"), ("webp", "RGB")])
def test_lossy_kinds_come_near(tmp_path: Path, kind: str, mode: str) -> None:
    read = decoded(tmp_path, encoded(Image.fromarray(GREY).convert(mode), kind, **LOSSY[kind]))
    assert np.abs(read.astype(int) - GREY).mean() < 5


def test_colours_become_their_luma(tmp_path: Path) -> None:
    row = np.array([[[255, 0, 0], [0, 255, 0], [0, 0, 255]]], np.uint8)
    assert decoded(tmp_path, encoded(Image.fromarray(row), "png")).tolist() == [[76, 150, 29]]


def test_two_levels_are_black_and_white(tmp_path: Path) -> None:
    assert set(np.unique(decoded(tmp_path, encoded(Image.fromarray(GREY > 128), "png")))) == {0, 255}


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P"])
@pytest.mark.parametrize(("stroke", "paper"), [(0, 255), (90, 255), (255, 0), (200, 0)])
def test_what_is_clear_becomes_paper_that_shows_the_strokes(tmp_path: Path, mode: str, stroke: int, paper: int) -> None:
    ink = GREY < 230
    image = Image.fromarray(np.dstack([np.full((24, 32, 3), stroke, np.uint8), ink.astype(np.uint8) * 255]))
    options = {"transparency": 0} if mode == "P" else {}
    if mode == "P":
        image = Image.fromarray(ink.astype(np.uint8))
        image = Image.frombytes("P", image.size, image.tobytes())
        image.putpalette([7, 7, 7, stroke, stroke, stroke])
    elif mode == "LA":
        image = image.convert("LA")
    read = decoded(tmp_path, encoded(image, "png", **options))
    assert np.array_equal(read, np.where(ink, stroke, paper))


def test_a_clear_colour_of_an_opaque_kind_is_paper(tmp_path: Path) -> None:
    image = Image.fromarray(np.where(GREY < 230, 0, 9).astype(np.uint8)).convert("RGB")
    read = decoded(tmp_path, encoded(image, "png", transparency=(9, 9, 9)))
    assert np.array_equal(read, np.where(GREY < 230, 0, 255))


@pytest.mark.parametrize("kind", ["png", "tiff"])
def test_sixteen_bits_become_eight(tmp_path: Path, kind: str) -> None:
    image = Image.fromarray(GREY.astype(np.uint16) * 257)
    assert np.array_equal(decoded(tmp_path, encoded(image, kind)), GREY)


def test_a_nearly_black_picture_of_sixteen_bits_stays_nearly_black(tmp_path: Path) -> None:
    with pytest.warns(DigitRecognizerWarning, match="nearly black"):
        assert decoded(tmp_path, encoded(Image.fromarray(GREY.astype(np.uint16)), "png")).max() <= 1


# EXIF 2.3, section 4.6.4: what turns the stored pixels upright.
UPRIGHT: dict[int, Callable[[Grey], Grey]] = {
    1: lambda a: a,
    2: np.fliplr,
    3: lambda a: np.rot90(a, 2),
    4: np.flipud,
    5: lambda a: a.T,
    6: lambda a: np.rot90(a, -1),
    7: lambda a: np.rot90(a, 2).T,
    8: np.rot90,
}


@pytest.mark.parametrize("orientation", UPRIGHT)
@pytest.mark.parametrize("opened", [False, True], ids=["file", "PIL"])
def test_a_turned_photo_is_read_upright(tmp_path: Path, orientation: int, opened: bool) -> None:
    exif = Image.Exif()
    exif[274] = orientation
    path = tmp_path / "turned.png"
    Image.fromarray(GREY).save(path, exif=exif)
    if opened:
        with Image.open(path) as image:
            read = read_picture(image)
    else:
        read = read_picture(path)
    assert np.array_equal(read, UPRIGHT[orientation](GREY))


@pytest.mark.parametrize("kind", ["gif", "webp", "png"])
def test_of_an_animation_the_first_frame_counts(tmp_path: Path, kind: str) -> None:
    frames = [Image.fromarray(GREY).convert("RGB"), Image.fromarray(255 - GREY).convert("RGB")]
    content = encoded(frames[0], kind, save_all=True, append_images=frames[1:], **KINDS[kind])
    assert np.abs(decoded(tmp_path, content).astype(int) - GREY).max() <= 1


def test_a_tiff_of_two_pages_is_refused(tmp_path: Path) -> None:
    page = Image.fromarray(GREY)
    with pytest.raises(ImageError, match=r"scan\.tif: is a TIFF of several pages"):
        decoded(tmp_path, encoded(page, "tiff", save_all=True, append_images=[page]), "scan.tif")


@pytest.mark.parametrize("size", [(20_000, 20_000), (8_001, 8_000), (2**31 - 1, 1)])
def test_a_picture_too_large_is_refused_by_its_stated_size(tmp_path: Path, size: tuple[int, int]) -> None:
    with pytest.raises(
        ImageError, match=r"bomb\.png: (has .* pixels; at most 64 million|unpacks to more than is safe)"
    ):
        decoded(tmp_path, bare_png(*size), "bomb.png")


def test_the_largest_size_passes_and_its_missing_pixels_are_told(tmp_path: Path) -> None:
    with pytest.raises(ImageError, match="is damaged, truncated"):
        decoded(tmp_path, bare_png(MAX_PIXELS // 8000, 8000))


def test_a_pil_picture_too_large_is_refused() -> None:
    image = Image.open(io.BytesIO(bare_png(8_001, 8_000)))
    with pytest.raises(ImageError, match="the picture: has 8001 x 8000 pixels"):
        read_picture(image)


@pytest.mark.parametrize(
    ("content", "cause"),
    [
        (b"", r"a\.png: is empty"),
        (b"no picture, only words", r"a\.png: is not a picture of a known kind \(PNG, JPEG"),
        (b"<!DOCTYPE html><html></html>", r"a\.png: is not a picture"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", r"a\.png: is not a picture"),  # would start Ghostscript
        (encoded(Image.fromarray(GREY), "png")[:60], r"a\.png: is damaged, truncated"),
        (encoded(Image.fromarray(GREY), "bmp")[:-9], r"a\.png: is damaged, truncated"),
    ],
    ids=["empty", "text", "html", "postscript", "cut png", "cut bmp"],
)
def test_what_is_no_picture_is_refused_by_name(tmp_path: Path, content: bytes, cause: str) -> None:
    with pytest.raises(ImageError, match=cause):
        decoded(tmp_path, content, "a.png")


@pytest.mark.parametrize("name", ["absent.png", "nul\0.png"])
def test_a_missing_file_is_refused_by_name(tmp_path: Path, name: str) -> None:
    with pytest.raises(ImageError, match=name[:3]):
        read_picture(str(tmp_path / name))


SEEDS = [encoded(Image.fromarray(GREY).convert("RGB"), kind, **options) for kind, options in {**KINDS, **LOSSY}.items()]


@given(
    seed=st.sampled_from(SEEDS),
    cut=st.integers(1, 10**6),
    flips=st.lists(st.tuples(st.integers(0), st.binary(min_size=1, max_size=1)), max_size=3),
)
def test_damaged_bytes_give_a_picture_or_an_image_error(
    tmp_path_factory: pytest.TempPathFactory, seed: bytes, cut: int, flips: list[tuple[int, bytes]]
) -> None:
    content = bytearray(seed[: max(1, cut % (2 * len(seed)))])
    for place, byte in flips:
        content[place % len(content)] = byte[0]
    path = tmp_path_factory.getbasetemp() / "damaged"
    path.write_bytes(content)
    assert read_or_told(path, str(path))


@pytest.mark.parametrize(
    "mode",
    ["1", "L", "P", "RGB", "RGBA", "CMYK", "YCbCr", "LAB", "HSV", "I", "F", "LA", "PA", "RGBX", "RGBa", "La", "I;16"],
)
def test_a_pil_picture_of_any_mode_is_read_or_refused(mode: str) -> None:
    assert read_or_told(Image.new(mode, (5, 4)), mode)


def test_a_pil_picture_cut_short_is_refused() -> None:
    image = Image.open(io.BytesIO(encoded(Image.fromarray(GREY), "bmp")[:-9]))
    with pytest.raises(ImageError, match="the picture: is damaged, truncated"):
        read_picture(image)
