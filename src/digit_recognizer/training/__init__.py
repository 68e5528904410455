"""Recipes, the loop that follows them, and runs that survive being killed."""

from digit_recognizer.errors import extra_named

with extra_named("train", "Training"):
    from digit_recognizer.training.any_recipe import EnsembleRecipe
    from digit_recognizer.training.progress import EpochRecord
    from digit_recognizer.training.recipe import Recipe
    from digit_recognizer.training.recipes import RECIPES
    from digit_recognizer.training.settings import TrainSettings
    from digit_recognizer.training.train import Trained, train, train_by

__all__ = ["RECIPES", "EnsembleRecipe", "EpochRecord", "Recipe", "TrainSettings", "Trained", "train", "train_by"]
