"""An ONNX file is checked before ONNX Runtime sees it, and what ONNX Runtime sees is what was checked, written anew.

The base install has ONNX Runtime but not the onnx package, so the file is read here, by what this project writes of
onnx.proto: our header, whole weights, nothing outside the file, and operators alone that end by themselves.
"""

from __future__ import annotations

import hashlib
import math

from digit_recognizer.errors import ModelFileError
from digit_recognizer.models.header import KEY, ModelHeader
from digit_recognizer.models.protobuf import Fields, Message, parse, serialised

GRAPH_SHA256 = f"{KEY}.graph_sha256"
_SECOND = "!it holds more than one network, which this project never writes."
_OUTSIDE = "!it keeps weights in other files, which are never read."
_INSIDE = "!it holds networks inside its network, for loops or branches, which this project never writes."
# The messages of onnx.proto: what each field that is read holds; with ! before it, why it is refused.
_KNOWN: Fields = {
    "model": {
        **{1: "int", 2: "bytes", 3: "bytes", 4: "bytes", 5: "int", 6: "bytes", 7: "bytes"},
        **{8: "opset*", 14: "entry*", 20: _SECOND, 25: _SECOND},
    },
    "opset": {1: "bytes", 2: "int"},
    "entry": {1: "bytes", 2: "bytes"},
    "graph": {
        **{1: "node*", 2: "bytes", 5: "tensor*", 10: "bytes"},
        **{11: "value*", 12: "value*", 13: "value*", 16: "entry*"},
    },
    "node": {
        **{1: "bytes*", 2: "bytes*", 3: "bytes", 4: "bytes", 5: "attribute*", 6: "bytes", 7: "bytes"},
        9: "entry*",
    },
    "attribute": {
        **{1: "bytes", 2: "float", 3: "int", 4: "bytes", 5: "tensor", 6: _INSIDE, 7: "float*", 8: "int*"},
        **{9: "bytes*", 11: _INSIDE, 13: "bytes", 20: "int"},
    },
    "tensor": {
        **{1: "int*", 2: "int", 4: "float*", 5: "int*", 7: "int*", 8: "bytes", 9: "bytes", 10: "double*"},
        **{11: "int*", 12: "bytes", 13: _OUTSIDE, 14: _OUTSIDE},
    },
    "value": {1: "bytes", 2: "type", 3: "bytes", 4: "entry*"},
    "type": {1: "tensor type", 6: "bytes"},
    "tensor type": {1: "int", 2: "shape"},
    "shape": {1: "dimension*"},
    "dimension": {1: "int", 2: "bytes", 3: "bytes"},
}
_GRAPH, _OPSETS, _METADATA = 7, 8, 14  # of a model
_NODES, _TENSORS = 1, 5  # of a graph
_OPERATOR, _ATTRIBUTES, _DOMAIN = 4, 5, 7  # of a node
_TENSOR, _KIND = 5, 20  # of an attribute
_PLAIN_KINDS = (1, 2, 3, 4, 6, 7, 8)  # of attributes: numbers, texts and tensors
_SIZES, _TYPE, _RAW = 1, 2, 9  # of a tensor
_LISTS = {4: 4, 5: 0, 7: 0, 10: 8, 11: 0}  # fields of its numbers -> bytes of each, 0 where each is read
_BYTES = {1: 4, 2: 1, 3: 1, 4: 2, 5: 2, 6: 4, 7: 8, 9: 1, 10: 2, 11: 8, 12: 4, 13: 8, 16: 2}  # by type; no texts
# What the networks of this project compute with, those of timm and people's own among them. All of them end by
# themselves; none runs another network, draws at random, or reads anything but its inputs.
_NAMES = """
Abs Add And ArgMax ArgMin AveragePool BatchNormalization Cast CastLike Ceil Celu Clip Concat Constant
ConstantOfShape Conv ConvTranspose Cos CumSum DepthToSpace Div Dropout Einsum Elu Equal Erf Exp Expand Flatten Floor
GRU Gather GatherElements GatherND Gelu Gemm GlobalAveragePool GlobalMaxPool Greater GreaterOrEqual GridSample
GroupNormalization HardSigmoid HardSwish Identity InstanceNormalization LRN LSTM LayerNormalization LeakyRelu Less
LessOrEqual Log LogSoftmax LpNormalization LpPool MatMul Max MaxPool Mean Min Mish Mod Mul Neg Not Or PRelu Pad Pow
RMSNormalization RNN Range Reciprocal ReduceL1 ReduceL2 ReduceLogSum ReduceLogSumExp ReduceMax ReduceMean ReduceMin
ReduceProd ReduceSum ReduceSumSquare Relu Reshape Resize Round ScatterElements ScatterND Selu Shape Sigmoid Sign Sin
Size Slice Softmax Softplus Softsign SpaceToDepth Split Sqrt Squeeze Sub Sum Swish Tanh ThresholdedRelu Tile TopK
Transpose Trilu Unsqueeze Upsample Where Xor
"""
_OPERATORS = frozenset(_NAMES.split())


