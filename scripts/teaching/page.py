"""The network that finds numbers on a page: a grey picture -> where numbers stand, their ink, and which way up.

A small U-Net (Ronneberger et al. 2015) over blocks of 4 x 4 pixels. What it marks of a number is its core, as in DB
(Liao et al. 2020): the middle half of its height, so that numbers above and beside each other stay apart.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d, interpolate, pixel_shuffle, pixel_unshuffle

from teaching.blocks import convolution, doubled

BLOCK = 32  # pixels: sides of a picture are multiples of it
OUTPUT, TURN = 2, 8  # pixels for each place of the maps, and of the map of turns
CORE, INK, WRITING = range(3)  # the maps: a number's core, a number's ink, the core of other writing
_WIDTHS = (32, 64, 96, 128)
_AREA = 16  # pixels of the side of areas whose mean and deviation are taken
_STEADY = 6.0  # grey levels added to the deviation, so that noise on empty paper stays small


class PageNumbers(nn.Module):
    """Maps pictures (N, 1, H, W) float32 of 0..255, H and W multiples of 32, to logits: the three maps
    (N, 3, H / 2, W / 2), and by how many quarters clockwise the writing lies turned (N, 4, H / 8, W / 8)."""

    def __init__(self) -> None:
        super().__init__()
        first, second, third, fourth = _WIDTHS
        self.first = nn.Sequential(convolution(32, first), convolution(first, first))
        self.second = nn.Sequential(convolution(first, second, 2), convolution(second, second))
        self.third = nn.Sequential(convolution(second, third, 2), convolution(third, third))
        self.fourth = nn.Sequential(
            convolution(third, fourth, 2), convolution(fourth, fourth), convolution(fourth, fourth)
        )
        self.to_third, self.to_second = nn.Conv2d(fourth, third, 1), nn.Conv2d(third, second, 1)
        self.to_first = nn.Conv2d(second, first, 1)
        self.again_third, self.again_second = convolution(third, third), convolution(second, second)
        self.again_first = convolution(first, first)
        self.maps, self.turn = nn.Conv2d(first, 12, 1), nn.Conv2d(second, 4, 1)

    def forward(self, pictures: Tensor) -> tuple[Tensor, Tensor]:
        first = self.first(pixel_unshuffle(_levelled(pictures), 4))
        second = self.second(first)
        third = self.third(second)
        fourth = self.fourth(third)
        third = self.again_third(third + doubled(self.to_third(fourth)))
        second = self.again_second(second + doubled(self.to_second(third)))
        first = self.again_first(first + doubled(self.to_first(second)))
        return pixel_shuffle(self.maps(first), 2), self.turn(second)


def _levelled(pictures: Tensor) -> Tensor:
    """Pictures (N, 2, H, W): as they are beside their whole, and beside what is near, in deviations."""
    axes = (2, 3)
    mean = pictures.mean(axes, keepdim=True)
    spread = (pictures - mean).square().mean(axes, keepdim=True).sqrt() + _STEADY
    around, squares = (_around(each) for each in (pictures, pictures.square()))
    near = (squares - around.square()).clamp(min=0).sqrt() + _STEADY
    return torch.cat([(pictures - mean) / spread, (pictures - around) / near], 1)


def _around(values: Tensor) -> Tensor:
    """The mean over about three areas in each direction."""
    means = avg_pool2d(avg_pool2d(values, _AREA), 3, 1, 1, count_include_pad=False)
    return interpolate(means, scale_factor=float(_AREA), mode="bilinear", align_corners=False)
