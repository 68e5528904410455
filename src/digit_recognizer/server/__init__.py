"""The recognizer by HTTP, and the page to draw on; nothing heavy is imported before `serve` is called."""

from digit_recognizer.server.limits import Limits
from digit_recognizer.server.serving import serve

__all__ = ["Limits", "serve"]
