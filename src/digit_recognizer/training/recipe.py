"""What a recipe is: everything that decides how a network learns, in one frozen dataclass."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

from torch import nn, optim

from digit_recognizer.errors import ConfigError
from digit_recognizer.models.cnn import Convolution
from digit_recognizer.training.augmentation import Augmentation
from digit_recognizer.training.degradation import Degradation
from digit_recognizer.training.exposure import Exposure
from digit_recognizer.training.muon import Muon

OPTIMIZERS = ("sgd", "adamw", "muon")


@dataclass(frozen=True)
class Recipe:
    """How to build and train a network."""

    name: str
    epochs: int  # passes over the training images
    batch_size: int  # images a step
    learning_rate: float  # the highest; of the biases and the last layer where the optimizer is muon
    images: int | None = None  # drawn from the training images for each epoch, which sees no others; None: all
    hidden: tuple[int, ...] = ()  # units of the hidden layers of a multilayer perceptron
    convolutions: tuple[Convolution, ...] = ()  # a convolutional network where there are any
    widths: tuple[int, ...] = ()  # channels of the blocks of a residual network where there are any
    stride: int = 1  # of its first convolution
    backbone: str = ""  # the name of one of timm's networks, in place of all of these
    weights: str = ""  # a .safetensors file with which the backbone starts; "": it starts at random
    optimizer: str = "sgd"  # plain gradient descent; "adamw"; "muon" for filters and hidden layers, adamw for the rest
    muon_lr: float = 0.0  # the highest of the filters and hidden layers, where the optimizer is muon
    weight_decay: float = 0.0  # of matrices and filters, not of biases
    # The share of the run in which the rate climbs from nothing to its highest, to fall to nothing in a straight line
    # afterwards (Smith 2018); None: the rate stays.
    warmup: float | None = None
    label_smoothing: float = 0.0
    class_weighting: float = 0.0  # the power of a class's frequency by which its images weigh less; 1: balanced
    ema_decay: float = 0.0  # decay a step of the running average of the weights, which is then the model; 0: none
    augmentation: Augmentation | None = None
    exposure: Exposure | None = None  # after the augmentation
    degradation: Degradation | None = None  # after both
    variant: int = 0  # of members of an ensemble that are alike: what else the seed is mixed with; 0: nothing
    # Threads of the CPU; None: as many as torch takes. A small network's batch of 64 is too little to share: one thread
    # is nearly as fast as two, far faster than two on a busy machine, and repeats a run bit for bit whatever the number
    # of cores, on processors alike.
    threads: int | None = None
    # Compute in bfloat16 on a CPU that has a unit for it, too (a GPU that has one always does): a step is 1.5 times as
    # fast. Other CPUs take float32, since they would only emulate bfloat16, 7 times slower (training/arithmetic.py).
    bfloat16: bool = False

    @property
    def learning(self) -> Recipe:
        """How one network learns: this recipe itself, and of a line reader's the one inside."""
        return self

    def architecture(self, size: int, classes: int, channels: int = 1) -> dict[str, Any]:
        """The network's description, as a model file names it; size: side of an input, pixels."""
        if self.backbone:
            return {"name": "timm", "model": self.backbone, "classes": classes, "channels": channels}
        coloured = {} if channels == 1 else {"channels": channels}
        if self.widths:
            return {
                "name": "residual",
                "widths": list(self.widths),
                "classes": classes,
                "stride": self.stride,
            } | coloured
        if self.convolutions:
            layers = [asdict(each) for each in self.convolutions]
            return {"name": "cnn", "size": size, "classes": classes, "convolutions": layers} | coloured
        return {"name": "mlp", "sizes": [channels * size**2, *self.hidden, classes]}

    def make_optimizers(self, network: nn.Module) -> list[optim.Optimizer]:
        """The optimizers of a network's parameters; foreach and fused update all tensors in one call."""
        if self.optimizer == "sgd":
            return [optim.SGD(network.parameters(), lr=self.learning_rate, foreach=True)]
        learned = [each for each in network.parameters() if each.requires_grad]
        *inner, last = [each for each in learned if each.ndim > 1]
        vectors = [each for each in learned if each.ndim == 1]
        by_muon = inner if self.optimizer == "muon" else []
        matrices = [last] if by_muon else [*inner, last]
        groups = [{"params": matrices, "weight_decay": self.weight_decay}, {"params": vectors, "weight_decay": 0.0}]
        adamw = optim.AdamW(groups, lr=self.learning_rate, betas=(0.9, 0.99), fused=True)
        return [adamw, Muon(by_muon, self.muon_lr, weight_decay=self.weight_decay)] if by_muon else [adamw]

    def rate(self, done: float) -> float:
        """The learning rate at a point of the run (0..1), as a share of the highest."""
        if self.warmup is None:
            return 1.0
        return done / self.warmup if done < self.warmup else (1 - done) / (1 - self.warmup)

    def check(self) -> None:
        """Raise ConfigError for values that nothing can be trained with."""
        sound = (
            self.epochs >= 1
            and self.batch_size >= 1
            and (self.images is None or self.images >= 1)
            and 0 < self.learning_rate < math.inf
            and self.optimizer in OPTIMIZERS
            and (0 < self.muon_lr < math.inf or self.optimizer != "muon")
            and 0 <= self.weight_decay < math.inf
            and (self.warmup is None or 0 <= self.warmup < 1)
            and 0 <= self.ema_decay < 1
            and 0 <= self.label_smoothing < 1
            and 0 <= self.class_weighting <= 1
            and self.stride >= 1
            and all(each is None or each.sound() for each in (self.augmentation, self.exposure, self.degradation))
        )
        if not sound:
            raise ConfigError(
                f"The recipe {self} cannot be followed: it needs at least one epoch, a batch of one, positive"
                f" learning rates, one of the optimizers {', '.join(OPTIMIZERS)}, and shares below 1."
            )

    def to_dict(self) -> dict[str, Any]:
        """The fields as JSON keeps them."""
        layers = [asdict(each) for each in self.convolutions]
        return asdict(self) | {"hidden": list(self.hidden), "widths": list(self.widths), "convolutions": layers}

    @classmethod
    def from_dict(cls, fields: dict[str, Any]) -> Recipe:
        """Read back what `to_dict` gave; fields that an older version did not know have their defaults."""
        layers = tuple(Convolution(**each) for each in fields.get("convolutions", ()))
        bending, light, spoiling = (fields.get(name) for name in ("augmentation", "exposure", "degradation"))
        read = {
            "hidden": tuple(fields["hidden"]),
            "widths": tuple(fields.get("widths", ())),
            "convolutions": layers,
            "augmentation": Augmentation(**bending) if bending else None,
            "exposure": Exposure(**light) if light else None,
            "degradation": Degradation(**spoiling) if spoiling else None,
        }
        return cls(**{**fields, **read})
