"""What a recipe is: everything that decides how a network learns, in one frozen dataclass."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, replace
from typing import Any

from torch import nn, optim

from digit_recognizer.errors import ConfigError
from digit_recognizer.models.cnn import Convolution
from digit_recognizer.training.augmentation import Augmentation
from digit_recognizer.training.degradation import Degradation
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
    optimizer: str = "sgd"  # plain gradient descent; "adamw"; "muon" for filters and hidden layers, adamw for the rest
    muon_rate: float = 0.0  # the highest of the filters and hidden layers, where the optimizer is muon
    weight_decay: float = 0.0  # of matrices and filters, not of biases
    # The share of the run in which the rate climbs from nothing to its highest, to fall to nothing in a straight line
    # afterwards (Smith 2018); None: the rate stays.
    warmup: float | None = None
    label_smoothing: float = 0.0
    averaging: float = 0.0  # decay a step of the running average of the weights, which is then the model; 0: none
    augmentation: Augmentation | None = None
    degradation: Degradation | None = None  # after the augmentation
    # Threads of the CPU; None: as many as torch takes. A small network's batch of 64 is too little to share: one thread
    # is nearly as fast as two, far faster than two on a busy machine, and repeats a run bit for bit whatever the cores.
    threads: int | None = None

    def architecture(self, size: int, classes: int) -> dict[str, Any]:
        """The network's description, as a model file names it; size: side of an input, pixels."""
        if self.convolutions:
            layers = [asdict(each) for each in self.convolutions]
            return {"name": "cnn", "size": size, "classes": classes, "convolutions": layers}
        return {"name": "mlp", "sizes": [size**2, *self.hidden, classes]}

    def make_optimizers(self, network: nn.Module) -> list[optim.Optimizer]:
        """The optimizers of a network's parameters; foreach and fused update all tensors in one call."""
        if self.optimizer == "sgd":
            return [optim.SGD(network.parameters(), lr=self.learning_rate, foreach=True)]
        *inner, last = [each for each in network.parameters() if each.ndim > 1]
        vectors = [each for each in network.parameters() if each.ndim == 1]
        by_muon = inner if self.optimizer == "muon" else []
        matrices = [last] if by_muon else [*inner, last]
        groups = [{"params": matrices, "weight_decay": self.weight_decay}, {"params": vectors, "weight_decay": 0.0}]
        adamw = optim.AdamW(groups, lr=self.learning_rate, betas=(0.9, 0.99), fused=True)
        return [adamw, Muon(by_muon, self.muon_rate, weight_decay=self.weight_decay)] if by_muon else [adamw]

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
            and (0 < self.muon_rate < math.inf or self.optimizer != "muon")
            and 0 <= self.weight_decay < math.inf
            and (self.warmup is None or 0 <= self.warmup < 1)
            and 0 <= self.averaging < 1
            and 0 <= self.label_smoothing < 1
            and (self.augmentation is None or self.augmentation.sound())
            and (self.degradation is None or self.degradation.sound())
        )
        if not sound:
            raise ConfigError(
                f"The recipe {self} cannot be followed: it needs at least one epoch, a batch of one, positive"
                f" learning rates, one of the optimizers {', '.join(OPTIMIZERS)}, and shares below 1."
            )

    def to_dict(self) -> dict[str, Any]:
        """The fields as JSON keeps them."""
        layers = [asdict(each) for each in self.convolutions]
        return asdict(self) | {"hidden": list(self.hidden), "convolutions": layers}

    @classmethod
    def from_dict(cls, fields: dict[str, Any]) -> Recipe:
        """Read back what `to_dict` gave; fields that an older version did not know have their defaults."""
        layers = tuple(Convolution(**each) for each in fields.get("convolutions", ()))
        bending, spoiling = fields.get("augmentation"), fields.get("degradation")
        read = {
            "hidden": tuple(fields["hidden"]),
            "convolutions": layers,
            "augmentation": Augmentation(**bending) if bending else None,
            "degradation": Degradation(**spoiling) if spoiling else None,
        }
        return cls(**{**fields, **read})


@dataclass(frozen=True)
class EnsembleRecipe:
    """Networks that are trained one by one, each by its own recipe and all by one seed, and answer together."""

    name: str
    members: tuple[Recipe, ...]

    @property
    def epochs(self) -> int:
        """Passes over the training images, all members together."""
        return sum(member.epochs for member in self.members)

    def architecture(self, size: int, classes: int) -> dict[str, Any]:
        """The description of the whole, as a model file names it; size: side of an input, pixels."""
        return {"name": "ensemble", "members": [member.architecture(size, classes) for member in self.members]}

    def check(self) -> None:
        """Raise ConfigError where there is no member, or one that cannot be trained."""
        if not self.members or len({member.name for member in self.members}) < len(self.members):
            raise ConfigError(f"The ensemble {self.name!r} needs members, each with a name of its own.")
        for member in self.members:
            member.check()

    def to_dict(self) -> dict[str, Any]:
        """The fields as JSON keeps them."""
        return {"name": self.name, "members": [member.to_dict() for member in self.members]}


AnyRecipe = Recipe | EnsembleRecipe


def recipe_from_dict(fields: dict[str, Any]) -> AnyRecipe:
    """Read back what either kind of recipe gave."""
    if "members" in fields:
        return EnsembleRecipe(fields["name"], tuple(Recipe.from_dict(member) for member in fields["members"]))
    return Recipe.from_dict(fields)


def with_epochs(recipe: AnyRecipe, epochs: int) -> AnyRecipe:
    """The recipe with another number of epochs, of each member where it has members."""
    if isinstance(recipe, EnsembleRecipe):
        return replace(recipe, members=tuple(replace(member, epochs=epochs) for member in recipe.members))
    return replace(recipe, epochs=epochs)
