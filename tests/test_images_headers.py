"""Files that would keep a decoder busy for minutes are refused by what they state; usual ones are read."""

from __future__ import annotations

import io
import struct
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from digit_recognizer.errors import ImageError, PictureSizeError
from digit_recognizer.images.decode import open_picture, read_picture
from digit_recognizer.images.pages import page_names

Tag = tuple[int, int, int, int]  # number, type, count, value


def tiff(*pages: list[Tag], order: str = "<", large: bool = False) -> bytes:
    """The directories of a TIFF of one row of black pixels."""
    mark = (b"II" if order == "<" else b"MM") + struct.pack(f"{order}H", 43 if large else 42)
    made = mark + (struct.pack(f"{order}HHQ", 8, 0, 16) if large else struct.pack(f"{order}I", 8))
    for place, tags in enumerate(pages):
        made += struct.pack(order + ("Q" if large else "H"), len(tags))
        for number, kind, count, value in tags:
            size = {3: "H", 4: "I", 9: "i", 16: "Q"}[kind]
            packed = struct.pack(order + size, value).ljust(8 if large else 4, b"\0")
            made += struct.pack(order + ("HHQ" if large else "HHI"), number, kind, count) + packed
        following = len(made) + (8 if large else 4)
        made += struct.pack(order + ("Q" if large else "I"), 0 if place == len(pages) - 1 else following)
    return made + bytes(100)


PLAIN: list[Tag] = [(256, 3, 1, 10), (257, 3, 1, 10), (258, 3, 1, 8), (259, 3, 1, 1), (262, 3, 1, 1)]
STRIPS: list[Tag] = [*PLAIN, (273, 4, 1, 8), (279, 4, 1, 100)]
WIDE_TILES: list[Tag] = [*PLAIN, (322, 4, 1, 46_000), (323, 4, 1, 46_000), (324, 4, 1, 8), (325, 4, 1, 8)]
SIGNED_TILES: list[Tag] = [*PLAIN, (322, 9, 1, 46_000), (323, 9, 1, 46_000), (324, 4, 1, 8), (325, 4, 1, 8)]
MANY_STRIPS: list[Tag] = [*PLAIN, (273, 4, 4_000_000, 8), (278, 3, 1, 1), (279, 4, 4_000_000, 8)]
LARGE_TILES: list[Tag] = [*PLAIN, (322, 16, 1, 2**33), (323, 16, 1, 2**33), (324, 16, 1, 8), (325, 16, 1, 8)]


@pytest.mark.parametrize(
    "content",
    [
        tiff(WIDE_TILES),
        tiff(SIGNED_TILES),
        tiff(MANY_STRIPS),
        tiff(MANY_STRIPS, order=">"),
        tiff(STRIPS, WIDE_TILES),
        tiff(LARGE_TILES, large=True),
    ],
    ids=["tile", "signed", "strips", "big-endian", "second page", "BigTIFF"],
)
def test_a_tiff_of_huge_tiles_or_many_strips_is_refused_at_once(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "trap.tif"
    path.write_bytes(content)
    begun = time.monotonic()
    assert page_names(str(path)) == [str(path)]
    with pytest.raises(PictureSizeError, match=r"trap.tif: (has tiles of|is cut into)"):
        read_picture(path)
    assert time.monotonic() - begun < 1


def jpeg_of_scans(scans: int) -> bytes:
    """A progressive JPEG of which one scan stands there many times."""
    packed = io.BytesIO()
    Image.fromarray(np.arange(64, dtype=np.uint8).reshape(8, 8)).save(packed, "JPEG", progressive=True)
    content = packed.getvalue()
    last = content.rindex(b"\xff\xda")
    return content[:last] + content[last:-2] * scans + b"\xff\xd9"


def test_a_jpeg_of_thousands_of_scans_is_refused_at_once() -> None:
    begun = time.monotonic()
    with pytest.raises(PictureSizeError, match="more than 200 scans"):
        open_picture(jpeg_of_scans(100_000), "trap.jpg")
    assert time.monotonic() - begun < 1
    assert np.asarray(open_picture(jpeg_of_scans(1) + b"\xff\xda" * 1000, "after its end.jpg")).shape == (8, 8)


@pytest.mark.parametrize("suffix", ["jpg", "tif"])
def test_usual_files_are_read(suffix: str, tmp_path: Path) -> None:
    grey = np.random.default_rng(0).integers(0, 256, (300, 200)).astype(np.uint8)
    image, path = Image.fromarray(grey), tmp_path / f"usual.{suffix}"
    kinds = {
        "jpg": [{"quality": 100, "progressive": on, "comment": b"\xff\xda" * 1000} for on in (False, True)],
        "tif": [{"compression": kind, "strip_size": 200} for kind in ("raw", "tiff_lzw", "tiff_adobe_deflate")],
    }
    for options in kinds[suffix]:
        image.save(path, **options)
        assert np.abs(read_picture(path).astype(int) - grey).mean() < 2


@pytest.mark.parametrize("start", [b"II*\0", b"MM\0*", b"II+\0", b"\xff\xd8\xff"])
def test_damaged_headers_are_refused_by_name(start: bytes) -> None:
    for rest in (b"", b"\xff" * 40, b"\0\0\0\x04" * 20, bytes(range(256)) * 4):
        with pytest.raises(ImageError, match=r"^odd"):
            open_picture(start + rest, "odd")
