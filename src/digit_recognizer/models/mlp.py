"""The classic network: fully connected layers with ReLU between them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from torch import nn


def mlp(sizes: Sequence[int]) -> nn.Sequential:
    """A multilayer perceptron that returns logits.

    sizes: units of each layer, input first; (784, 64, 32, 10) is the published network, 52,650 parameters.
    The network maps (N, 1, H, W) float32 with H * W = sizes[0] to logits (N, K), K = sizes[-1].
    """
    layers: list[nn.Module] = [nn.Flatten()]
    for inputs, outputs in pairwise(sizes):
        layers += [nn.Linear(inputs, outputs), nn.ReLU()]
    return nn.Sequential(*layers[:-1])  # no ReLU after the logits
