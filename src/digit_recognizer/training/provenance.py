"""Where a model comes from: the header that travels with its weights."""

from __future__ import annotations

import platform
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch import nn

from digit_recognizer.data import Dataset, Split
from digit_recognizer.data.pictures import modalities_of
from digit_recognizer.errors import DataError
from digit_recognizer.evaluation.calibration import calibrate
from digit_recognizer.evaluation.typical import fit_typical
from digit_recognizer.images import Preprocess
from digit_recognizer.models import ModelHeader
from digit_recognizer.models.line_reader import CLASSES
from digit_recognizer.models.model_file import weights_sha256
from digit_recognizer.models.ood import OodNetwork, fit_ood_detector
from digit_recognizer.models.runtime import BATCH, TorchRuntime
from digit_recognizer.statistics import wilson
from digit_recognizer.training.any_recipe import AnyRecipe, LineRecipe
from digit_recognizer.version import __version__

_OOD_IMAGES = 10_000  # that an OOD detector is fitted to


def source_of(dataset: Dataset, learn: Split, train_on: str, bad: int) -> dict[str, Any]:
    """What a network learned from, for its header; bad: pictures that cannot be read."""
    source: dict[str, Any] = {"name": dataset.spec.name, "train_on": train_on, "n": len(learn), "sha256": learn.sha256}
    if modalities := modalities_of(learn):
        source["modalities"] = modalities
    return source | ({"left_out": bad} if bad else {})


def make_header(
    recipe: AnyRecipe,
    dataset: Dataset,
    source: dict[str, Any],
    seed: int,
    network: nn.Module,
    accuracy: dict[str, Any] | None,
    preprocess: Preprocess,
) -> ModelHeader:
    """The text that will travel with the weights; accuracy: what `measured` gave."""
    classes = classes_of(recipe, dataset)
    architecture = recipe.architecture(preprocess.size, len(classes), preprocess.channels)
    if architecture["name"] == "ensemble" and dataset.spec.task == "multi-label":
        architecture["task"] = dataset.spec.task  # decides how the members' answers are averaged
    return ModelHeader(
        name=recipe.name,
        architecture=architecture,
        preprocess=preprocess,
        class_names=classes,
        recipe=recipe.to_dict(),
        seed=seed,
        data=source,
        versions={
            "handwritten-digit-recognizer": __version__,
            "python": platform.python_version(),
            "torch": torch.__version__,
            "numpy": np.__version__,
        },
        accuracy=accuracy,
        weights_sha256=weights_sha256(network),
        task=dataset.spec.task,
        positive=dataset.spec.positive,
        caveats=dataset.spec.caveats,
    )


def classes_of(recipe: AnyRecipe, dataset: Dataset) -> tuple[str, ...]:
    """The names of what a network tells apart: the set's classes, or the characters of lines."""
    return CLASSES if isinstance(recipe, LineRecipe) else dataset.spec.classes


def calibrated(header: ModelHeader, dataset: Dataset, network: nn.Module) -> ModelHeader:
    """The header with a calibration on the set's calibration images; network: with its OOD detector where it has one.

    As it was where these were learned from, where there are none, where they tell nothing (none is misread), and where
    an image may bear several labels.
    """
    split = dataset.splits.get("calibration")
    if split is None or not len(split) or header.data["train_on"] == "all" or header.multi_label:
        return header
    runtime = TorchRuntime(network)
    logits, ood_score = zip(
        *(runtime.observe(header.preprocess.normalise(images)) for images in split.batches(BATCH)), strict=True
    )
    scores = None if ood_score[0] is None else np.concatenate(ood_score)
    source = {"name": dataset.spec.name, "split": "calibration", "n": len(split), "sha256": split.sha256}
    typical = fit_typical(split.batches(BATCH)) if header.preprocess.form == "picture" else None
    try:
        found = calibrate(np.concatenate(logits), split.labels, source, scores, typical)
    except DataError:
        return header
    return replace(header, calibration=found.to_dict())


def with_ood_detector(network: nn.Module, learn: Split, preprocess: Preprocess) -> nn.Module:
    """The network with an OOD detector fitted to the first training images; without one where it is too narrow."""
    few = learn.take(np.arange(min(len(learn), _OOD_IMAGES)))
    batches = (torch.from_numpy(preprocess.normalise(few[i : i + BATCH])) for i in range(0, len(few), BATCH))
    network = network.cpu().eval()
    ood = fit_ood_detector(network, batches)
    return network if ood is None else OodNetwork(network, ood)


def measured(share: float | None, n: int) -> dict[str, Any] | None:
    """An accuracy on n validation images with its 95 % interval; None where none were held out."""
    if share is None:
        return None
    correct = round(share * n)
    interval = wilson(correct, n).to_dict()
    return {"split": "validation", "n": n, "correct": correct, "accuracy": share, "interval": interval}