def read_onnx(content: bytes) -> tuple[ModelHeader, bytes]:
    """The header of an ONNX form, and the model to run, written anew from what was checked.

    Raises ModelFileError for a file that is not ours, cut short or altered, or that computes with what we never write.
    """
    model = parse(memoryview(content), "model", _KNOWN)
    metadata = {_text(entry, 1): _text(entry, 2) for entry in model.get(_METADATA, [])}
    if KEY not in metadata:
        raise ModelFileError("it carries no header of this project, so its classes and preparation are unknown.")
    (stored,) = model.get(_GRAPH, [memoryview(b"")])
    if hashlib.sha256(stored).hexdigest() != metadata.get(GRAPH_SHA256):
        raise ModelFileError("its network is not the one that was written (damaged or altered). Copy it again.")
    graph = parse(stored, "graph", _KNOWN)
    for opset in model.get(_OPSETS, []):
        _check_domain(_text(opset, 1))
    for node in graph.get(_NODES, []):
        _check_node(node)
    for tensor in graph.get(_TENSORS, []):
        _check_tensor(tensor)
    model[_GRAPH] = [serialised(graph, "graph", _KNOWN)]
    return ModelHeader.from_text(metadata[KEY]), serialised(model, "model", _KNOWN)


def read_onnx_header(content: bytes) -> ModelHeader:
    """The header alone."""
    return read_onnx(content)[0]


def _check_node(node: Message) -> None:
    """Refuse a step of the network that this project never writes."""
    _check_domain(_text(node, _DOMAIN))
    operator = _text(node, _OPERATOR)
    if operator not in _OPERATORS:
        raise ModelFileError(f"it computes with {operator[:100]!r}, which no network of this project does.")
    for attribute in node.get(_ATTRIBUTES, []):
        if attribute.get(_KIND) not in ([kind] for kind in _PLAIN_KINDS):
            raise ModelFileError(_INSIDE.removeprefix("!"))
        for tensor in attribute.get(_TENSOR, []):
            _check_tensor(tensor)


def _check_domain(domain: str) -> None:
    """Refuse operators that are not ONNX's own."""
    if domain not in ("", "ai.onnx"):
        raise ModelFileError(f"it computes with operators of {domain[:100]!r}, which this project never does.")


def _check_tensor(tensor: Message) -> None:
    """Refuse a tensor whose sizes are not those of the numbers that stand in the file."""
    (kind,) = tensor.get(_TYPE, [0])
    each, raw = _BYTES.get(kind), tensor.get(_RAW)
    listed = sum(
        sum(map(len, tensor.get(field, []))) // size if size else len(tensor.get(field, []))
        for field, size in _LISTS.items()
    )
    count = math.prod(tensor.get(_SIZES, []))
    if each is None or (count != listed if raw is None else listed or len(raw[0]) != count * each):
        raise ModelFileError("it holds a tensor of other sizes than its numbers, or of another type than we write.")


def _text(message: Message, field: int) -> str:
    """A text of a message; "" where there is none."""
    (value,) = message.get(field, [b""])
    return bytes(value).decode("utf-8", "replace")
