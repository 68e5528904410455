"""Convolutional networks and ensembles: shapes, files in both forms, and descriptions that are refused."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from digit_recognizer.errors import ModelFileError
from digit_recognizer.models import load_model
from digit_recognizer.models.architectures import build_network
from digit_recognizer.models.cnn import Convolution, cnn
from digit_recognizer.models.ensemble import Ensemble
from digit_recognizer.models.mlp import mlp
from digit_recognizer.models.model_file import weights_sha256, write_model
from model_files import GOLDEN
from tiny import shifted_seed

pytestmark = pytest.mark.arithmetic

IMAGES = np.random.default_rng(shifted_seed(0)).integers(0, 256, (7, 28, 28), dtype=np.uint8)
DESIGNS: dict[str, list[dict[str, int]]] = {
    "one": [{"channels": 3, "kernel": 5}],
    "strided": [{"channels": 4, "kernel": 5, "stride": 2}, {"channels": 6, "kernel": 3, "pool": 2}],
    "padded": [{"channels": 4, "kernel": 3, "padding": 1}, {"channels": 5, "kernel": 3, "padding": 2, "pool": 3}],
    "to a pixel": [{"channels": 4, "kernel": 5, "stride": 3}, {"channels": 8, "kernel": 4, "stride": 4}],
}
CNN = {"name": "cnn", "size": 28, "classes": 10, "convolutions": DESIGNS["strided"], "head": "flatten"}
MLP = {"name": "mlp", "sizes": [784, 6, 10]}


def filled(network: nn.Module) -> nn.Module:
    """A network in evaluation mode whose running statistics are no longer those of the start."""
    network.train()
    with torch.no_grad():
        network(torch.randn(16, 1, 28, 28) * 2 + 1)
    return network.eval()


@pytest.mark.parametrize("head", ["flatten", "max"])
@pytest.mark.parametrize("size", [20, 28, 33])
@pytest.mark.parametrize("design", DESIGNS.values(), ids=DESIGNS)
def test_an_image_gives_a_logit_a_class(design: list[dict[str, int]], size: int, head: str) -> None:
    for classes, n in ((10, 4), (3, 2)):
        network = cnn(size, classes, design, head)
        assert network(torch.randn(n, 1, size, size)).shape == (n, classes)
        assert network.eval()(torch.randn(1, 1, size, size)).shape == (1, classes)
    assert any(isinstance(layer, nn.AdaptiveMaxPool2d) for layer in network) == (head == "max")


@given(
    st.builds(
        Convolution,
        channels=st.integers(1, 4),
        kernel=st.integers(1, 7),
        stride=st.integers(1, 4),
        padding=st.integers(0, 6),
        pool=st.integers(1, 4),
    ).filter(lambda each: each.padding < each.kernel),
    st.integers(7, 40),
)
def test_size_after_is_the_size_of_the_maps(convolution: Convolution, size: int) -> None:
    expected = convolution.size_after(size)
    if expected < 1:
        with pytest.raises(ValueError, match="Convolution"):
            cnn(size, 10, [dataclasses.asdict(convolution)])
        return
    layers = cnn(size, 10, [dataclasses.asdict(convolution)]).eval()
    maps = layers[: [type(layer) for layer in layers].index(nn.Flatten)](torch.zeros(1, 1, size, size))
    assert maps.shape == (1, convolution.channels, expected, expected)


def test_a_network_computes_what_its_description_says() -> None:
    """Convolution, pooling, normalisation, ReLU and the head, each written out."""
    for head in ("flatten", "max"):
        network = filled(cnn(28, 10, [{"channels": 4, "kernel": 5, "stride": 2, "padding": 1, "pool": 2}], head))
        weights = network.state_dict()
        x = torch.randn(3, 1, 28, 28)
        maps = nn.functional.conv2d(x, weights["0.weight"], stride=2, padding=1)
        maps = nn.functional.max_pool2d(maps, 2)
        mean, variance, scale, shift = (
            weights[f"2.{name}"].view(1, -1, 1, 1) for name in ("running_mean", "running_var", "weight", "bias")
        )
        maps = ((maps - mean) / (variance + 1e-5).sqrt() * scale + shift).clamp(min=0)
        values = maps.flatten(1) if head == "flatten" else maps.amax((2, 3))
        last = [name.removesuffix(".bias") for name in weights if name.endswith(".bias")][-1]
        expected = values @ weights[f"{last}.weight"].T + weights[f"{last}.bias"]
        torch.testing.assert_close(network(x), expected, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("count", [1, 2, 5])
def test_an_ensemble_gives_the_mean_of_its_members_probabilities(count: int) -> None:
    members = [mlp([784, 5 + i, 10]).double() for i in range(count - 1)] + [cnn(28, 10, DESIGNS["one"]).double().eval()]
    x = torch.randn(6, 1, 28, 28, dtype=torch.float64) * 20
    expected = torch.stack([member(x).softmax(1) for member in members]).mean(0)
    torch.testing.assert_close(Ensemble(members)(x).softmax(1), expected, atol=1e-12, rtol=1e-9)


@pytest.mark.parametrize("architecture", [CNN, {"name": "ensemble", "members": [CNN, MLP]}], ids=["cnn", "ensemble"])
def test_a_network_comes_back_in_both_forms(architecture: dict[str, Any], tmp_path: Path) -> None:
    torch.manual_seed(shifted_seed(3))
    network = filled(build_network(architecture))
    golden = load_model(GOLDEN / "plain.safetensors").header
    header = dataclasses.replace(golden, architecture=architecture, weights_sha256=weights_sha256(network))
    inputs = header.preprocess.normalise(IMAGES)
    write_model(tmp_path / "model.safetensors", header, network, inputs)
    by_torch, by_onnx = (load_model(tmp_path, runtime) for runtime in ("torch", "onnx"))
    assert by_torch.header == by_onnx.header == header
    with torch.inference_mode():
        np.testing.assert_array_equal(by_torch.logits(IMAGES), network(torch.from_numpy(inputs)).numpy())
    np.testing.assert_allclose(by_onnx.probabilities(IMAGES), by_torch.probabilities(IMAGES), rtol=0, atol=1e-5)
    np.testing.assert_allclose(by_onnx.probabilities(IMAGES[:1]), by_torch.probabilities(IMAGES)[:1], rtol=0, atol=1e-5)


def with_convolution(**changes: Any) -> dict[str, Any]:
    """The description of a network of one convolution with some fields changed."""
    return CNN | {"convolutions": [{"channels": 4, "kernel": 3} | changes]}


def nested(depth: int) -> dict[str, Any]:
    return {"name": "ensemble", "members": [nested(depth - 1)]} if depth else MLP


NUMBERS = (-1, True, 2.0, "3", None, [3], {}, 10**9, 10**30)
FIELDS = ("channels", "kernel", "stride", "padding", "pool")
HOSTILE: dict[str, dict[str, Any]] = {
    **{f"{field} {value}": with_convolution(**{field: value}) for field in FIELDS for value in NUMBERS},
    **{f"{field} 0": with_convolution(**{field: 0}) for field in FIELDS if field != "padding"},
    **{f"{field} {value}": CNN | {field: value} for field in ("size", "classes") for value in (0, *NUMBERS)},
    "kernel as the map and one": with_convolution(kernel=29),
    "kernel larger than the map": with_convolution(kernel=31),
    "pool larger than the map": with_convolution(pool=27),
    "padding for a huge map": with_convolution(padding=50_000) | {"head": "max"},
    "no channels": CNN | {"convolutions": [{"kernel": 3}]},
    "no kernel": CNN | {"convolutions": [{"channels": 3}]},
    "unknown field": with_convolution(dilation=2),
    "unknown argument": CNN | {"device": "cpu"},
    "unknown head": CNN | {"head": "average"},
    "head of another kind": CNN | {"head": 2},
    "no convolutions": CNN | {"convolutions": []},
    "convolutions of numbers": CNN | {"convolutions": [3, 3]},
    "convolutions of words": CNN | {"convolutions": "ab"},
    "too many convolutions": CNN | {"convolutions": [{"channels": 1, "kernel": 1}] * 10**5},
    "no size": {"name": "cnn", "classes": 10, "convolutions": DESIGNS["one"]},
    "nested": nested(10),
    "lists in lists": CNN | {"convolutions": [[[[[[[[[[[3]]]]]]]]]]]},
    "no members": {"name": "ensemble", "members": []},
    "too many members": {"name": "ensemble", "members": [MLP] * 101},
    "a member that is unknown": {"name": "ensemble", "members": [MLP, {"name": "oracle"}]},
    "a member that is none": {"name": "ensemble", "members": [MLP, None]},
    **{f"members {value}": {"name": "ensemble", "members": value} for value in ("ab", ["ab"], [["ab"]], [3], 3, MLP)},
    "no units": {"name": "mlp", "sizes": [784, 0, 10]},
}


@pytest.mark.parametrize("architecture", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize("device", ["cpu", "meta"])
def test_a_hostile_description_is_refused(architecture: dict[str, Any], device: str) -> None:
    with torch.device(device), pytest.raises(ModelFileError) as caught:
        build_network(architecture)
    assert len(str(caught.value)) < 500


def test_what_is_refused_differs_from_what_is_built() -> None:
    for architecture in (CNN, MLP, with_convolution(), with_convolution(padding=0, pool=2), nested(1)):
        build_network(architecture)
