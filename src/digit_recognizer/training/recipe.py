"""What a recipe is: everything that decides how a network learns, in one frozen dataclass."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from torch import nn, optim

from digit_recognizer.errors import ConfigError
from digit_recognizer.models.cnn import Convolution
from digit_recognizer.synthetic.lines import Shares
from digit_recognizer.training.augmentation import Augmentation
from digit_recognizer.training.degradation import Degradation
from digit_recognizer.training.exposure import Exposure
from digit_recognizer.training.muon import Muon

_BACKBONE_RATE = 0.001  # the highest learning rate of a network of timm's, by adamw: it may have learned before
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
    muon_rate: float = 0.0  # the highest of the filters and hidden layers, where the optimizer is muon
    weight_decay: float = 0.0  # of matrices and filters, not of biases
    # The share of the run in which the rate climbs from nothing to its highest, to fall to nothing in a straight line
    # afterwards (Smith 2018); None: the rate stays.
    warmup: float | None = None
    label_smoothing: float = 0.0
    class_weighting: float = 0.0  # the power of a class's frequency by which its images weigh less; 1: balanced
    averaging: float = 0.0  # decay a step of the running average of the weights, which is then the model; 0: none
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


@dataclass(frozen=True)
class EnsembleRecipe:
    """Networks that are trained one by one, each by its own recipe and all by one seed, and answer together."""

    name: str
    members: tuple[Recipe, ...]
    mirrored: bool = False  # each member is asked about the image and its mirror image

    @property
    def epochs(self) -> int:
        """Passes over the training images, all members together."""
        return sum(member.epochs for member in self.members)

    def architecture(self, size: int, classes: int, channels: int = 1) -> dict[str, Any]:
        """The description of the whole, as a model file names it; size: side of an input, pixels."""
        members = [member.architecture(size, classes, channels) for member in self.members]
        return {"name": "ensemble", "members": members} | ({"symmetry": "mirror"} if self.mirrored else {})

    def check(self) -> None:
        """Raise ConfigError where there is no member, or one that cannot be trained."""
        if not self.members or len({member.name for member in self.members}) < len(self.members):
            raise ConfigError(f"The ensemble {self.name!r} needs members, each with a name of its own.")
        for member in self.members:
            member.check()

    def to_dict(self) -> dict[str, Any]:
        """The fields as JSON keeps them."""
        members = [member.to_dict() for member in self.members]
        return {"name": self.name, "members": members} | ({"mirrored": True} if self.mirrored else {})


@dataclass(frozen=True)
class LineRecipe:
    """A line reader, taught with lines that are rendered as it learns."""

    learning: Recipe  # how it learns; its `images` are the lines of an epoch, its network is not used
    widths: tuple[int, ...]  # channels of the network's stages (models/line.py)
    blocks: tuple[int, ...]  # of each stage
    mixed: int  # channels of its transformer blocks
    widest: int  # pixels of a line of 48 rows; wider ones are not learned from, since all of a batch wait for them
    shares: Shares = field(default_factory=Shares)
    begun: bool = False  # with the weights of PP-OCRv6 (training/ppocr.py)
    frozen: int = 0  # of the network's first blocks that keep their weights; any freezes the stem, too
    # The share of the weights that it begins with in those that it ends with (Wortsman et al. 2022, "Robust fine-tuning
    # of zero-shot models"): what it learned from rendered lines then misleads it less on real ones.
    kept: float = 0.0

    @property
    def name(self) -> str:
        return self.learning.name

    @property
    def epochs(self) -> int:
        """How often the model is scored and saved; no two epochs see the same lines."""
        return self.learning.epochs

    def architecture(self, _size: int, classes: int, _channels: int = 1) -> dict[str, Any]:
        """The network's description, as a model file names it; every line reader takes lines of 48 rows."""
        shape = {"widths": list(self.widths), "blocks": list(self.blocks), "mixed": self.mixed}
        return {"name": "line", "classes": classes} | shape

    def check(self) -> None:
        """Raise ConfigError for values that nothing can be trained with."""
        self.learning.check()
        sound = self.widest >= 100 and self.learning.images is not None and self.shares.sound()
        if not (sound and self.frozen >= 0 and 0 <= self.kept < 1):
            raise ConfigError(
                f"The recipe {self} needs the number of its lines, lines of at least 100 pixels, and shares in 0..1."
            )

    def to_dict(self) -> dict[str, Any]:
        """The fields as JSON keeps them."""
        lists = {"widths": list(self.widths), "blocks": list(self.blocks)}
        return asdict(self) | lists | {"learning": self.learning.to_dict()}

    @classmethod
    def from_dict(cls, fields: dict[str, Any]) -> LineRecipe:
        """Read back what `to_dict` gave."""
        read = {
            "learning": Recipe.from_dict(fields["learning"]),
            "widths": tuple(fields["widths"]),
            "blocks": tuple(fields["blocks"]),
            "shares": Shares(**fields["shares"]),
        }
        return cls(**{**fields, **read})


AnyRecipe = Recipe | EnsembleRecipe | LineRecipe


def recipe_from_dict(fields: dict[str, Any]) -> AnyRecipe:
    """Read back what any kind of recipe gave."""
    if "learning" in fields:
        return LineRecipe.from_dict(fields)
    if "members" in fields:
        members = tuple(Recipe.from_dict(member) for member in fields["members"])
        return EnsembleRecipe(fields["name"], members, fields.get("mirrored", False))
    return Recipe.from_dict(fields)


def with_backbone(recipe: AnyRecipe, backbone: str, weights: str = "") -> Recipe:
    """The recipe, or an ensemble's first member, with a network of timm's. Raises ConfigError for a line reader."""
    if isinstance(recipe, LineRecipe):
        raise ConfigError("A backbone reads single pictures: name a recipe of these, auto for one.")
    one = recipe.members[0] if isinstance(recipe, EnsembleRecipe) else recipe
    rate = min(one.learning_rate, _BACKBONE_RATE)
    taught = replace(one, backbone=backbone, weights=weights, optimizer="adamw", learning_rate=rate)
    return replace(taught, name=f"{recipe.name}-{backbone}")


def with_epochs(recipe: AnyRecipe, epochs: int) -> AnyRecipe:
    """The recipe with another number of epochs, of each member where it has members."""
    if isinstance(recipe, EnsembleRecipe):
        return replace(recipe, members=tuple(replace(member, epochs=epochs) for member in recipe.members))
    if isinstance(recipe, LineRecipe):
        return replace(recipe, learning=replace(recipe.learning, epochs=epochs))
    return replace(recipe, epochs=epochs)
