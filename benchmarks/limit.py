"""The floating-point limit of this machine, a large matrix product in torch, and the work that a network is.

python benchmarks/limit.py [--rounds 5] [--json FILE|-]
"""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor, nn

from common import options_of_rounds, report, seconds_of

SIDE = 2048  # of the two matrices
TRAINING = 3  # times the work of the forward pass: the backward pass is two products for each of its products


def measure(rounds: int = 5) -> dict[str, Any]:
    """GFLOP/s of a float32 matrix product on all of torch's threads: the best of several."""
    left, right = torch.rand(SIDE, SIDE), torch.rand(SIDE, SIDE)
    left @ right
    work = 2 * SIDE**3 / 1e9
    found = [work / seconds_of(lambda: left @ right) for _ in range(rounds)]
    return {"gflop_s": max(found), "side": SIDE, "threads": torch.get_num_threads(), "n": rounds, "all_gflop_s": found}


def gflop_per_second() -> float:
    """The limit alone, for a benchmark that runs by itself."""
    return float(measure()["gflop_s"])


def flops(network: nn.Module, size: int) -> int:
    """Floating-point operations of a network for one image of `size` x `size`: two for each multiply-add.

    Convolutions and linear layers count; what stands between them (pooling, normalisation, ReLU) is left out.
    """
    total = 0

    def count(layer: nn.Module, _inputs: Any, output: Tensor) -> None:
        nonlocal total
        total += 2 * output.numel() * products_a_value(layer)

    counted = [each for each in network.modules() if isinstance(each, nn.Conv2d | nn.Linear)]
    hooks = [each.register_forward_hook(count) for each in counted]
    was_training = network.training
    device = next(network.parameters()).device
    with torch.inference_mode():
        network.eval()(torch.zeros(1, 1, size, size, device=device))
    network.train(was_training)
    for hook in hooks:
        hook.remove()
    return total


def products_a_value(layer: nn.Module) -> int:
    """Multiply-adds behind each value that a layer gives."""
    if isinstance(layer, nn.Conv2d):
        return layer.in_channels // layer.groups * math.prod(layer.kernel_size)
    assert isinstance(layer, nn.Linear)
    return layer.in_features


def of_limit(work: float, seconds: float, limit: float) -> dict[str, float]:
    """The speed at which `work` operations were done, and which share that is of the machine's limit (GFLOP/s)."""
    speed = work / seconds / 1e9
    return {"gflop_s": speed, "share_of_limit": speed / limit}


def main() -> None:
    options = options_of_rounds(__doc__.splitlines()[0], 5)
    report({"limit": measure(options.rounds)}, options.json)


if __name__ == "__main__":
    main()
