"""What a run computes its steps in: bfloat16 where the processor has a unit for it, float32 elsewhere.

The processor alone decides, never a clock, so that a seed repeats. Where torch has no kernels for bfloat16 that run on
such a unit it emulates them: a step then took 2 to 12 times as long as in float32.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from digit_recognizer.errors import DigitRecognizerWarning

FLOAT32, BFLOAT16 = ARITHMETICS = ("float32", "bfloat16")

# Processors without a unit for bfloat16, by oneDNN's names for the bound on what it compiles for.
_OLDER = frozenset(("sse41", "avx", "avx2", "avx2_vnni", "avx2_vnni_2", "avx512_core", "avx512_core_vnni"))


@dataclass(frozen=True)
class Cpu:
    """What decides whether a CPU computes in bfloat16 at full speed."""

    instructions: bool  # the processor has some for bfloat16: AVX512-BF16
    vectors: str  # what torch's own kernels are compiled for: AVX512, AVX2 or DEFAULT
    kernels: bool  # oneDNN, which convolves, is in use and has kernels for bfloat16
    bound: str = ""  # the newest processor that oneDNN compiles for, where a variable names one

    @property
    def has_bfloat16(self) -> bool:
        """Whether torch trains in bfloat16 at full speed here.

        Of ARM's processors torch tells too little: oneDNN's kernels for them are for inference. They count as without.
        """
        asked_for = self.vectors.startswith("AVX512") and self.bound.lower() not in _OLDER
        return self.instructions and self.kernels and asked_for


def cpu_here() -> Cpu:
    """This machine's CPU, bounded as the user bounds it: ATEN_CPU_CAPABILITY, ONEDNN_MAX_CPU_ISA, DNNL_MAX_CPU_ISA."""
    in_use = torch.backends.mkldnn.is_available() and torch.backends.mkldnn.enabled
    return Cpu(
        instructions=_answer(torch.cpu, "_is_avx512_bf16_supported"),
        vectors=torch.backends.cpu.get_cpu_capability(),
        kernels=bool(in_use) and _answer(torch.ops.mkldnn, "_is_mkldnn_bf16_supported"),
        bound=os.environ.get("ONEDNN_MAX_CPU_ISA") or os.environ.get("DNNL_MAX_CPU_ISA") or "",
    )


def _answer(place: Any, question: str) -> bool:
    """What torch answers; False where this build of it does not know the question, which is not public."""
    ask = getattr(place, question, None)
    return ask is not None and bool(ask())


def has_bfloat16(device: torch.device) -> bool:
    """Whether a device computes in bfloat16 at full speed, as far as torch tells."""
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    return device.type == "cpu" and cpu_here().has_bfloat16


def arithmetic_for(kind: str, *, unit: bool, on_cpu: bool) -> str:
    """What a new run computes in on a kind of device ("cpu", "cuda", ...).

    unit: it computes in bfloat16 at full speed. on_cpu: the recipe wants that on a CPU too, not on a GPU alone.
    """
    return BFLOAT16 if unit and (kind == "cuda" or (kind == "cpu" and on_cpu)) else FLOAT32


def begun_on(device: torch.device, *, on_cpu: bool) -> dict[str, str]:
    """What run.json notes of the machine that a run is begun on; on_cpu: as above."""
    arithmetic = arithmetic_for(device.type, unit=has_bfloat16(device), on_cpu=on_cpu)
    return {"arithmetic": arithmetic, "device": device.type}


def warn_where_slow(run: str, arithmetic: str, device: torch.device) -> None:
    """Tell that a run keeps an arithmetic that this device only emulates."""
    if arithmetic == BFLOAT16 and not has_bfloat16(device):
        message = (
            f"{run}: was begun in bfloat16 and keeps it, since float32 would give other weights. This machine's"
            f" {device.type} does not support bfloat16: a step takes several times as long as in float32. Continue"
            " where the run was started, or start a new run here, which takes float32."
        )
        warnings.warn(message, DigitRecognizerWarning, stacklevel=2)


def computing(network: nn.Module, device: torch.device, arithmetic: str) -> Callable[[Tensor], Tensor]:
    """A network's forward pass while it learns, in one of ARITHMETICS; the logits are float32 in both."""
    if arithmetic == FLOAT32:
        return network

    def forward(inputs: Tensor) -> Tensor:
        with torch.autocast(device.type, torch.bfloat16):
            logits: Tensor = network(inputs)
        return logits.float()

    return forward
