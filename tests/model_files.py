"""Model files made from the golden one with one thing changed, as damage or an attacker would; and others."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnx import helper
from safetensors.numpy import load, save

from digit_recognizer.images import Preprocess
from digit_recognizer.models import load_model
from digit_recognizer.models.cnn import Convolution, cnn
from digit_recognizer.models.header import KEY, ModelHeader
from digit_recognizer.models.model_file import weights_sha256, write_model
from digit_recognizer.models.onnx_file import GRAPH_SHA256

GOLDEN = Path(__file__).parent / "golden"
SAFETENSORS = (GOLDEN / "plain.safetensors").read_bytes()
ONNX = (GOLDEN / "plain.onnx").read_bytes()
CAVEATS = ("Not for clinical use.",)
GONE = object()  # the value that takes a field out of a header

Tensors = dict[str, NDArray[Any]]


def header_text(changes: dict[str, Any]) -> str:
    """The golden header with some fields changed, added or (GONE) left out."""
    texts = {each.key: each.value for each in onnx.load_from_string(ONNX).metadata_props}
    fields = json.loads(ModelHeader.from_text(texts[KEY]).to_text()) | changes  # in the words of this schema
    return json.dumps({name: value for name, value in fields.items() if value is not GONE})


def safetensors_with(tensors: Callable[[Tensors], Tensors] | None = None, **changes: Any) -> bytes:
    """The golden safetensors file with other tensors, other header fields, and (unless given) their true hash."""
    stored = load(SAFETENSORS)
    if tensors:
        stored = tensors(stored)
        changes = {"weights_sha256": tensors_sha256(stored)} | changes
    return save(stored, metadata={KEY: header_text(changes)})


def tensors_sha256(tensors: Tensors) -> str:
    """The hash that the header of these tensors carries."""
    digest = hashlib.sha256()
    for name, array in sorted(tensors.items()):
        digest.update(f"{name} {array.shape} {array.dtype}\n".encode() + array.tobytes())
    return digest.hexdigest()


def onnx_with(edit: Callable[[Any], None] | None = None, **changes: Any) -> bytes:
    """The golden ONNX file with its model edited or other header fields, and the true hash of its graph."""
    model = onnx.load_from_string(ONNX)
    if edit:
        edit(model)
    del model.metadata_props[:]
    graph = model.graph.SerializeToString()
    helper.set_model_props(model, {KEY: header_text(changes), GRAPH_SHA256: hashlib.sha256(graph).hexdigest()})
    return bytes(model.SerializeToString())


def both_forms(tensors: Callable[[Tensors], Tensors] | None = None, **changes: Any) -> dict[str, bytes]:
    """The golden model with one change, in both forms, by suffix."""

    def edit(model: Any) -> None:
        if tensors:
            stored = {each.name: onnx.numpy_helper.to_array(each).copy() for each in model.graph.initializer}
            del model.graph.initializer[:]
            model.graph.initializer.extend(onnx.numpy_helper.from_array(a, n) for n, a in tensors(stored).items())

    return {".safetensors": safetensors_with(tensors, **changes), ".onnx": onnx_with(edit, **changes)}


def poisoned(value: float) -> Callable[[Tensors], Tensors]:
    """Tensors with one bad number among the weights of the last layer."""

    def change(tensors: Tensors) -> Tensors:
        (name,) = [name for name in tensors if name.endswith("3.weight")]
        tensors[name][3, 2] = np.float32(value)
        return tensors

    return change


def write_reader_of_colour(path: Path, task: str = "multi-class") -> Path:
    """A model of colour pictures that has learned nothing."""
    for suffix, content in _reader_of_colour(task).items():
        path.with_suffix(suffix).write_bytes(content)
    return path


@cache
def _reader_of_colour(task: str) -> dict[str, bytes]:
    """Its two forms by suffix."""
    torch.manual_seed(0)
    convolutions = [dataclasses.asdict(Convolution(4, 5, stride=3))]
    network = cnn(28, 3, convolutions, channels=3).eval()
    header = dataclasses.replace(
        load_model(GOLDEN / "plain.onnx").header,
        architecture={"name": "cnn", "size": 28, "classes": 3, "convolutions": convolutions, "channels": 3},
        preprocess=Preprocess(form="picture", channels=3),
        class_names=("left", "middle", "right"),
        weights_sha256=weights_sha256(network),
        caveats=CAVEATS,
        task=task,
    )
    with TemporaryDirectory() as place:
        path = Path(place) / "model.safetensors"
        write_model(path, header, network, np.zeros((2, 3, 28, 28), np.float32))
        return {each.suffix: each.read_bytes() for each in (path, path.with_suffix(".onnx"))}


def renamed(path: Path, model: str, names: Sequence[str]) -> Path:
    """A shipped model whose classes have other names: what it sees is the same, what it calls it is not."""
    return edited(path, model, lambda _stored, fields: fields.update(class_names=list(names)))


def without_zero(path: Path, model: str) -> Path:
    """A shipped model that has not learned 0: its nine classes are named 1 to 9."""

    def cut(stored: Any, fields: dict[str, Any]) -> None:
        for each in [each for each in stored.graph.initializer if each.dims[0] == len(fields["class_names"])]:
            each.CopyFrom(onnx.numpy_helper.from_array(onnx.numpy_helper.to_array(each)[1:], each.name))
        stored.graph.output[0].type.tensor_type.shape.dim[1].dim_value = 9
        fields["class_names"] = [str(digit) for digit in range(1, 10)]
        for each in fields["calibration"]["sets"]:
            each["least"] = each["least"][1:]

    return edited(path, model, cut)


def edited(path: Path, model: str, edit: Callable[[Any, dict[str, Any]], None]) -> Path:
    """A shipped model's ONNX form with its graph and header edited, and the true hash of its graph."""
    stored = onnx.load(load_model(model).path)
    texts = {each.key: each.value for each in stored.metadata_props}
    fields = json.loads(texts[KEY])
    edit(stored, fields)
    graph = stored.graph.SerializeToString()
    texts |= {KEY: json.dumps(fields), GRAPH_SHA256: hashlib.sha256(graph).hexdigest()}
    helper.set_model_props(stored, texts)
    path.write_bytes(stored.SerializeToString())
    return path
