"""The ONNX form holds what was learned, under its own names: torch reads it too; shipped models have no other."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
import torch

from digit_recognizer.errors import ModelFileError
from digit_recognizer.models import load_model, shipped_models
from digit_recognizer.models.halves import FEW, fits, stored_tensors_of
from digit_recognizer.models.line_reader import load_line_reader
from digit_recognizer.models.locations import LINE_READERS, pretrained
from digit_recognizer.models.model import load_file
from digit_recognizer.models.model_file import load_network, parameters, stored_tensors, weights_sha256, write_model
from digit_recognizer.models.ood import OodNetwork
from model_files import onnx_with
from tiny import shifted_seed

pytestmark = pytest.mark.arithmetic

SHIPPED = [*shipped_models(), *LINE_READERS]


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_file_holds_the_weights_that_its_card_names(name: str) -> None:
    path = pretrained() / f"{name}.onnx"
    header, network, content = load_network(path)
    assert weights_sha256(plain(network)) == header.weights_sha256
    assert content == path.read_bytes()
    model = onnx.load_from_string(content)
    stored = stored_tensors_of(model)
    for own, tensor in network.state_dict().items():
        if not own.endswith("num_batches_tracked"):  # runtimes would complain of what no node uses
            np.testing.assert_array_equal(stored[own], tensor.numpy(), strict=True)
    used = {name for node in model.graph.node for name in node.input}
    assert stored.keys() <= used
    # Beside the weights little stands in the file: none of them is kept twice.
    large = sum(each.nbytes // 2 if fits(each) else each.nbytes for each in stored_arrays(network))
    assert path.stat().st_size < 1.03 * large + 20_000
    assert parameters(path) == sum(each.numel() for each in network.parameters())


def plain(network: torch.nn.Module) -> torch.nn.Module:
    return network.network if isinstance(network, OodNetwork) else network


def stored_arrays(network: torch.nn.Module) -> list[Any]:
    return [tensor.numpy() for tensor in stored_tensors(network).values()]


@pytest.mark.parametrize("name", SHIPPED)
def test_torch_answers_as_onnx_runtime_does(name: str) -> None:
    size = load_file(name).header.preprocess.size
    images = np.random.default_rng(shifted_seed(0)).integers(0, 256, (20, size, size), np.uint8)
    if name in LINE_READERS:
        one, other = (load_line_reader(name, runtime).observe(list(images)) for runtime in ("torch", "onnx"))
        for ours, theirs in zip(one, other, strict=True):
            np.testing.assert_allclose(ours.logits, theirs.logits, atol=2e-3)
    else:
        one, other = (load_model(name, runtime).probabilities(images) for runtime in ("torch", "onnx"))
        np.testing.assert_allclose(one, other, atol=1e-5)


def test_weights_that_16_bits_hold_are_stored_in_them_and_come_back_equal(tmp_path: Path) -> None:
    header, network, _ = load_network(pretrained() / "fast.onnx")
    sample = np.random.default_rng(shifted_seed(0)).random((4, 1, 28, 28), np.float32)
    write_model(tmp_path / "whole.onnx", header, network, sample)
    with torch.no_grad():
        for weights in network.parameters():
            weights.copy_(weights.half().float())
        odd = min((each for each in network.parameters() if each.numel() > FEW), key=torch.numel)
        odd[(-1,) * odd.dim()] = 0.1  # one that 16 bits do not hold
    write_model(tmp_path / "half.onnx", replace(header, weights_sha256=weights_sha256(plain(network))), network, sample)
    whole, half = ((tmp_path / f"{name}.onnx").stat().st_size for name in ("whole", "half"))
    saved = 2 * sum(each.numel() for each in network.parameters() if each.numel() > FEW and each is not odd)
    assert whole - half > 0.95 * saved > 0
    again = load_network(tmp_path / "half.onnx")[1]
    assert stored_arrays(again)  # the network's, and those of its OOD detector
    for one, other in zip(stored_arrays(again), stored_arrays(network), strict=True):
        np.testing.assert_array_equal(one, other)
    stored = {each.name: each.data_type for each in onnx.load(tmp_path / "half.onnx").graph.initializer}
    (name,) = (name for name, each in network.named_parameters() if each is odd)
    assert stored[name] == onnx.TensorProto.FLOAT
    images = np.random.default_rng(shifted_seed(1)).integers(0, 256, (20, 28, 28), np.uint8)
    one, other = (load_model(tmp_path / "half.onnx", kind).probabilities(images) for kind in ("torch", "onnx"))
    np.testing.assert_allclose(one, other, atol=1e-5)


def test_batch_norms_are_not_folded_into_the_weights(tmp_path: Path) -> None:
    """Of an ONNX form that is written alone."""
    header, network, _ = load_network(pretrained() / "fast.onnx")
    write_model(tmp_path / "alone.onnx", header, network, np.zeros((2, 1, 28, 28), np.float32))
    assert [path.name for path in tmp_path.iterdir()] == ["alone.onnx"]
    again, _, _ = load_network(tmp_path / "alone.onnx")
    assert again == header
    assert load_model(tmp_path / "alone.onnx", "torch").runtime.name == "torch"
    kinds = [node.op_type for node in onnx.load(tmp_path / "alone.onnx").graph.node]
    assert kinds.count("BatchNormalization") == 3
    assert not {"Shape", "Expand", "CastLike"} & set(kinds)  # constants all the same


def refused(path: Path, words: str) -> None:
    with pytest.raises(ModelFileError, match=rf"{path.name}: .*{words}"):
        load_model(path, "torch")


def test_a_file_without_what_torch_needs_says_what_helps(tmp_path: Path) -> None:
    def lose(model: Any) -> None:
        """Name a tensor otherwise, as twins did in which batch norms were folded."""
        first = model.graph.initializer[0]
        for node in model.graph.node:
            node.input[:] = ["folded" if name == first.name else name for name in node.input]
        first.name = "folded"

    (tmp_path / "old.onnx").write_bytes(onnx_with(lose))
    assert load_model(tmp_path / "old.onnx").runtime.name == "onnxruntime"
    refused(tmp_path / "old.onnx", r"Put its \.safetensors form beside it")


def test_other_tensors_than_those_that_were_written_are_refused(tmp_path: Path) -> None:
    def change(value: float) -> Any:
        def edit(model: Any) -> None:
            first = model.graph.initializer[0]
            array = onnx.numpy_helper.to_array(first).copy()
            array.flat[0] = value
            first.CopyFrom(onnx.numpy_helper.from_array(array, first.name))

        return edit

    (tmp_path / "other.onnx").write_bytes(onnx_with(change(0.125)))
    refused(tmp_path / "other.onnx", "do not match their hash")
    (tmp_path / "nan.onnx").write_bytes(onnx_with(change(float("nan"))))
    refused(tmp_path / "nan.onnx", "NaN or infinite")


def test_an_absurd_tensor_is_refused(tmp_path: Path) -> None:
    def grow(model: Any) -> None:
        model.graph.initializer[0].dims[:] = [2**40, 2**20]

    def retype(model: Any) -> None:
        model.graph.initializer[0].data_type = 250

    for name, edit in {"huge": grow, "odd": retype}.items():
        (tmp_path / f"{name}.onnx").write_bytes(onnx_with(edit))
        refused(tmp_path / f"{name}.onnx", "")
