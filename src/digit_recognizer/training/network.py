"""Which network a run begins with, and the form of the images that it sees."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from torch import nn

from digit_recognizer.data import DatasetSpec
from digit_recognizer.errors import ConfigError
from digit_recognizer.images import Preprocess
from digit_recognizer.models.architectures import build_network
from digit_recognizer.models.backbone import backbone
from digit_recognizer.models.line import Line
from digit_recognizer.models.line_reader import CLASSES
from digit_recognizer.training.any_recipe import AnyRecipe, LineRecipe
from digit_recognizer.training.ppocr import begin, find_weights
from digit_recognizer.training.recipe import Recipe


def form_of(spec: DatasetSpec) -> Preprocess:
    """How pictures are brought to the form of a set's images."""
    if spec.form == "digit":
        return Preprocess(as_is=spec.as_is)
    return Preprocess(size=spec.size, box=min(Preprocess().box, spec.size), form=spec.form, channels=spec.channels)


def alone(recipe: AnyRecipe, model: nn.Module | None) -> AnyRecipe:
    """The recipe of one network, where there is one of someone's own to teach. Raises ConfigError for a line reader."""
    if model is None or isinstance(recipe, Recipe):
        return recipe
    if isinstance(recipe, LineRecipe):
        raise ConfigError("Your own network classifies single pictures: name a recipe for these, auto or cnn.")
    return replace(recipe.members[0], name=recipe.name)


def started(recipe: Recipe | LineRecipe, described: dict[str, Any]) -> nn.Module:
    """The network that a recipe describes, at its start: at random, or with the weights that the recipe names."""
    if isinstance(recipe, Recipe) and recipe.backbone and recipe.weights:
        return backbone(recipe.backbone, described["classes"], described["channels"], Path(recipe.weights))
    network = build_network(described)
    if isinstance(recipe, LineRecipe) and isinstance(network, Line):
        if recipe.begun:
            begin(network, CLASSES, find_weights())
        if recipe.frozen:
            network.stem.requires_grad_(False)
            network.stages[: recipe.frozen].requires_grad_(False)
    return network


def mix_with_start(network: nn.Module, start: nn.Module, share: float) -> None:
    """Move a network's weights towards those that it began with: share (0..1) of the latter, in place."""
    began = dict(start.named_parameters())
    with torch.no_grad():
        for name, parameter in network.named_parameters():
            parameter.lerp_(began[name].to(parameter.device), share)
