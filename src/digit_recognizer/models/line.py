"""A network that reads a line of digits: convolutions down to one row of columns, logits for each of them."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

LAYERS = 6
ROWS = 32  # of a line, pixels
COLUMNS = 2  # pixels from one column of logits to the next


class Line(nn.Module):
    """Maps lines (N, 1, 32, W) float32 to logits (N, T, K + 1), T = 2 * ((W + 1) // 4); the last class is CTC's blank.

    Each place of the last maps stands for four columns of pixels and gives the logits of two, so that the deep layers
    are cheap and still two narrow digits find room for the blank between them.
    """

    def __init__(self, classes: int, channels: Sequence[int]) -> None:
        """channels: that each of the six convolutions gives. Raises ValueError for another number of them."""
        super().__init__()
        if len(channels) != LAYERS:
            raise ValueError(channels)
        a, b, c, d, e, f = channels
        layers = [
            *block(1, a, (5, 5), (2, 2), stride=2),  # 16 rows
            *block(a, b, (3, 3), (1, 1), pool=2),  # 8 rows
            *block(b, c, (3, 3), (0, 1)),  # 6 rows
            *block(c, d, (3, 3), (0, 1)),  # 4 rows
            *block(d, e, (4, 3), (0, 1)),  # 1 row
            *block(e, f, (1, 5), (0, 2)),
        ]
        self.features = nn.Sequential(*layers).to(memory_format=torch.channels_last)
        self.logits = nn.Linear(f, 2 * (classes + 1))
        self.classes = classes

    def forward(self, lines: Tensor) -> Tensor:
        features = self.features(lines).squeeze(2).transpose(1, 2)
        logits: Tensor = self.logits(features).reshape(lines.shape[0], -1, self.classes + 1)
        return logits


def block(
    given: int, channels: int, kernel: tuple[int, int], padding: tuple[int, int], stride: int = 1, pool: int = 1
) -> list[nn.Module]:
    """A convolution with its pooling, batch normalisation and ReLU, as in `cnn`."""
    layers: list[nn.Module] = [nn.Conv2d(given, channels, kernel, stride, padding, bias=False)]
    if pool > 1:
        layers.append(nn.MaxPool2d(pool))
    return [*layers, nn.BatchNorm2d(channels), nn.ReLU()]


def line(classes: int, channels: Sequence[int]) -> Line:
    """A line reader's network; see Line."""
    return Line(classes, channels)
