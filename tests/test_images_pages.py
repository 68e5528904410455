"""Each page of a TIFF or PDF is a picture by its name; HEIC photos are read; what is absent is told by name."""

from __future__ import annotations

import copy
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from digit_recognizer.errors import ImageError, ReaderMissingError
from digit_recognizer.images import page_names, read_picture
from digit_recognizer.images.pages import DOTS_PER_INCH, states_turn
from digit_recognizer.installed import install_command
from digit_recognizer.paging import split_page

PAGES = [np.full((30, 20 + number), 40 * number + 20, np.uint8) for number in range(4)]


def save_pages(path: Path, count: int) -> Path:
    first, *others = [Image.fromarray(each) for each in PAGES[:count]]
    first.save(path, save_all=True, append_images=others, resolution=DOTS_PER_INCH)
    return path


@pytest.mark.parametrize("kind", ["tif", "tiff", "pdf"])
def test_every_page_is_read_by_its_name(tmp_path: Path, kind: str) -> None:
    path = save_pages(tmp_path / f"scan.{kind}", 4)
    names = page_names(str(path))
    assert names == [f"{path}[{number}]" for number in (1, 2, 3, 4)]
    for name, page in zip(names, PAGES, strict=True):
        read = read_picture(name)
        assert np.abs(np.subtract(read.shape, page.shape)).max() <= 1  # a PDF's page is measured in points
        assert abs(float(np.median(read)) - page[0, 0]) <= 2


@pytest.mark.parametrize("kind", ["TIFF", "PDF"])
@pytest.mark.parametrize("name", ["scan", "scan.jpg", "scan.dat"])
def test_pages_are_told_by_the_bytes(tmp_path: Path, kind: str, name: str) -> None:
    path = save_pages(tmp_path / f"scan.{kind}", 3).rename(tmp_path / name)
    assert page_names(str(path)) == [f"{path}[{number}]" for number in (1, 2, 3)]
    assert [read_picture(page).shape[1] // 2 * 2 for page in page_names(str(path))] == [20, 20, 22]


def test_the_sizes_in_a_raw_photo_are_not_pages(tmp_path: Path) -> None:
    path = save_pages(tmp_path / "scan.tif", 3).rename(tmp_path / "photo.NEF")
    assert page_names(str(path)) == [str(path)]


@pytest.mark.parametrize("kind", ["tif", "pdf"])
def test_pages_beyond_the_bound_are_told(tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("images.pages", "paging"):
        monkeypatch.setattr(f"digit_recognizer.{module}.MAX_PAGES", 2)
    path = save_pages(tmp_path / f"long.{kind}", 4)
    assert page_names(str(path)) == [f"{path}[1]", f"{path}[2]", str(path)]
    with pytest.raises(ImageError, match=r"of several pages.*without a page number the first 2 are read"):
        read_picture(path)


@pytest.mark.parametrize("kind", ["tif", "pdf"])
def test_one_page_needs_no_number(tmp_path: Path, kind: str) -> None:
    path = save_pages(tmp_path / f"one.{kind}", 1)
    assert page_names(str(path)) == [str(path)]
    assert np.array_equal(read_picture(path), read_picture(f"{path}[1]"))


@pytest.mark.parametrize("kind", ["tif", "pdf"])
def test_a_page_must_be_named_and_be_there(tmp_path: Path, kind: str) -> None:
    path = save_pages(tmp_path / f"scan.{kind}", 2)
    with pytest.raises(ImageError, match=rf"scan\.{kind}: is a {'TIFF' if kind == 'tif' else 'PDF'} of several pages"):
        read_picture(path)
    with pytest.raises(ImageError, match=rf"scan\.{kind}: has no page 3"):
        read_picture(f"{path}[3]")


def test_a_picture_of_another_kind_has_no_pages(tmp_path: Path) -> None:
    Image.fromarray(PAGES[0]).save(tmp_path / "a.png")
    with pytest.raises(ImageError, match=r"a\.png: has no pages"):
        read_picture(f"{tmp_path / 'a.png'}[1]")


def test_a_file_that_is_called_like_a_page_is_that_file(tmp_path: Path) -> None:
    path = tmp_path / "a.png[2]"
    Image.fromarray(PAGES[1]).save(path, "png")
    assert split_page(str(path)) == (str(path), None)
    assert np.array_equal(read_picture(path), PAGES[1])


@pytest.mark.parametrize("name", ["absent.tif", "words.tif", "words.pdf", "a.png"])
def test_what_has_no_pages_keeps_its_name(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    if not name.startswith("absent"):
        path.write_text("words")
    assert page_names(str(path)) == [str(path)]


@pytest.mark.parametrize("content", [b"%PDF-1.7\n", b"%PDF-1.7\n%%EOF", b"%PDF-" + bytes(200)])
def test_a_damaged_pdf_is_told(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.pdf").write_bytes(content)
    with pytest.raises(ImageError, match=r"a\.pdf: is damaged"):
        read_picture(tmp_path / "a.pdf")


def test_a_pdf_page_too_large_is_not_drawn(tmp_path: Path) -> None:
    Image.fromarray(PAGES[0]).save(tmp_path / "wide.pdf", resolution=0.2)  # 20 pixels on 2.5 metres
    with pytest.raises(ImageError, match=r"wide\.pdf: has .* pixels; at most 64 million"):
        read_picture(tmp_path / "wide.pdf")


def heic(path: Path, image: Image.Image) -> Path:
    import pillow_heif

    pillow_heif.from_pillow(image).save(path, quality=-1)
    return path


def test_a_heic_photo_is_read(tmp_path: Path) -> None:
    grey = np.full((64, 48), 220, np.uint8)
    grey[10:50, 20:26] = 30
    read = read_picture(heic(tmp_path / "photo.heic", Image.fromarray(grey).convert("RGB")))
    assert read.shape == grey.shape
    assert np.abs(read.astype(int) - grey).max() <= 3


def test_a_heic_photo_cut_short_is_told(tmp_path: Path) -> None:
    path = heic(tmp_path / "photo.heic", Image.new("RGB", (64, 64), "white"))
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(ImageError, match=r"photo\.heic: is damaged"):
        read_picture(path)


@pytest.mark.parametrize(
    ("module", "start"),
    [
        ("pypdfium2", b"%PDF-1.7\n"),
        ("pillow_heif", b"\0\0\0\x18ftypheic"),
    ],
)
def test_an_absent_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, module: str, start: bytes) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    (tmp_path / "photo").write_bytes(start)
    with pytest.raises(ReaderMissingError) as refused:
        read_picture(tmp_path / "photo")
    kind = "PDF" if start.startswith(b"%") else "HEIC"
    assert str(refused.value) == (
        f"{tmp_path / 'photo'}: is a {kind} file; reading it needs {module}, which the base install does not include.\n"
        f"Install with: {install_command('formats')}"
    )
    assert str(copy.copy(refused.value)) == str(refused.value)  # as it passes from one process to another


def test_orientations_other_than_upright_are_seen(tmp_path: Path) -> None:
    for orientation in range(10):
        exif = Image.Exif()
        exif[274] = orientation
        Image.fromarray(PAGES[0]).save(tmp_path / "a.png", exif=exif)
        assert states_turn(tmp_path / "a.png") == (2 <= orientation <= 8)
        with Image.open(tmp_path / "a.png") as image:
            assert states_turn(image) == (2 <= orientation <= 8)
    assert not states_turn(tmp_path / "absent.png")
