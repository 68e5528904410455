"""A model file comes back as it was written; one that is not ours, damaged or too new is refused, with the reason."""

from __future__ import annotations

import dataclasses
import pickle
import re
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from safetensors.torch import save

from digit_recognizer.errors import ConfigError, ModelFileError
from digit_recognizer.images import Preprocess
from digit_recognizer.models import ModelHeader, load_model
from digit_recognizer.models.header import SCHEMA
from digit_recognizer.models.mlp import mlp
from digit_recognizer.models.model_file import weights_sha256, write_model
from model_files import GOLDEN, GONE, ONNX, SAFETENSORS, both_forms, onnx_with, poisoned, safetensors_with

IMAGES = np.random.default_rng(0).integers(0, 256, (7, 28, 28), dtype=np.uint8)
REQUIRED = [each.name for each in dataclasses.fields(ModelHeader) if each.default is dataclasses.MISSING]
SUFFIXES = (".safetensors", ".onnx")

json_dicts = st.dictionaries(st.text(), st.integers() | st.text() | st.booleans() | st.none(), max_size=4)
headers = st.builds(
    ModelHeader,
    name=st.text(),
    architecture=json_dicts,
    preprocess=st.builds(
        Preprocess,
        size=st.integers(20, 64),
        box=st.integers(1, 20),
        mean=st.floats(0, 1),
        std=st.floats(0.01, 1),
        min_contrast=st.integers(1, 255),
        as_is=st.booleans(),
    ),
    class_names=st.lists(st.text(), min_size=2, max_size=12).map(tuple),
    recipe=json_dicts,
    seed=st.integers(0),
    data=json_dicts,
    versions=st.dictionaries(st.text(), st.text(), max_size=3),
    accuracy=st.none() | json_dicts,
    weights_sha256=st.text(),
)


def refused(path: Path, reason: str, runtime: str = "auto") -> None:
    """The file is refused by name, for this reason, in one to three lines."""
    with pytest.raises(ModelFileError, match=reason) as caught:
        load_model(path, runtime)
    message = str(caught.value)
    assert path.name in message
    assert message.count("\n") < 3
    assert len(message) < 1000


