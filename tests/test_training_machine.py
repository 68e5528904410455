"""What a run sets for its processor, and gives back: how tiny numbers are treated."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from digit_recognizer.training import EpochRecord, train
from digit_recognizer.training.recipes import CLASSIC
from tiny import tiny_dataset

CAN_FLUSH = torch.set_flush_denormal(True)
torch.set_flush_denormal(False)


def flushes() -> bool:
    """Whether this thread takes numbers below the normal ones of float32 as zero."""
    return float(torch.tensor(1e-40) * 1) == 0


@pytest.mark.skipif(not CAN_FLUSH, reason="this processor cannot flush tiny numbers")
@pytest.mark.parametrize("flushing", [True, False])
def test_tiny_numbers_are_zero_while_a_run_trains_and_as_the_caller_chose_after_it(flushing: bool) -> None:
    seen: list[bool] = []

    def on_epoch(_record: EpochRecord) -> None:
        seen.append(flushes())

    torch.set_flush_denormal(flushing)
    try:
        train(replace(CLASSIC, epochs=1), tiny_dataset(), on_epoch=on_epoch)
        assert seen == [True]
        assert flushes() is flushing
    finally:
        torch.set_flush_denormal(False)
