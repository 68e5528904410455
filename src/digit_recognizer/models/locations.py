"""Where models lie, what their files are called, and how large they may be."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import resources
from pathlib import Path

from digit_recognizer.errors import ModelFileError

MAX_BYTES = 512 * 2**20
MODEL_NAME = "model.safetensors"  # in a run folder
LINE_READERS = ("lines",)  # shipped beside the models: they read lines of digits, and load_line_reader loads them


def shipped_models() -> list[str]:
    """The names of the models that come with the package."""
    return sorted(path.stem for path in pretrained().glob("*.onnx") if path.stem not in LINE_READERS)


def pretrained() -> Path:
    """The folder of the shipped models (the package is always installed unpacked)."""
    return Path(str(resources.files("digit_recognizer.models") / "pretrained"))


@contextmanager
def named(path: Path) -> Iterator[None]:
    """Put the file's name before a complaint about its content."""
    try:
        yield
    except ModelFileError as error:
        raise ModelFileError(f"{path}: {error}") from error
