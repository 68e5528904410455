"""Which pixels spoke for an answer."""

from digit_recognizer.explaining.gradients import gradients_map
from digit_recognizer.explaining.occlusion import occlusion_map
from digit_recognizer.explaining.randomised import random_likeness, randomised

__all__ = ["gradients_map", "occlusion_map", "random_likeness", "randomised"]
