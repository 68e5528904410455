"""The ledger of test test_evaluations: each scoring of a test split is noted beside the model that was scored."""

from __future__ import annotations

import json
import warnings
from datetime import UTC, datetime
from pathlib import Path

import platformdirs

from digit_recognizer.errors import DigitRecognizerWarning, StorageError
from digit_recognizer.files import append_line
from digit_recognizer.models import Model
from digit_recognizer.models.locations import MODEL_NAME, pretrained


def log_path(model: Model) -> Path:
    """Where a model's evaluations are logged: in its run folder, beside its file, or, if shipped, in the user's
    data."""
    if model.path.parent == pretrained():
        return user_log(model)
    if model.path.with_suffix(".safetensors").name == MODEL_NAME:
        return model.path.parent / "test_looks.jsonl"
    return model.path.with_name(f"{model.path.stem}.test_looks.jsonl")


def user_log(model: Model) -> Path:
    """A place of the user's own, for models that lie where nothing may be written."""
    return Path(platformdirs.user_data_dir("digit_recognizer")) / f"{model.path.stem}.test_looks.jsonl"


def log_test_evaluation(model: Model, dataset: str, data_sha256: str, n: int) -> int | None:
    """Note that a test split is about to be scored; how many evaluations this model has had at it, this one included.

    None, with a warning, where the look can be noted nowhere.
    """
    line = json.dumps(
        {
            "time": datetime.now(UTC).isoformat(timespec="seconds"),
            "weights_sha256": model.header.weights_sha256,
            "dataset": dataset,
            "data_sha256": data_sha256,
            "n": n,
        }
    )
    complaint: StorageError | None = None
    for path in dict.fromkeys((log_path(model), user_log(model))):
        try:
            append_line(path, line)
        except StorageError as error:
            complaint = error
            continue
        return count_test_evaluations(path, model.header.weights_sha256, data_sha256)
    warnings.warn(
        f"This evaluation of the test split could not be logged: {complaint}", DigitRecognizerWarning, stacklevel=2
    )
    return None


def count_test_evaluations(path: Path, weights_sha256: str, data_sha256: str) -> int:
    """Looks of these weights at these data; a line that a crash cut short, or that is not ours, does not count."""
    test_evaluations = 0
    for line in path.read_bytes().splitlines():
        try:
            noted = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if not isinstance(noted, dict):
            continue
        test_evaluations += noted.get("weights_sha256") == weights_sha256 and noted.get("data_sha256") == data_sha256
    return test_evaluations
