"""What learns: a network with its optimizers and, where the recipe says so, the running average of its weights."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn, optim
from torch.nn.functional import cross_entropy
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from digit_recognizer.training.recipe import Recipe

Loss = Callable[[Tensor, Tensor], Tensor]  # of logits and labels


@dataclass
class Learner:
    """A network under training by a recipe. All that it has learned so far lies in `parts` and `optimizers`."""

    recipe: Recipe
    network: nn.Module
    loss: Loss | None = None  # None: cross-entropy with the recipe's smoothing
    forward: Callable[[Tensor], Tensor] | None = None  # how the network computes as it learns; None: as it is
    optimizers: list[optim.Optimizer] = field(init=False)
    average: AveragedModel | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        self.optimizers = self.recipe.make_optimizers(self.network)
        self.rates = [[group["lr"] for group in optimizer.param_groups] for optimizer in self.optimizers]
        if self.recipe.ema_decay:
            decay = get_ema_multi_avg_fn(self.recipe.ema_decay)
            self.average = AveragedModel(self.network, multi_avg_fn=decay, use_buffers=True)

    @property
    def model(self) -> nn.Module:
        """The network that the run ends with: the average where there is one."""
        module: nn.Module = self.average.module if self.average else self.network
        return module

    @property
    def parts(self) -> dict[str, nn.Module]:
        """Every module that a checkpoint must keep."""
        return {"network": self.network} | ({"average": self.average} if self.average else {})

    @property
    def device(self) -> torch.device:
        return next(self.network.parameters()).device

    def step(self, inputs: Tensor, labels: Tensor, done: float) -> Tensor:
        """Learn from a batch (n, C, H, W) with its labels, (n,) unless the loss is another; the loss before it.

        done: the share of the run that lies behind, 0 to 1, which decides the learning rate.
        """
        share = self.recipe.rate(done)
        for optimizer, rates in zip(self.optimizers, self.rates, strict=True):
            for group, rate in zip(optimizer.param_groups, rates, strict=True):
                group["lr"] = rate * share
            optimizer.zero_grad()
        logits = (self.forward or self.network)(inputs)
        if self.loss:
            loss = self.loss(logits, labels)
        else:
            loss = cross_entropy(logits, labels, label_smoothing=self.recipe.label_smoothing)
        loss.backward()
        for optimizer in self.optimizers:
            optimizer.step()
        if self.average:
            self.average.update_parameters(self.network)
        return loss.detach()
