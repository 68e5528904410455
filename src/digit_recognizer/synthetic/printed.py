"""Printed digits as a phone's photo of a newspaper or a form shows them: drawn from fonts, then spoilt (OpenCV).

Each is a cell cut out of a page: a digit of 14 to 56 pixels on paper of any brightness, ink spread or eaten away, seen
a little from the side, sometimes with what is left of the cell's rules at its border, under uneven light, blurred,
noisy, packed as JPEG. What a network sees of it is prepared as any picture is (Preprocess), half of them as the small
digits of a grid are: by their greys.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from digit_recognizer.errors import DataError
from digit_recognizer.images.opencv import cv2
from digit_recognizer.images.preprocess import Preprocess, crop
from digit_recognizer.images.small_digits import for_small_digits

Picture = NDArray[np.uint8]  # (H, W)
_Coverage = NDArray[np.float32]  # (H, W), share of each pixel that is inked, 0..1

GLYPH = 96  # pixels, height of a digit as it is drawn from its font
FINER = 2  # drawn so much finer and averaged, so that edges have no steps
_HEIGHTS = (14, 56)  # pixels, of a digit in the photo
_FILLS = (0.45, 0.9)  # height of the digit in that of its cell
_TILT = 5.0  # degrees, to either side
_CORNER = 0.04  # of the cell's sides, by which a corner is moved: perspective
_RULED = 0.2  # share of the cells with remains of rules
LIGHT = 0.12  # of the paper's brightness, gained at one side and lost at the other
BLUR = 0.12  # of the digit's height, standard deviation
NOISE = 5.0  # grey levels, standard deviation
_QUALITY = (35, 96)  # of JPEG
_NEGATIVE = 0.05  # share of the cells that are light on dark
_TRIES = 100  # pictures without ink, one after the other, before that is an error
_BY_GREYS = 0.5  # share of the digits that are prepared without mending their strokes


def printed_digits(
    families: Sequence[Sequence[Path]], n: int, seed: int = 0, preprocess: Preprocess | None = None
) -> tuple[Picture, NDArray[np.int64]]:
    """Printed digits (n, size, size) uint8, light on black, prepared, and their classes (n,).

    families: the font files of each family; families are drawn equally often, whatever the number of their files.
    preprocess: a model's own; the default one unless given.
    Digit i is of class i modulo 10 and depends on the fonts, seed and i alone. Raises DataError where no ink is found.
    """
    glyphs = [[[glyph(font, digit) for digit in range(10)] for font in family] for family in families]
    prepare = preprocess or Preprocess()
    made = np.zeros((n, prepare.size, prepare.size), np.uint8)
    labels = np.arange(n) % 10
    for index, label in enumerate(labels):
        made[index] = _digit_with_ink(_any_font(glyphs, int(label)), np.random.default_rng((seed, index)), prepare)
    return made, labels


def written_digits(images: Picture, seed: int = 0, preprocess: Preprocess | None = None) -> Picture:
    """Handwritten digits (N, 28, 28) uint8, light on black, as a photo shows them: (N, size, size), prepared.

    What befalls digit i depends on it, seed and i alone. Raises DataError where no ink is found.
    """
    prepare = preprocess or Preprocess()
    made = np.zeros((len(images), prepare.size, prepare.size), np.uint8)
    for index, image in enumerate(images):
        made[index] = _digit_with_ink(
            partial(_one_shape, _penned(image)), np.random.default_rng((seed, index)), prepare
        )
    return made


def _penned(image: Picture) -> _Coverage:
    """A handwritten digit cut out tightly, GLYPH pixels high or wide, as glyphs are."""
    tight = crop(image).astype(np.float32) / np.float32(255)
    factor = GLYPH / max(tight.shape)
    size = max(1, round(tight.shape[1] * factor)), max(1, round(tight.shape[0] * factor))
    return np.asarray(np.clip(cv2.resize(tight, size, interpolation=cv2.INTER_CUBIC), 0, 1), np.float32)


def _one_shape(shape: _Coverage, _draw: Generator) -> _Coverage:
    """The shape, whatever is drawn."""
    return shape


def _digit_with_ink(shaped: Callable[[Generator], _Coverage], draw: Generator, prepare: Preprocess) -> Picture:
    """One digit, prepared in either way, drawn anew where Preprocess finds no ink."""
    prepare = for_small_digits(prepare) if draw.random() < _BY_GREYS else prepare
    return with_ink(lambda each: photographed(shaped(each), each), draw, prepare)


def with_ink(draw: Callable[[Generator], Picture], generator: Generator, prepare: Preprocess) -> Picture:
    """One picture, prepared, drawn anew where there is no ink on it. Raises DataError after too many tries."""
    for _ in range(_TRIES):
        fitted = prepare.fit(draw(generator))
        if fitted is not None:
            return fitted
    raise DataError("No picture with ink on it could be drawn. Is min_contrast of this Preprocess too high?")


def _any_font(glyphs: list[list[list[_Coverage]]], digit: int) -> Callable[[Generator], _Coverage]:
    """What draws a font's shape of a digit: families equally often."""

    def shaped(draw: Generator) -> _Coverage:
        family = glyphs[draw.integers(len(glyphs))]
        return family[draw.integers(len(family))][digit]

    return shaped


