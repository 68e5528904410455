"""Whether an explanation depends on what was learned: the same map of a network with weights drawn at random."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from digit_recognizer.errors import require_extra
from digit_recognizer.models import Model

_TWINS = 3  # networks with random weights: one by itself may lean to a side
Explain = Callable[[Model, NDArray[np.uint8], int], NDArray[np.float64]]


def randomised(model: Model, seed: int = 0) -> Model:
    """The model with all its weights drawn anew, as they are before training (Adebayo et al. 2018, section 3).

    Raises ModelFileError for someone's own network, of which only the ONNX form is known.
    """
    require_extra("train", "A network with random weights")
    import torch

    from digit_recognizer.models.architectures import build_network
    from digit_recognizer.models.runtime import TorchRuntime

    with torch.random.fork_rng():
        torch.manual_seed(seed)
        network = build_network(model.header.architecture)
    return replace(model, runtime=TorchRuntime(network))


def likeness(first: NDArray[np.float64], second: NDArray[np.float64]) -> float:
    """The rank correlation (Spearman's) of two maps (H, W), -1..1; 0 where one is the same everywhere."""
    from scipy.stats import spearmanr

    if np.ptp(first) == 0 or np.ptp(second) == 0:
        return 0.0
    return float(spearmanr(first.ravel(), second.ravel()).statistic)


def random_likeness(explain: Explain, model: Model, images: NDArray[np.uint8], labels: NDArray[np.int64]) -> float:
    """How like the maps of a model and of its random twins are, mean over images (N, H, W) with labels (N,).

    Near 0 where the maps tell of what was learned. Near 1 they tell of the image alone, as an edge detector would.
    """
    others = [randomised(model, seed) for seed in range(_TWINS)]
    found = []
    for image, label in zip(images, labels.tolist(), strict=True):
        learned = explain(model, image, label)
        found += [likeness(learned, explain(other, image, label)) for other in others]
    return float(np.mean(found))
