"""Networks that return logits, the files they live in, and the runtimes that run them."""

from digit_recognizer.models.header import ModelHeader
from digit_recognizer.models.locations import shipped_models
from digit_recognizer.models.model import Model, load_model

__all__ = ["Model", "ModelHeader", "load_model", "shipped_models"]
