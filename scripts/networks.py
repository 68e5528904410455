"""What the trainings of the networks that the package carries share: train_ink.py and train_page.py."""

from __future__ import annotations

import math
from math import prod

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from torch import nn

WARMUP, LEAST = 0.03, 0.01  # shares of a training, and of the rate
AVERAGING = 0.998
FEW = 1000  # weights: smaller tensors stay as they are


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


def with_halves(model: onnx.ModelProto) -> onnx.ModelProto:
    """The model with its filters stored in 16 bits; they are cast to 32 when a session begins."""
    graph = model.graph
    large = [each for each in graph.initializer if each.data_type == onnx.TensorProto.FLOAT and prod(each.dims) > FEW]
    for each in large:
        half = numpy_helper.from_array(numpy_helper.to_array(each).astype(np.float16), f"{each.name}_half")
        graph.node.insert(0, onnx.helper.make_node("Cast", [half.name], [each.name], to=onnx.TensorProto.FLOAT))
        graph.initializer.remove(each)
        graph.initializer.append(half)
    onnx.checker.check_model(model)
    return model
