"""How strange an image looks to a network: a digit's features lie near few directions, a shoe's do not."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor, nn

from digit_recognizer.models.ensemble import Ensemble

AXES = 32  # directions that the features of training images are taken to vary in


class Watch(nn.Module):
    """The length of what a principal subspace leaves of features (the residual of Wang et al. 2022, ViM, section 4).

    centre: (F,) the mean features of training images. axes: (A, F) orthonormal, the directions in which they vary most.
    """

    centre: Tensor
    axes: Tensor

    def __init__(self, centre: Tensor, axes: Tensor) -> None:
        super().__init__()
        self.register_buffer("centre", centre)
        self.register_buffer("axes", axes)

    def forward(self, features: Tensor) -> Tensor:
        """Strangeness (N,) >= 0 of features (N, F)."""
        off = features - self.centre
        rest: Tensor = off - off @ self.axes.T @ self.axes
        length: Tensor = torch.linalg.vector_norm(rest, dim=1)
        return length


class Watched(nn.Module):
    """A network with its watch: (N, C, H, W) float32 -> logits (N, K) and strangeness (N,)."""

    def __init__(self, network: nn.Module, watch: Watch) -> None:
        super().__init__()
        self.network, self.watch = network, watch

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        features, logits = features_and_logits(self.network, images)
        return logits, self.watch(features)


def features_and_logits(network: nn.Module, images: Tensor) -> tuple[Tensor, Tensor]:
    """What goes into the last linear layer (N, F), side by side for an ensemble's members, and the logits (N, K)."""
    features, logits = zip(*each_network(network, images), strict=True)
    return torch.cat(features, 1), network.joint(logits) if isinstance(network, Ensemble) else logits[0]


def members_of(network: nn.Module) -> list[nn.Module]:
    """The members of an ensemble, or the network itself."""
    return list(network.members) if isinstance(network, Ensemble) else [network]


def each_network(network: nn.Module, images: Tensor) -> list[tuple[Tensor, Tensor]]:
    """The features (N, F) and logits (N, K) of a network, or of each member of an ensemble."""
    if isinstance(network, Watched):
        return each_network(network.network, images)
    if isinstance(network, Ensemble):
        return [found for member in network.members for found in each_network(member, images)]
    assert isinstance(network, nn.Sequential)
    features = network[:-1](images)
    return [(features, network[-1](features))]


def fit_watch(network: nn.Module, batches: Iterable[Tensor]) -> Watch | None:
    """A watch for what a network makes of training images: inputs (n, C, H, W) float32, a batch at a time.

    None for someone's own network, whose features are not known, and for one of fewer than 2 * AXES features: its few
    directions are all in use, and what they leave tells strangers from digits less well than the largest probability
    does (benchmarks/not_digits.py).
    """
    if not all(isinstance(each, nn.Sequential) for each in members_of(network)):
        return None
    network.eval()
    with torch.inference_mode():
        features = torch.cat([features_and_logits(network, inputs)[0] for inputs in batches]).double()
        if features.shape[1] < 2 * AXES:
            return None
        centre = features.mean(0)
        scatter = (features - centre).T @ (features - centre)
        axes = torch.linalg.eigh(scatter).eigenvectors.flip(1)[:, :AXES].T
    return Watch(centre.float().clone(), axes.float().contiguous().clone())
