"""Batched degradation: what other pens, scanners and accidents do to a picture, each to some images of a batch.

None of the fifteen corruptions that robustness is measured with (synthetic/corruptions.py) is among these.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import conv2d, interpolate, max_pool2d

BLUR = (0.4, 1.3)  # standard deviations of the blur, pixels
_GRIDS = (7, 20)  # sides of the coarse grids, pixels
NOISE = 0.25  # the most of its standard deviation, share of the range from black to white
ERASED = (3, 12)  # sides of the rectangles that are painted over, pixels


@dataclass(frozen=True)
class Degradation:
    """The share (0..1) of the images that each befalls, drawn apart for each."""

    pen: float = 0.0  # strokes made thicker or thinner by up to a pixel a side (grey dilation and erosion)
    coarse: float = 0.0  # sampled on a coarser grid, 7 to 20 pixels a side, and enlarged again
    blur: float = 0.0  # Gaussian
    erase: float = 0.0  # a rectangle painted over in one grey (random erasing: Zhong et al. 2020)
    noise: float = 0.0  # Gaussian

    def __call__(self, images: Tensor, generator: torch.Generator) -> Tensor:
        """Images (N, C, H, W) float32, some degraded, same shape, within the range of the batch.

        generator: on the CPU, so that a seed draws the same on any device.
        """
        low, high = images.amin(), images.amax()
        for step in (pen, coarse, blur, erase, noise):
            chosen = torch.rand(len(images), generator=generator) < getattr(self, step.__name__)
            where = chosen.nonzero().flatten().to(images.device)
            if len(where):
                changed = step((images[where] - low) / (high - low).clamp(min=1e-6), generator)
                images = images.index_copy(0, where, changed.clamp(0, 1) * (high - low) + low)
        return images

    def to_dict(self) -> dict[str, Any]:
        """The fields as JSON keeps them."""
        return asdict(self)

    def sound(self) -> bool:
        """Whether every share is one."""
        return all(0 <= getattr(self, each.name) <= 1 for each in fields(self))


def pen(images: Tensor, generator: torch.Generator) -> Tensor:
    """Strokes thicker or thinner, light ink on black, (n, C, H, W) in 0..1."""
    amount = _per_image(torch.rand(len(images), generator=generator) * 2 - 1, images)
    thick, thin = max_pool2d(images, 3, 1, 1), -max_pool2d(-images, 3, 1, 1)
    return images + amount.clamp(min=0) * (thick - images) + amount.clamp(max=0) * (images - thin)


def coarse(images: Tensor, generator: torch.Generator) -> Tensor:
    """Averaged down to a coarser grid, one for all of these images, and enlarged again."""
    side = int(torch.randint(_GRIDS[0], _GRIDS[1] + 1, (), generator=generator))
    height, width = images.shape[2:]
    small = interpolate(images, (side, max(1, round(side * width / height))), mode="area")
    return interpolate(small, (height, width), mode="bilinear", align_corners=False)


def blur(images: Tensor, generator: torch.Generator) -> Tensor:
    """Gaussian blur, each image by its own standard deviation."""
    n, channels, height, width = images.shape
    spread = BLUR[0] + (BLUR[1] - BLUR[0]) * torch.rand(n, generator=generator)
    kernel = torch.exp(-(torch.arange(-4.0, 5.0) ** 2) / (2 * spread[:, None] ** 2))
    kernel = (kernel / kernel.sum(1, keepdim=True)).repeat_interleave(channels, 0).to(images.device)
    planes = images.reshape(1, n * channels, height, width)
    planes = conv2d(planes, kernel[:, None, :, None], padding=(4, 0), groups=n * channels)
    return conv2d(planes, kernel[:, None, None, :], padding=(0, 4), groups=n * channels).view_as(images)


def erase(images: Tensor, generator: torch.Generator) -> Tensor:
    """A rectangle of each image painted in one grey."""
    n, _, height, width = images.shape
    sides = torch.randint(ERASED[0], ERASED[1] + 1, (2, n, 1), generator=generator)
    middles = torch.rand(2, n, 1, generator=generator) * torch.tensor([height, width]).view(2, 1, 1)
    down, across = (
        (torch.arange(length)[None] - middle).abs() * 2 <= side
        for length, middle, side in zip((height, width), middles, sides, strict=True)
    )
    inside = (down[:, None, :, None] & across[:, None, None, :]).to(images.device)
    grey = _per_image(torch.rand(n, generator=generator), images)
    return torch.where(inside, grey, images)


def noise(images: Tensor, generator: torch.Generator) -> Tensor:
    """Gaussian noise, each image by its own standard deviation."""
    spread = _per_image(NOISE * torch.rand(len(images), generator=generator), images)
    return images + spread * torch.randn(images.shape, generator=generator).to(images.device)


def _per_image(values: Tensor, images: Tensor) -> Tensor:
    """Values (n,), one for each image, in a shape that multiplies them."""
    return values.view(-1, 1, 1, 1).to(images.device)
