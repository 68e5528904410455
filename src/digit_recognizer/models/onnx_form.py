"""A network as ONNX, its tensors under their own names, so that the file serves torch, too."""

from __future__ import annotations

import hashlib
import json
import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from digit_recognizer.errors import ModelFileError
from digit_recognizer.models.halves import store_in_halves, stored_tensors_of
from digit_recognizer.models.header import KEY, ModelHeader
from digit_recognizer.models.line import Line
from digit_recognizer.models.onnx_file import GRAPH_SHA256, read_onnx
from digit_recognizer.models.ood import OodNetwork
from digit_recognizer.models.runtime import OnnxRuntime, TorchRuntime
from digit_recognizer.models.softmax import probabilities_of

TOLERANCE = 1e-5  # between probabilities of the two forms, and of what an OOD score is made of
_TOLERANCE_OF_LINES = 1e-4  # the same of a line reader, which is three times as deep
_IDLE = f"{KEY}.idle"  # entry of the metadata: tensors that the graph has no use for, as JSON


def onnx_bytes(header: ModelHeader, network: nn.Module, sample: NDArray[np.float32]) -> bytes:
    """The network as an ONNX model: input "images" (N, C, H, W), output "logits" (N, K), N free.

    For a line reader W is free too, and the output is (N, T, K + 1). Each tensor of the network is an initializer of
    its name, but for those that take no part in an answer, such as a count of batches: they stand in the metadata.
    """
    import onnx

    model = _traced(network, sample)
    model.graph.ClearField("value_info")
    for node in model.graph.node:  # the exporter's notes hold paths of the machine it ran on
        node.ClearField("metadata_props")
        node.ClearField("doc_string")
    del model.metadata_props[:]
    there = {each.name for each in model.graph.initializer}
    idle = {name: tensor.tolist() for name, tensor in network.state_dict().items() if name not in there}
    store_in_halves(model)
    graph = hashlib.sha256(model.graph.SerializeToString())
    props = {KEY: header.to_text(), _IDLE: json.dumps(idle)}
    props[GRAPH_SHA256] = graph.hexdigest()  # the last: a file that is cut short lacks it
    onnx.helper.set_model_props(model, props)
    return bytes(model.SerializeToString())


def _traced(network: nn.Module, sample: NDArray[np.float32]) -> Any:
    """The network as torch exports it, what is constant folded, but no tensor of its own.

    torch's own clean-up would multiply batch norms into weights, which are then no longer those that were learned;
    runtimes do that for themselves, as they load the file.
    """
    from onnxscript import optimizer, rewriter
    from onnxscript.rewriter.rules.common import materialize_reshape_shape_rule

    was_training = network.training
    network = network.cpu().eval()
    free: dict[int, Any] = {0: torch.export.Dim("N")}
    if isinstance(network, Line):
        free[3] = torch.export.Dim.DYNAMIC
    with _exporter_silenced():
        program = torch.onnx.export(
            network,
            (torch.from_numpy(sample),),
            input_names=["images"],
            output_names=["logits", "ood_score"] if isinstance(network, OodNetwork) else ["logits"],
            dynamic_shapes=(free,),  # by place: networks name their argument differently
            dynamo=True,
            optimize=False,
            verbose=False,
        )
        assert program is not None
        optimizer.fold_constants(
            program.model,
            onnx_shape_inference=True,
            should_fold=lambda node: False if node.op_type == "Transpose" else None,  # of weights
        )
        rewriter.rewrite(program.model, [materialize_reshape_shape_rule])
    network.train(was_training)
    return program.model_proto


@contextmanager
def _exporter_silenced() -> Iterator[None]:
    """torch's exporter warns of its own internals, and older ones log them."""
    logger = logging.getLogger("torch.onnx")
    before = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(before)


def check_onnx_form(
    header: ModelHeader, network: nn.Module, form: bytes, sample: NDArray[np.float32], path: Path
) -> None:
    """Refuse to write an ONNX form that answers differently."""
    (ours, our_score), (theirs, their_score) = (
        runtime.observe(sample) for runtime in (TorchRuntime(network), OnnxRuntime(read_onnx(form)[1]))
    )
    gap = float(np.abs(probabilities_of(ours, header) - probabilities_of(theirs, header)).max())
    if our_score is not None and their_score is not None:
        terms = np.abs(our_score) + 2 * np.abs(ours).max(axis=1)  # it is the difference of two numbers of this size
        gap = max(gap, float((np.abs(our_score - their_score) / (1 + terms)).max()))
    most = _TOLERANCE_OF_LINES if isinstance(network, Line) else TOLERANCE
    if not gap <= most or (our_score is None) != (their_score is None):
        raise ModelFileError(f"{path}: the ONNX form differs from the weights, by {gap:.2g}; nothing was written.")


def read_onnx_form(content: bytes) -> tuple[ModelHeader, dict[str, Tensor]]:
    """Header and tensors by name of an ONNX form. Raises ModelFileError, without the file's name."""
    import onnx

    header, checked = read_onnx(content)
    try:
        model = onnx.load_from_string(checked)
        idle = json.loads({each.key: each.value for each in model.metadata_props}.get(_IDLE, "{}"))
        tensors = {name: torch.from_numpy(array.copy()) for name, array in stored_tensors_of(model).items()}
        return header, tensors | {name: torch.tensor(value) for name, value in idle.items()}
    except Exception as error:  # protobuf's errors and those of onnx for absurd tensors have no common base class
        raise ModelFileError(f"it is damaged or truncated ({error}).") from error
