"""The files of earlier schemas stay readable for ever, to the same answers."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from digit_recognizer.models import load_model
from digit_recognizer.models.header import SCHEMA, ModelHeader

pytestmark = pytest.mark.arithmetic

GOLDEN = Path(__file__).parent / "golden"


def images(side: int = 28) -> np.ndarray:
    """As in golden/make_golden.py, written out again: the script may change, these may not."""
    row, column = np.mgrid[0:side, 0:side]
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


@pytest.mark.parametrize("runtime", ["torch", "onnx"])
@pytest.mark.parametrize("name", ["schema3.safetensors", "schema3.onnx"])
def test_schema_3_and_its_watch_give_what_they_gave(name: str, runtime: str) -> None:
    """Its watch knows the length of what its axes leave, and nothing of the energy."""
    expected = json.loads((GOLDEN / "schema3.json").read_text("utf-8"))
    model = load_model(GOLDEN / name, runtime)
    assert model.header.watch is not None
    assert (model.header.schema, model.header.watch["axes"]) == (3, 32)
    _, strangeness = model.observe(images(8))
    np.testing.assert_allclose(strangeness, expected["strangeness"], rtol=1e-4)
    np.testing.assert_allclose(model.probabilities(images(8)), expected["probabilities"], rtol=0, atol=1e-6)


@pytest.mark.parametrize(
    ("data", "kept"), [("mnist", False), ("mixed", False), ("fashion-mnist", True), ("mine", True)]
)
def test_earlier_schemas_keep_the_pixels_of_other_pictures_than_mnists(data: str, kept: bool) -> None:
    """Their models saw pictures of the network's size as they were."""
    read = load_model(GOLDEN / "schema1.onnx").header
    fields = json.loads(read.to_text())
    assert "as_is" not in fields["preprocess"]
    fields["data"] = {**fields["data"], "name": data}
    header = ModelHeader.from_text(json.dumps(fields))
    assert header.preprocess.as_is is kept
    assert ModelHeader.from_text(header.to_text()) == header
    newer = replace(header, schema=SCHEMA, data={**header.data, "name": "other"})
    assert ModelHeader.from_text(newer.to_text()) == newer


def test_schema_1_header_fields() -> None:
    header = load_model(GOLDEN / "schema1.onnx").header
    assert (header.schema, header.name, header.class_names) == (1, "golden", tuple("0123456789"))
    assert header.architecture == {"name": "mlp", "sizes": [784, 4, 10]}
    stated = {"size": 28, "box": 20, "mean": 0.5, "std": 0.5, "min_contrast": 32}
    since = {"min_stroke": 2.0, "max_stroke": 3.5, "form": "digit", "channels": 1}  # what it lacks gets today's value
    since |= {"as_is": True}  # but for what it saw as it was
    assert header.preprocess.to_dict() == stated | since
    assert header.accuracy is None


def test_the_golden_probabilities_are_not_all_alike() -> None:
    rows = np.array(json.loads((GOLDEN / "schema1.json").read_text("utf-8"))["probabilities"])
    np.testing.assert_allclose(rows.sum(axis=1), 1)
    assert len(np.unique(rows.round(4))) > 10
