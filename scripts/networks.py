"""What the trainings of the networks that the package carries share: train_ink.py and train_page.py."""

from __future__ import annotations

import math
from collections.abc import Sequence
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from torch import Tensor, nn

from digit_recognizer.models.halves import FEW, store_in_halves

WARMUP, LEAST = 0.03, 0.01  # shares of a training, and of the rate
AVERAGING = 0.998


def rate(done: float) -> float:
    """Share of the learning rate: it rises over WARMUP, and falls as a cosine."""
    return min(1.0, done / WARMUP + LEAST) * (0.5 * (1 + math.cos(math.pi * done)) + LEAST)


@torch.no_grad()
def follow(average: nn.Module, network: nn.Module, steps: int) -> None:
    """Move the average of weights towards the network's; sooner at first."""
    share = 1 - min(AVERAGING, steps / (10 + steps))
    for one, other in zip(average.parameters(), network.parameters(), strict=True):
        one.lerp_(other, share)
    for mean, newest in zip(average.buffers(), network.buffers(), strict=True):
        mean.copy_(newest)


class _AsShares(nn.Module):
    """A network of two outputs, its logits as shares, 0..1: each of the first by itself, the second over axis 1."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, pictures: Tensor) -> tuple[Tensor, Tensor]:
        first, second = self.network(pictures)
        return first.sigmoid(), second.softmax(1)


def write_onnx(network: nn.Module, path: Path, sample: Tensor, outputs: Sequence[str], free: dict[int, Any]) -> None:
    """Write a network of two outputs as an ONNX file: pictures like the sample, of 0..255, to shares; free: axes.

    Its filters are rounded to 16 bits and stored so.
    """
    program = torch.onnx.export(
        _AsShares(network.to(memory_format=torch.contiguous_format)).eval(),
        (sample,),
        dynamo=True,
        input_names=["pictures"],
        output_names=outputs,
        dynamic_shapes={"pictures": free},
        verbose=False,
    )
    assert program is not None
    path.write_bytes(_with_halves(program.model_proto).SerializeToString())


def _with_halves(model: onnx.ModelProto) -> onnx.ModelProto:
    """The model with its filters rounded to 16 bits and stored so."""
    for each in model.graph.initializer:
        if each.data_type == onnx.TensorProto.FLOAT and prod(each.dims) > FEW:
            rounded = numpy_helper.to_array(each).astype(np.float16).astype(np.float32)
            each.CopyFrom(numpy_helper.from_array(rounded, each.name))
    store_in_halves(model)
    onnx.checker.check_model(model)
    return model
