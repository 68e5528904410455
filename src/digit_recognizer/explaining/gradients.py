"""Integrated gradients: what each pixel adds to an answer on the way from a picture that says nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from digit_recognizer.errors import require_extra
from digit_recognizer.explaining.occlusion import checked_label, plain
from digit_recognizer.models import Model
from digit_recognizer.models.runtime import TorchRuntime

if TYPE_CHECKING:
    from torch import Tensor, nn

_STEPS = 64  # of the integral


def gradients_map(model: Model, image: NDArray[np.uint8], label: int, steps: int = _STEPS) -> NDArray[np.float64]:
    """How much each pixel spoke for a class, (H, W) float64, in nats (Sundararajan, Taly and Yan 2017), by captum.

    The values sum to what the class's log odds are for the image less what they are for a `plain` one, up to the error
    of `steps` steps. Needs the extra [train].
    image: (H, W) or (H, W, 3) uint8 in the network's form. label: the class, as `Prediction.label` has it.
    Raises ConfigError for another class, MissingExtraError, ModelFileError.
    """
    require_extra("gradients", "Integrated gradients")
    import torch
    from captum.attr import IntegratedGradients

    index = checked_label(model, label)
    network = _network_of(model)
    pair = np.stack([image, np.broadcast_to(plain(model, image), image.shape)])
    inputs = torch.from_numpy(model.preprocess.normalise(pair))
    several = model.header.multi_label

    def forward(images: Tensor) -> Tensor:
        return _log_odds_of(network, images, index, model.header.temperature, several=several)

    found = IntegratedGradients(forward).attribute(inputs[:1], baselines=inputs[1:], n_steps=steps)
    return np.asarray(found[0].detach().sum(0).numpy(), np.float64)


def _network_of(model: Model) -> nn.Module:
    """A model's network in torch: the one that it runs on, else that of its file."""
    from digit_recognizer.models.model_file import load_network

    if isinstance(model.runtime, TorchRuntime):
        return model.runtime.network
    return load_network(model.path)[1].eval()


def _log_odds_of(network: nn.Module, images: Tensor, label: int, temperature: float, *, several: bool) -> Tensor:
    """The calibrated log odds (N,) of a class for inputs (N, C, H, W), as `occlusion.log_odds` has them."""
    given = network(images)  # with OOD score, where there is an OOD detector
    logits: Tensor = (given[0] if isinstance(given, tuple) else given) / temperature
    if several:
        return logits[:, label]
    others = [k for k in range(logits.shape[1]) if k != label]
    return logits[:, label] - logits[:, others].logsumexp(1)
