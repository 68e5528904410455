"""The first files of schema 1 stay readable for ever, to the same probabilities."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from digit_recognizer.models import load_model

GOLDEN = Path(__file__).parent / "golden"


def images() -> np.ndarray:
    """As in golden/make_golden.py, written out again: the script may change, these may not."""
    row, column = np.mgrid[0:28, 0:28]
    drawn = [0 * row, row * 9 + column // 4, 255 * ((row // 4 + column // 4) % 2), 0 * row + 255]
    return np.stack(drawn).astype(np.uint8)


@pytest.mark.parametrize("runtime", ["torch", "onnx"])
@pytest.mark.parametrize("name", ["schema1.safetensors", "schema1.onnx"])
def test_schema_1_gives_what_it_gave(name: str, runtime: str) -> None:
    expected = json.loads((GOLDEN / "schema1.json").read_text("utf-8"))
    model = load_model(GOLDEN / name, runtime)
    assert model.runtime.name.startswith(runtime)
    np.testing.assert_allclose(model.probabilities(images()), expected["probabilities"], rtol=0, atol=1e-6)
    assert model.header.weights_sha256 == expected["weights_sha256"]


def test_schema_1_header_fields() -> None:
    header = load_model(GOLDEN / "schema1.onnx").header
    assert (header.schema, header.name, header.class_names) == (1, "golden", tuple("0123456789"))
    assert header.architecture == {"name": "mlp", "sizes": [784, 4, 10]}
    stated = {"size": 28, "box": 20, "mean": 0.5, "std": 0.5, "min_contrast": 32}
    since = {
        "min_stroke": 2.0,
        "max_stroke": 3.5,
        "form": "digit",
        "channels": 1,
    }  # what the file lacks gets today's value
    assert header.preprocess.to_dict() == stated | since
    assert header.accuracy is None


def test_the_golden_probabilities_are_not_all_alike() -> None:
    rows = np.array(json.loads((GOLDEN / "schema1.json").read_text("utf-8"))["probabilities"])
    np.testing.assert_allclose(rows.sum(axis=1), 1)
    assert len(np.unique(rows.round(4))) > 10
