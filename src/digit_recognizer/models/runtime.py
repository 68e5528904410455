"""What turns a network's input into logits: ONNX Runtime (base install) or torch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from digit_recognizer.errors import ModelFileError
from digit_recognizer.inference import onnx_session

if TYPE_CHECKING:
    from torch import nn

Inputs = NDArray[np.float32]  # (N, C, H, W), normalised
Logits = NDArray[np.float32]  # (N, K)
OodScore = NDArray[np.float32] | None  # (N,); None for a network without an OOD detector
BATCH = 2048  # images in one call; bounds the memory that a large set takes


class Runtime(Protocol):
    """Maps inputs (N, C, H, W) float32 to logits (N, K) float32 and, where an OOD detector is there, OOD score (N,)."""

    @property
    def name(self) -> str: ...
    def observe(self, inputs: Inputs) -> tuple[Logits, OodScore]: ...


class OnnxRuntime:
    """An ONNX form on ONNX Runtime's CPU provider."""

    name = "onnxruntime"

    def __init__(self, content: bytes, threads: int = 0) -> None:
        """content: the model that `read_onnx` gave; threads: 0 for as many as there are cores."""
        try:
            self._session = onnx_session(content, threads, bounded=True)
        except Exception as error:  # onnxruntime's errors have no public base class
            raise ModelFileError(f"ONNX Runtime cannot load it ({_first_line(error)}).") from error
        inputs = self._session.get_inputs()
        if len(inputs) != 1 or len(self._session.get_outputs()) not in (1, 2):
            raise ModelFileError("expected one input, and one output (logits) or two (logits, ood_score).")
        self._input = inputs[0].name

    def observe(self, inputs: Inputs) -> tuple[Logits, OodScore]:
        try:
            logits, *ood_score = self._session.run(None, {self._input: inputs})
        except Exception as error:
            raise ModelFileError(f"ONNX Runtime cannot run it ({_first_line(error)}).") from error
        return np.asarray(logits, np.float32), np.asarray(ood_score[0], np.float32) if ood_score else None


class TorchRuntime:
    """A network in torch, in evaluation mode, on its device."""

    name = "torch"

    def __init__(self, network: nn.Module) -> None:
        self.network = network.eval()

    def observe(self, inputs: Inputs) -> tuple[Logits, OodScore]:
        import torch

        device = next(self.network.parameters()).device
        try:
            with torch.inference_mode():
                result: Any = self.network(torch.from_numpy(inputs).to(device))
        except RuntimeError as error:
            raise ModelFileError(f"torch cannot run it ({_first_line(error)}).") from error
        logits, *ood_score = result if isinstance(result, tuple) else (result,)
        return logits.float().cpu().numpy(), ood_score[0].float().cpu().numpy() if ood_score else None


def _first_line(error: Exception) -> str:
    """The first line of a library's long complaint."""
    return (str(error).splitlines() or [type(error).__name__])[0][:200]
