"""Residual networks for small pictures of any kind: grey or colour, 8 pixels and more."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn.functional import relu


class _Block(nn.Module):
    """Two convolutions of 3 x 3 beside a shortcut (He et al. 2016); maps are halved first, where asked, by averaging.

    Averages keep what a stride would skip: a shift of a pixel changes less (Zhang 2019).
    Maps (N, given, H, W) to (N, made, H, W), or half of H and W, rounded down.
    """

    def __init__(self, given: int, made: int, *, halve: bool) -> None:
        super().__init__()
        self.shrink = nn.AvgPool2d(2) if halve else nn.Identity()
        self.body = nn.Sequential(
            nn.Conv2d(given, made, 3, padding=1, bias=False),
            nn.BatchNorm2d(made),
            nn.ReLU(),
            nn.Conv2d(made, made, 3, padding=1, bias=False),
            nn.BatchNorm2d(made),
        )
        self.shortcut: nn.Module = nn.Identity()
        if given != made:
            self.shortcut = nn.Sequential(nn.Conv2d(given, made, 1, bias=False), nn.BatchNorm2d(made))

    def forward(self, maps: Tensor) -> Tensor:
        maps = self.shrink(maps)
        return relu(self.body(maps) + self.shortcut(maps))


def residual(widths: Sequence[int], classes: int, channels: int = 1, stride: int = 1) -> nn.Sequential:
    """A residual network that returns logits.

    widths: channels of each block; every block but the first halves the maps. stride: of the first convolution, so
    that large pictures cost no more than small ones.
    The network maps (N, channels, H, W) float32, H and W at least stride * 2 ** (len(widths) - 1), to logits
    (N, classes); the mean of each last map goes into the linear layer, so that any larger H and W will do.
    """
    layers: list[nn.Module] = [
        nn.Conv2d(channels, widths[0], 2 * stride + 1, stride, stride, bias=False),
        nn.BatchNorm2d(widths[0]),
        nn.ReLU(),
    ]
    given = widths[0]
    for number, made in enumerate(widths):
        layers.append(_Block(given, made, halve=number > 0))
        given = made
    layers += [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(given, classes)]
    return nn.Sequential(*layers).to(memory_format=torch.channels_last)
