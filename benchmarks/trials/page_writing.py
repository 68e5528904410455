"""What stands on a drawn page: numbers of MNIST's digits, words, rules, boxes, dirt; ink and rules on sheets apart."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.random import Generator
from PIL import Image, ImageDraw, ImageFont

from digit_recognizer.images.opencv import cv2
from trials.page_kinds import HEIGHT, WIDTH, Box, DrawnNumber, Kind
from trials.rerendered import Floats, Images, drawing

MARGIN = 60
_MAX_LENGTH = 6  # digits of a number
WORDS = ("Date", "Name", "Sum", "Total", "from", "until", "invoice", "meters", "Room", "Phone", "kg", "Page", "about")


def write_line(
    ink: Floats,
    rules: Floats,
    baseline: int,
    height: int,
    page_kind: Kind,
    images: Images,
    labels: Sequence[int],
    draw: Generator,
) -> list[DrawnNumber]:
    """Write numbers from left to right as they fit."""
    left, found = MARGIN + int(draw.integers(0, 2 * height)), []
    while left < WIDTH - MARGIN - 2 * height:
        if page_kind.words and draw.random() < 0.5:
            left = _print_word(ink, left, baseline, height, draw)
        room = (WIDTH - MARGIN - left) // (2 * height if page_kind.boxes else height)
        length = min(int(draw.integers(1, _MAX_LENGTH + 1)), room)
        if length < 1:
            break
        chosen = draw.integers(0, len(images), length)
        boxes = []
        for index in chosen.tolist():
            box = _write_digit(ink, rules, images[index], left, baseline, height, page_kind, draw)
            boxes.append(box)
            left = (
                box[0] + box[2] + round(height * draw.uniform(*page_kind.gap))
                if not page_kind.boxes
                else left + boxed(height)
            )
        found.append(DrawnNumber("".join(str(int(labels[index])) for index in chosen), tuple(boxes)))
        left += round(height * draw.uniform(1.1, 2.2))
    return found


def boxed(height: int) -> int:
    """The width of a form's box."""
    return round(1.25 * height)


def _write_digit(
    ink: Floats, rules: Floats, image: Images, left: int, baseline: int, height: int, page_kind: Kind, draw: Generator
) -> Box:
    """Write one digit onto the ink, in a box where the kind has them; returns its tight box."""
    fine = np.clip(drawing(image), 0, 1)
    if page_kind.broken and draw.random() < 0.4:
        row = round(fine.shape[0] * draw.uniform(0.3, 0.7))
        fine[row : row + round(0.06 * fine.shape[0])] = 0
    lean = (
        draw.uniform(0, page_kind.slant) if page_kind.slant > 0.3 else draw.uniform(-page_kind.slant, page_kind.slant)
    )
    tall = round(height * draw.uniform(0.92, 1.08) * _image_height(image))
    digit = leaning(fine, lean, tall)
    rows, columns = np.flatnonzero((digit > 0.5).any(1)), np.flatnonzero((digit > 0.5).any(0))
    digit = digit[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    high, wide = digit.shape
    if page_kind.boxes:
        frame(rules, left, baseline, height)
        left += max(2, (boxed(height) - wide) // 2 + int(draw.integers(-4, 5)))
    top = baseline - high + round(height * draw.uniform(-0.06, 0.06))
    part = ink[top : top + high, left : left + wide]
    np.maximum(part, digit[: part.shape[0], : part.shape[1]], out=part)
    return left, top, wide, high


def _image_height(image: Images) -> float:
    """How high a digit is in its box of 20 pixels; writers' 1s and 7s are about as high as the others."""
    rows = np.flatnonzero((image >= 64).any(1))
    return max(0.75, min(1.0, (int(rows[-1]) - int(rows[0]) + 1) / 20))


def leaning(fine: Floats, lean: float, tall: int) -> Floats:
    """A drawing scaled to `tall` rows, its top moved to the right by `lean` times that."""
    factor = tall / fine.shape[0]
    wide = round(fine.shape[1] * factor) + round(abs(lean) * tall) + 4
    start = (lean * tall if lean > 0 else 0) + 2
    move = np.array([[factor, -lean * factor, start], [0, factor, 2]], np.float64)
    return np.asarray(cv2.warpAffine(fine, move, (wide, tall + 4), flags=cv2.INTER_AREA), np.float32)


def frame(rules: Floats, left: int, baseline: int, height: int) -> None:
    """A form's box around where a digit goes."""
    top, bottom = baseline - round(1.25 * height), baseline + round(0.25 * height)
    cv2.rectangle(rules, (left, top), (left + boxed(height), bottom), 0.8, 2)


def _print_word(ink: Floats, left: int, baseline: int, height: int, draw: Generator) -> int:
    """Print a word in the default font; returns where the next thing may stand."""
    font = ImageFont.load_default(height * draw.uniform(0.5, 0.8))
    word = str(draw.choice(WORDS)) + (":" if draw.random() < 0.5 else "")
    page = Image.new("L", (WIDTH, 2 * height), 0)
    ImageDraw.Draw(page).text((4, 1.5 * height), word, fill=255, font=font, anchor="ls")
    wide = round(font.getlength(word)) + 8
    if left + wide > WIDTH - MARGIN - 2 * height:
        return left
    part = ink[baseline - round(1.5 * height) : baseline + round(0.5 * height), left : left + wide]
    np.maximum(part, np.asarray(page, np.float32)[: part.shape[0], :wide] / 255, out=part)
    return left + wide + round(height * draw.uniform(0.7, 1.3))


def rule_paper(rules: Floats, page_kind: Kind, height: int, draw: Generator) -> None:
    """Faint rules all over the page."""
    between, pen, faint = round(height * draw.uniform(0.6, 1.4)), int(draw.integers(1, 4)), draw.uniform(0.25, 0.6)
    for axis, drawn in enumerate(page_kind.lines):
        if drawn:
            places = np.arange(rules.shape[axis]) % between < pen
            rules[places if axis == 0 else (slice(None), places)] = faint


def soil(ink: Floats, count: int, draw: Generator) -> None:
    """Specks, and a hair for every ten of them."""
    for number in range(count):
        x, y = int(draw.integers(0, WIDTH)), int(draw.integers(0, HEIGHT))
        if number % 10:
            cv2.circle(ink, (x, y), int(draw.integers(1, 5)), draw.uniform(0.4, 1), -1)
        else:
            end = x + int(draw.integers(-60, 61)), y + int(draw.integers(-60, 61))
            cv2.line(ink, (x, y), end, draw.uniform(0.3, 0.8), 1, cv2.LINE_AA)
