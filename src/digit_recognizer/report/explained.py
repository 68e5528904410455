"""Where each shown image spoke for its answer, as small pictures, and whether the maps tell of what was learned."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from digit_recognizer.data.spec import Images, Labels
from digit_recognizer.errors import ConfigError, ModelFileError, nearest
from digit_recognizer.explaining import gradients_map, occlusion_map, random_likeness
from digit_recognizer.explaining.randomised import Explain
from digit_recognizer.models import Model
from digit_recognizer.report.behind import TakeImages, as_address

METHODS: dict[str, Explain] = {"occlusion": occlusion_map, "gradients": gradients_map}
TITLES = {"occlusion": "occlusion: patches are covered", "gradients": "integrated gradients"}
FOR, AGAINST = (217, 130, 44), (47, 127, 214)  # the charts' orange and blue
MOST, FEWEST, SIDE = 240, 12, 28  # maps of a page, of images of 28 pixels; fewer of larger ones, which take longer
_CHECKED = 8  # images on which a network with random weights is asked too
_INDEPENDENT = 0.3  # likeness up to which the maps are taken to tell of what was learned


@dataclass(frozen=True)
class Explained:
    """Maps of some of a page's images."""

    title: str  # of the method
    maps: dict[int, str]  # the image's number -> a data: address
    likeness: float | None  # to the maps of random weights; None where the network cannot be built anew
    checked: int  # images that this is the mean of

    @property
    def independent(self) -> bool:
        """Whether random weights destroy the maps."""
        return self.likeness is not None and self.likeness <= _INDEPENDENT


@dataclass(frozen=True)
class Explainer:
    """How a page's images are to be explained."""

    model: Model
    method: str  # of METHODS
    predicted: Labels  # (N,) of all scored images

    def explain(self, take: TakeImages, shown: Sequence[int]) -> Explained:
        """The maps of the images of these numbers, those first named first, until there are enough for a page."""
        if self.method not in METHODS:
            raise ConfigError(f"The explanation {self.method!r} is unknown.{nearest(self.method, list(METHODS))}")
        explain, height = METHODS[self.method], self.model.preprocess.size
        most = max(FEWEST, MOST * SIDE**2 // max(SIDE, height) ** 2)
        numbers = np.array(list(dict.fromkeys(shown))[:most], np.int64)
        images = take(numbers) if len(numbers) else np.zeros((0, *self.model.preprocess.shape), np.uint8)
        labels = np.array([self.model.header.label_of(index) for index in self.predicted[numbers].tolist()], np.int64)
        maps = {
            int(number): as_address(coloured(image, explain(self.model, image, int(label))))
            for number, image, label in zip(numbers, images, labels, strict=True)
        }
        return Explained(TITLES[self.method], maps, *self.against_random(explain, images[:_CHECKED], labels[:_CHECKED]))

    def against_random(self, explain: Explain, images: Images, labels: Labels) -> tuple[float | None, int]:
        """How like the maps are to those of random weights, and on how many images."""
        try:
            return (random_likeness(explain, self.model, images, labels) if len(images) else None), len(images)
        except ModelFileError:  # someone's own network
            return None, 0


def coloured(image: NDArray[np.uint8], heat: NDArray[np.float64]) -> NDArray[np.uint8]:
    """An image (H, W) or (H, W, 3), paled, with what spoke for an answer orange, against it blue, as (H, W, 3)."""
    grey = image if image.ndim == 2 else image.mean(2)
    pale = 0.5 * np.repeat(np.asarray(grey, np.float64)[..., None], 3, axis=2)
    strength = np.abs(heat)[..., None] / max(float(np.abs(heat).max()), 1e-12)
    colour = np.where(heat[..., None] > 0, np.array(FOR, np.float64), np.array(AGAINST, np.float64))
    return np.asarray((pale * (1 - strength) + colour * strength).round(), np.uint8)
