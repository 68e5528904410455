"""The one preparation: any picture -> the 28 x 28 form of MNIST, or the whole of it cut square -> a network's input."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from digit_recognizer.errors import ModelFileError
from digit_recognizer.images.ink import Writing, find_writing
from digit_recognizer.images.strokes import with_strokes

_FORMS = ("digit", "picture", "line")
FINE = 4  # pixels at which strokes are measured and mended, to one of the network's
MNIST_BOX = 20  # pixels
_LACKING = 2  # pixels that MNIST's digits may fall short of their box
_NEAR = 1.5  # pixels from the middle,
_RADII = 5.4, 11.0  # and root mean square distances, in pixels, of MNIST's digits with noise or dirt around them
_ASIDE = 1.05  # pixels that the centre of mass of MNIST's digits may lie from the middle; 1.0 is the most there is


@dataclass(frozen=True)
class Preprocess:
    """How pictures were prepared when the network learned; it travels in the model file beside the weights.

    The form "digit" is MNIST's own (LeCun et al. 1998, section III.A): light ink on black, the digit scaled to fit a
    20 x 20 box with its aspect kept, its centre of mass in the middle of 28 x 28. The form "picture" is the picture as
    it is, scaled and cut square in its middle. The form "line" is a grey crop of a line, scaled to a height of `size`
    (images/lines.py).
    """

    size: int = 28  # side of the network's input, pixels
    box: int = 20  # side of the square that the digit fills, pixels
    mean: float = 0.5  # of pixels scaled to 0..1: Normalize((0.5,), (0.5,))
    std: float = 0.5
    min_stroke: float = 2.0  # pixels of a box of 20: thinner strokes are made as wide; MNIST's median is 2.25
    max_stroke: float = 3.5  # and thicker ones no wider
    min_contrast: int = 32  # grey levels from paper to ink, half of them where writing is found; with less it is blank
    form: str = "digit"  # one of FORMS; of a "picture" nothing above but size, mean and std is heeded
    channels: int = 1  # 1 grey, 3 colour
    # Whether pictures of the network's size keep their pixels, whatever their form: so they were when it learned. None:
    # not known yet; they keep them if they are in MNIST's form.
    as_is: bool | None = None

    @property
    def shape(self) -> tuple[int, ...]:
        """Of an image before `normalise`: (size, size), or (size, size, 3) in colour."""
        return (self.size, self.size) if self.channels == 1 else (self.size, self.size, self.channels)

    def fit(self, picture: NDArray[np.uint8]) -> NDArray[np.uint8] | None:
        """A picture (H, W), or (H, W, 3) where the network sees colour, as an image of `shape`, uint8.

        A digit is light ink on black, and None is returned for a picture without ink. A picture in MNIST's form keeps
        its pixels (inverted where its paper is light). On other pictures a network finds the writing (images/ink.py).
        """
        return self.fit_writing(picture)[0]

    def fit_writing(self, picture: NDArray[np.uint8]) -> tuple[NDArray[np.uint8] | None, Writing | None]:
        """The same, and the writing that was found on the picture; None for one that keeps its pixels."""
        if self.form == "picture":
            return _cut_square(picture, self.size), None
        kept = self._kept(picture)
        if kept is not None:
            return kept if kept.max() >= self.min_contrast else None, None
        writing = find_writing(picture, self.min_contrast // 2)
        if writing is None:
            return None, None
        return self.centre(_as_levels(_at_size(crop(writing.ink), self.box))), writing

    def for_pictures(self, pictures: Iterable[NDArray[np.uint8]]) -> Preprocess:
        """The same for a set with pictures such as these, (H, W): most of its own size keep their pixels, or none need.

        Where most of those that have the network's size are in MNIST's form, the others are brought to it.
        """
        if self.form != "digit" or self.as_is is not None:
            return self
        images = [_light_on_black(each) for each in pictures if each.shape == (self.size, self.size)]
        formed = sum(each is not None and self._fills_box(each) for each in images)
        return replace(self, as_is=2 * formed < len(images))

    def fit_ink(self, ink: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Ink that was found already, light on black (H, W) with some above 0, as an image of `shape`."""
        return self.centre(self.scale(crop(ink)))

    def fit_all(self, pictures: Iterable[NDArray[np.uint8]]) -> NDArray[np.uint8]:
        """Pictures of any sizes as (N, *shape) uint8; one without ink is black."""
        blank = np.zeros(self.shape, np.uint8)
        fitted = [blank if each is None else each for each in map(self.fit, pictures)]
        return np.array(fitted, np.uint8).reshape(-1, *self.shape)

    def _kept(self, grey: NDArray[np.uint8]) -> NDArray[np.uint8] | None:
        """A picture (H, W) that keeps its pixels, as light ink on black; None for one in which ink is to be found."""
        if grey.shape != (self.size, self.size):
            return None
        image = _light_on_black(grey)
        return image if image is not None and (self.as_is or self._in_form(image)) else None

    def _in_form(self, image: NDArray[np.uint8]) -> bool:
        """Whether light ink on black fills its box, and has its centre of mass in the middle, as MNIST's digits do.

        Where noise or dirt lies around a digit, its box says nothing: then the mean distance from the middle does.
        """
        if self._fills_box(image):
            return True
        (down, across), radius = _moments(image)
        return math.hypot(down, across) <= _NEAR and _RADII[0] <= radius * MNIST_BOX / self.box <= _RADII[1]

    def _fills_box(self, image: NDArray[np.uint8]) -> bool:
        """Whether it is exactly so, but for what the scaling of MNIST leaves open; so is a black picture."""
        if not image.any():
            return True
        sides = [
            max(crop(image).shape),
            max(crop(np.asarray(image > 0, np.uint8)).shape),
        ]  # without faint ink, and with
        aside = max(map(abs, _moments(image)[0]))
        return aside <= _ASIDE and any(self.box - _LACKING <= side <= self.box for side in sides)

    def scale(self, ink: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """A cropped digit (H, W) scaled, with anti-aliasing, so that its longer side fills the box.

        Strokes that would be thinner or thicker than MNIST's are brought to its limits.
        """
        enlarged = max(ink.shape) < self.box  # and blurred, so that strokes look thinner than they are
        unit = FINE * self.box / MNIST_BOX
        fine = _at_size(ink, FINE * self.box)
        mended = with_strokes(fine, 0 if enlarged else self.min_stroke * unit, self.max_stroke * unit)
        if mended is fine:
            return _as_levels(_at_size(ink, self.box))
        return _as_levels(_at_size(crop(_as_levels(mended)), self.box))

    def centre(self, digit: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """A digit no larger than the box, placed so that its centre of mass lies in the middle."""
        height, width = digit.shape
        mass = digit.astype(np.float64)
        middle = (self.size - 1) / 2
        row = round(middle - float((mass.sum(1) @ np.arange(height)) / mass.sum()))
        column = round(middle - float((mass.sum(0) @ np.arange(width)) / mass.sum()))
        row = min(max(row, 0), self.size - height)
        column = min(max(column, 0), self.size - width)
        canvas = np.zeros((self.size, self.size), np.uint8)
        canvas[row : row + height, column : column + width] = digit
        return canvas

    def normalise(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Images (N, H, W) or (N, H, W, 3) uint8 as a network's input (N, 1, H, W) or (N, 3, H, W) float32.

        Bit for bit what torchvision's Compose([ToTensor(), Normalize((mean,), (std,))]) gives.
        """
        levels = _normalised_levels(self.mean, self.std)[images]
        return np.asarray(levels[:, None] if images.ndim == 3 else np.ascontiguousarray(levels.transpose(0, 3, 1, 2)))

    def to_dict(self) -> dict[str, Any]:
        """The fields as they stand in a model file's header."""
        return asdict(self)

    @classmethod
    def from_dict(cls, fields: dict[str, Any]) -> Preprocess:
        """Read back from a header; raises ModelFileError for fields or values that this version does not know."""
        try:
            made = cls(**fields)
        except TypeError as error:
            raise ModelFileError(f"its Preprocess has unknown fields ({error}).") from error
        counts = [made.size, made.box, made.min_contrast]
        scale = [made.mean, made.std, made.min_stroke, made.max_stroke]
        numbers = all(isinstance(n, int) for n in counts) and all(isinstance(n, int | float) for n in scale)
        if not numbers or not (
            8 <= made.size <= 1024
            and 0 < made.box <= made.size
            and 0 < made.min_contrast <= 255
            and abs(made.mean) <= 1000
            and 0 < made.std <= 1000
            and 0 <= made.min_stroke <= made.max_stroke <= MNIST_BOX
            and made.form in _FORMS
            and made.as_is in (None, True, False)
            and made.channels in ((1, 3) if made.form == "picture" else (1,))
        ):
            raise ModelFileError(f"its Preprocess has impossible values: {fields}.")
        return made


@lru_cache(maxsize=8)
def _normalised_levels(mean: float, std: float) -> NDArray[np.float32]:
    """What each of the 256 grey levels becomes, (256,)."""
    levels = np.arange(256, dtype=np.float32) / np.float32(255)
    return np.asarray((levels - np.float32(mean)) / np.float32(std))


def _cut_square(picture: NDArray[np.uint8], size: int) -> NDArray[np.uint8]:
    """A picture (H, W) or (H, W, 3) scaled, with anti-aliasing, to a shorter side of `size`, its middle cut out."""
    if picture.shape[:2] == (size, size):
        return picture
    return np.asarray(ImageOps.fit(Image.fromarray(picture), (size, size), Image.Resampling.BICUBIC))


def crop(ink: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The tight box around all that is at least a quarter as strong as the strongest ink, which is above 0."""
    strong = ink >= max(1, int(ink.max()) // 4)
    rows, columns = np.flatnonzero(strong.any(1)), np.flatnonzero(strong.any(0))
    return ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def _at_size(ink: NDArray[np.uint8], longer: int) -> NDArray[np.float32]:
    """Ink (H, W), 0..255, scaled with its aspect kept to a longer side of `longer` pixels; its strongest is 1."""
    height, width = ink.shape
    factor = longer / max(height, width)
    target = (max(1, round(width * factor)), max(1, round(height * factor)))
    # Shrinking averages areas, so no stroke is skipped; enlarging interpolates, so none turns into blocks.
    kernel = Image.Resampling.BOX if factor < 1 else Image.Resampling.BICUBIC
    scaled = np.asarray(Image.fromarray(ink).resize(target, kernel), dtype=np.float32)
    # Averaging thins a fine pen's strokes to grey; MNIST's strokes reach white.
    return scaled / max(1.0, float(scaled.max()))


def _as_levels(digit: NDArray[np.float32]) -> NDArray[np.uint8]:
    """A digit of 0..1 as grey levels, its strongest ink white."""
    return np.asarray(np.rint(digit * (255 / max(1e-6, float(digit.max())))), np.uint8)


def _light_on_black(grey: NDArray[np.uint8]) -> NDArray[np.uint8] | None:
    """A picture with black paper, 0 along most of its edge; the negative of one with white paper; None for others."""
    edge = np.concatenate([grey[0], grey[-1], grey[1:-1, 0], grey[1:-1, -1]])
    black, white = (np.count_nonzero(edge == level) / edge.size for level in (0, 255))
    if max(black, white) <= 1 / 2:
        return None
    return negative(grey) if white > black else grey


def negative(grey: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.asarray(255 - grey, np.uint8)


def _moments(image: NDArray[np.uint8]) -> tuple[tuple[float, float], float]:
    """How far the centre of mass of a square image lies below the middle and right of it; its mass's radius."""
    mass = image.astype(np.float64)
    places = np.arange(len(image)) - (len(image) - 1) / 2
    along = [mass.sum(axis) / mass.sum() for axis in (1, 0)]
    down, across = (float(each @ places) for each in along)
    return (down, across), math.sqrt(sum(float(each @ places**2) for each in along) - down**2 - across**2)
