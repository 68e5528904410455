"""The provenance of an evaluation, row by row, and what it may be used for."""

from __future__ import annotations

import hashlib
import platform
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from digit_recognizer.data import Dataset
from digit_recognizer.errors import ModelFileError
from digit_recognizer.evaluation import Evaluation
from digit_recognizer.files import sha256_of
from digit_recognizer.models import Model
from digit_recognizer.models.cards import Card, read_card
from digit_recognizer.version import __version__

Rows = list[tuple[str, str]]
PACKAGES = ("numpy", "onnxruntime", "torch", "scikit-learn", "scipy")
LIMITS = (
    "The figures hold for pictures like these. For other people, pens, cameras or scanners the accuracy can be much"
    " lower: evaluate on a labelled sample of your own (digits evaluate --data FOLDER).",
    "An interval covers the random choice of the images (and of groups, if they are given). It does not cover other"
    " differences between these images and yours.",
    "Not for clinical use, nor for any decision about people that no person checks.",
)


def origin_of_model(evaluation: Evaluation, dataset: Dataset) -> Rows:
    """Model, data, code, versions, date and number of test-set evaluations."""
    part = dataset.split(evaluation.split)
    return [
        *_rows_of_model(evaluation.model),
        (
            "Data set",
            f"{dataset.spec.title} ({dataset.spec.name}), {dataset.spec.source}; licence: {dataset.spec.licence}",
        ),
        ("Evaluated on", f"{evaluation.split}, {evaluation.n:,} images, SHA-256 {part.sha256}"),
        (
            "Evaluations on this test split",
            "not a test split" if evaluation.test_evaluations is None else str(evaluation.test_evaluations),
        ),
        *_rows_of_code(),
    ]


def origin_of_tables(files: dict[str, Path]) -> Rows:
    """The files that predictions came from, code, versions and date; files: {what it holds: where it lies}."""
    rows = [(what.capitalize(), f"{path.name}, SHA-256 {sha256_of(path)}") for what, path in files.items()]
    return [*rows, *_rows_of_code()]


def _rows_of_model(model: Model) -> Rows:
    """A model file, what it learned from, how, and on what it was calibrated."""
    header = model.header
    data, calibration = header.data, header.calibration
    rows = [
        ("Model", f"{header.name}, {model.path.name}, SHA-256 {model.sha256}"),
        ("Weights", f"SHA-256 {header.weights_sha256}"),
        (
            "Trained on",
            f"{data.get('name')}, {data.get('train_on')}, {data.get('n')} images, SHA-256 {data.get('sha256')}",
        ),
        ("Recipe", f"{header.recipe.get('name')}, seed {header.seed}"),
        ("Preparation of pictures", ", ".join(f"{key} {value}" for key, value in header.preprocess.to_dict().items())),
        ("Trained with", ", ".join(f"{name} {number}" for name, number in header.versions.items())),
    ]
    if calibration is None:
        return [*rows, ("Calibrated on", "nothing")]
    source = calibration["source"]
    told = f"{source['name']}, {source['split']}, {source['n']:,} images, temperature {header.temperature:.4f}"
    return [*rows, ("Calibrated on", told)]


def _rows_of_code() -> Rows:
    """This package's version and a hash of its code, the libraries, the machine, the date."""
    versions = ", ".join(filter(None, map(_installed, PACKAGES)))
    return [
        ("Code", f"handwritten-digit-recognizer {__version__}, SHA-256 {_code_sha256()}"),
        ("Versions", f"Python {platform.python_version()}, {versions}; {platform.system()} {platform.machine()}"),
        ("Made", datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")),
    ]


def _installed(name: str) -> str:
    """A package with its version; empty where it is absent, as PyTorch may be."""
    try:
        return f"{name} {version(name)}"
    except PackageNotFoundError:
        return ""


def _code_sha256() -> str:
    """A hash of this package's Python files: their names and bytes."""
    root = Path(__file__).parent.parent
    digest = hashlib.sha256()
    for path in sorted(root.rglob("*.py")):
        content = path.read_bytes()
        digest.update(f"{path.relative_to(root).as_posix()} {len(content)}\n".encode() + content)
    return digest.hexdigest()


def card_of(model: Model) -> Card | None:
    """The card of a shipped model; None for any other, also where it bears the name of one."""
    try:
        card = read_card(model.header.name)
    except ModelFileError:
        return None
    return card if card.weights_sha256 == model.header.weights_sha256 else None
