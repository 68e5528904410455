"""Muon: momentum whose steps are made orthogonal, for the filters of convolutions.

torch.optim.Muon works on matrices alone and in bfloat16, which processors without such arithmetic do four times slower.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor, nn, optim

_COEFFICIENTS = (3.4445, -4.7750, 2.0315)  # of the quintic iteration: steepest at zero
_ROUNDS = 5


class Muon(optim.Optimizer):
    """Nesterov momentum, orthogonalised by Newton-Schulz iteration (Jordan et al. 2024,
    kellerjordan.github.io/posts/muon).

    A parameter of shape (out, ...) counts as the matrix (out, the rest).
    """

    def __init__(
        self, parameters: Iterable[nn.Parameter], learning_rate: float, momentum: float = 0.9, weight_decay: float = 0.0
    ) -> None:
        super().__init__(parameters, {"lr": learning_rate, "momentum": momentum, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self, closure: Any = None) -> None:  # type: ignore[override]
        """One step of every parameter that has a gradient."""
        assert closure is None
        for group in self.param_groups:
            for parameter in (each for each in group["params"] if each.grad is not None):
                state = self.state[parameter]
                if not state:
                    state["momentum"] = torch.zeros_like(parameter)
                momentum = state["momentum"].mul_(group["momentum"]).add_(parameter.grad)
                direction = (parameter.grad + group["momentum"] * momentum).flatten(1)
                rows, columns = direction.shape
                rate = group["lr"] * max(1.0, rows / columns) ** 0.5
                parameter.mul_(1 - group["lr"] * group["weight_decay"])
                parameter.sub_(orthogonal(direction).view_as(parameter), alpha=rate)


def orthogonal(matrix: Tensor) -> Tensor:
    """Nearly the orthogonal matrix nearest to `matrix` (rows, columns): singular values of about 0.7 to 1.2."""
    a, b, c = _COEFFICIENTS
    tall = len(matrix) > matrix.shape[1]
    found: Tensor = matrix.T if tall else matrix
    found = found / (found.norm() + 1e-7)
    for _ in range(_ROUNDS):
        gram = found @ found.T
        found = a * found + (b * gram + c * gram @ gram) @ found
    result: Tensor = found.T if tall else found
    return result
