"""Processes that decode: they give what `read_picture` gives, and what ends one of them stops no other picture."""

from __future__ import annotations

import io
import itertools
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from digit_recognizer import Recognizer
from digit_recognizer.decoding import Decoded, Decoders, DecodingTimeError, read_apart
from digit_recognizer.decoding.wire import receive, send
from digit_recognizer.errors import DigitRecognizerWarning, ImageError, PictureKindError, PictureSizeError
from digit_recognizer.images import read_picture
from digit_recognizer.images.encoded import DecodedPicture, EncodedPicture
from digit_recognizer.images.given import is_turned
from digit_recognizer.images.large import times_smaller
from platforms import posix

PATIENCE = 60
_RANDOM = np.random.default_rng(0)


@pytest.fixture(scope="module")
def decoders() -> Iterator[Decoders]:
    made = Decoders(2)
    yield made
    made.close()


def encoded(height: int, width: int, mode: str = "L", kind: str = "PNG", **options: object) -> EncodedPicture:
    """A picture of noise."""
    pixels = _RANDOM.integers(0, 256, (height, width, 4), np.uint8)
    content = io.BytesIO()
    Image.fromarray(pixels).convert(mode).save(content, kind, **options)
    return EncodedPicture(content.getvalue())


def of_exif(orientation: int, kind: str) -> EncodedPicture:
    exif = Image.Exif()
    exif[274] = orientation
    return encoded(20, 33, "RGB", kind, exif=exif)


def pages() -> EncodedPicture:
    """The second page of a TIFF."""
    content = io.BytesIO()
    first, second = (Image.new("L", (30, 20), level) for level in (10, 20))
    first.save(content, "TIFF", save_all=True, append_images=[second])
    return EncodedPicture(content.getvalue(), page=2)


def wide(highest: int) -> EncodedPicture:
    """Noise in 16 bits."""
    pixels = _RANDOM.integers(0, highest, (40, 40), np.uint16)
    pixels[0, 0] = highest
    content = io.BytesIO()
    Image.fromarray(pixels).save(content, "PNG")
    return EncodedPicture(content.getvalue())


KINDS = [
    *(encoded(31, 23, mode) for mode in ("1", "L", "LA", "P", "RGB", "RGBA")),
    *(encoded(31, 23, "RGB", kind) for kind in ("JPEG", "GIF", "BMP", "WEBP", "TIFF", "PPM")),
    *(of_exif(*each) for each in itertools.product(range(1, 9), ("JPEG", "PNG", "TIFF"))),
    wide(65_535),
    pages(),
]


@pytest.mark.parametrize(("channels", "form"), [(1, "digit"), (3, "picture")])
def test_it_gives_what_read_picture_gives(decoders: Decoders, channels: int, form: str) -> None:
    names = [str(number) for number in range(len(KINDS))]
    found = list(decoders.decode(KINDS, names, channels, form))
    for picture, own in zip(found, KINDS, strict=True):
        assert isinstance(picture, DecodedPicture)
        for as_stored in (False, True):
            here = read_picture(own, as_stored, channels, form=form)
            there = read_picture(picture, as_stored, channels, form=form)
            assert there.shape == here.shape
            assert np.array_equal(there, here)
        assert (is_turned(picture), times_smaller(picture)) == (is_turned(own), times_smaller(own))


def test_notes_are_told(decoders: Decoders) -> None:
    with pytest.warns(DigitRecognizerWarning, match="a: "):
        list(decoders.decode([wide(4095)], ["a"], form="picture"))


def test_errors_are_those_of_read_picture(decoders: Decoders) -> None:
    refused = [EncodedPicture(content) for content in (b"", b"?", encoded(9, 9).content[:60], b"\x89PNG\r\n\x1a\n")]
    for own, found in zip(refused, decoders.decode(refused, ["a"] * len(refused)), strict=True):
        with pytest.raises(ImageError) as here:
            read_picture(own, source="a")
        assert (type(found), str(found)) == (here.type, str(here.value))


@posix("a limit of a process's memory")
def test_too_much_memory_is_an_error_and_stops_no_other() -> None:
    small, large = encoded(28, 28), encoded(4000, 4000, "RGBA", compress_level=0)
    modest = Decoders(memory=50 * 2**20)
    try:
        first, second, third = modest.decode([small, large, small], "abc")
    finally:
        modest.close()
    assert isinstance(first, DecodedPicture)
    assert isinstance(third, DecodedPicture)
    assert isinstance(second, PictureSizeError)
    assert "b: needs too much memory" in str(second)


@pytest.mark.parametrize("bound", ["seconds", pytest.param("cpu_seconds", marks=posix("such a limit"))])
def test_one_that_takes_too_long_is_an_error_and_stops_no_other(decoders: Decoders, bound: str) -> None:
    small, large = encoded(28, 28), encoded(5000, 5000)  # a second or more; the small ones take 1/10,000
    given = [*[small] * 5, large, *[small] * 5]
    limits = {"cpu_seconds": 0.1} if bound == "cpu_seconds" else {"seconds": 0.1}
    found = list(decoders.decode(given, [str(number) for number in range(11)], **limits))
    assert isinstance(found[5], DecodingTimeError)
    assert "5: takes too long to decode" in str(found[5])
    if bound == "cpu_seconds":  # by the clock a busy machine may be late with any
        assert all(isinstance(each, DecodedPicture) for each in found[:5] + found[6:])


