"""Batched augmentation: every image of a batch moved and bent in its own way, by one grid_sample."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, fields
from functools import cache
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import affine_grid, grid_sample, interpolate

from digit_recognizer.data.spec import SYMMETRIES

_CONTROL_POINTS = 5  # a side, of the elastic field


@dataclass(frozen=True)
class Augmentation:
    """How far images are moved and bent; each draw is uniform in -x..x, the elastic field normal."""

    rotation: float = 0.0  # degrees
    scale: float = 0.0  # share of the size, across and down apart: 0.1 is 90 to 110 %
    shear: float = 0.0  # degrees
    shift: float = 0.0  # pixels, across and down apart
    # Standard deviation, pixels, of the shifts of 5 x 5 points, between which a smooth field bends the image (elastic
    # distortions: Simard, Steinkraus and Platt 2003).
    elastic: float = 0.0
    symmetry: str = "none"  # "mirror": half of the images are turned left for right; "all": by quarters too

    def __call__(self, images: Tensor, generator: torch.Generator) -> Tensor:
        """Images (N, C, H, W) float32, augmented, same shape; beyond the edge its pixels go on.

        generator: on the CPU, so that a seed draws the same on any device.
        """
        n, _, height, width = images.shape
        weights, basis = self.matrices(n, height, width, generator), coordinates(height, width)
        if self.elastic:
            weights = torch.cat([weights, self.points(n, height, width, generator)], 2)
            basis = torch.cat([basis, smooth_steps(height, width)])
        if self.symmetry != "none":
            weights = torch.cat([turns(n, self.symmetry, generator) @ weights[:, :, :2], weights[:, :, 2:]], 2)
        # One product gives all grids; affine_grid and interpolate build the same from many more steps.
        grids = (weights @ basis).view(n, 2, height, width).permute(0, 2, 3, 1).to(images.device)
        return grid_sample(images, grids, mode="bilinear", padding_mode="border", align_corners=False)

    def matrices(self, n: int, height: int, width: int, generator: torch.Generator) -> Tensor:
        """The affine maps (n, 2, 3) from a result's coordinates (-1..1, x before y) to its source's."""
        draws = torch.rand(6, n, generator=generator) * 2 - 1
        angle, slant = draws[0] * math.radians(self.rotation), (draws[1] * math.radians(self.shear)).tan()
        across, down = 1 / (1 + draws[2] * self.scale), 1 / (1 + draws[3] * self.scale)
        cos, sin = angle.cos(), angle.sin()
        right, below = draws[4] * (2 * self.shift / width), draws[5] * (2 * self.shift / height)
        # Turning and shearing are of pixels: an x of 1 is width / 2 of them, a y of 1 height / 2.
        first = torch.stack([cos * across, (cos * slant - sin) * across * (height / width), right], 1)
        second = torch.stack([sin * down * (width / height), (sin * slant + cos) * down, below], 1)
        return torch.stack([first, second], 1)

    def points(self, n: int, height: int, width: int, generator: torch.Generator) -> Tensor:
        """Random shifts (n, 2, 25) of the control points, in coordinates of -1..1, x before y."""
        side = torch.tensor([width, height]).view(1, 2, 1)
        return torch.randn(n, 2, _CONTROL_POINTS**2, generator=generator) * (2 * self.elastic / side)

    def to_dict(self) -> dict[str, Any]:
        """The fields as JSON keeps them."""
        return asdict(self)

    def sound(self) -> bool:
        """Whether every extent is one that leaves an image (none negative, none beyond it)."""
        values = [getattr(self, each.name) for each in fields(self) if each.name != "symmetry"]
        return (
            self.symmetry in SYMMETRIES
            and all(0 <= value < math.inf for value in values)
            and self.scale < 1
            and self.shear < 90
        )


def turns(n: int, symmetry: str, generator: torch.Generator) -> Tensor:
    """Maps (n, 2, 2) that mirror half of the images and, of "all", turn each by some quarters."""
    mirrored = 1.0 - 2.0 * torch.randint(0, 2, (n,), generator=generator)
    flips = torch.diag_embed(torch.stack([mirrored, torch.ones(n)], 1))
    if symmetry == "mirror":
        return flips
    quarter = torch.tensor([[0.0, -1.0], [1.0, 0.0]])
    powers = torch.stack([torch.linalg.matrix_power(quarter, k) for k in range(4)])
    return powers[torch.randint(0, 4, (n,), generator=generator)] @ flips


@cache
def coordinates(height: int, width: int) -> Tensor:
    """Homogeneous coordinates (3, height * width) of the pixels' middles: x and y in -1..1, and 1."""
    grid = affine_grid(torch.eye(2, 3)[None], [1, 1, height, width], align_corners=False)
    return torch.cat([grid.view(-1, 2), torch.ones(height * width, 1)], 1).T.contiguous()


@cache
def smooth_steps(height: int, width: int) -> Tensor:
    """What each control point adds to each pixel (25, height * width): bicubic interpolation of the points' shifts."""
    each = torch.eye(_CONTROL_POINTS**2).view(-1, 1, _CONTROL_POINTS, _CONTROL_POINTS)
    return interpolate(each, (height, width), mode="bicubic", align_corners=True).view(_CONTROL_POINTS**2, -1)
