"""Pages of numbers, drawn from MNIST's digits as a phone would see them, to develop and measure `digits read` with.

Numbers of one to six digits stand in lines on paper of several kinds; what is on a page depends on kind and seed alone.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from digit_recognizer.errors import ConfigError, nearest
from digit_recognizer.images.rerendered import Floats, Images, drawing, lamp, shadow

HEIGHT, WIDTH = 1200, 900  # pixels of a page before it is turned
MARGIN = 60
MAX_LENGTH = 6  # digits of a number
PAPER = 0.85  # of the light, reflected
WORDS = ("Date", "Name", "Sum", "Total", "from", "until", "invoice", "meters", "Room", "Phone", "kg", "Page", "about")

Box = tuple[int, int, int, int]  # left, top, width, height in pixels


@dataclass(frozen=True)
class DrawnNumber:
    """A number on a page, and where its digits stand."""

    text: str
    boxes: tuple[Box, ...]


@dataclass(frozen=True)
class DrawnPage:
    """A page and what it says, in reading order; a turned page's boxes are those in its picture."""

    picture: NDArray[np.uint8]  # (H, W)
    numbers: tuple[DrawnNumber, ...]


@dataclass(frozen=True)
class Kind:
    """What a kind of page is like."""

    gap: tuple[float, float] = (0.08, 0.35)  # between digits of a number, of their height
    lines: tuple[bool, bool] = (False, False)  # level and upright rules
    boxes: bool = False  # each digit in a box of a form
    light: bool = False  # a lamp to one side and a shadow
    perspective: float = 0.0  # how far corners move, of the page
    slope: float = 1.0  # degrees that the page is turned, at most
    slant: float = 0.15  # columns that a digit leans for each of its rows, at most
    blur: float = 0.7  # pixels
    quality: int = 90  # of JPEG
    dirt: int = 0  # specks and hairs
    words: bool = False  # printed, between the numbers
    broken: bool = False  # digits with gaps in their strokes
    inverted: bool = False  # chalk on a board
    quarters: int = 0  # turned anticlockwise


PLAIN = Kind()
KINDS: dict[str, Kind] = {
    "white": PLAIN,
    "lined": replace(PLAIN, lines=(True, False)),
    "squared": replace(PLAIN, lines=(True, True)),
    "boxes": replace(PLAIN, boxes=True),
    "uneven light": replace(PLAIN, light=True),
    "perspective": replace(PLAIN, perspective=0.05, slope=4.0),
    "blurred": replace(PLAIN, blur=2.5, quality=40),
    "slanted": replace(PLAIN, slant=0.5),
    "dirty": replace(PLAIN, dirt=60),
    "words": replace(PLAIN, words=True),
    "touching": replace(PLAIN, gap=(-0.12, 0.02)),
    "broken": replace(PLAIN, broken=True),
    "board": replace(PLAIN, inverted=True),
    "turned 90": replace(PLAIN, quarters=1),
    "turned 180": replace(PLAIN, quarters=2),
    "everything": replace(PLAIN, lines=(True, True), light=True, perspective=0.03, slope=3.0, dirt=20, blur=1.2),
}


def drawn_page(kind: str, images: Images, labels: Sequence[int], seed: int = 0) -> DrawnPage:
    """A page of one of KINDS from digits (N, 28, 28) uint8, light on black, and their labels (N,).

    Raises ConfigError for an unknown kind.
    """
    if kind not in KINDS:
        raise ConfigError(f"The kind of page {kind!r} is unknown.{nearest(kind, list(KINDS))}")
    wish, draw = KINDS[kind], np.random.default_rng((seed, zlib.crc32(kind.encode())))
    ink, rules = np.zeros((HEIGHT, WIDTH), np.float32), np.zeros((HEIGHT, WIDTH), np.float32)
    height = int(draw.integers(38, 64))
    numbers: list[DrawnNumber] = []
    for baseline in range(MARGIN + height, HEIGHT - MARGIN, round(height * draw.uniform(1.7, 2.4))):
        numbers += write_line(ink, rules, baseline, height, wish, images, labels, draw)
    rule_paper(rules, wish, height, draw)
    if wish.dirt:
        soil(ink, wish.dirt, draw)
    return photographed(ink, rules, tuple(numbers), wish, draw)


def write_line(
    ink: Floats,
    rules: Floats,
    baseline: int,
    height: int,
    wish: Kind,
    images: Images,
    labels: Sequence[int],
    draw: Generator,
) -> list[DrawnNumber]:
    """Write numbers from left to right as they fit."""
    left, found = MARGIN + int(draw.integers(0, 2 * height)), []
    while left < WIDTH - MARGIN - 2 * height:
        if wish.words and draw.random() < 0.5:
            left = print_word(ink, left, baseline, height, draw)
        room = (WIDTH - MARGIN - left) // (2 * height if wish.boxes else height)
        length = min(int(draw.integers(1, MAX_LENGTH + 1)), room)
        if length < 1:
            break
        chosen = draw.integers(0, len(images), length)
        boxes = []
        for index in chosen.tolist():
            box = write_digit(ink, rules, images[index], left, baseline, height, wish, draw)
            boxes.append(box)
            left = box[0] + box[2] + round(height * draw.uniform(*wish.gap)) if not wish.boxes else left + boxed(height)
        found.append(DrawnNumber("".join(str(int(labels[index])) for index in chosen), tuple(boxes)))
        left += round(height * draw.uniform(1.1, 2.2))
    return found


