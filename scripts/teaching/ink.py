"""The network that finds writing: a grey picture (64, 64) -> how much of each pixel is ink, strokes as wide as MNIST's.

A small U-Net (Ronneberger et al. 2015) over blocks of 2 x 2 pixels; its skips add instead of joining.
"""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn.functional import pixel_shuffle, pixel_unshuffle

from teaching.blocks import convolution, doubled

_WIDTHS = (32, 48, 96)
_SHOWN = 12
_STEADY = 4.0  # grey levels added to the deviation, so that noise on empty paper stays small


class Ink(nn.Module):
    """Maps pictures (N, 1, H, W) float32 of 0..255, H and W multiples of 16, to logits: of ink (N, 1, H, W), and
    of what is shown (N, 12): a digit, 0 to 9, several characters, other writing."""

    def __init__(self) -> None:
        super().__init__()
        first, second, third = _WIDTHS
        self.first = nn.Sequential(convolution(4, first), convolution(first, first))
        self.second = nn.Sequential(convolution(first, second, 2), convolution(second, second))
        self.third = nn.Sequential(convolution(second, third, 2), convolution(third, third), convolution(third, third))
        self.to_second, self.to_first = nn.Conv2d(third, second, 1), nn.Conv2d(second, first, 1)
        self.again_second, self.again_first = convolution(second, second), convolution(first, first)
        self.logits = nn.Conv2d(first, 4, 1)
        self.shown = nn.Sequential(
            convolution(third, 2 * third, 2), nn.AdaptiveAvgPool2d(2), nn.Flatten(), nn.Linear(8 * third, _SHOWN)
        )

    def forward(self, pictures: Tensor) -> tuple[Tensor, Tensor]:
        mean = pictures.mean((2, 3), keepdim=True)
        spread = (pictures - mean).square().mean((2, 3), keepdim=True).sqrt() + _STEADY
        first = self.first(pixel_unshuffle((pictures - mean) / spread, 2))
        second = self.second(first)
        third = self.third(second)
        second = self.again_second(second + doubled(self.to_second(third)))
        first = self.again_first(first + doubled(self.to_first(second)))
        return pixel_shuffle(self.logits(first), 2), self.shown(third)
