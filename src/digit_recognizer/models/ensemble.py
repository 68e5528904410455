"""Several networks that answer together."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn


class Ensemble(nn.Module):
    """Networks that see the same images and whose probabilities are averaged.

    Maps (N, 1, H, W) float32 to logits (N, K), the logarithms of the mean probabilities.
    """

    def __init__(self, members: Sequence[nn.Module]) -> None:
        super().__init__()
        self.members = nn.ModuleList(members)

    def forward(self, images: Tensor) -> Tensor:
        """Logits (N, K)."""
        return joint_logits([member(images) for member in self.members])


def joint_logits(logits: Sequence[Tensor]) -> Tensor:
    """The logarithms (N, K) of the mean of several networks' probabilities, given their logits (N, K) each."""
    logs = torch.stack([each.log_softmax(1) for each in logits])
    return torch.logsumexp(logs, 0)  # a constant more than the mean's logarithm, which softmax takes away
