"""Recipes: their schedule, their way through JSON, what they refuse, and which optimizer moves what."""

from __future__ import annotations

import json
from dataclasses import fields, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from torch import nn, optim

from digit_recognizer.errors import ConfigError
from digit_recognizer.models.architectures import build_network
from digit_recognizer.models.cnn import Convolution
from digit_recognizer.training import RECIPES, EnsembleRecipe, Recipe
from digit_recognizer.training.any_recipe import AnyRecipe, recipe_from_dict
from digit_recognizer.training.augmentation import Augmentation
from digit_recognizer.training.degradation import Degradation
from digit_recognizer.training.exposure import Exposure
from digit_recognizer.training.muon import Muon
from digit_recognizer.training.recipe import OPTIMIZERS
from digit_recognizer.training.recipes import get_recipe

pytestmark = pytest.mark.arithmetic

PLAIN = Recipe("plain", epochs=1, batch_size=8, learning_rate=0.1, hidden=(12,))
FULL = Recipe(
    "full",
    epochs=3,
    batch_size=7,
    images=50,
    learning_rate=0.02,
    hidden=(5,),
    widths=(4, 6),
    stride=2,
    convolutions=(Convolution(4, 5, stride=2, padding=1), Convolution(6, 3, pool=2)),
    optimizer="muon",
    muon_lr=0.05,
    weight_decay=0.03,
    warmup=0.25,
    label_smoothing=0.1,
    class_weighting=0.5,
    ema_decay=0.99,
    augmentation=Augmentation(rotation=10, scale=0.1, shear=5, shift=1, elastic=0.5),
    exposure=Exposure(gamma=0.1, contrast=0.2, brightness=0.3),
    degradation=Degradation(pen=0.2, coarse=0.3, blur=0.4, erase=0.5, noise=0.6),
    variant=3,
    threads=2,
    bfloat16=True,
)
BORROWED = replace(FULL, backbone="resnet18", weights="weights.safetensors")
shares = st.floats(0, 1)
warmups = st.floats(0, 1, exclude_max=True)


@given(shares, st.none() | warmups)
def test_the_rate_is_a_share(done: float, warmup: float | None) -> None:
    rate = replace(PLAIN, warmup=warmup).rate(done)
    assert 0 <= rate <= 1
    if warmup is None:
        assert rate == 1


@given(st.floats(0.01, 0.99), shares)
def test_the_rate_climbs_and_falls_in_straight_lines(warmup: float, part: float) -> None:
    recipe = replace(PLAIN, warmup=warmup)
    assert recipe.rate(0) == 0
    assert recipe.rate(warmup) == 1
    assert recipe.rate(1) == 0
    assert recipe.rate(part * warmup) == pytest.approx(part)
    assert recipe.rate(1 - part * (1 - warmup)) == pytest.approx(part, abs=1e-9)


def test_without_a_climb_the_rate_falls_from_the_start() -> None:
    assert [replace(PLAIN, warmup=0.0).rate(done) for done in (0, 0.5, 1)] == [1, 0.5, 0]


def through_json(recipe: AnyRecipe) -> AnyRecipe:
    return recipe_from_dict(json.loads(json.dumps(recipe.to_dict())))


def test_every_field_differs_from_its_default() -> None:
    for each in fields(Recipe):
        assert getattr(BORROWED, each.name) != each.default
    assert through_json(BORROWED) == BORROWED


@pytest.mark.parametrize(
    "recipe", [*RECIPES.values(), PLAIN, FULL, EnsembleRecipe("both", (PLAIN, FULL))], ids=lambda recipe: recipe.name
)
def test_a_recipe_comes_back_from_json_equal(recipe: AnyRecipe) -> None:
    assert through_json(recipe) == recipe
    assert through_json(recipe).to_dict() == json.loads(json.dumps(recipe.to_dict()))
    assert get_recipe(recipe) is recipe
    build_network(recipe.architecture(28, 10))