def written(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


@given(headers)
def test_a_header_comes_back_equal(header: ModelHeader) -> None:
    assert ModelHeader.from_text(header.to_text()) == header


@pytest.mark.arithmetic
def test_a_network_comes_back_bit_for_bit_and_its_twin_agrees(tmp_path: Path) -> None:
    torch.manual_seed(3)
    network = mlp([784, 4, 10])
    golden = load_model(GOLDEN / "plain.safetensors").header
    header = dataclasses.replace(golden, name="small", weights_sha256=weights_sha256(network))
    write_model(tmp_path / "model.safetensors", header, network, header.preprocess.normalise(IMAGES))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["model.onnx", "model.safetensors"]
    by_torch, by_onnx = (load_model(tmp_path, runtime) for runtime in ("torch", "onnx"))
    assert (by_torch.runtime.name, by_onnx.runtime.name) == ("torch", "onnxruntime")
    assert by_torch.header == by_onnx.header == header
    with torch.inference_mode():
        expected = network(torch.from_numpy(header.preprocess.normalise(IMAGES))).numpy()
    np.testing.assert_array_equal(by_torch.logits(IMAGES), expected)
    np.testing.assert_allclose(by_onnx.probabilities(IMAGES), by_torch.probabilities(IMAGES), rtol=0, atol=1e-5)
    assert str(tmp_path).encode() not in (tmp_path / "model.onnx").read_bytes()


def test_an_onnx_form_that_answers_otherwise_is_not_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    network = mlp([784, 4, 10])
    header = load_model(GOLDEN / "plain.safetensors").header
    monkeypatch.setattr("digit_recognizer.models.model_file.onnx_bytes", lambda *_: ONNX)
    with pytest.raises(ModelFileError, match="form"):
        write_model(tmp_path / "model.safetensors", header, network, header.preprocess.normalise(IMAGES))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("suffix", [".pt", ".pth", ".pkl", ".safetensors", ".onnx"])
def test_a_pickle_is_never_opened(tmp_path: Path, suffix: str) -> None:
    class Bomb:
        def __reduce__(self) -> Any:
            return (Path.touch, (tmp_path / "exploded",))

    plain, zipped = written(tmp_path / f"plain{suffix}", pickle.dumps(Bomb())), tmp_path / f"torch{suffix}"
    torch.save(mlp([784, 4, 10]).state_dict(), zipped)
    for path in (plain, zipped):
        refused(path, "never read" if suffix.startswith(".p") else "truncated|not an ONNX|not a safetensors|no header")
    assert not (tmp_path / "exploded").exists()


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize(
    "content", [b"", b"hello, I am a text\n", b"{}", bytes(100)], ids=["empty", "text", "{}", "0s"]
)
def test_what_is_no_model_is_refused(tmp_path: Path, suffix: str, content: bytes) -> None:
    refused(written(tmp_path / f"odd{suffix}", content), "it (is not|carries no|has no)")


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize(
    "field", [each.name for each in dataclasses.fields(ModelHeader) if each.default is dataclasses.MISSING]
)
def test_a_missing_field_is_refused(tmp_path: Path, suffix: str, field: str) -> None:
    refused(written(tmp_path / f"less{suffix}", both_forms(**{field: GONE})[suffix]), f"lacks a field .*{field}")


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"schema": SCHEMA + 1}, f"schema {SCHEMA + 1}.*Upgrade"),
        ({"schema": SCHEMA - 2}, f"schema {SCHEMA - 2}.*Train the model again"),
        ({"schema": "1"}, "no schema"),
        ({"schema": GONE}, "no schema"),
        ({"added": 1}, "unknown one"),
        ({"preprocess": {"size": 28, "blur": 2}}, "unknown fields"),
        ({"preprocess": {"size": 10**6}}, "impossible values"),
        ({"preprocess": {"size": 28.5}}, "impossible values"),
        ({"preprocess": {"std": float("nan")}}, "impossible values"),
        ({"preprocess": {"size": 20}}, "cannot run it|shape"),
        ({"class_names": ["one"]}, "1 classes"),
        ({"ood": []}, "impossible sizes"),
        ({"ood": {"features": 10, "axes": 11}}, "impossible sizes"),
        ({"ood": {"features": 2**40, "axes": 2**39}}, "impossible sizes"),
        ({"ood": {"features": 8.0, "axes": 1}}, "impossible sizes"),
        ({"ood": {"features": 8, "axes": 1, "weight": float("nan")}}, "impossible sizes"),
        ({"ood": {"features": 8, "axes": 1, "weight": "1"}}, "impossible sizes"),
        ({"calibration": 1.5}, "no temperature"),
        ({"calibration": {}}, "no temperature"),
        ({"calibration": {"temperature": 0.0}}, "no temperature"),
        ({"calibration": {"temperature": float("nan")}}, "no temperature"),
        ({"calibration": {"temperature": 1e-40}}, "no temperature"),
        ({"calibration": {"temperature": 1e40}}, "no temperature"),
        (
            {"calibration": {"temperature": 1.0, "answers": {"n": 10, "rows": [[2.0, 5, 1, 0.1]]}}},
            "numbers that none can",
        ),
        ({"calibration": {"temperature": 1.0, "ood_limit": float("inf")}}, "infinite"),
        ({"recipe": {"rates": [1.0, float("-inf")]}}, "infinite"),
        ({"calibration": {"temperature": 1.0, "ood_limit": 10**400}}, "numbers that none can"),
        ({"accuracy": 0.99}, "wrong kind"),
        ({"class_names": ["a", "b"]}, "no usable logits"),
        ({"class_names": None}, "lacks a field"),
        ({"versions": []}, "wrong kind"),
    ],
)
def test_a_header_of_another_kind_is_refused(tmp_path: Path, suffix: str, changes: dict[str, Any], reason: str) -> None:
    refused(written(tmp_path / f"other{suffix}", both_forms(**changes)[suffix]), reason)


