"""A model -> other runtimes: an ONNX file proven equal to its weights, a page that recognises without a server."""

from digit_recognizer.exporting.to_onnx import export_onnx
from digit_recognizer.exporting.to_web import export_web

__all__ = ["export_onnx", "export_web"]
