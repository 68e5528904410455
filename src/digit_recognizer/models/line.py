"""The network that reads a line: PP-OCRv6 small's recogniser with one grey channel, twice the columns, our classes.

The architecture is that of PaddleOCR's PP-OCRv6_rec_small (Apache-2.0), so that a reader can begin with its weights:
a stem, 12 blocks of a depthwise and two pointwise convolutions (RepViT's, re-parametrised), two transformer blocks.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn.functional import gelu, max_pool2d, pad, relu, scaled_dot_product_attention, silu

_HEADS = 8
_STAGES = 3  # halvings of the rows: 48 pixels become 3


class Line(nn.Module):
    """Maps lines (N, 1, 48, W) float32, W a multiple of 4, to logits (N, W / 4, K + 1); the last class is CTC's blank.

    PP-OCRv6 gives logits every eight pixels, too few for a comma between two digits. Here the last pooling moves by
    one column instead of two, and the convolution over columns is dilated, so that its weights still fit.
    """

    def __init__(self, classes: int, widths: Sequence[int], blocks: Sequence[int], mixed: int) -> None:
        """widths: channels of the three stages, the first of the stem too; blocks: of each stage; mixed: channels of
        the transformer blocks, a multiple of 8. Raises ValueError for other numbers of stages."""
        super().__init__()
        if len(widths) != _STAGES or len(blocks) != _STAGES or mixed % _HEADS:
            raise ValueError(widths, blocks, mixed)
        self.stem = _Stem(widths[0])
        stages: list[nn.Module] = []
        for before, width, count in zip((0, *widths), widths, blocks, strict=False):
            if before:
                stages.append(_Downsampling(before, width))
            stages += [_Block(width, squeezed=index % 2 == 0 and index < count - 1) for index in range(count)]
        self.stages = nn.Sequential(*stages)
        self.pool = nn.AvgPool2d((3, 2), (3, 1))
        self.neck = _Neck(widths[-1], mixed)
        self.logits = nn.Linear(mixed, classes + 1)
        self.to(memory_format=torch.channels_last)

    def forward(self, lines: Tensor) -> Tensor:
        features = self.stages(self.stem(lines.contiguous(memory_format=torch.channels_last)))
        logits: Tensor = self.logits(self.neck(self.pool(pad(features, (0, 1)))))
        return logits


class _Stem(nn.Module):
    """Two halvings: (N, 1, H, W) -> (N, channels, H / 4, W / 4)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        half, quarter = channels // 2, channels // 4
        self.first = nn.Conv2d(1, half, 3, 2, 1)
        self.narrow = nn.Conv2d(half, quarter, 2)
        self.wide = nn.Conv2d(quarter, half, 2)
        self.second = nn.Conv2d(channels, half, 3, 2, 1)
        self.last = nn.Conv2d(half, channels, 1)

    def forward(self, lines: Tensor) -> Tensor:
        first = relu(self.first(lines))
        pooled = max_pool2d(_padded(first), 2, 1)
        convolved = relu(self.wide(_padded(relu(self.narrow(_padded(first))))))
        return relu(self.last(relu(self.second(torch.cat([pooled, convolved], 1)))))


def _padded(maps: Tensor) -> Tensor:
    """A zero more on the right and below, for a kernel of 2."""
    return pad(maps, (0, 1, 0, 1))


class _Block(nn.Module):
    """Mixes places by a depthwise convolution, then channels by two pointwise ones, with a shortcut."""

    def __init__(self, channels: int, *, squeezed: bool) -> None:
        super().__init__()
        self.places = nn.Conv2d(channels, channels, 3, 1, 1, groups=channels)
        self.squeeze = _Squeeze(channels) if squeezed else nn.Identity()
        self.up = nn.Conv2d(channels, 2 * channels, 1)
        self.down = nn.Conv2d(2 * channels, channels, 1)

    def forward(self, maps: Tensor) -> Tensor:
        mixed: Tensor = self.squeeze(self.places(maps))
        out: Tensor = mixed + self.down(gelu(self.up(mixed)))
        return out


class _Downsampling(nn.Module):
    """Half the rows, other channels."""

    def __init__(self, given: int, channels: int) -> None:
        super().__init__()
        self.places = nn.Conv2d(given, given, 3, (2, 1), 1, groups=given)
        self.up = nn.Conv2d(given, 2 * given, 1)
        self.down = nn.Conv2d(2 * given, channels, 1)

    def forward(self, maps: Tensor) -> Tensor:
        out: Tensor = self.down(gelu(self.up(self.places(maps))))
        return out


class _Squeeze(nn.Module):
    """Squeeze and excitation (Hu, Shen and Sun 2018): each channel times a factor of 0 to 1."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.narrow = nn.Conv2d(channels, channels // 4, 1)
        self.wide = nn.Conv2d(channels // 4, channels, 1)

    def forward(self, maps: Tensor) -> Tensor:
        means = maps.mean((2, 3), keepdim=True)
        factors: Tensor = (self.wide(relu(self.narrow(means))) / 6 + 0.5).clamp(0, 1)
        return maps * factors


class _Neck(nn.Module):
    """Maps of one row (N, C, 1, T) -> what each column says, having seen the others (N, T, mixed)."""

    def __init__(self, given: int, mixed: int) -> None:
        super().__init__()
        self.shortcut = _Pointwise(given, mixed)
        self.narrow = _Pointwise(given, mixed)
        self.columns = nn.Conv2d(mixed, mixed, (1, 7), padding=(0, 6), dilation=(1, 2), groups=mixed)
        self.transformers = nn.Sequential(_Transformer(mixed), _Transformer(mixed))
        self.norm = nn.LayerNorm(mixed)

    def forward(self, maps: Tensor) -> Tensor:
        narrow = self.narrow(maps)
        columns = (narrow + silu(self.columns(narrow))).squeeze(2).transpose(1, 2)
        out: Tensor = self.norm(self.transformers(columns)) + self.shortcut(maps).squeeze(2).transpose(1, 2)
        return out


class _Pointwise(nn.Conv2d):
    """A convolution of single places, with SiLU."""

    def __init__(self, given: int, channels: int) -> None:
        super().__init__(given, channels, 1)

    def forward(self, input: Tensor) -> Tensor:
        return silu(super().forward(input))


class _Transformer(nn.Module):
    """Self-attention and a perceptron, each after layer normalisation and with a shortcut."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(channels)
        self.attention = nn.Linear(channels, 3 * channels)
        self.attended = nn.Linear(channels, channels)
        self.second_norm = nn.LayerNorm(channels)
        self.up = nn.Linear(channels, 2 * channels)
        self.down = nn.Linear(2 * channels, channels)

    def forward(self, columns: Tensor) -> Tensor:
        n, count, channels = columns.shape
        heads = self.attention(self.norm(columns)).reshape(n, count, 3, _HEADS, channels // _HEADS)
        query, key, value = heads.permute(2, 0, 3, 1, 4).unbind(0)
        attended = scaled_dot_product_attention(query, key, value).transpose(1, 2).reshape(n, count, channels)
        columns = columns + self.attended(attended)
        out: Tensor = columns + self.down(silu(self.up(self.second_norm(columns))))
        return out


def line(classes: int, widths: Sequence[int], blocks: Sequence[int], mixed: int) -> Line:
    """A line reader's network; see Line."""
    return Line(classes, widths, blocks, mixed)