@pytest.mark.parametrize(
    ("architecture", "reason"),
    [
        ({"name": "mlpp", "sizes": [784, 4, 10]}, "'mlpp' is unknown. Did you mean 'mlp'"),
        ({"sizes": [784, 4, 10]}, "is unknown"),
        ({"name": "mlp"}, "cannot be built"),
        ({"name": "mlp", "sizes": [784, -4, 10]}, "cannot be built"),
        ({"name": "mlp", "sizes": [784, 4, 10], "extra": 1}, "cannot be built"),
        ({"name": "mlp", "sizes": [784] + [2] * 10**5 + [10]}, "cannot be built"),
        ({"name": "mlp", "sizes": [784, 5, 10]}, "other shapes.*'1.bias' is \\(4,\\), not \\(5,\\)"),
        ({"name": "mlp", "sizes": [784, 4, 10, 10]}, "other shapes.*'5.bias' is absent"),
        ({"name": "mlp", "sizes": [784, 10**6, 10**6, 10]}, "other shapes"),
    ],
)
def test_an_architecture_that_does_not_fit_is_refused(tmp_path: Path, architecture: Any, reason: str) -> None:
    refused(written(tmp_path / "odd.safetensors", safetensors_with(architecture=architecture)), reason)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_nan_weights_are_refused(tmp_path: Path, suffix: str) -> None:
    refused(written(tmp_path / f"nan{suffix}", both_forms(poisoned(np.nan))[suffix]), "NaN|no usable logits")


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_weights_for_another_input_are_refused(tmp_path: Path, suffix: str) -> None:
    def narrow(tensors: dict[str, Any]) -> dict[str, Any]:
        return tensors | {"1.weight": np.ascontiguousarray(tensors["1.weight"][:, :100])}

    content = both_forms(narrow, architecture={"name": "mlp", "sizes": [100, 4, 10]})[suffix]
    refused(written(tmp_path / f"narrow{suffix}", content), "cannot (run|load) it")


def test_a_foreign_safetensors_is_refused(tmp_path: Path) -> None:
    for metadata in (None, {"format": "pt"}):
        content = save(mlp([784, 4, 10]).state_dict(), metadata=metadata)
        refused(written(tmp_path / "foreign.safetensors", content), "has no header of this project")


def test_without_its_twin_the_safetensors_form_runs_on_torch(tmp_path: Path) -> None:
    model = load_model(written(tmp_path / "alone.safetensors", SAFETENSORS))
    assert model.runtime.name == "torch"
    written(tmp_path / "alone.onnx", ONNX)
    assert load_model(tmp_path / "alone.safetensors").runtime.name == "onnxruntime"


def test_a_twin_of_another_training_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path / "mixed.safetensors", SAFETENSORS)
    written(tmp_path / "mixed.onnx", onnx_with(weights_sha256="f" * 64))
    refused(path, "another training run")
    refused(tmp_path / "mixed.onnx", "another training run")


def test_a_damaged_safetensors_beside_a_whole_twin_is_named(tmp_path: Path) -> None:
    path = written(tmp_path / "half.safetensors", SAFETENSORS[:-5])
    written(tmp_path / "half.onnx", ONNX)
    refused(path, "half.safetensors: it is truncated")


def test_a_run_folder_without_a_model_is_refused(tmp_path: Path) -> None:
    refused(tmp_path, "holds no model.safetensors. If it is a run, resume it")
    for suffix in SUFFIXES:
        shutil.copy(GOLDEN / f"plain{suffix}", tmp_path / f"model{suffix}")
    assert load_model(tmp_path).header.name == "golden"


def test_unknown_names_suggest_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(ModelFileError, match=re.escape("'clasic' is neither a shipped model nor a file. Did you mean")):
        load_model("clasic")
    with pytest.raises(ConfigError, match="Did you mean 'onnx'"):
        load_model("classic", runtime="onx")
    refused(tmp_path / "absent.onnx", "neither")


def test_a_weight_file_that_is_a_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "model.safetensors").mkdir()
    refused(tmp_path, "is a folder")
