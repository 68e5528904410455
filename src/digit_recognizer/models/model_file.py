"""A trained network on disk: safetensors with a text header, and its ONNX form with both as well. No pickle."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor, nn

from digit_recognizer.errors import ModelFileError
from digit_recognizer.files import read_bounded, write_whole
from digit_recognizer.models.architectures import build_network
from digit_recognizer.models.header import KEY, ModelHeader
from digit_recognizer.models.locations import MAX_BYTES, named
from digit_recognizer.models.onnx_form import check_onnx_form, onnx_bytes, read_onnx_form
from digit_recognizer.models.ood import OodDetector, OodNetwork
from digit_recognizer.models.safetensors_header import read_safetensors_header

OOD = "ood."  # before the names of an OOD detector's tensors
_NETWORK = "network."  # before the names of the watched network's, in an ONNX form


def weights_sha256(network: nn.Module) -> str:
    """A hash of a network's tensors: names, shapes, types and bytes."""
    return tensors_sha256(network.state_dict())


def tensors_sha256(tensors: Mapping[str, Tensor]) -> str:
    """A hash of named tensors: names, shapes, types and bytes."""
    digest = hashlib.sha256()
    for name, tensor in sorted(tensors.items()):
        array = tensor.detach().cpu().contiguous().numpy()
        digest.update(f"{name} {array.shape} {array.dtype}\n".encode() + array.tobytes())
    return digest.hexdigest()


def write_model(path: Path, header: ModelHeader, network: nn.Module, sample: NDArray[np.float32]) -> None:
    """Write `path` (.safetensors) and its ONNX form beside it (.onnx), each whole or not at all; of a `path` that ends
    in .onnx the ONNX form alone.

    sample: inputs (N, C, H, W) on which both forms must give the same probabilities, or ModelFileError is raised.
    A line reader's ONNX form takes lines of any width W.
    """
    tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in stored_tensors(network).items()}
    ood = None
    if isinstance(network, OodNetwork):
        features, axes = network.ood.axes.shape[1], network.ood.axes.shape[0]
        ood = {"features": features, "axes": axes, "sha256": weights_sha256(network.ood)}
        ood["weight"] = network.ood.weight
    header = replace(header, ood=ood)
    form = onnx_bytes(header, network, sample[:2])
    check_onnx_form(header, network, form, sample, path)
    if path.suffix != ".onnx":
        write_whole(path, save(tensors, metadata={KEY: header.to_text()}))
    write_whole(path.with_suffix(".onnx"), form)


def stored_tensors(network: nn.Module) -> dict[str, Tensor]:
    """A network's tensors by the names that a file keeps them under; those of its OOD detector apart."""
    if not isinstance(network, OodNetwork):
        return network.state_dict()
    ood = {OOD + name: tensor for name, tensor in network.ood.state_dict().items()}
    return network.network.state_dict() | ood


def copy_model(source: Path, out: Path, calibration: dict[str, Any]) -> None:
    """Write the model at `source` to `out` (.safetensors) and its ONNX form, with another calibration.

    Raises ModelFileError for a source that is not ours and an `out` that is no name of a model.
    """
    if out.suffix != ".safetensors":
        raise ModelFileError(f"{out}: a model's name ends in .safetensors (its ONNX form is written beside it).")
    header, network, _ = load_network(source)
    sample = np.random.default_rng(0).integers(0, 256, (64, *header.preprocess.shape), np.uint8)
    changed = replace(header, calibration=calibration)
    write_model(out, changed, network.eval(), header.preprocess.normalise(sample))


def load_network(path: Path) -> tuple[ModelHeader, nn.Module, bytes]:
    """Header, network (OodNetwork where it has an OOD detector) and bytes of a model's safetensors form.

    Where that is absent, of its ONNX form, which holds the same tensors. Raises ModelFileError.
    """
    weights, form = path.with_suffix(".safetensors"), path.with_suffix(".onnx")
    found, read = (form, _read_onnx_network) if form.exists() and not weights.exists() else (weights, read_network)
    content = read_bounded(found, MAX_BYTES, ModelFileError, "a model")
    with named(found):
        return *read(content), content


def read_network(content: bytes) -> tuple[ModelHeader, nn.Module]:
    """Header and network of a safetensors file's bytes. Raises ModelFileError, without the file's name."""
    header = read_safetensors_header(content)
    try:
        tensors = load(content)
    except (SafetensorError, ValueError, KeyError, RuntimeError) as error:
        raise ModelFileError(f"it is damaged or truncated ({error}).") from error
    return header, _network_of(header, _in_own_words(tensors))


def _read_onnx_network(content: bytes) -> tuple[ModelHeader, nn.Module]:
    """Header and network of an ONNX form's bytes. Raises ModelFileError, without the file's name."""
    header, tensors = read_onnx_form(content)
    if header.ood is not None:
        tensors = {name.removeprefix(_NETWORK): tensor for name, tensor in _in_own_words(tensors).items()}
    needed = shapes(header)
    if not needed.keys() <= tensors.keys():
        raise ModelFileError("it holds no weights that torch could use. Put its .safetensors form beside it.")
    return header, _network_of(header, {name: tensors[name] for name in needed})


def _in_own_words(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """Tensors by the names of this schema; the one before called an OOD detector a watch."""
    return {OOD + name.removeprefix("watch.") if name.startswith("watch.") else name: tensors[name] for name in tensors}


def shapes(header: ModelHeader) -> dict[str, tuple[int, ...]]:
    """The shape of each tensor that a header's network is stored as, by name."""
    with torch.device("meta"):  # no memory: a header may claim more weights than there is room for
        blueprint = build(header)
    return {name: tuple(tensor.shape) for name, tensor in stored_tensors(blueprint).items()}


def _network_of(header: ModelHeader, tensors: dict[str, Tensor]) -> nn.Module:
    """The network that a header describes, with these tensors, which must be those that were written."""
    expected = shapes(header)
    found = {name: tuple(tensor.shape) for name, tensor in tensors.items()}
    if expected != found:
        name, *_ = sorted(name for name, _ in expected.items() ^ found.items())
        raise ModelFileError(
            f"its weights have other shapes than its architecture: {name!r} is {found.get(name, 'absent')},"
            f" not {expected.get(name, 'absent')}."
        )
    if not all(bool(tensor.isfinite().all()) for tensor in tensors.values()):
        raise ModelFileError("its weights hold NaN or infinite values.")
    network = build(header)
    plain = network.network if isinstance(network, OodNetwork) else network
    plain.load_state_dict({name: tensor for name, tensor in tensors.items() if not name.startswith(OOD)})
    whole = weights_sha256(plain) == header.weights_sha256
    if isinstance(network, OodNetwork) and header.ood:
        network.ood.load_state_dict({name: tensors[OOD + name] for name in network.ood.state_dict()})
        whole = whole and weights_sha256(network.ood) == header.ood["sha256"]
    if not whole:
        raise ModelFileError("its weights do not match their hash (damaged or altered). Copy it again.")
    return network


def build(header: ModelHeader) -> nn.Module:
    """The network that a header describes, with its OOD detector if it has one; its weights are not yet the file's."""
    network = build_network(header.architecture)
    if header.ood is None:
        return network
    features, axes = header.ood["features"], header.ood["axes"]
    return OodNetwork(network, OodDetector(torch.zeros(features), torch.zeros(axes, features), header.ood["weight"]))


def parameters(path: Path) -> int:
    """How many numbers a model file's network has learned (running means and variances are not learned)."""
    _, network, _ = load_network(path)
    return sum(parameter.numel() for parameter in network.parameters())