def boxed(height: int) -> int:
    """The width of a form's box."""
    return round(1.25 * height)


def write_digit(
    ink: Floats, rules: Floats, image: Images, left: int, baseline: int, height: int, wish: Kind, draw: Generator
) -> Box:
    """Write one digit onto the ink, in a box where wished; returns its tight box."""
    fine = np.clip(drawing(image), 0, 1)
    if wish.broken and draw.random() < 0.4:
        row = round(fine.shape[0] * draw.uniform(0.3, 0.7))
        fine[row : row + round(0.06 * fine.shape[0])] = 0
    lean = draw.uniform(0, wish.slant) if wish.slant > 0.3 else draw.uniform(-wish.slant, wish.slant)
    tall = round(height * draw.uniform(0.92, 1.08) * image_height(image))
    digit = leaning(fine, lean, tall)
    rows, columns = np.flatnonzero((digit > 0.5).any(1)), np.flatnonzero((digit > 0.5).any(0))
    digit = digit[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    high, wide = digit.shape
    if wish.boxes:
        frame(rules, left, baseline, height)
        left += max(2, (boxed(height) - wide) // 2 + int(draw.integers(-4, 5)))
    top = baseline - high + round(height * draw.uniform(-0.06, 0.06))
    part = ink[top : top + high, left : left + wide]
    np.maximum(part, digit[: part.shape[0], : part.shape[1]], out=part)
    return left, top, wide, high


def image_height(image: Images) -> float:
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


def print_word(ink: Floats, left: int, baseline: int, height: int, draw: Generator) -> int:
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


def rule_paper(rules: Floats, wish: Kind, height: int, draw: Generator) -> None:
    """Faint rules all over the page."""
    between, pen, faint = round(height * draw.uniform(0.6, 1.4)), int(draw.integers(1, 4)), draw.uniform(0.25, 0.6)
    for axis, drawn in enumerate(wish.lines):
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


def photographed(
    ink: Floats, rules: Floats, numbers: tuple[DrawnNumber, ...], wish: Kind, draw: Generator
) -> DrawnPage:
    """The page as a phone sees it: turned, lit, blurred, grained, compressed."""
    dark = np.float32(draw.uniform(0.12, 0.35))
    paper = PAPER * (1 - rules)
    seen = paper * (1 - ink) + np.minimum(paper, dark) * ink
    bend = homography(wish, draw)
    seen = cv2.warpPerspective(seen, bend, (WIDTH, HEIGHT), flags=cv2.INTER_AREA, borderMode=cv2.BORDER_REPLICATE)
    if wish.light:
        seen = seen * lamp(seen.shape, draw) * shadow(seen.shape, draw)
    seen = cv2.GaussianBlur(seen, (0, 0), wish.blur) + draw.normal(0, 0.012, seen.shape)
    levels = np.asarray(np.rint(np.clip(1 - seen if wish.inverted else seen, 0, 1) * 255), np.uint8)
    _, code = cv2.imencode(".jpg", levels, [cv2.IMWRITE_JPEG_QUALITY, wish.quality])
    levels = np.asarray(cv2.imdecode(code, cv2.IMREAD_GRAYSCALE), np.uint8)
    moved = tuple(DrawnNumber(each.text, tuple(seen_at(box, bend, wish) for box in each.boxes)) for each in numbers)
    return DrawnPage(np.ascontiguousarray(np.rot90(levels, wish.quarters)), moved)


def homography(wish: Kind, draw: Generator) -> NDArray[np.float64]:
    """Where the page's points come to lie, (3, 3)."""
    corners = np.array([[0, 0], [WIDTH, 0], [WIDTH, HEIGHT], [0, HEIGHT]], np.float32)
    amount = wish.perspective * np.array([WIDTH, HEIGHT])
    moved = (corners + draw.uniform(-amount, amount, (4, 2))).astype(np.float32)
    turn = cv2.getRotationMatrix2D((WIDTH / 2, HEIGHT / 2), draw.uniform(-wish.slope, wish.slope), 0.97)
    return np.asarray(np.vstack([turn, [0, 0, 1]]) @ cv2.getPerspectiveTransform(corners, moved))


def seen_at(box: Box, bend: NDArray[np.float64], wish: Kind) -> Box:
    """The box around a box of the page once the page is bent and turned."""
    x, y, wide, high = box
    corners = np.array([[x, y], [x + wide, y], [x + wide, y + high], [x, y + high]], np.float64)
    places = cv2.perspectiveTransform(corners[:, None], bend)[:, 0]
    limits = np.array([WIDTH, HEIGHT])
    for _ in range(wish.quarters):
        places = np.stack([places[:, 1], limits[0] - places[:, 0]], axis=1)
        limits = limits[::-1]
    (left, top), (right, bottom) = places.min(0), places.max(0)
    return round(left), round(top), round(right - left), round(bottom - top)
