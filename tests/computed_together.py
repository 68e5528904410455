"""Started by test_training_distributed.py: the arithmetic that torchrun's processes agree on, and what it gives."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import torch
from torch import nn

from digit_recognizer.training.arithmetic import ARITHMETICS, BFLOAT16, FLOAT32
from digit_recognizer.training.distributed import Together, arithmetic_of_all, joined, rank
from digit_recognizer.training.interrupt import Interrupt

CPU = torch.device("cpu")


def off_by(arithmetic: str) -> float:
    """The largest difference of logits that all compute together from those that one computes in float32."""
    torch.manual_seed(0)
    network, inputs = nn.Linear(300, 200), torch.randn(8, 300)
    logits = Together(network, CPU, Interrupt(), Interrupt(), arithmetic)(inputs)
    return float((logits - network(inputs)).detach().abs().max())


if __name__ == "__main__":
    with joined(CPU):
        proposed = [BFLOAT16, FLOAT32] if rank() == 0 else [FLOAT32, BFLOAT16]
        agreed = [arithmetic_of_all(each, CPU) for each in proposed]
        found = {"agreed": agreed, "off": {each: off_by(each) for each in ARITHMETICS}}
    (Path(sys.argv[1]) / f"{rank()}.json").write_text(json.dumps(found))
