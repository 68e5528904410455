"""Recipes, the loop that follows them, and runs that survive being killed."""

from digit_recognizer.errors import extra_named

with extra_named("train", "Training"):
    from digit_recognizer.training.progress import EpochRecord
    from digit_recognizer.training.recipe import EnsembleRecipe, Recipe
    from digit_recognizer.training.recipes import RECIPES
    from digit_recognizer.training.train import Trained, train

__all__ = ["RECIPES", "EnsembleRecipe", "EpochRecord", "Recipe", "Trained", "train"]
