"""The loss that a set's task asks for: cross-entropy of its classes, or of each label by itself."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits, cross_entropy

from digit_recognizer.data.spec import Labels
from digit_recognizer.training.learner import Loss
from digit_recognizer.training.recipe import Recipe


def task_loss(recipe: Recipe, labels: Labels, classes: int, device: torch.device) -> Loss:
    """The loss of logits (n, K) and labels (n,) or, where an image may bear several, (n, K).

    labels: all of the training images, by whose counts classes are weighted where the recipe says so.
    """
    if labels.ndim == 2:
        return _several_labels
    if not recipe.class_weighting:
        return _one_label(recipe.label_smoothing, None)
    weights = torch.from_numpy(class_weights(labels, classes, recipe.class_weighting)).to(device)
    return _one_label(recipe.label_smoothing, weights)


def _one_label(smoothing: float, weights: Tensor | None) -> Loss:
    """Cross-entropy with label smoothing and, where given, a weight a class."""

    def loss(logits: Tensor, labels: Tensor) -> Tensor:
        return cross_entropy(logits, labels, weights, label_smoothing=smoothing)

    return loss


def _several_labels(logits: Tensor, labels: Tensor) -> Tensor:
    """The mean over images and labels of the binary cross-entropy."""
    return binary_cross_entropy_with_logits(logits, labels.to(logits.dtype))


def class_weights(labels: Labels, classes: int, power: float) -> NDArray[np.float32]:
    """A weight a class (K,), its frequency to the power of -`power`, of mean 1 over the images (power 1: balanced).

    A class that has no image has no weight.
    """
    counts = np.bincount(labels, minlength=classes).astype(np.float64)
    weights = np.where(counts > 0, np.maximum(counts, 1) ** -power, 0.0)
    return np.asarray(weights * counts.sum() / (weights @ counts), np.float32)
