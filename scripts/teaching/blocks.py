"""Parts that the networks of images share: ink.py and page.py."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn.functional import interpolate


def convolution(given: int, channels: int, stride: int = 1) -> nn.Module:
    """3 x 3 filters from `given` to `channels` channels, batch norm, ReLU."""
    return nn.Sequential(
        nn.Conv2d(given, channels, 3, stride, 1, bias=False), nn.BatchNorm2d(channels), nn.ReLU(inplace=True)
    )


def doubled(maps: Tensor) -> Tensor:
    """Maps (N, C, H, W) with each place four times, (N, C, 2 H, 2 W)."""
    return interpolate(maps, scale_factor=2.0, mode="nearest")
