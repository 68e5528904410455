"""One family of errors. Each message names the file, the cause and what to do next."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from contextlib import contextmanager

_STATS = ("scipy", "sklearn", "matplotlib", "jinja2")
_TRAIN = ("torch", "torchvision", *_STATS, "safetensors", "onnx", "onnxscript", "filelock")
_SCORE = ("pyarrow", "fsspec", "filelock")
# What a feature needs: the extra that brings it, and the modules that it imports.
FEATURES: dict[str, tuple[str, tuple[str, ...]]] = {
    "stats": ("stats", _STATS),
    "train": ("train", _TRAIN),
    "audit": ("train", (*_TRAIN, "cleanlab")),
    "gradients": ("train", (*_TRAIN, "captum")),
    "timm": ("train", (*_TRAIN, "timm")),
    "tensorboard": ("train", ("tensorboard",)),
    "serve": ("serve", ("fastapi", "uvicorn", "httptools", "prometheus_client", "python_multipart")),
    "parquet": ("scale", ("pyarrow",)),
    "score": ("scale", _SCORE),
    "ray": ("scale", (*_SCORE, "ray")),
    "heic": ("formats", ("pillow_heif",)),
    "pdf": ("formats", ("pypdfium2",)),
    "hdf5": ("formats", ("h5py",)),
    "dicom": ("medical", ("pydicom",)),
}


class _WithRemedy(Exception):  # noqa: N818 - a warning is one, too
    """A message for people, and the names of what helps, of which each interface makes its own words.

    see: names of arguments ("out", "device") and of tasks ("calibrate"), in the order in which they are used.
    """

    def __init__(self, *told: object, see: tuple[str, ...] = ()) -> None:
        super().__init__(*told)
        self.see = see


class DigitRecognizerError(_WithRemedy):
    """Anything this package refuses or cannot do; the command line shows it in one to three lines."""


class DataError(DigitRecognizerError):
    """A data set is unknown, absent, damaged or unfit."""


class ImageError(DigitRecognizerError):
    """A picture cannot be read, or is no picture."""


class PictureKindError(ImageError):
    """Bytes that are no picture of a known kind."""


class PictureSizeError(ImageError):
    """A picture of more pixels than are decoded, or with more on it than is read in the time allowed."""


class ReaderMissingError(ImageError):
    """A picture of a kind that needs a package which is not installed.

    The remedy is for the owner of this machine. It names an install command, and so folders: a server sends it to no
    client.
    """

    def __init__(self, name: str, kind: str, remedy: str, packing: str = "") -> None:
        """kind: as "HEIC". remedy: a sentence and the command. packing: more of the kind, for the message."""
        super().__init__(name, kind, remedy, packing)  # so that it passes from one process to another
        self.name, self.kind, self.remedy, self.packing = name, kind, remedy, packing

    def __str__(self) -> str:
        return f"{self.name}: is a {self.kind} file{self.packing}; {self.remedy}"


class ModelFileError(DigitRecognizerError):
    """A model file is absent, not ours, damaged or too new."""


class ConfigError(DigitRecognizerError):
    """A setting is unknown or contradicts another."""


class RunError(DigitRecognizerError):
    """A run folder is in use, already holds another run, or cannot be resumed."""


class BusyError(RunError):
    """A run folder is in use by another process."""


class StorageError(DigitRecognizerError):
    """A file cannot be written."""


class MissingExtraError(DigitRecognizerError):
    """An optional part of the install is needed and absent."""


class DigitRecognizerWarning(_WithRemedy, UserWarning):
    """Something was repaired or done another way; the result is still right."""


def require_extra(feature: str, what: str) -> None:
    """Raise MissingExtraError, with the install command, where a module that the feature imports is absent.

    feature: a key of FEATURES. what: the thing that needs it, for the message ("Training").
    """
    extra, modules = FEATURES[feature]
    missing = [module for module in modules if importlib.util.find_spec(module) is None]
    if missing:
        from digit_recognizer.installed import install_command

        raise MissingExtraError(
            f"{what} needs {', '.join(missing)}, which the base install does not include.\n"
            f"Install with: {install_command(extra)}"
        )


@contextmanager
def extra_named(feature: str, what: str) -> Iterator[None]:
    """`require_extra` for a block of imports, but only once one of them finds no module."""
    try:
        yield
    except ModuleNotFoundError:
        require_extra(feature, what)
        raise


def nearest(name: str, known: list[str]) -> str:
    """The tail of an error about an unknown name: the nearest known one and the whole list."""
    import difflib

    close = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    guess = f" Did you mean {close[0]!r}?" if close else ""
    return f"{guess} Known: {', '.join(known)}."
