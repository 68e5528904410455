"""Batch normalisation by the statistics of all processes' parts of a batch, on any device: torch's own is for GPUs."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

import torch
from torch import Tensor, nn
from torch.distributed.nn.functional import all_reduce
from torch.nn.modules.batchnorm import _BatchNorm


@contextmanager
def synchronised(network: nn.Module) -> Iterator[None]:
    """Within the block the network's batch normalisations see the whole batch as they learn; its state is as ever."""
    norms = [each for each in network.modules() if isinstance(each, _BatchNorm)]
    for norm in norms:
        norm.forward = partial(normalised, norm, norm.forward)  # type: ignore[method-assign]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)  # the reduction that replaces it has a private name yet
            yield
    finally:
        for norm in norms:
            del norm.forward  # that of its class again


def normalised(norm: _BatchNorm, alone: Callable[[Tensor], Tensor], inputs: Tensor) -> Tensor:
    """The part (n, C, ...) of a batch, normalised as in the whole batch; by `alone` where nothing is learned."""
    if not norm.training:
        return alone(inputs)
    given = inputs.float()
    others = [axis for axis in range(given.ndim) if axis != 1]
    shape = [1, -1, *[1] * (given.ndim - 2)]
    own = given.new_tensor([given.numel() / given.shape[1]])
    sums: Tensor = all_reduce(torch.cat([given.sum(others), own]))
    n, mean = sums[-1].detach(), sums[:-1] / sums[-1].detach()
    beside = given - mean.view(shape)
    variance: Tensor = all_reduce((beside**2).sum(others)) / n
    _remember(norm, mean.detach(), variance.detach() * n / (n - 1))
    found: Tensor = beside * (variance + norm.eps).rsqrt().view(shape)
    if norm.affine:
        found = found * norm.weight.view(shape) + norm.bias.view(shape)
    return found.to(inputs.dtype)


@torch.no_grad()
def _remember(norm: _BatchNorm, mean: Tensor, variance: Tensor) -> None:
    """Bring the running statistics up to date, as torch does."""
    if norm.running_mean is None or norm.running_var is None or norm.num_batches_tracked is None:
        return
    norm.num_batches_tracked += 1
    share = 1 / float(norm.num_batches_tracked) if norm.momentum is None else norm.momentum
    norm.running_mean.lerp_(mean, share)
    norm.running_var.lerp_(variance, share)
