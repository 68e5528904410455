"""Figures (matplotlib.pyplot): samples, learning curves, the confusion matrix, the worst mistakes."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
from matplotlib import pyplot as plt
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from numpy.typing import NDArray

from digit_recognizer.data.spec import Images, Labels
from digit_recognizer.errors import ConfigError, nearest
from digit_recognizer.evaluation import Evaluation
from digit_recognizer.files import write_whole
from digit_recognizer.report.words import in_percent

ROWS, COLUMNS = 3, 10
PLAIN: dict[str, Any] = {"parse_math": False}  # a class's name is no formula, whatever dollars it holds
RIGHT, WRONG = "#1a7f37", "#cf222e"  # green and red that differ in lightness too
_HIT = "#dcefe0"


def image_grid(images: Images, captions: Sequence[str], colours: Sequence[str], columns: int, title: str) -> Figure:
    """Images (N, H, W), each with its caption above it."""
    rows = -(-len(images) // columns)
    height = 1.2 + 0.15 * max(text.count("\n") + 1 for text in captions)
    figure, axes = plt.subplots(rows, columns, figsize=(1.15 * columns, height * rows + 0.6), squeeze=False)
    for axis in axes.flat:
        axis.set_axis_off()
    for axis, image, text, colour in zip(axes.flat, images, captions, colours, strict=False):
        axis.imshow(image, cmap="gray", vmin=0, vmax=255)
        axis.set_title(text, fontsize=8, color=colour, **PLAIN)
    figure.suptitle(title, **PLAIN)
    figure.tight_layout()
    return figure


def samples(images: Images, labels: Labels, predicted: Labels | None, names: Sequence[str], title: str) -> Figure:
    """A grid of sample pictures with their labels; with `predicted`, the predicted and the actual label on each.

    images: (N, H, W); labels, predicted: (N,), indices into names.
    """
    actual = [names[label] for label in labels]
    if predicted is None:
        captions, colours = actual, ["black"] * len(actual)
    else:
        captions = [_caption(names[p], a) for p, a in zip(predicted, actual, strict=True)]
        colours = [RIGHT if p == label else WRONG for p, label in zip(predicted, labels, strict=True)]
    return image_grid(images, captions, colours, min(COLUMNS, len(images)), title)


def _caption(predicted: str, actual: str) -> str:
    """Predicted and actual label in two lines; a cross, and not the colour alone, says that they differ."""
    mark = "" if predicted == actual else "✗ "
    return f"{mark}predicted {predicted}\nactual {actual}"


def learning_curves(history: Sequence[dict[str, Any]]) -> Figure:
    """Training loss and validation accuracy by epoch; history: the records that training kept."""
    epochs = [record["epoch"] for record in history]
    measured = [record for record in history if record["validation_accuracy"] is not None]
    figure, axes = plt.subplots(1, 2 if measured else 1, figsize=(10, 4) if measured else (5, 4), squeeze=False)
    losses = axes[0, 0]
    losses.plot(epochs, [record["loss"] for record in history], marker="o", markersize=3)
    losses.set(
        xlabel="epoch",
        ylabel="cross-entropy, mean per image",
        title="Loss on the training images",
        ylim=(0, None),
    )
    if measured:
        shares = axes[0, 1]
        percent = [100 * record["validation_accuracy"] for record in measured]
        shares.plot([record["epoch"] for record in measured], percent, marker="o", markersize=3, color=RIGHT)
        shares.set(xlabel="epoch", ylabel="correct, %", title="Accuracy on the validation images")
    for axis in axes.flat:
        axis.set_xticks(np.unique(np.linspace(epochs[0], epochs[-1], 8).round()))
        axis.grid(alpha=0.3)
    figure.tight_layout()
    return figure


def confusion_figure(evaluation: Evaluation) -> Figure:
    """The confusion matrix: how often each actual class was taken for each class; mistakes red, hits green."""
    counts = evaluation.confusion
    names = evaluation.model.header.class_names
    mistakes: NDArray[np.float64] = counts.astype(np.float64)
    np.fill_diagonal(mistakes, 0)
    hits = np.ma.masked_equal(np.diag(np.diag(counts) > 0), 0)
    side = max(5.0, 0.62 * len(names))
    figure, axis = plt.subplots(figsize=(side + 0.6, side))
    axis.imshow(mistakes, cmap="Reds", vmax=2.5 * max(1.0, mistakes.max()))  # black figures stay legible on it
    axis.imshow(hits, cmap=ListedColormap([_HIT]))
    for (row, column), count in np.ndenumerate(counts):
        if count:
            weight = "bold" if row == column else "normal"
            axis.text(column, row, str(count), ha="center", va="center", fontsize=9, weight=weight)
    axis.set_xticks(range(len(names)), names, rotation=45 if max(map(len, names)) > 2 else 0, **PLAIN)
    axis.set_yticks(range(len(names)), names, **PLAIN)
    axis.set(xlabel="predicted", ylabel="actual")
    total = f"{evaluation.correct:,} of {evaluation.n:,} correct ({100 * evaluation.accuracy:.2f} %)"
    axis.set_title(f"{evaluation.title}:\n{total}", **PLAIN)
    figure.tight_layout()
    return figure


def mistakes_gallery(evaluation: Evaluation, images: Images, indices: NDArray[np.int64]) -> Figure:
    """The most confident errors; images: (n, H, W), those at `indices`."""
    names = evaluation.model.header.class_names
    predicted, labels, sureness = evaluation.predicted, evaluation.labels, evaluation.probabilities.max(axis=1)
    captions = [
        f"predicted {names[predicted[i]]}\n({in_percent(sureness[i])})\nactual {names[labels[i]]}" for i in indices
    ]
    wrong = evaluation.n - evaluation.correct
    how_many = f"the {len(indices)} most confident of {wrong:,} errors" if len(indices) else "no errors"
    title = f"{evaluation.title}: {how_many}"
    if not len(indices):
        images = np.zeros((1, 1, 1), np.uint8)
        captions = [""]
    return image_grid(images, captions, [WRONG] * len(captions), min(COLUMNS, len(images)), title)


def save_figure(figure: Figure, path: Path) -> Path:
    """Write the figure as PNG (or what the suffix says), whole or not at all, and let go of it.

    Raises ConfigError for a suffix that no figure is written as.
    """
    buffer = io.BytesIO()
    kind, known = path.suffix.lstrip(".").lower() or "png", sorted(figure.canvas.get_supported_filetypes())
    try:
        if kind not in known:
            raise ConfigError(f"{path}: a figure cannot be written as {kind!r}.{nearest(kind, known)}")
        figure.savefig(buffer, format=kind, dpi=120)
    finally:
        plt.close(figure)
    write_whole(path, buffer.getvalue())
    return path


def has_display() -> bool:
    """Whether a window can be opened here."""
    if sys.platform.startswith("linux") and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        return False
    return matplotlib.get_backend().lower() not in ("agg", "pdf", "svg", "ps", "cairo", "template")


def show_figure(figure: Figure) -> None:
    """Open a window and wait until it is closed."""
    plt.show()
    plt.close(figure)
