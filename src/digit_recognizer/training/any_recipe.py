"""Recipes of more than one network or of lines, and what any kind of recipe has in common."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from typing import Any

from digit_recognizer.errors import ConfigError
from digit_recognizer.synthetic.lines import Shares
from digit_recognizer.training.recipe import Recipe

_BACKBONE_RATE = 0.001  # the highest learning rate of a network of timm's, by adamw: it may have learned before


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
            raise ConfigError(f"The ensemble {self.name!r} needs members, each with its own name.")
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
        raise ConfigError("A backbone classifies single pictures: name a recipe for these, such as auto.")
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
