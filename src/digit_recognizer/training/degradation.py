"""What a camera and a pen do to the images of a batch: strokes thicker or thinner, blur, noise."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, fields
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import conv2d, max_pool2d, pad

REACH = 3  # pixels to each side of the blur's kernel


@dataclass(frozen=True)
class Degradation:
    """How far images are spoilt; each image has an amount of its own of each kind."""

    # Uniform in -x..x: the share of the way from an image to its maxima over 3 x 3 pixels (thicker strokes of light
    # ink), or, below 0, to its minima (thinner ones).
    stroke: float = 0.0
    blur: float = 0.0  # standard deviation, pixels: uniform in 0..x
    noise: float = 0.0  # standard deviation, in the input's own units (white less black is 2): uniform in 0..x

    def __call__(self, images: Tensor, generator: torch.Generator) -> Tensor:
        """Images (N, C, H, W) float32, spoilt, same shape; beyond the edge its pixels go on.

        generator: on the CPU, so that a seed draws the same on any device.
        """
        n = len(images)
        if self.stroke:
            images = restroked(images, column(torch.rand(n, generator=generator) * 2 - 1, images) * self.stroke)
        if self.blur:
            images = blurred(images, torch.rand(n, generator=generator) * self.blur)
        if self.noise:
            amount = column(torch.rand(n, generator=generator), images) * self.noise
            images = images + amount * torch.randn(images.shape, generator=generator).to(images.device)
        return images

    def to_dict(self) -> dict[str, Any]:
        """The fields as JSON keeps them."""
        return asdict(self)

    def sound(self) -> bool:
        """Whether every amount is one that leaves an image."""
        values = [getattr(self, each.name) for each in fields(self)]
        return all(0 <= value < math.inf for value in values) and self.stroke <= 1 and self.blur <= REACH


def column(values: Tensor, images: Tensor) -> Tensor:
    """Values (N,) as (N, 1, 1, 1) where the images are."""
    return values.view(-1, 1, 1, 1).to(images.device)


def restroked(images: Tensor, amounts: Tensor) -> Tensor:
    """Images (N, C, H, W) on their way, by amounts (N, 1, 1, 1) in -1..1, to their maxima or minima."""
    thick = max_pool2d(images, 3, stride=1, padding=1)  # pads with nothing, so that edges are no darker
    thin = -max_pool2d(-images, 3, stride=1, padding=1)
    return images + amounts.clamp(min=0) * (thick - images) + amounts.clamp(max=0) * (images - thin)


def blurred(images: Tensor, sigmas: Tensor) -> Tensor:
    """Images (N, C, H, W) under Gaussians of standard deviations (N,), pixels, cut off at REACH pixels."""
    n, channels, height, width = images.shape
    steps = torch.arange(-REACH, REACH + 1.0)
    weights = torch.exp(-0.5 * (steps / sigmas.clamp(min=0.05)[:, None]) ** 2)
    line = (weights / weights.sum(1, keepdim=True)).repeat_interleave(channels, 0).to(images.device)
    flat = pad(images, (REACH,) * 4, mode="replicate").view(1, n * channels, height + 2 * REACH, width + 2 * REACH)
    across = conv2d(flat, line[:, None, None, :], groups=n * channels)
    return conv2d(across, line[:, None, :, None], groups=n * channels).view(n, channels, height, width)
