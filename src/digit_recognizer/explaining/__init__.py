"""Which pixels spoke for an answer."""

from digit_recognizer.explaining.occlusion import occlusion_map

__all__ = ["occlusion_map"]
