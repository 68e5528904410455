"""Recipes: everything that decides how a network learns, in one frozen dataclass each."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from torch import nn, optim

from digit_recognizer.errors import ConfigError, nearest


@dataclass(frozen=True)
class Recipe:
    """How to build and train a network."""

    name: str
    hidden: tuple[int, ...]  # units of the hidden layers of the multilayer perceptron
    epochs: int  # passes over the training images
    batch_size: int  # images a step of SGD
    learning_rate: float
    # Threads of the CPU; None: as many as torch takes. A small network's batch of 64 is too little to share: one thread
    # is nearly as fast as two, far faster than two on a busy machine, and repeats a run bit for bit whatever the cores.
    threads: int | None = None

    def architecture(self, pixels: int, classes: int) -> dict[str, Any]:
        """The network's description, as a model file names it; pixels: H * W of an input."""
        return {"name": "mlp", "sizes": [pixels, *self.hidden, classes]}

    def optimizer(self, network: nn.Module) -> optim.Optimizer:
        """Plain stochastic gradient descent; foreach updates all tensors in one call."""
        return optim.SGD(network.parameters(), lr=self.learning_rate, foreach=True)

    def to_dict(self) -> dict[str, Any]:
        """The fields as JSON keeps them."""
        return asdict(self) | {"hidden": list(self.hidden)}

    @classmethod
    def from_dict(cls, fields: dict[str, Any]) -> Recipe:
        """Read back what `to_dict` gave."""
        return cls(**{**fields, "hidden": tuple(fields["hidden"])})


RECIPES = {
    # The published notebook: 784-64-32-10, SGD 0.1, mini-batches of 64, 20 epochs; 97.16 % of the 10,000 test images.
    "classic": Recipe("classic", hidden=(64, 32), epochs=20, batch_size=64, learning_rate=0.1, threads=1),
}


def get_recipe(recipe: str | Recipe) -> Recipe:
    """A recipe by name. Raises ConfigError for an unknown one and for impossible values."""
    if isinstance(recipe, str):
        if recipe not in RECIPES:
            raise ConfigError(f"The recipe {recipe!r} is unknown.{nearest(recipe, list(RECIPES))}")
        return RECIPES[recipe]
    if recipe.epochs < 1 or recipe.batch_size < 1 or not recipe.learning_rate > 0:
        raise ConfigError(f"The recipe {recipe} needs at least one epoch, a batch of one and a positive learning rate.")
    return recipe
