"""A line reader made usable: found, checked, and run by whichever runtime is there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from digit_recognizer.errors import ModelFileError
from digit_recognizer.images import Preprocess
from digit_recognizer.images.lines import LEAST_WIDTH, ROWS, Grey, as_inputs, padded_width
from digit_recognizer.models.ctc import Logs
from digit_recognizer.models.locations import LINE_READERS, named
from digit_recognizer.models.model import LINE, Model, load_file

CHARACTERS = "0123456789.,-/:+%()"
STRUCK_OUT, LETTERS = "struck out", "letters"  # a run of either is one class; neither is read
CLASSES = (*CHARACTERS, STRUCK_OUT, LETTERS)
COLUMN = 4  # pixels from one column of logits to the next
_BATCH = 32  # lines of one width in one call


@dataclass(frozen=True)
class Seen:
    """What the network says of one line."""

    logits: NDArray[np.float32]  # (T, K + 1) of its columns; class K is CTC's blank
    energy: float  # mean over the columns of -log(sum(exp(logits))): high for pictures unlike those learned from


@dataclass(frozen=True)
class LineReader:
    """A network that reads lines, on a runtime."""

    model: Model

    @property
    def preprocess(self) -> Preprocess:
        """size: height of a line, pixels."""
        return self.model.preprocess

    @property
    def classes(self) -> tuple[str, ...]:
        """The K names of what a column may say."""
        return self.model.header.class_names

    def observe(self, lines: Sequence[Grey]) -> list[Seen]:
        """For each of the lines (48, W) uint8, of any widths, what the network says.

        Lines of one width share a call, so that what stands beside a line never changes its answer.
        Raises ModelFileError for a network that gives no numbers.
        """
        found: dict[int, Seen] = {}
        widths = [padded_width(line) for line in lines]
        for width in sorted(set(widths)):
            places = [place for place, own in enumerate(widths) if own == width]
            for start in range(0, len(places), _BATCH):
                some = places[start : start + _BATCH]
                for place, logits in zip(some, self._logits(as_inputs([lines[each] for each in some])), strict=True):
                    found[place] = Seen(logits, float(-np.logaddexp.reduce(logits.astype(np.float64), 1).mean()))
        return [found[place] for place in range(len(lines))]

    def _logits(self, inputs: NDArray[np.float32]) -> NDArray[np.float32]:
        """Logits (N, T, K + 1) of inputs (N, 1, 48, W)."""
        path = self.model.path
        with named(path):
            logits, _ = self.model.runtime.observe(inputs)
        expected = (len(inputs), inputs.shape[3] // COLUMN, len(self.classes) + 1)
        if logits.shape != expected or not np.isfinite(logits).all():
            raise ModelFileError(f"{path}: gives no usable logits; its weights are damaged. Copy it again.")
        return logits


def log_probabilities(logits: NDArray[np.float32], temperature: float = 1.0) -> Logs:
    """Log probabilities (T, K + 1) of logits (T, K + 1)."""
    scaled = logits.astype(np.float64) / temperature
    return np.asarray(scaled - np.logaddexp.reduce(scaled, axis=1, keepdims=True))


def load_line_reader(model: str | Path = LINE_READERS[0], runtime: str = "auto", threads: int = 0) -> LineReader:
    """A shipped line reader by name, its file (.safetensors or .onnx) or its run folder, ready to use.

    runtime, threads: as for load_model. Raises ModelFileError, also for a model that reads single digits.
    """
    made = load_file(model, runtime, threads)
    if made.header.architecture.get("name") != LINE:
        raise ModelFileError(f"{made.path}: reads single digits, not lines. Use it with load_model.")
    reader = LineReader(made)
    reader.observe([np.zeros((ROWS, LEAST_WIDTH), np.uint8)])
    return reader


@lru_cache(maxsize=1)
def shipped_reader() -> LineReader:
    """The shipped line reader, loaded once a process."""
    return load_line_reader()
