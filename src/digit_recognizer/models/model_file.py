"""A trained network on disk: safetensors with a text header, and its ONNX twin with the same header. No pickle."""

from __future__ import annotations

import hashlib
import warnings
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
from digit_recognizer.models.header import KEY, SCHEMA, ModelHeader
from digit_recognizer.models.line import Line
from digit_recognizer.models.model import MAX_BYTES, named, probabilities_of
from digit_recognizer.models.onnx_file import GRAPH_SHA256, split_model
from digit_recognizer.models.runtime import OnnxRuntime, TorchRuntime
from digit_recognizer.models.safetensors_header import read_safetensors_header
from digit_recognizer.models.watch import Watch, Watched

WATCH = "watch."  # before the names of a watch's tensors
TWIN_TOLERANCE = 1e-5  # between probabilities of the two forms


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
    """Write `path` (.safetensors) and its twin beside it (.onnx), each whole or not at all.

    sample: inputs (N, C, H, W) on which both forms must give the same probabilities, or ModelFileError is raised.
    A line reader's twin takes lines of any width W.
    """
    tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in stored_tensors(network).items()}
    watch = None
    if isinstance(network, Watched):
        features, axes = network.watch.axes.shape[1], network.watch.axes.shape[0]
        watch = {"features": features, "axes": axes, "sha256": weights_sha256(network.watch)}
        if network.watch.weight is not None:
            watch["weight"] = network.watch.weight
    header = replace(header, watch=watch)
    twin = onnx_bytes(header, network, sample[:2])
    check_twin(header, network, twin, sample, path)
    write_whole(path, save(tensors, metadata={KEY: header.to_text()}))
    write_whole(path.with_suffix(".onnx"), twin)


def stored_tensors(network: nn.Module) -> dict[str, Tensor]:
    """A network's tensors by the names that a file keeps them under; those of its watch apart."""
    if not isinstance(network, Watched):
        return network.state_dict()
    watch = {WATCH + name: tensor for name, tensor in network.watch.state_dict().items()}
    return network.network.state_dict() | watch


def copy_model(source: Path, out: Path, calibration: dict[str, Any]) -> None:
    """Write the model in `source` to `out` (both .safetensors) and its twin, with another calibration.

    Raises ModelFileError for a source that is not ours and an `out` that is no name of a model.
    """
    if out.suffix != ".safetensors":
        raise ModelFileError(f"{out}: a model's name ends in .safetensors (its ONNX twin is written beside it).")
    header, network = read_file(source)
    sample = np.random.default_rng(0).integers(0, 256, (64, *header.preprocess.shape), np.uint8)
    changed = replace(header, calibration=calibration, schema=SCHEMA)
    write_model(out, changed, network.eval(), header.preprocess.normalise(sample))


def onnx_bytes(header: ModelHeader, network: nn.Module, sample: NDArray[np.float32]) -> bytes:
    """The network as an ONNX model: input "images" (N, C, H, W), output "logits" (N, K), N free.

    For a line reader W is free too, and the output is (N, T, K + 1).
    """
    import onnx

    was_training = network.training
    network = network.cpu().eval()
    free: dict[int, Any] = {0: torch.export.Dim("N")}
    if isinstance(network, Line):
        free[3] = torch.export.Dim.DYNAMIC
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the exporter warns of its own internals
        program = torch.onnx.export(
            network,
            (torch.from_numpy(sample),),
            input_names=["images"],
            output_names=["logits", "strangeness"] if isinstance(network, Watched) else ["logits"],
            dynamic_shapes=(free,),  # by place: networks name their argument differently
            dynamo=True,
            verbose=False,
        )
    network.train(was_training)
    assert program is not None
    model = program.model_proto
    model.graph.ClearField("value_info")
    for node in model.graph.node:  # the exporter's notes hold paths of the machine it ran on
        node.ClearField("metadata_props")
        node.ClearField("doc_string")
    del model.metadata_props[:]
    graph, _ = split_model(model.SerializeToString())
    props = {KEY: header.to_text(), GRAPH_SHA256: hashlib.sha256(graph).hexdigest()}
    onnx.helper.set_model_props(model, props)
    return bytes(model.SerializeToString())


def check_twin(header: ModelHeader, network: nn.Module, twin: bytes, sample: NDArray[np.float32], path: Path) -> None:
    """Refuse to write a twin that answers differently."""
    (ours, strange), (theirs, theirs_strange) = (
        runtime.observe(sample) for runtime in (TorchRuntime(network), OnnxRuntime(twin))
    )
    gap = float(np.abs(probabilities_of(ours, header) - probabilities_of(theirs, header)).max())
    if strange is not None and theirs_strange is not None:
        gap = max(gap, float((np.abs(strange - theirs_strange) / (1 + np.abs(strange))).max()))
    if not gap <= TWIN_TOLERANCE or (strange is None) != (theirs_strange is None):
        raise ModelFileError(f"{path}: the ONNX twin answers otherwise, by {gap:.2g}; nothing was written.")


def read_network(content: bytes) -> tuple[ModelHeader, nn.Module]:
    """Header and network (Watched where it has a watch) of a safetensors file's bytes.

    Raises ModelFileError, without the file's name.
    """
    header = read_safetensors_header(content)
    try:
        tensors = load(content)
    except (SafetensorError, ValueError, KeyError, RuntimeError) as error:
        raise ModelFileError(f"it is damaged or cut short ({error}).") from error
    with torch.device("meta"):  # shapes alone: a header may claim more weights than memory holds
        blueprint = build(header)
    expected = {name: tuple(tensor.shape) for name, tensor in stored_tensors(blueprint).items()}
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
    plain = network.network if isinstance(network, Watched) else network
    plain.load_state_dict({name: tensor for name, tensor in tensors.items() if not name.startswith(WATCH)})
    whole = weights_sha256(plain) == header.weights_sha256
    if isinstance(network, Watched) and header.watch:
        network.watch.load_state_dict({name: tensors[WATCH + name] for name in network.watch.state_dict()})
        whole = whole and weights_sha256(network.watch) == header.watch["sha256"]
    if not whole:
        raise ModelFileError("its weights are not those that were written (damaged or altered). Copy it again.")
    return header, network


def read_file(path: Path) -> tuple[ModelHeader, nn.Module]:
    """`read_network` of a file. Raises ModelFileError, with its name."""
    with named(path):
        return read_network(read_bounded(path, MAX_BYTES, ModelFileError, "a model"))


def build(header: ModelHeader) -> nn.Module:
    """The network that a header describes, with its watch where it has one; its weights are not yet the file's."""
    network = build_network(header.architecture)
    if header.watch is None:
        return network
    features, axes = header.watch["features"], header.watch["axes"]
    return Watched(network, Watch(torch.zeros(features), torch.zeros(axes, features), header.watch.get("weight")))


def parameters(path: Path) -> int:
    """How many numbers a .safetensors file's network has learned (running means and variances are not learned)."""
    _, network = read_file(path)
    return sum(parameter.numel() for parameter in network.parameters())
