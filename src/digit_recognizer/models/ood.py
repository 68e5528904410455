"""How strange an image looks to a network: a digit's features lie near few directions, and one class has its logit."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor, nn

from digit_recognizer.models.ensemble import Ensemble

AXES = 64  # directions that the features of training images are taken to vary in, or half of all, if that is less
FEWEST = 16  # features, of which half tell something
_NOTHING = 1e-4  # of the features' length: what the axes leave is then rounding


class OodDetector(nn.Module):
    """Virtual-logit matching (Wang et al. 2022, ViM, section 4): what a principal subspace leaves of the features, as
    if it were one more class's logit, less the energy of the classes' own (Liu et al. 2020).

    centre: (F,) the mean features of training images. axes: (A, F) orthonormal, the directions in which they vary most.
    weight: of a unit of length that they leave, in logits.
    """

    centre: Tensor
    axes: Tensor

    def __init__(self, centre: Tensor, axes: Tensor, weight: float) -> None:
        super().__init__()
        self.register_buffer("centre", centre)
        self.register_buffer("axes", axes)
        self.weight = weight

    def residual(self, features: Tensor) -> Tensor:
        """The length (N,) >= 0 of what the axes leave of features (N, F)."""
        off = features - self.centre
        rest: Tensor = off - off @ self.axes.T @ self.axes
        length: Tensor = torch.linalg.vector_norm(rest, dim=1)
        return length

    def forward(self, features: Tensor, logits: tuple[Tensor, ...]) -> Tensor:
        """OodScore (N,) of features (N, F) and the logits (N, K) of each network that they are of."""
        return self.weight * self.residual(features) - energy(logits)


class OodNetwork(nn.Module):
    """A network with its OOD detector: (N, C, H, W) float32 -> logits (N, K) and OOD score (N,)."""

    def __init__(self, network: nn.Module, ood: OodDetector) -> None:
        super().__init__()
        self.network, self.ood = network, ood

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        features, each = features_and_logits(self.network, images)
        logits = self.network.joint(each) if isinstance(self.network, Ensemble) else each[0]
        return logits, self.ood(features, each)


def energy(logits: tuple[Tensor, ...]) -> Tensor:
    """The logarithm of the sum of exp of logits (N, K), the mean (N,) over networks: low for what is strange."""
    return torch.stack([each.logsumexp(1) for each in logits]).mean(0)


def features_and_logits(network: nn.Module, images: Tensor) -> tuple[Tensor, tuple[Tensor, ...]]:
    """What goes into the last linear layer (N, F), side by side for an ensemble's members, and each one's logits."""
    features, logits = zip(*_each_network(network, images), strict=True)
    return torch.cat(features, 1), logits


def _members_of(network: nn.Module) -> list[nn.Module]:
    """The members of an ensemble, or the network itself."""
    return list(network.members) if isinstance(network, Ensemble) else [network]


def _each_network(network: nn.Module, images: Tensor) -> list[tuple[Tensor, Tensor]]:
    """The features (N, F) and logits (N, K) of a network, or of each member of an ensemble."""
    if isinstance(network, Ensemble):
        return [
            found
            for view in network.views(images)
            for member in network.members
            for found in _each_network(member, view)
        ]
    assert isinstance(network, nn.Sequential)
    features = network[:-1](images)
    return [(features, network[-1](features))]


def fit_ood_detector(network: nn.Module, batches: Iterable[Tensor]) -> OodDetector | None:
    """An OOD detector for what a network makes of training images: inputs (n, C, H, W) float32, a batch at a time.

    None for someone's own network, whose features are not known, and for one of fewer than FEWEST features.
    """
    if not all(isinstance(each, nn.Sequential) for each in _members_of(network)):
        return None
    network.eval()
    with torch.no_grad():
        observed = [features_and_logits(network, inputs) for inputs in batches]
        features = torch.cat([each for each, _ in observed])
        if features.shape[1] < FEWEST:
            return None
        largest = float(torch.cat([torch.stack(each).amax(2).mean(0) for _, each in observed]).mean())
        centre, axes = _principal_axes(features.double(), min(AXES, features.shape[1] // 2))
        ood = OodDetector(centre, axes, 0.0)
        left = float(ood.residual(features).mean())
        if left > _NOTHING * float(torch.linalg.vector_norm(features, dim=1).mean()):
            ood.weight = largest / left
    return ood


def _principal_axes(features: Tensor, count: int) -> tuple[Tensor, Tensor]:
    """The mean (F,) and the first `count` principal directions (count, F), float32, of features (n, F) float64."""
    centre = features.mean(0)
    scatter = (features - centre).T @ (features - centre)
    axes = torch.linalg.eigh(scatter).eigenvectors.flip(1)[:, :count].T
    return centre.float().clone(), axes.float().contiguous().clone()
