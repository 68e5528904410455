"""The recipe "auto": one that suits any set of small pictures, by its size, its images, its task and its symmetry."""

from __future__ import annotations

import math
from dataclasses import replace

from digit_recognizer.data.spec import DatasetSpec
from digit_recognizer.errors import DataError
from digit_recognizer.models.header import MAX_CLASSES
from digit_recognizer.training.any_recipe import AnyRecipe, EnsembleRecipe
from digit_recognizer.training.augmentation import Augmentation
from digit_recognizer.training.exposure import Exposure
from digit_recognizer.training.recipe import Recipe

AUTO = "auto"
SMALLEST, _LARGEST = 8, 224  # side of an image, pixels
FEW = 1500  # images, below which three networks answer together: one by itself depends on its start
# And where the set is symmetric each is asked twice, about an image and its mirror image: level or better in
# cross-validation, whatever else was changed (docs/medical.md).
SEEN = 700  # times the root of the training images: how many are seen in all, so that few are seen often, many seldom
_AVERAGED = 20  # a run's averaged weights remember one of so many of its steps
_FINEST = 16  # side of the maps, pixels, of which the network's first block has few channels

# Chest X-rays: level with none on validation images as they are, better on corrupted ones; breast ultrasound, few
# images: worse in cross-validation.
LIGHT = Exposure(gamma=0.3, contrast=0.3, brightness=0.3)

_BASE = Recipe(
    AUTO,
    epochs=1,
    batch_size=64,
    learning_rate=0.004,
    widths=(32, 64, 128),
    stride=2,
    optimizer="muon",
    muon_lr=0.02,
    weight_decay=0.05,
    warmup=0.1,
    threads=1,
)


def auto_recipe(spec: DatasetSpec, images: int, epochs: int | None = None) -> AnyRecipe:
    """The recipe for a set of which `images` are learned from: 8 to 224 pixels, grey or colour, 2 to 1,000 classes.

    epochs: by default as many as suit so many images.

    What it does was chosen on validation images of the medical sets, never on test images; which calibration images
    took part in that, docs/medical.md tells.
    Raises DataError for other sets.
    """
    if not (SMALLEST <= spec.size <= _LARGEST and 2 <= len(spec.classes) <= MAX_CLASSES):
        raise DataError(
            f"{spec.name}: has {len(spec.classes)} classes and images of {spec.size} pixels; the recipe auto needs 2"
            f" to {MAX_CLASSES} classes and {SMALLEST} to {_LARGEST} pixels."
        )
    stride, widths = _strides(spec.size)
    few = images < FEW
    epochs = epochs or max(2, math.ceil(SEEN / math.sqrt(images)))
    batch_size = _BASE.batch_size // 2 if few else _BASE.batch_size
    steps = epochs * math.ceil(images / batch_size)
    one = replace(
        _BASE,
        epochs=epochs,
        batch_size=batch_size,
        widths=widths,
        stride=stride,
        ema_decay=max(0.5, 1 - _AVERAGED / steps),
        class_weighting=0.0 if few or spec.task != "binary" else 1.0,
        augmentation=Augmentation(rotation=10, scale=0.1, shear=5, shift=2 * spec.size / 28, symmetry=spec.symmetry),
        exposure=None if few or spec.form == "digit" else LIGHT,
    )
    if not few:
        return one
    members = tuple(replace(one, name=f"{AUTO}-{k}", variant=k) for k in (1, 2, 3))
    return EnsembleRecipe(AUTO, members, mirrored=spec.symmetry != "none")


def _strides(size: int) -> tuple[int, tuple[int, ...]]:
    """The stride of the first convolution and the widths of the blocks, by which a large picture costs little more."""
    stride = next(stride for most, stride in ((20, 1), (63, 2), (127, 2), (223, 4), (_LARGEST, 8)) if size <= most)
    return stride, _BASE.widths if size / stride <= _FINEST else (16, *_BASE.widths)