def test_the_recipe_of_an_older_version_is_readable() -> None:
    """As the first version wrote it into headers and run.json."""
    old = {"name": "classic", "hidden": [64, 32], "epochs": 20, "batch_size": 64, "learning_rate": 0.1, "threads": 1}
    assert Recipe.from_dict(old) == RECIPES["classic"]


NAN, INFINITE = float("nan"), float("inf")


@pytest.mark.parametrize(
    "changes",
    [
        {"epochs": 0},
        {"batch_size": 0},
        {"images": 0},
        *({"learning_rate": value} for value in (0, -0.1, NAN, INFINITE)),
        *({"optimizer": value} for value in ("", "SGD", "lion")),
        *({"muon_lr": value} for value in (0, -0.1, NAN, INFINITE)),
        *({"weight_decay": value} for value in (-0.1, NAN, INFINITE)),
        *({"warmup": value} for value in (-0.1, 1, 1.5, NAN)),
        *({"ema_decay": value} for value in (-0.1, 1, 1.5, NAN)),
        *({"label_smoothing": value} for value in (-0.1, 1, 1.5, NAN)),
        *({"class_weighting": value} for value in (-0.1, 1.5, NAN)),
        {"stride": 0},
        {"exposure": Exposure(gamma=-0.1)},
        {"augmentation": Augmentation(symmetry="left")},
        {"degradation": Degradation(blur=1.5)},
        *({"augmentation": Augmentation(**value)} for value in ({"shift": -1}, {"scale": 1}, {"shear": 90})),
    ],
    ids=str,
)
def test_impossible_values_are_refused(changes: dict[str, Any]) -> None:
    get_recipe(FULL)
    for recipe in (replace(FULL, **changes), EnsembleRecipe("of it", (PLAIN, replace(FULL, **changes)))):
        with pytest.raises(ConfigError):
            get_recipe(recipe)


CNN = replace(FULL, widths=())
NETWORKS = {"residual": FULL, "cnn": CNN, "mlp": replace(CNN, convolutions=(), hidden=(9, 8))}


@pytest.mark.parametrize("kind", NETWORKS)
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_each_parameter_has_one_optimizer(kind: str, optimizer: str) -> None:
    recipe = replace(NETWORKS[kind], optimizer=optimizer)
    network = build_network(recipe.architecture(28, 10))
    found = [
        each for made in recipe.make_optimizers(network) for group in made.param_groups for each in group["params"]
    ]
    assert sorted(map(id, found)) == sorted(map(id, network.parameters()))


@pytest.mark.parametrize("kind", NETWORKS)
@pytest.mark.parametrize("optimizer", ["adamw", "muon"])
def test_rates_and_decay_go_where_they_are_meant(kind: str, optimizer: str) -> None:
    recipe = replace(NETWORKS[kind], optimizer=optimizer)
    network = build_network(recipe.architecture(28, 10))
    *inner, _last = (each for each in network.parameters() if each.ndim > 1)
    for made in recipe.make_optimizers(network):
        assert isinstance(made, Muon | optim.AdamW)
        for group in made.param_groups:
            assert group["lr"] == (recipe.muon_lr if isinstance(made, Muon) else recipe.learning_rate)
            for each in group["params"]:
                assert group["weight_decay"] == (0 if each.ndim == 1 else recipe.weight_decay)
                assert isinstance(made, Muon) == (optimizer == "muon" and any(each is one for one in inner))


def test_biases_and_norms_are_the_vectors() -> None:
    """What goes without weight decay is told by its shape; this is what has it."""
    network = build_network(CNN.architecture(28, 10))
    vectors = {name for name, each in network.named_parameters() if each.ndim == 1}
    norms = {name for name, module in network.named_modules() if isinstance(module, nn.BatchNorm2d)}
    assert vectors == {f"{name}.{part}" for name in norms for part in ("weight", "bias")} | {"8.bias"}
