"""Which network a run begins with, and the form of the images that it sees."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from torch import nn

from digit_recognizer.data import DatasetSpec
from digit_recognizer.errors import ConfigError
from digit_recognizer.images import Preprocess
from digit_recognizer.models.architectures import build_network
from digit_recognizer.models.backbone import backbone
from digit_recognizer.training.recipe import AnyRecipe, LineRecipe, Recipe


def form_of(spec: DatasetSpec) -> Preprocess:
    """How pictures are brought to the form of a set's images."""
    if spec.form == "digit":
        return Preprocess()
    return Preprocess(size=spec.size, box=min(Preprocess().box, spec.size), form=spec.form, channels=spec.channels)


def alone(recipe: AnyRecipe, model: nn.Module | None) -> AnyRecipe:
    """The recipe of one network, where there is one of someone's own to teach. Raises ConfigError for a line reader."""
    if model is None or isinstance(recipe, Recipe):
        return recipe
    if isinstance(recipe, LineRecipe):
        raise ConfigError("A network of your own reads single pictures: name a recipe of one, auto or cnn.")
    return replace(recipe.members[0], name=recipe.name)


def started(recipe: Recipe | LineRecipe, described: dict[str, Any]) -> nn.Module:
    """The network that a recipe describes, at its start: at random, or with the weights that the recipe names."""
    if isinstance(recipe, Recipe) and recipe.backbone and recipe.weights:
        return backbone(recipe.backbone, described["classes"], described["channels"], Path(recipe.weights))
    return build_network(described)
