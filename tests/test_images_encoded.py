"""A picture is the same as a file, as its bytes and as an open file."""

from __future__ import annotations

import io
from pathlib import Path
from typing import BinaryIO, cast

import numpy as np
import pytest
from PIL import Image

from digit_recognizer import Recognizer, read_line
from digit_recognizer.data import Dataset
from digit_recognizer.errors import ImageError
from digit_recognizer.images import read_picture
from digit_recognizer.images.encoded import MAX_BYTES


@pytest.fixture(scope="module")
def photo(mnist: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("photo") / "digit.png"
    digit = 255 - mnist.split("validation").take(np.arange(1))[0]
    Image.fromarray(np.kron(digit, np.ones((6, 6), np.uint8))).save(path)
    return path


def test_bytes_and_open_files_give_what_the_file_gives(photo: Path) -> None:
    recognizer = Recognizer.load("classic")
    (expected,) = recognizer.predict(photo)
    content = photo.read_bytes()
    with photo.open("rb") as one, photo.open("rb") as other:
        for given in (content, bytearray(content), one, io.BytesIO(content), [other, content, photo]):
            found = recognizer.predict(given)
            assert len(found) == (3 if isinstance(given, list) else 1)
            assert {each.probabilities for each in found} == {expected.probabilities}
            assert {each.status for each in found} == {expected.status}
    assert read_line(content).text == read_line(photo).text
    assert np.array_equal(read_picture(content), read_picture(photo))


@pytest.mark.parametrize("content", [b"", b"no picture", b"\x89PNG\r\n\x1a\n cut"])
def test_bytes_that_are_no_picture_are_an_error_by_their_name(content: bytes) -> None:
    found = Recognizer.load("classic").predict([content], ["upload"])
    assert found[0].status == "error"
    assert (found[0].error or "").startswith("upload: ")


class Endless(io.RawIOBase):
    """A file without an end; it counts what is read of it."""

    given = 0

    def read(self, size: int = -1) -> bytes:
        assert size >= 0
        self.given += size
        return bytes(size)


def test_no_more_is_read_of_a_file_than_a_picture_may_have() -> None:
    endless = Endless()
    with pytest.raises(ImageError, match="is larger than 64 MiB"):
        read_picture(cast(BinaryIO, endless))
    assert endless.given == MAX_BYTES + 1
