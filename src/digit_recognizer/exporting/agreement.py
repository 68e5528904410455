"""Whether two forms of one network give the same answers, and on which images that is tried."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from digit_recognizer.data import load_dataset
from digit_recognizer.data.catalogue import SPECS
from digit_recognizer.data.idx_specs import MNIST
from digit_recognizer.data.printed import MIXED, PRINTED
from digit_recognizer.data.spec import Images
from digit_recognizer.errors import DataError, ModelFileError
from digit_recognizer.models import Model
from digit_recognizer.models.header import ModelHeader
from digit_recognizer.synthetic.clouds import cloud, levels

TOLERANCE = 1e-4  # between probabilities of two forms of one network
MADE = 5000  # pictures where a model's own set is not at hand
_DRAWN_AT_LOAD = (PRINTED.name, MIXED.name)  # takes minutes; MNIST's images serve their models too


@dataclass(frozen=True)
class Agreement:
    """How far the answers of two forms of one network lie apart."""

    source: str  # of the images: "mnist, calibration" or "made pictures"
    n: int  # images
    other_labels: int  # images whose most probable class differs
    largest: float  # difference between two probabilities, 0..1

    def check(self, name: str) -> None:
        """Raise ModelFileError, with what was found, unless all labels agree and no probability is off by TOLERANCE."""
        if self.other_labels or not self.largest <= TOLERANCE:
            raise ModelFileError(
                f"{name}: its ONNX form differs from its weights: {self.other_labels:,} labels of"
                f" {self.n:,} images ({self.source}) differ, and probabilities by up to {self.largest:.2g}"
                f" ({TOLERANCE:g} is allowed). Nothing was written."
            )


def agreement(one: Model, other: Model, images: Images, source: str) -> Agreement:
    """Compare two forms of one network on images (N, H, W) uint8; source: what these are, for people."""
    ours, theirs = one.probabilities(images), other.probabilities(images)
    differ = int((ours.argmax(axis=1) != theirs.argmax(axis=1)).sum())
    return Agreement(source, len(images), differ, float(np.abs(ours - theirs).max()))


def images_to_compare(header: ModelHeader, data_dir: Path | None) -> tuple[Images, str]:
    """The images (N, H, W) uint8 on which two forms of a network are compared, and what they are.

    The calibration images of the set that it learned from; MNIST's for other readers of digits; for what learned from
    a folder, or from a set that is not at hand, made pictures.
    """
    size = header.preprocess.size
    name = known_set(header)
    if name is not None:
        try:
            dataset = load_dataset(name, data_dir)
        except DataError:
            pass  # not at hand: made pictures serve
        else:
            part = dataset.splits.get("calibration")
            if part is not None and part.take(np.arange(1)).shape[1:] == (size, size):
                return part.take(np.arange(len(part))), f"{name}, calibration"
    return _made_pictures(size), "made pictures"


def _made_pictures(size: int) -> Images:
    """MADE pictures (N, size, size) uint8, from noise to smooth clouds; the same at each call."""
    draw = np.random.default_rng(0)
    return np.stack([levels(255 * cloud(draw, size, draw.uniform(0, 3))) for _ in range(MADE)])


def known_set(header: ModelHeader) -> str | None:
    """The named set that stands for a model's own; None where there is none."""
    own = header.data.get("name")
    if own in SPECS and own not in _DRAWN_AT_LOAD:
        return str(own)
    return MNIST.name if header.class_names == MNIST.classes else None
