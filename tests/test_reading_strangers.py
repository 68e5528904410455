"""Pictures that are no pages of numbers get a clear answer from `digits read`, and never a sure digit."""

from __future__ import annotations

import json
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from digit_recognizer.reading import PAGE_MODEL, read_page
from digit_recognizer.recognizer import Recognizer
from helpers_cli import digits, is_complaint

pytestmark = pytest.mark.arithmetic

TEXT = """Whatever can be worked out by many hands together
will be known where water ran before the market opened,
and women from the farms near by knew most of them well.
Nothing that was written there remained for very long."""


def text(size: int) -> Image.Image:
    page = Image.new("L", (900, 300), 238)
    ImageDraw.Draw(page).multiline_text((25, 30), TEXT, 20, ImageFont.load_default(size), spacing=14)
    return page


def face() -> Image.Image:
    """A head before a bright wall."""
    drawn = Image.new("L", (640, 800), 205)
    pen = ImageDraw.Draw(drawn)
    pen.ellipse((150, 120, 490, 640), 150)
    pen.pieslice((140, 90, 500, 460), 180, 360, 60)
    for left in (225, 345):
        pen.ellipse((left, 330, left + 70, 365), 225, 70)
        pen.ellipse((left + 22, 333, left + 48, 362), 40)
        pen.line((left - 5, 308, left + 75, 300), 70, 9)
    pen.line((320, 360, 305, 450, 335, 455), 105, 6)
    pen.arc((255, 460, 385, 560), 20, 160, 80, 10)
    grain = np.random.default_rng(0).normal(0, 4, (800, 640))
    blurred = np.asarray(drawn.filter(ImageFilter.GaussianBlur(2)), np.float64)
    return Image.fromarray(np.clip(blurred + grain, 0, 255).astype(np.uint8))


def noise(spread: float) -> Image.Image:
    levels = np.random.default_rng(1).normal(128, spread, (500, 600))
    return Image.fromarray(np.clip(levels, 0, 255).astype(np.uint8))


@pytest.fixture(scope="module")
def mixed() -> Recognizer:
    return Recognizer.load(PAGE_MODEL)


@pytest.mark.parametrize(
    "picture",
    [text(22), face(), noise(8), noise(70), Image.new("L", (10_000, 1), 200), Image.new("L", (1, 10_000), 9)],
    ids=["text", "face", "grain", "noise", "strip", "upright strip"],
)
def test_nothing_is_made_up(picture: Image.Image, mixed: Recognizer) -> None:
    sure = [digit for number in read_page(picture, mixed).numbers for digit in number.digits if digit.status == "ok"]
    assert sure == []


def bomb() -> bytes:
    """A PNG whose head promises 40,000 x 40,000 pixels."""
    head = b"IHDR" + (40_000).to_bytes(4) * 2 + bytes([8, 0, 0, 0, 0])
    data = b"IDAT" + zlib.compress(bytes(1000))
    chunks = b"".join((len(each) - 4).to_bytes(4) + each + zlib.crc32(each).to_bytes(4) for each in (head, data))
    return b"\x89PNG\r\n\x1a\n" + chunks


def truncated(folder: Path) -> bytes:
    whole = folder / "whole.jpg"
    text(22).save(whole)
    return whole.read_bytes()[:2000]


def test_a_bomb_and_a_truncated_photo_are_refused_in_a_line(tmp_path: Path) -> None:
    for name, content in {"bomb.png": bomb(), "half.jpg": truncated(tmp_path)}.items():
        (tmp_path / name).write_bytes(content)
        is_complaint(digits("read", tmp_path / name), tmp_path / name)
        told = json.loads(digits("read", tmp_path / name, "--json").out)
        assert (told["source"], told["numbers"]) == (str(tmp_path / name), [])
        assert told["error"]


def test_no_digit_is_said_and_the_table_is_empty(tmp_path: Path) -> None:
    photo, drawn = tmp_path / "strip.png", tmp_path / "drawn.png"
    Image.new("L", (10_000, 1), 200).save(photo)
    told = digits("read", photo, "--json", "--annotate", drawn)
    assert told.code == 1
    assert json.loads(told.out)["numbers"] == []
    assert "holds no digits" in told.err
    with Image.open(drawn) as made:
        assert made.size == (10_000, 1)
    table = digits("read", photo, "--csv")
    assert (table.code, len(table.out.splitlines())) == (1, 1)
