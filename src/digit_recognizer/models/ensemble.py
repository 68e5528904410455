"""Several networks that answer together."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn.functional import logsigmoid


class Ensemble(nn.Module):
    """Networks that see the same images and whose probabilities are averaged.

    Maps (N, C, H, W) float32 to logits (N, K), the logarithms of the mean probabilities; multi_label: their log odds,
    each label's by itself. mirrored: each member is asked twice, about the image and about its mirror image.
    """

    def __init__(self, members: Sequence[nn.Module], *, multi_label: bool = False, mirrored: bool = False) -> None:
        super().__init__()
        self.members = nn.ModuleList(members)
        self.multi_label, self.mirrored = multi_label, mirrored

    def forward(self, images: Tensor) -> Tensor:
        """Logits (N, K)."""
        return self.joint([member(view) for view in self.views(images) for member in self.members])

    def views(self, images: Tensor) -> list[Tensor]:
        """What each member is asked about: the images (N, C, H, W), and their mirror images where it is asked twice."""
        return [images, images.flip(3)] if self.mirrored else [images]

    def joint(self, logits: Sequence[Tensor]) -> Tensor:
        """The logits (N, K) of the mean of all answers' probabilities, given the logits (N, K) of each."""
        return _joint_log_odds(logits) if self.multi_label else _joint_logits(logits)


def _joint_log_odds(logits: Sequence[Tensor]) -> Tensor:
    """The log odds (N, K) of the mean of several networks' probabilities of each label, given their logits (N, K)."""
    several = torch.stack(tuple(logits))
    return torch.logsumexp(logsigmoid(several), 0) - torch.logsumexp(logsigmoid(-several), 0)


def _joint_logits(logits: Sequence[Tensor]) -> Tensor:
    """The logarithms (N, K) of the mean of several networks' probabilities, given their logits (N, K) each."""
    logs = torch.stack([each.log_softmax(1) for each in logits])
    return torch.logsumexp(logs, 0)  # a constant more than the mean's logarithm, which softmax takes away
