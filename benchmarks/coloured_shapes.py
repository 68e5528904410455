"""A made set of small colour pictures: which of five shapes is on it, whatever its colour, size, turn and surroundings.

Made by rule and seed, so that nobody needs to hold it. The colour tells nothing; a shape may be pale on its ground,
half behind a bar, among specks of its own colour, and grainy: no network reads all of them.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from digit_recognizer.data import ArraySplit, Dataset, DatasetSpec

SIZE = 64  # pixels
DRAWN = 2 * SIZE  # drawn larger and scaled down, so that edges are smooth
NAMES = ("circle", "triangle", "square", "star", "cross")
COUNTS = {"train": 2000, "validation": 500, "test": 1000}
SPEC = DatasetSpec(
    name="coloured-shapes",
    title="Coloured shapes, made by rule",
    task="multi-class",
    classes=NAMES,
    channels=3,
    size=SIZE,
    licence="MIT",
    source="benchmarks/coloured_shapes.py",
    form="picture",
    symmetry="all",
)

Random = np.random.Generator


def coloured_shapes(seed: int = 0) -> Dataset:
    """The set with its splits train, validation and test; no two seeds or splits share a draw."""
    splits = {
        name: made_split(np.random.default_rng((seed, place)), n) for place, (name, n) in enumerate(COUNTS.items())
    }
    return Dataset(SPEC, splits)


def made_split(random: Random, n: int) -> ArraySplit:
    """n pictures (n, 64, 64, 3) uint8 and their labels, the classes as frequent as one another but for chance."""
    labels = random.integers(0, len(NAMES), n)
    return ArraySplit(np.stack([picture(random, int(label)) for label in labels]), labels.astype(np.int64))


def picture(random: Random, label: int) -> NDArray[np.uint8]:
    """One picture (64, 64, 3)."""
    ground, ink = random.uniform(40, 215, 3), random.uniform(-1, 1, 3)
    colour = ground + ink / np.linalg.norm(ink) * random.uniform(60, 160)
    canvas = Image.new("RGB", (DRAWN, DRAWN), rgb(ground))
    draw = ImageDraw.Draw(canvas)
    for _ in range(random.integers(2, 8)):
        specks(draw, random, rgb(colour))
    draw.polygon(outline(random, label), fill=rgb(colour))
    for _ in range(random.integers(0, 3)):
        bar(draw, random, rgb(random.uniform(0, 255, 3)))
    blurred = canvas.filter(ImageFilter.GaussianBlur(random.uniform(0, 3))).resize((SIZE, SIZE), Image.Resampling.BOX)
    grainy = np.asarray(blurred, np.float64) + random.normal(0, random.uniform(2, 16), (SIZE, SIZE, 3))
    return np.clip(grainy, 0, 255).astype(np.uint8)


def outline(random: Random, label: int) -> list[tuple[float, float]]:
    """The corners of a shape, turned, stretched a little and placed by chance."""
    turns, radii = corners(NAMES[label])
    radius, turn, stretch = random.uniform(24, 44), random.uniform(0, 2 * math.pi), random.uniform(0.8, 1.25)
    x, y = radius * radii * np.cos(turns) * stretch, radius * radii * np.sin(turns) / stretch
    middle = random.uniform(radius + 4, DRAWN - radius - 4, 2)
    across = middle[0] + x * math.cos(turn) - y * math.sin(turn)
    down = middle[1] + x * math.sin(turn) + y * math.cos(turn)
    return list(zip(across.tolist(), down.tolist(), strict=True))


def corners(name: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Angles and distances from the middle (as shares of the radius) of a shape's corners."""
    if name == "cross":
        near, far = 0.36, 1.0
        x = np.array([near, far, far, near, near, -near, -near, -far, -far, -near, -near, near])
        y = np.array([near, near, -near, -near, -far, -far, -near, -near, near, near, far, far])
        return np.arctan2(y, x), np.hypot(x, y)
    sides = {"circle": 40, "triangle": 3, "square": 4, "star": 10}[name]
    radii = np.where(np.arange(sides) % 2, 0.45, 1.0) if name == "star" else np.ones(sides)
    return np.arange(sides) * 2 * math.pi / sides, radii


def specks(draw: ImageDraw.ImageDraw, random: Random, colour: tuple[int, int, int]) -> None:
    """A small spot of the shape's colour."""
    x, y, reach = random.uniform(0, DRAWN), random.uniform(0, DRAWN), random.uniform(2, 7)
    draw.ellipse((x - reach, y - reach, x + reach, y + reach), fill=colour)


def bar(draw: ImageDraw.ImageDraw, random: Random, colour: tuple[int, int, int]) -> None:
    """A line across the picture, which may hide part of the shape."""
    ends = random.uniform(0, DRAWN, 2)
    line = [(0.0, ends[0]), (float(DRAWN), ends[1])] if random.random() < 0.5 else [(ends[0], 0.0), (ends[1], DRAWN)]
    draw.line(line, fill=colour, width=int(random.integers(4, 14)))


def rgb(values: NDArray[np.float64]) -> tuple[int, int, int]:
    """A colour as Pillow takes it."""
    red, green, blue = np.clip(values, 0, 255).astype(int).tolist()
    return red, green, blue
