"""The images behind an evaluation's numbers: which of them a page shows, each as a small PNG inside the page."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from digit_recognizer.data.spec import Images
from digit_recognizer.evaluation.predictions import Predictions
from digit_recognizer.report.words import in_percent
from digit_recognizer.statistics.scores import surest_mistakes

Indices = NDArray[np.int64]
TakeImages = Callable[[Indices], Images]  # cases (n,) -> images (n, H, W) uint8

SIDE = 64  # pixels; larger images are shown smaller
PIXELS = 1_600_000  # of all images of a page together: at a byte or so each they stay well below its 5 MB
MISTAKES, HITS, WORST = 40, 12, 30  # at most, of one cell off the diagonal, of one on it, of the gallery


@dataclass(frozen=True)
class Case:
    """One image of a page."""

    index: int  # among the scored images
    actual: str
    predicted: str
    probability: float  # of the predicted class
    picture: str | None  # a data: address; None where there are no images

    @property
    def words(self) -> str:
        """The alternative text."""
        return f"image {self.index}: true {self.actual}, predicted {self.predicted} ({in_percent(self.probability)})"

    @property
    def short(self) -> str:
        """The caption."""
        return f"#{self.index} · {in_percent(self.probability)}"


@dataclass(frozen=True)
class Cell:
    """One cell of the confusion matrix."""

    actual: str
    predicted: str
    count: int
    hit: bool
    share: float  # of the actual class's images
    cases: list[Case]  # the most confident errors, or the least confident correct ones


def matrix(scored: Predictions, take: TakeImages | None) -> list[list[Cell]]:
    """The confusion matrix, row the actual class, with the images behind each cell."""
    classes = range(len(scored.class_names))
    chosen = {(row, column): behind(scored, row, column) for row in classes for column in classes}
    limit = PIXELS // pixels(take) if take and len(scored.labels) else 0
    total = sum(map(len, chosen.values())) + WORST
    keep = min(1.0, limit / total) if take else 1.0
    sizes = scored.counts()["confusion"]
    rows = []
    for row in classes:
        n = max(1, sum(sizes[row]))
        cells = []
        for column in classes:
            few = chosen[row, column][: max(1, int(keep * len(chosen[row, column])))]
            names = scored.class_names[row], scored.class_names[column]
            share = sizes[row][column] / n
            cells.append(Cell(*names, sizes[row][column], row == column, share, cases(scored, few, take)))
        rows.append(cells)
    return rows


def behind(scored: Predictions, actual: int, predicted: int) -> Indices:
    """The cases of one cell that are shown: the most confident errors or the least confident correct ones first."""
    inside = np.flatnonzero((scored.labels == actual) & (scored.predicted == predicted))
    sureness = scored.probabilities[inside, predicted]
    hit = actual == predicted
    order = np.argsort(sureness if hit else -sureness, kind="stable")
    return np.asarray(inside[order[: HITS if hit else MISTAKES]])


def worst(scored: Predictions, take: TakeImages | None) -> list[Case]:
    """The most confident errors."""
    return cases(scored, surest_mistakes(scored.right, scored.probabilities, WORST), take)


def cases(scored: Predictions, indices: Indices, take: TakeImages | None) -> list[Case]:
    """Cases as the page shows them."""
    images: list[str | None] = [None] * len(indices)
    if take and len(indices):
        images = [as_address(image) for image in take(indices)]
    names, predicted = scored.class_names, scored.predicted
    return [
        Case(
            int(index),
            names[scored.labels[index]],
            names[predicted[index]],
            float(scored.probabilities[index].max()),
            image,
        )
        for index, image in zip(indices, images, strict=True)
    ]


def pixels(take: TakeImages) -> int:
    """How many pixels an image takes on the page."""
    height, width = map(int, take(np.array([0])).shape[1:3])
    return min(height, SIDE) * min(width, SIDE)


def as_address(image: NDArray[np.uint8]) -> str:
    """An image (H, W) as a PNG inside an address."""
    picture = Image.fromarray(image)
    picture.thumbnail((SIDE, SIDE))
    buffer = io.BytesIO()
    picture.save(buffer, format="PNG", optimize=True)
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode("ascii")
