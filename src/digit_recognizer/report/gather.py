"""The figures of a run, an evaluation or a data set, gathered from what they are drawn from."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from PIL import Image

from digit_recognizer.data import Dataset, Split
from digit_recognizer.errors import DataError
from digit_recognizer.evaluation import Evaluation
from digit_recognizer.evaluation.evaluate import read_samples
from digit_recognizer.files import write_whole
from digit_recognizer.models import Model
from digit_recognizer.report.figures import (
    COLUMNS,
    ROWS,
    confusion_figure,
    learning_curves,
    mistakes_gallery,
    samples,
    save_figure,
)
from digit_recognizer.statistics.checks import as_model_labels

WORST = 30  # mistakes in the gallery


def sample_figure(dataset: Dataset, split: str, model: Model | None, seed: int) -> Figure:
    """A grid of samples drawn by `seed`; with a model what it reads in each (on a test split that is logged)."""
    part = dataset.split(split)
    if part.labels.ndim > 1:
        raise DataError(f"{dataset.spec.name}: its images bear several labels each, and a grid of samples names one.")
    count = min(ROWS * COLUMNS, len(part))
    chosen = np.sort(np.random.default_rng(seed).choice(len(part), count, replace=False))
    images, labels, names = part.take(chosen), part.labels[chosen], dataset.spec.classes
    said = "".join(f". {each}" for each in dataset.spec.caveats[:1])
    title = f"{dataset.spec.name}, {split}: {count} of {len(part):,} images{said}"
    if model is None:
        return samples(images, labels, None, names, title)
    names = model.header.class_names
    labels = as_model_labels(labels, dataset.spec.classes, names, dataset.spec.name)
    read = read_samples(model, dataset, split, images)
    return samples(images, labels, read, names, f"{title}, as {model.title} reads them")


def save_evaluation(evaluation: Evaluation, split: Split, folder: Path) -> list[Path]:
    """The confusion matrix and the gallery of the worst mistakes, as files in `folder`."""
    worst = evaluation.worst_mistakes(WORST)
    images = split.take(worst)
    return [
        save_figure(confusion_figure(evaluation), folder / "confusion.png"),
        save_figure(mistakes_gallery(evaluation, images, worst), folder / "mistakes.png"),
    ]


def save_curves(history: Sequence[dict[str, Any]], folder: Path) -> Path:
    """The learning curves, as a file in `folder`."""
    return save_figure(learning_curves(history), folder / "learning-curves.png")


def sketch_picture(dataset: Dataset, path: Path) -> Path:
    """A calibration digit as a person would send it: a large picture, dark ink on light paper."""
    image = Image.fromarray(255 - dataset.split("calibration").take(np.array([0]))[0])
    page = Image.new("L", (400, 300), 245)
    page.paste(image.resize((168, 168), Image.Resampling.BICUBIC).point(lambda level: min(level, 245)), (150, 60))
    buffer = io.BytesIO()
    page.save(buffer, format="PNG")
    write_whole(path, buffer.getvalue())
    return path