def test_one_that_ends_its_process_is_an_error_and_stops_no_other(decoders: Decoders) -> None:
    taken = threading.Event()

    def kill() -> None:
        """End whichever process is at work on the large picture."""
        taken.wait(PATIENCE)
        for process in set(decoders._all) - set(decoders._free):
            process._system.kill()

    killer = threading.Thread(target=kill)
    killer.start()
    found: list[Decoded] = []
    for each in decoders.decode([encoded(28, 28), encoded(5000, 5000), encoded(28, 28)], "abc"):
        found.append(each)
        taken.set()
    killer.join()
    assert all(isinstance(each, DecodedPicture | PictureSizeError) for each in found)
    assert isinstance(found[0], DecodedPicture)
    assert isinstance(found[2], DecodedPicture)
    assert len(found) == 3


def test_who_asks_no_further_than_the_last_keeps_no_process(decoders: Decoders) -> None:
    decoders.wait()
    before = {process for process in decoders._all if process.is_alive}
    for count in (1, 2, 1):
        found = decoders.decode([encoded(28, 28)] * count, "ab"[:count])
        assert all(isinstance(next(found), DecodedPicture) for _ in range(count))
        assert decoders.is_ready()
        del found
    assert before <= decoders._all
    assert all(process.is_alive for process in before)


def test_it_is_not_ready_while_each_process_is_at_work() -> None:
    made = Decoders(1)
    try:
        made.wait()
        assert made.is_ready()
        found = made.decode([encoded(28, 28)] * 3, "abc")
        next(found)
        assert not made.is_ready()
        list(found)
        assert made.is_ready()
    finally:
        made.close()


def test_nobody_waits_and_it_ends(decoders: Decoders) -> None:
    began = time.monotonic()
    found = list(decoders.decode([encoded(8000, 8000)] * 5, "aaaaa", is_left=lambda: time.monotonic() > began))
    assert len(found) == 5
    assert isinstance(found[-1], DecodingTimeError)
    (after,) = decoders.decode([encoded(28, 28)], "a")
    assert isinstance(after, DecodedPicture)


def test_what_is_not_quick_is_left(decoders: Decoders) -> None:
    quick = [encoded(28, 28), encoded(100, 100, "RGB", "JPEG")]
    slow = [encoded(101, 100), encoded(90, 90, "RGB", "JPEG", progressive=True), encoded(28, 28, "L", "TIFF")]
    found = list(decoders.decode([*quick, *slow], "abcde", quick_pixels=10_000))
    assert [each is None for each in found] == [False, False, True, True, True]


@pytest.fixture
def document(tmp_path: Path) -> Path:
    """A PDF of one page."""
    pytest.importorskip("pypdfium2")
    Image.new("L", (200, 100), 250).save(tmp_path / "a.pdf", "PDF")
    return tmp_path / "a.pdf"


def test_a_pdf_is_read_as_any_picture(document: Path) -> None:
    for picture in (str(document), document, document.read_bytes()):
        assert np.array_equal(read_apart(picture), read_picture(picture))
    assert Recognizer.load("classic").predict(document)[0].status == "not a digit"
    with pytest.raises(ImageError, match=r"a\.pdf\[2\]: has no page 2"):
        read_apart(f"{document}[2]")


@posix("a limit of a process's memory")
def test_a_pdf_that_draws_itself_again_and_again_is_an_error(document: Path) -> None:
    laughs = (Path(__file__).parent / "hostile" / "xobj_laughs.pdf").read_bytes()
    modest = Decoders(memory=150 * 2**20)
    try:
        bad, good = modest.decode([EncodedPicture(laughs), EncodedPicture(document.read_bytes())], "ab")
    finally:
        modest.close()
    assert isinstance(bad, PictureSizeError)
    assert isinstance(good, DecodedPicture)


def test_many_threads_ask_at_once(decoders: Decoders) -> None:
    pictures = [encoded(28, 28) for _ in range(30)]
    wanted = [read_picture(each) for each in pictures]
    right: list[bool] = []

    def ask() -> None:
        found = decoders.decode(pictures, ["a"] * len(pictures))
        right.append(all(np.array_equal(read_picture(one), own) for one, own in zip(found, wanted, strict=True)))

    threads = [threading.Thread(target=ask) for _ in range(6)]
    for each in threads:
        each.start()
    for each in threads:
        each.join(PATIENCE)
    assert right == [True] * 6


def test_a_closed_one_ends_its_processes() -> None:
    made = Decoders(2)
    made.wait()
    processes = set(made._all)
    made.close()
    assert not any(process.is_alive for process in processes)


def test_a_message_comes_as_it_was_sent() -> None:
    file = io.BytesIO()
    send(file, {"a": [1, "é"]}, [b"xy", memoryview(bytes(100_000))])
    send(file, [])
    file.seek(0)
    header, body = receive(file)
    assert (header, bytes(body)) == ({"a": [1, "é"]}, b"xy" + bytes(100_000))
    assert receive(file)[0] == []
    with pytest.raises(EOFError):
        receive(file)


def test_a_kind_that_is_no_picture_is_told_apart(decoders: Decoders) -> None:
    (found,) = decoders.decode([EncodedPicture(b"%PNG")], "a")
    assert isinstance(found, PictureKindError)
