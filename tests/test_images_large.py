"""Photos of more pixels than are decoded: a JPEG is read at a fraction of its size, its places are told in its own."""

from __future__ import annotations

import io
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from digit_recognizer.data import Dataset
from digit_recognizer.errors import PictureSizeError
from digit_recognizer.images import large as large_module
from digit_recognizer.images import open_picture, read_picture
from digit_recognizer.images.large import times_smaller
from digit_recognizer.reading import read_grid, read_page
from digit_recognizer.recognizer import Recognizer
from helpers_cli import digits
from trials.drawn_pages import DrawnPage, drawn_page


@pytest.fixture(scope="module")
def white(mnist: Dataset) -> DrawnPage:
    """A plain page of validation digits."""
    validation = mnist.split("validation")
    return drawn_page("white", validation.take(np.arange(500)), validation.labels[:500].tolist())


def jpeg(path: Path, size: tuple[int, int], **more: object) -> Path:
    """A sheet with a dark stroke down its left half."""
    image = Image.new("L", size, 250)
    image.paste(10, (size[0] // 5, size[1] // 5, size[0] // 4, size[1] // 2))
    image.save(path, "JPEG", **more)
    return path


@pytest.mark.parametrize("size", [(12_000, 9_000), (16_320, 12_240)], ids=["108 megapixels", "200 megapixels"])
def test_phones_photos_are_read(tmp_path: Path, size: tuple[int, int]) -> None:
    path = jpeg(tmp_path / "photo.jpg", size)
    grey = read_picture(path)
    assert grey.shape == (size[1] // 2, size[0] // 2)
    assert grey[grey.shape[0] // 3, size[0] // 2 * 9 // 40] < 30
    assert times_smaller(path) == 2


@pytest.mark.parametrize(("most", "times"), [(10**6, 1), (999_999, 2), (100_000, 4), (20_000, 8)])
def test_a_jpeg_is_decoded_as_large_as_is_allowed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, most: int, times: int
) -> None:
    whole = read_picture(jpeg(tmp_path / "photo.jpg", (1000, 1000)))
    monkeypatch.setattr(large_module, "MAX_PIXELS", most)
    path = tmp_path / "photo.jpg"
    small = read_picture(path)
    image = open_picture(path.read_bytes(), "upload")
    assert isinstance(image, Image.Image)
    assert small.shape == (1000 // times, 1000 // times)
    assert abs(small.astype(int).mean() - whole.astype(int).mean()) < 1
    assert times_smaller(path) == times_smaller(image) == times
    assert np.array_equal(read_picture(image), small)


def test_what_cannot_be_decoded_smaller_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(large_module, "MAX_PIXELS", 500_000)
    monkeypatch.setattr("digit_recognizer.images.decode.MAX_PIXELS", 500_000)
    monkeypatch.setattr(large_module, "MAX_STATED", 2_000_000)
    Image.new("L", (1000, 1000)).save(tmp_path / "x.png")
    jpeg(tmp_path / "progressive.jpg", (1000, 1000), progressive=True)
    jpeg(tmp_path / "larger.jpg", (2000, 1001))
    for name in ("x.png", "progressive.jpg", "larger.jpg"):
        with pytest.raises(PictureSizeError, match=rf"{name}: has \d+ x \d+ pixels"):
            read_picture(tmp_path / name)


@pytest.mark.arithmetic
def test_places_are_those_of_the_whole_photo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, white: DrawnPage) -> None:
    page = Image.fromarray(white.picture[: len(white.picture) // 4])
    path = tmp_path / "page.jpg"
    page.resize((2 * page.width, 2 * page.height)).save(path, quality=95)
    recognizer = Recognizer.load("cnn")
    monkeypatch.setattr(large_module, "MAX_PIXELS", page.width * page.height)
    photo = read_page(path, recognizer)
    small = read_page(read_picture(path), recognizer)
    assert photo.size == (2 * small.size[0], 2 * small.size[1]) == (2 * page.width, 2 * page.height)
    assert len(photo.numbers) > 3
    for one, other in zip(photo.numbers, small.numbers, strict=True):
        for box, half in ((one.box, other.box), (one.digits[0].box, other.digits[0].box)):
            assert np.array_equal(box, 2 * np.array(half))
    assert read_page(open_picture(path.read_bytes(), "upload"), recognizer).numbers == photo.numbers
    drawn = tmp_path / "drawn.png"
    answer = digits("read", path, "--model", "cnn", "--annotate", drawn, "--json")
    assert json.loads(answer.out)["numbers"][0]["box"] == list(photo.numbers[0].box)
    with Image.open(io.BytesIO(drawn.read_bytes())) as picture:
        assert picture.size == (page.width, page.height)
        blue = np.argwhere(np.abs(np.asarray(picture).astype(int) - (40, 90, 200)).sum(2) < 30)
        assert abs(blue[:, 0].min() - min(each.box[1] for each in photo.numbers) / 2) < 40
        assert abs(blue[:, 1].max() - max(each.box[0] + each.box[2] for each in photo.numbers) / 2) < 40


def test_cells_of_a_grid_are_those_of_the_whole_photo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = Image.new("L", (800, 640), 245)
    for at in range(5):
        page.paste(20, (80, 60 + 130 * at, 724, 64 + 130 * at))
        page.paste(20, (80 + 160 * at, 60, 84 + 160 * at, 584))
    path = tmp_path / "grid.jpg"
    page.save(path, quality=95)
    monkeypatch.setattr(large_module, "MAX_PIXELS", 400 * 320)
    recognizer = Recognizer.load("classic")
    grid, small = read_grid(path, recognizer, (4, 4)), read_grid(read_picture(path), recognizer, (4, 4))
    assert grid is not None
    assert small is not None
    for one, other in zip(grid.cells, small.cells, strict=True):
        assert np.allclose(one.box, 2 * np.array(other.box), atol=0.01)
    assert np.abs(np.array(grid.cells[0].box[0]) - (82, 62)).max() < 8
    drawn = tmp_path / "drawn.png"
    assert digits("read", path, "--grid", "4x4", "--annotate", drawn).code == 0
    with Image.open(drawn) as picture:
        assert picture.size == (400, 320)
        changed = np.argwhere(np.asarray(picture)[..., 0] != read_picture(path))
        assert np.abs(changed.min(0) - (31, 41)).max() < 6
        assert np.abs(changed.max(0) - (291, 361)).max() < 6
