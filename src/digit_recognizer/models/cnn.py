"""Convolutional networks: a chain of convolutions, each normalised and rectified, then a linear layer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn


@dataclass(frozen=True)
class Convolution:
    """One convolution with what follows it: pooling where asked, batch normalisation, ReLU."""

    channels: int  # that it gives
    kernel: int  # side, pixels
    stride: int = 1
    padding: int = 0  # pixels of zero on each side
    pool: int = 1  # side of the squares of which only the largest value goes on; 1: all do

    def size_after(self, size: int) -> int:
        """Side of the maps that it gives for maps of side `size`, pixels."""
        return ((size + 2 * self.padding - self.kernel) // self.stride + 1) // self.pool


def cnn(
    size: int, classes: int, convolutions: Sequence[Mapping[str, Any]], head: str = "flatten", channels: int = 1
) -> nn.Sequential:
    """A convolutional network that returns logits.

    size: side of the input, pixels. convolutions: the fields of a Convolution each, first layer first. head: "flatten"
    hands every value of the last maps to the linear layer, "max" only the largest of each map. channels: 3 for colour.
    The network maps (N, channels, size, size) float32 to logits (N, classes). Batch normalisation: Ioffe and Szegedy
    2015; pooling stands before it and ReLU, which gives the same maxima from fewer values.
    Raises ValueError for an unknown head, for padding that a kernel fits into and for maps of no pixel.
    """
    if head not in ("flatten", "max"):
        raise ValueError(head)
    layers: list[nn.Module] = []
    for each in (Convolution(**fields) for fields in convolutions):
        layers.append(nn.Conv2d(channels, each.channels, each.kernel, each.stride, each.padding, bias=False))
        if each.pool > 1:
            layers.append(nn.MaxPool2d(each.pool))
        layers += [nn.BatchNorm2d(each.channels), nn.ReLU()]
        channels, size = each.channels, each.size_after(size)
        if size < 1 or each.padding >= each.kernel:
            raise ValueError(each)
    if head == "max":
        layers += [nn.AdaptiveMaxPool2d(1), nn.Flatten(), nn.Linear(channels, classes)]
    else:
        layers += [nn.Flatten(), nn.Linear(channels * size * size, classes)]
    # Channels last in memory: a third faster on CPUs, the same values.
    return nn.Sequential(*layers).to(memory_format=torch.channels_last)
