"""The recipes that are known by name: one for each shipped model, and the members of the ensemble."""

from __future__ import annotations

from dataclasses import replace

from digit_recognizer.data.spec import DatasetSpec
from digit_recognizer.errors import ConfigError, nearest
from digit_recognizer.models.cnn import Convolution
from digit_recognizer.synthetic.lines import Shares
from digit_recognizer.training.any_recipe import AnyRecipe, EnsembleRecipe, LineRecipe
from digit_recognizer.training.augmentation import Augmentation
from digit_recognizer.training.auto import AUTO, auto_recipe
from digit_recognizer.training.degradation import Degradation
from digit_recognizer.training.recipe import Recipe

# The published notebook: 784-64-32-10, SGD 0.1, mini-batches of 64, 20 epochs; 97.16 % of the 10,000 test images.
CLASSIC = Recipe("classic", hidden=(64, 32), epochs=20, batch_size=64, learning_rate=0.1, threads=1)

# The same network, trained better: distorted images, Muon, a triangular rate, averaged weights.
MLP = replace(
    CLASSIC,
    name="mlp",
    epochs=110,
    batch_size=256,
    learning_rate=0.004,
    optimizer="muon",
    muon_lr=0.06,
    weight_decay=0.05,
    warmup=0.1,
    ema_decay=0.998,
    augmentation=Augmentation(rotation=10, scale=0.1, shear=10, shift=1.5),
)

# Two thirds of an epoch suffice: pooling before ReLU, filters by Muon, softened labels.
FAST = Recipe(
    "fast",
    convolutions=(Convolution(16, 5, stride=2), Convolution(32, 3, pool=2), Convolution(64, 3)),
    epochs=1,
    images=35_200,
    batch_size=128,
    learning_rate=0.01,
    optimizer="muon",
    muon_lr=0.05,
    warmup=0.1,
    label_smoothing=0.1,
)

# A wider network that sees every image about twice, bent a little.
FAST_LONG = replace(
    FAST,
    name="fast-long",
    convolutions=(
        Convolution(16, 5, stride=2),
        Convolution(64, 3, pool=2),
        Convolution(96, 3),
        Convolution(96, 3),
    ),
    epochs=3,
    images=33_000,
    ema_decay=0.99,
    augmentation=Augmentation(rotation=6, scale=0.06, shear=5, shift=1),
)

# Every epoch sees every image distorted differently, and the model is the average of the last thousand steps or so.
_CNN = replace(
    FAST,
    name="cnn",
    images=None,
    convolutions=(
        Convolution(48, 5, stride=2, padding=2),
        Convolution(72, 3),
        Convolution(96, 3, pool=2),
        Convolution(144, 3),
        Convolution(192, 3),
    ),
    epochs=16,
    ema_decay=0.998,
    augmentation=Augmentation(rotation=8, scale=0.08, shear=8, shift=1.5),
    # Other pens, scanners and accidents: a fifth of the error under corruptions that training never saw, and no more
    # without them (docs/accuracy-appendix.md).
    degradation=Degradation(pen=0.15, coarse=0.15, blur=0.15, erase=0.15, noise=0.15),
    threads=1,
)
# The other members of the ensemble see with filters of other sizes, so that they err elsewhere (An et al. 2020), and
# one of them learns from clean images alone: with it the three misread fewer (docs/accuracy-appendix.md).
_CNN_FINE = replace(
    _CNN,
    name="cnn-fine",
    degradation=None,
    convolutions=(
        Convolution(16, 3, pool=2),
        Convolution(48, 3),
        Convolution(64, 3, pool=2),
        Convolution(128, 3),
    ),
)
_CNN_7 = replace(
    _CNN,
    name="cnn-7",
    convolutions=(
        Convolution(32, 7, stride=2, padding=3),
        Convolution(64, 5, pool=2),
        Convolution(128, 3),
        Convolution(128, 3),
    ),
)
_BEST = EnsembleRecipe("best", (_CNN, _CNN_7, _CNN_FINE))

# For digits of both kinds (--data mixed): two thirds of them in each epoch, drawn anew; a third more channels.
MIXED = replace(
    _CNN,
    name="mixed",
    convolutions=(
        Convolution(64, 5, stride=2, padding=2),
        Convolution(96, 3),
        Convolution(128, 3, pool=2),
        Convolution(192, 3),
        Convolution(256, 3),
    ),
    epochs=14,
    images=80_000,
    bfloat16=True,
)

# Reads lines. It begins with PP-OCRv6's weights, whose first layers have seen real pictures and stay as they are.
_LINES = LineRecipe(
    Recipe(
        "lines",
        epochs=8,
        images=9_600,
        batch_size=32,
        learning_rate=0.00015,
        optimizer="adamw",
        weight_decay=0.01,
        warmup=0.03,
        ema_decay=0.998,
        threads=2,
        bfloat16=True,
    ),
    widths=(96, 192, 384),
    blocks=(3, 6, 2),
    mixed=120,
    widest=256,
    shares=Shares(mnist=0.3),
    begun=True,
    frozen=4,
    kept=0.2,
)

RECIPES: dict[str, AnyRecipe] = {
    recipe.name: recipe for recipe in (CLASSIC, MLP, FAST, FAST_LONG, _CNN, _CNN_7, _CNN_FINE, _BEST, MIXED, _LINES)
}


def recipe_for(recipe: str | AnyRecipe, spec: DatasetSpec, images: int) -> AnyRecipe:
    """A recipe by name; "auto" is made for the set, of which so many images are learned from.

    Raises ConfigError for an unknown one and for impossible values; DataError for a set that auto is not for.
    """
    return auto_recipe(spec, images) if recipe == AUTO else get_recipe(recipe)


def get_recipe(recipe: str | AnyRecipe) -> AnyRecipe:
    """A recipe by name, but for auto. Raises ConfigError for an unknown one and for impossible values."""
    if isinstance(recipe, str):
        if recipe not in RECIPES:
            raise ConfigError(f"The recipe {recipe!r} is unknown.{nearest(recipe, [*RECIPES, AUTO])}")
        return RECIPES[recipe]
    recipe.check()
    return recipe