def glyph(font: Path, digit: int) -> _Coverage:
    """A digit of a font, as high as its ink and as wide as its type; an 8 is GLYPH pixels high."""
    face = ImageFont.truetype(str(font), GLYPH)
    _, top, _, bottom = face.getbbox("8")
    face = ImageFont.truetype(str(font), round(GLYPH * GLYPH / (bottom - top)))
    left, top, right, bottom = (round(edge) for edge in face.getbbox(str(digit)))
    page = Image.new("L", (right - left, bottom - top))
    ImageDraw.Draw(page).text((-left, -top), str(digit), fill=255, font=face)
    return np.asarray(page, np.float32) / np.float32(255)


def photographed(shape: _Coverage, draw: Generator) -> Picture:
    """A cell with a digit of this shape, (H, W), as a photo shows it."""
    height = float(np.exp(draw.uniform(*np.log(_HEIGHTS))))
    ink = tilted(ruled(placed(spread(shape, draw), height, draw), draw), draw)
    return _developed(lit(ink, draw), height, draw)


def spread(shape: _Coverage, draw: Generator) -> _Coverage:
    """Ink that runs, or that the paper did not take, up to 4 pixels of GLYPH wide; a hairline is not eaten away."""
    reach = int(draw.integers(-1, 3))
    if reach == 0:
        return shape
    pen = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * abs(reach) + 1,) * 2)
    if reach > 0:
        return np.asarray(cv2.dilate(np.pad(shape, reach), pen), np.float32)
    thin = np.asarray(cv2.erode(shape, pen), np.float32)
    return thin if thin.sum() > 0.7 * shape.sum() else shape


def placed(shape: _Coverage, height: float, draw: Generator) -> _Coverage:
    """The digit somewhere near the middle of its cell, FINER times as large as in the photo."""
    factor = FINER * height / GLYPH
    size = max(1, round(shape.shape[1] * factor)), max(1, round(shape.shape[0] * factor))
    digit = cv2.resize(shape, size, interpolation=cv2.INTER_AREA)
    side = FINER * height / draw.uniform(*_FILLS)
    rows = FINER * round(max(side, 1.1 * size[1]) / FINER)
    columns = FINER * round(max(side * draw.uniform(0.8, 1.1), 1.1 * size[0]) / FINER)
    if rows == columns == FINER * Preprocess().size:
        columns += FINER  # a picture of the network's size would not be prepared
    down, across = (round(draw.uniform(0.3, 0.7) * (n - m)) for n, m in ((rows, size[1]), (columns, size[0])))
    cell = np.zeros((rows, columns), np.float32)
    cell[down : down + size[1], across : across + size[0]] = digit
    return cell


def ruled(cell: _Coverage, draw: Generator) -> _Coverage:
    """Some cells with what is left of their rules: pieces of thin lines at their borders, not beyond a tenth."""
    if draw.random() >= _RULED:
        return cell
    for _ in range(draw.integers(1, 3)):
        turned = np.rot90(cell, int(draw.integers(4)))  # a view: the rule is drawn into the cell
        start = round(draw.uniform(-0.02, 0.04) * len(turned))
        end = min(start + round(FINER * draw.uniform(0.5, 1.5)), len(turned) // 10)
        first, last = (np.sort(draw.uniform(0, 1, 2)) * turned.shape[1]).astype(int)
        rule = turned[max(start, 0) : max(end, 0), first:last]
        np.maximum(rule, np.float32(draw.uniform(0.2, 0.7)), out=rule)
    return cell


def tilted(cell: _Coverage, draw: Generator) -> _Coverage:
    """The cell turned by up to TILT and with its corners moved, in the photo's own pixels."""
    height, width = cell.shape
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    angle, middle = np.radians(draw.uniform(-_TILT, _TILT)), corners.mean(0)
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    moved = (corners - middle) @ turn + middle + draw.uniform(-_CORNER, _CORNER, (4, 2)) * (width, height)
    view = cv2.getPerspectiveTransform(corners, moved.astype(np.float32))
    seen = cv2.warpPerspective(cell, view, (width, height), flags=cv2.INTER_LINEAR)
    return np.asarray(cv2.resize(seen, (width // FINER, height // FINER), interpolation=cv2.INTER_AREA), np.float32)


def lit(ink: _Coverage, draw: Generator) -> NDArray[np.float32]:
    """Ink on paper under light that falls off to one side, in grey levels."""
    height, width = ink.shape
    angle = draw.uniform(0, 2 * np.pi)
    down, across = np.linspace(-1, 1, height)[:, None], np.linspace(-1, 1, width)
    light = 1 + draw.uniform(0, LIGHT) * (down * np.sin(angle) + across * np.cos(angle)) / np.sqrt(2)
    paper = draw.uniform(120, 245)
    return np.asarray(paper * light * (1 - draw.uniform(0.45, 0.95) * ink), np.float32)


def _developed(page: NDArray[np.float32], height: float, draw: Generator) -> Picture:
    """What a camera makes of a page: blurred (more along one axis where the hand moved), noisy, packed as JPEG."""
    across, down = height * draw.uniform(0, BLUR) * draw.uniform(0.6, 1, 2) + 0.05
    seen = cv2.GaussianBlur(page, (0, 0), sigmaX=across, sigmaY=down, borderType=cv2.BORDER_REPLICATE)
    seen = seen + draw.standard_normal(page.shape, np.float32) * np.float32(draw.uniform(0, NOISE))
    levels = np.rint(np.clip(seen, 0, 255)).astype(np.uint8)
    _, packed = cv2.imencode(".jpg", levels, [cv2.IMWRITE_JPEG_QUALITY, int(draw.integers(*_QUALITY))])
    photo = np.asarray(cv2.imdecode(packed, cv2.IMREAD_GRAYSCALE), np.uint8)
    return np.asarray(255 - photo, np.uint8) if draw.random() < _NEGATIVE else photo
