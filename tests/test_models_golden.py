"""The files of this schema stay readable, to the same answers; those of others are refused."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from digit_recognizer.models import load_model
from digit_recognizer.models.header import SCHEMA

pytestmark = pytest.mark.arithmetic

GOLDEN = Path(__file__).parent / "golden"


def images(side: int = 28) -> np.ndarray:
    """As in golden/make_golden.py, written out again: the script may change, these may not."""
    row, column = np.mgrid[0:side, 0:side]
    drawn = [0 * row, row * 9 + column // 4, 255 * ((row // 4 + column // 4) % 2), 0 * row + 255]
    return np.stack(drawn).astype(np.uint8)


@pytest.mark.parametrize("runtime", ["torch", "onnx"])
@pytest.mark.parametrize("name", ["plain.safetensors", "plain.onnx"])
def test_a_model_gives_what_it_gave(name: str, runtime: str) -> None:
    expected = json.loads((GOLDEN / "plain.json").read_text("utf-8"))
    model = load_model(GOLDEN / name, runtime)
    assert model.runtime.name.startswith(runtime)
    np.testing.assert_allclose(model.probabilities(images()), expected["probabilities"], rtol=0, atol=1e-6)
    assert model.header.weights_sha256 == expected["weights_sha256"]


@pytest.mark.parametrize("runtime", ["torch", "onnx"])
@pytest.mark.parametrize("name", ["watched.safetensors", "watched.onnx"])
def test_a_watch_gives_what_it_gave(name: str, runtime: str) -> None:
    expected = json.loads((GOLDEN / "watched.json").read_text("utf-8"))
    model = load_model(GOLDEN / name, runtime)
    assert model.header.ood is not None
    assert model.header.ood["axes"] == 40
    _, ood_score = model.observe(images(8))
    np.testing.assert_allclose(ood_score, expected["ood_score"], rtol=1e-4)
    np.testing.assert_allclose(model.probabilities(images(8)), expected["probabilities"], rtol=0, atol=1e-6)


def test_header_fields() -> None:
    header = load_model(GOLDEN / "plain.onnx").header
    assert (header.schema, header.name, header.class_names) == (SCHEMA, "golden", tuple("0123456789"))
    assert header.architecture == {"name": "mlp", "sizes": [784, 4, 10]}
    stated = {"size": 28, "box": 20, "mean": 0.5, "std": 0.5, "min_contrast": 32}
    since = {"min_stroke": 2.0, "max_stroke": 3.5, "form": "digit", "channels": 1}
    assert header.preprocess.to_dict() == stated | since | {"as_is": True}
    assert header.accuracy is None


def test_the_golden_probabilities_are_not_all_alike() -> None:
    rows = np.array(json.loads((GOLDEN / "plain.json").read_text("utf-8"))["probabilities"])
    np.testing.assert_allclose(rows.sum(axis=1), 1)
    assert len(np.unique(rows.round(4))) > 10
