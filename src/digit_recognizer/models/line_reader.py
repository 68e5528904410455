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
BATCH = 64  # lines in one call, in all views
# How a line is seen: so many columns of logits to the right, and pixels down. A network errs differently in each.
VIEWS = ((0, 0), (0, 1), (0, -1), (1, 0), (1, 1), (1, -1))
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
        """`observe` of at most BATCH lines, as one array (N, T, K + 1): the mean of the probabilities in all views."""
        views = np.concatenate([shifted(lines, right, down) for right, down in VIEWS])
        logs = self.log_probabilities(views).reshape(len(VIEWS), len(lines), -1, len(self.model.header.class_names) + 1)
        columns = columns_of(lines)
        seen = [each[:, right : right + columns] for each, (right, _) in zip(logs, VIEWS, strict=True)]
        return np.asarray(np.logaddexp.reduce(seen, axis=0) - np.log(len(VIEWS)))

    def log_probabilities(self, lines: Images) -> NDArray[np.float64]:
        """What the network says of lines as they are, (N, T, K + 1)."""
        header, path = self.model.header, self.model.path
        with named(path):
            logits, _ = self.model.runtime.observe(self.preprocess.normalise(lines))
        expected = (len(lines), columns_of(lines), len(header.class_names) + 1)
        if logits.shape != expected or not np.isfinite(logits).all():
            raise ModelFileError(f"{path}: gives no usable logits; its weights are damaged. Copy it again.")
        scaled = logits.astype(np.float64) / header.temperature
        return np.asarray(scaled - np.logaddexp.reduce(scaled, axis=2, keepdims=True))


def columns_of(lines: Images) -> int:
    """The columns of logits, T, of lines (N, H, W)."""
    return PIXELS * ((int(lines.shape[2]) + 1) // (2 * PIXELS))


def shifted(lines: Images, right: int, down: int) -> Images:
    """Lines (N, H, W) moved by columns of logits and by at most a pixel, (N, H, W + 4): paper comes in."""
    height = lines.shape[1]
    around = np.pad(lines, ((0, 0), (1, 1), (PIXELS * right, PIXELS * (2 - right))))
    return np.asarray(around[:, 1 - down : 1 - down + height], np.uint8)


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
