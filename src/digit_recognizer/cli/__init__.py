"""The command `digits`: a file a verb. Here alone anything is printed and the process exited."""

from digit_recognizer.cli.app import main

__all__ = ["main"]
