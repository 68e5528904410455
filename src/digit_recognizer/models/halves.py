"""Large tensors of an ONNX model in 16 bits, where that changes no value: half the file, the same answers."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

FEW = 1000  # weights: smaller tensors stay as they are


def fits(values: NDArray[np.float32]) -> bool:
    """Whether 16 bits hold all values exactly."""
    with np.errstate(over="ignore"):
        return values.size > FEW and bool((values.astype(np.float16).astype(np.float32) == values).all())


def store_in_halves(model: Any) -> None:
    """Change an ONNX model: its large tensors that fit are stored in 16 bits, and cast to 32 as a session begins."""
    from onnx import TensorProto, helper, numpy_helper

    graph = model.graph
    for each in list(graph.initializer):
        if each.data_type != TensorProto.FLOAT or prod(each.dims) <= FEW or not fits(numpy_helper.to_array(each)):
            continue
        half = numpy_helper.from_array(numpy_helper.to_array(each).astype(np.float16), f"{each.name}_half")
        graph.node.insert(0, helper.make_node("Cast", [half.name], [each.name], to=TensorProto.FLOAT))
        graph.initializer.remove(each)
        graph.initializer.append(half)


def stored_tensors_of(model: Any) -> dict[str, NDArray[Any]]:
    """The tensors of an ONNX model by name; those in 16 bits as they are used, in 32."""
    from onnx import TensorProto, numpy_helper

    found: dict[str, NDArray[Any]] = {each.name: numpy_helper.to_array(each) for each in model.graph.initializer}
    for node in model.graph.node:
        if node.op_type == "Cast" and node.input[0] in found and node.attribute[0].i == TensorProto.FLOAT:
            found[node.output[0]] = found[node.input[0]].astype(np.float32)
    return found
