"""Pictures that are no digit, made by rule: what a recognizer should say "not a digit" to.

Letters that look like no digit, noise, scribbles, signs, textures as photos have, and digits held upside down. Each is
drawn as a person would send it and then prepared as any picture is (Preprocess); noise is 28 x 28 itself, which the
usual networks take as it is. Shadows on blank paper stay pictures: the preparation should find no ink on them.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from digit_recognizer.errors import ConfigError, nearest
from digit_recognizer.images.preprocess import Preprocess
from digit_recognizer.synthetic.clouds import cloud, levels
from digit_recognizer.synthetic.fonts import FONTS_FOLDER
from digit_recognizer.synthetic.printed import with_ink
from trials.drawn import letter, scribble, sign
from trials.letter_fonts import find_fonts

Images = NDArray[np.uint8]
Draw = Callable[[Generator], Images]  # one picture, (H, W)

SIDE = 112  # pixels, of a drawn page
TURNED = (2, 3, 4, 5, 7)  # digits that are none when held upside down; 0, 1, 6, 8 and 9 are


def noise(draw: Generator) -> Images:
    """Uniform, Gaussian, sparse or in blobs, of the network's own size."""
    kind = draw.integers(4)
    if kind == 0:
        return draw.integers(0, 256, (28, 28), np.uint8)
    if kind == 1:
        return levels(draw.normal(draw.uniform(60, 190), draw.uniform(20, 80), (28, 28)))
    if kind == 2:
        specks = draw.random((28, 28)) < draw.uniform(0.02, 0.3)
        return levels(specks * draw.uniform(80, 255, (28, 28)))
    field = cloud(draw, 28, decay=draw.uniform(1.5, 3))
    return levels(np.where(field > draw.uniform(0.45, 0.75), 255.0, 0.0))


def texture(draw: Generator) -> Images:
    """A picture of no thing: its amplitude falls with frequency as in photos of nature (Field, JOSA A 4, 1987)."""
    low, high = np.sort(draw.uniform(0, 255, 2))
    return levels(low + max(high - low, 80) * cloud(draw, SIDE, decay=draw.uniform(0.8, 1.4)))


def shadow(draw: Generator) -> Images:
    """Blank paper with a shadow over a part of it, its edge soft, and the grain of a camera."""
    paper, depth = draw.uniform(170, 245), draw.uniform(45, 130)
    angle, place, softness = draw.uniform(0, 2 * np.pi), draw.uniform(-0.5, 0.5), draw.uniform(0.02, 0.4)
    across, down = np.meshgrid(np.linspace(-1, 1, SIDE), np.linspace(-1, 1, SIDE))
    distance = across * np.cos(angle) + down * np.sin(angle) + draw.uniform(-0.4, 0.4) * across * down - place
    light = 1 / (1 + np.exp(-np.clip(distance / softness, -50, 50)))
    return levels(paper - depth * light + draw.normal(0, draw.uniform(0, 5), (SIDE, SIDE)))


DRAWN: dict[str, Draw] = {"noise": noise, "scribbles": scribble, "signs": sign, "textures": texture}
KINDS = ("letters", *DRAWN)


def made_ood_pictures(
    kind: str, n: int, seed: int = 0, preprocess: Preprocess | None = None, fonts: Path = FONTS_FOLDER
) -> Images:
    """Pictures (n, size, size) uint8 of one kind, light on black, prepared; picture i depends on kind, seed and i.

    kind: "letters", "noise", "scribbles", "signs" or "textures". preprocess: a model's own; the default
        one unless given. fonts: the folder in which the fonts of letters lie.
    Raises ConfigError for an unknown kind, DataError where fonts are absent (see letter_fonts.PACKAGES).
    """
    if kind not in KINDS:
        raise ConfigError(f"The kind of stranger {kind!r} is unknown.{nearest(kind, list(KINDS))}")
    draw = partial(letter, fonts=find_fonts(fonts)) if kind == "letters" else DRAWN[kind]
    prepare = preprocess or Preprocess()
    made = np.zeros((n, prepare.size, prepare.size), np.uint8)
    for index in range(n):
        made[index] = with_ink(draw, np.random.default_rng((seed, zlib.crc32(kind.encode()), index)), prepare)
    return made


def shadows(n: int, seed: int = 0) -> list[Images]:
    """Pictures (SIDE, SIDE) uint8 of blank paper with a shadow on it; picture i depends on seed and i."""
    return [shadow(np.random.default_rng((seed, i))) for i in range(n)]


def upside_down(images: Images, labels: NDArray[np.int64]) -> Images:
    """Those of the digits (N, H, W) that are 2, 3, 4, 5 or 7, turned by half a turn, (n, H, W).

    Some hands' 2 and 5 stay much the same: no score can tell all of these from digits.
    """
    return np.ascontiguousarray(images[np.isin(labels, TURNED), ::-1, ::-1])
