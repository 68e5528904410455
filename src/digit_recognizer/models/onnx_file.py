"""The parts of an ONNX file that are checked before ONNX Runtime sees it: our header, whole weights, nothing outside.

The base install has ONNX Runtime but not the onnx package, so the few fields needed are read from the protobuf wire
format directly (https://protobuf.dev/programming-guides/encoding; field numbers from onnx.proto).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from digit_recognizer.errors import ModelFileError
from digit_recognizer.models.header import KEY, ModelHeader

_MODEL_GRAPH, _MODEL_METADATA = 7, 14
_MODEL_TRAINING, _MODEL_FUNCTIONS = 20, 25
_ENTRY_KEY, _ENTRY_VALUE = 1, 2
_TENSOR_EXTERNAL_DATA, _TENSOR_DATA_LOCATION = 13, 14
# Where a tensor may stand: kind of message -> field number -> the kind of message that the field holds.
_HOLDS = {
    "graph": {1: "node", 5: "tensor", 15: "sparse tensor"},
    "node": {5: "attribute"},
    "attribute": {5: "tensor", 6: "graph", 10: "tensor", 11: "graph", 22: "sparse tensor", 23: "sparse tensor"},
    "sparse tensor": {1: "tensor", 2: "tensor"},
}
MAX_DEPTH = 32  # of messages inside messages; a network of ours needs three
GRAPH_SHA256 = f"{KEY}.graph_sha256"


def read_onnx_header(content: bytes) -> ModelHeader:
    """The header of an ONNX form. Raises ModelFileError for a file that is not ours, cut short or altered."""
    graph, metadata = split_model(content)
    if KEY not in metadata:
        raise ModelFileError("it has no header of this project, so its classes and preparation are unknown.")
    if hashlib.sha256(graph).hexdigest() != metadata.get(GRAPH_SHA256):
        raise ModelFileError("its network does not match its hash (damaged or altered). Copy it again.")
    _refuse_external_data(graph)
    return ModelHeader.from_text(metadata[KEY])


def split_model(content: bytes) -> tuple[bytes, dict[str, str]]:
    """The serialised graph and the metadata of an ONNX model."""
    graph, metadata = b"", {}
    for number, value in fields(content):
        if number in (_MODEL_TRAINING, _MODEL_FUNCTIONS) or (number == _MODEL_GRAPH and graph):
            # A runtime would join a second graph to the first, past the hash and the checks of the first.
            raise ModelFileError("it holds more than one network, which this project never writes.")
        if number == _MODEL_GRAPH:
            graph = value
        elif number == _MODEL_METADATA:
            entry = dict(fields(value))
            metadata[entry.get(_ENTRY_KEY, b"").decode("utf-8", "replace")] = entry.get(_ENTRY_VALUE, b"").decode(
                "utf-8", "replace"
            )
    return graph, metadata


def _refuse_external_data(message: bytes, kind: str = "graph", depth: int = 0) -> None:
    """Weights that lie in other files would let a model read any file of this machine: no tensor may name one."""
    if depth > MAX_DEPTH:
        raise ModelFileError("its network is nested deeper than any of this project.")
    for number, value in fields(message):
        if kind == "tensor" and number in (_TENSOR_EXTERNAL_DATA, _TENSOR_DATA_LOCATION):
            raise ModelFileError("it stores weights in other files, which are never read.")
        inner = _HOLDS.get(kind, {}).get(number)
        if inner:
            _refuse_external_data(value, inner, depth + 1)


def fields(message: bytes) -> Iterator[tuple[int, bytes]]:
    """The fields of one protobuf message as (number, payload); numbers come as their raw varint or fixed bytes."""
    at = 0
    while at < len(message):
        key, at = _varint(message, at)
        number, kind = key >> 3, key & 7
        if kind == 0:
            end = _varint(message, at)[1]
        elif kind in (1, 5):
            end = at + (8 if kind == 1 else 4)
        elif kind == 2:
            length, at = _varint(message, at)
            end = at + length
        else:
            raise ModelFileError("it is not an ONNX file.")
        if number == 0 or end > len(message):
            raise ModelFileError("it is not an ONNX file, or it is truncated.")
        yield number, message[at:end]
        at = end


def _varint(message: bytes, at: int) -> tuple[int, int]:
    """A base-128 number at `at`, and where it ends."""
    value = shift = 0
    while True:
        if at >= len(message) or shift > 63:
            raise ModelFileError("it is not an ONNX file, or it is truncated.")
        byte = message[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if not byte & 0x80:
            return value, at
