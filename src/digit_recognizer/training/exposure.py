"""Exposure: every image of a batch brighter or darker, of more or less contrast, as other machines would record it."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, fields
from typing import Any

import torch
from torch import Tensor


@dataclass(frozen=True)
class Exposure:
    """How far grey levels are changed; each draw is uniform in -x..x, one an image."""

    gamma: float = 0.0  # of the exponent's logarithm: 0.3 is an exponent of 0.74 to 1.35
    contrast: float = 0.0  # of the factor's logarithm, about the middle grey
    brightness: float = 0.0  # share of the half range that is added

    def __call__(self, images: Tensor, generator: torch.Generator) -> Tensor:
        """Images (N, C, H, W) float32 in -1..1, changed, same shape, perhaps a little beyond -1..1.

        generator: on the CPU, so that a seed draws the same on any device.
        """
        draws = (torch.rand(3, len(images), 1, 1, 1, generator=generator) * 2 - 1).to(images.device)
        exponent, factor = (draws[0] * self.gamma).exp(), (draws[1] * self.contrast).exp()
        curved = ((images + 1) / 2).clamp(0, 1) ** exponent
        return (curved * 2 - 1) * factor + draws[2] * self.brightness

    def to_dict(self) -> dict[str, Any]:
        """The fields as JSON keeps them."""
        return asdict(self)

    def sound(self) -> bool:
        """Whether every extent is a number that leaves an image."""
        return all(0 <= getattr(self, each.name) < math.inf for each in fields(self))
