"""The recognizer by HTTP, and the page to draw on; nothing heavy is imported before `serve` is called."""

from typing import TYPE_CHECKING

from digit_recognizer.lazy import resolver

__all__ = ["Limits", "serve"]

if TYPE_CHECKING:
    from digit_recognizer.server.limits import Limits as Limits
    from digit_recognizer.server.serving import serve as serve

__getattr__ = resolver(__name__, {"Limits": "limits", "serve": "serving"})
