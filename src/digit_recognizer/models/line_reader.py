"""A line reader made usable: found, checked, and run by whichever runtime is there."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from digit_recognizer.data.spec import Images
from digit_recognizer.errors import ModelFileError
from digit_recognizer.images import Preprocess
from digit_recognizer.models.ctc import Logs
from digit_recognizer.models.model import LINE, LINE_READERS, Model, load_file, named

PIXELS = 2  # from one column of logits to the next
BATCH = 64  # lines in one call
TRIAL_WIDTH = 32  # pixels


@dataclass(frozen=True)
class LineReader:
    """A network that reads lines of digits, on a runtime."""

    model: Model

    @property
    def preprocess(self) -> Preprocess:
        """size: height of a line, pixels; box: height that its ink is brought to."""
        return self.model.preprocess

    def observe(self, lines: Images) -> list[Logs]:
        """For each of the lines (N, 32, W) uint8 of light ink on black the log probabilities (T, K + 1) of its columns.

        T = 2 * ((W + 1) // 4); class K is the blank. Raises ModelFileError for a network that gives no numbers.
        """
        return [
            logs for start in range(0, len(lines), BATCH) for logs in self.observe_batch(lines[start : start + BATCH])
        ]

    def observe_batch(self, lines: Images) -> NDArray[np.float64]:
        """`observe` of at most BATCH lines, as one array (N, T, K + 1)."""
        header, path = self.model.header, self.model.path
        with named(path):
            logits, _ = self.model.runtime.observe(self.preprocess.normalise(lines))
        columns = PIXELS * ((lines.shape[2] + 1) // (2 * PIXELS))
        if logits.shape != (len(lines), columns, len(header.class_names) + 1) or not np.isfinite(logits).all():
            raise ModelFileError(f"{path}: gives no usable logits; its weights are damaged. Copy it again.")
        scaled = logits.astype(np.float64) / header.temperature
        return np.asarray(scaled - np.logaddexp.reduce(scaled, axis=2, keepdims=True))


def load_line_reader(model: str | Path = LINE_READERS[0], runtime: str = "auto") -> LineReader:
    """A shipped line reader by name, its file (.safetensors or .onnx) or its run folder, ready to use.

    runtime: as for load_model. Raises ModelFileError, also for a model that reads single digits.
    """
    made = load_file(model, runtime)
    if made.header.architecture.get("name") != LINE:
        raise ModelFileError(f"{made.path}: reads pictures of one digit, not lines. Give it to load_model.")
    reader = LineReader(made)
    reader.observe(np.zeros((1, reader.preprocess.size, TRIAL_WIDTH), np.uint8))
    return reader
