"""What a run computes on: the device, and how many threads of the CPU."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from digit_recognizer.errors import ConfigError

_DENORMAL = 1e-40  # less than the smallest normal number of float32


@contextmanager
def threads(count: int | None) -> Iterator[None]:
    """Let torch use this many threads within the block."""
    before = torch.get_num_threads()
    torch.set_num_threads(count or before)
    try:
        yield
    finally:
        torch.set_num_threads(before)


@contextmanager
def denormals_flushed() -> Iterator[None]:
    """Numbers too small to be normal become zero within the block; afterwards they are treated as before it.

    The moments of a unit that no image wakes decay below what processors compute with at full speed: a step of AdamW
    then took three times as long. torch does not tell whether it flushes such numbers, but a product does. Threads
    that torch starts within the block do as this one.
    """
    before = float(torch.tensor(_DENORMAL, device="cpu") * 1) == 0
    torch.set_flush_denormal(True)
    try:
        yield
    finally:
        torch.set_flush_denormal(before)


def choose_device(name: str | None) -> torch.device:
    """The device that was asked for, or the GPU where there is one. Raises ConfigError for one that is absent."""
    if name is None:
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(name)
        float(torch.zeros(1, device=device))  # a device that computes
    except (RuntimeError, AssertionError) as error:
        raise ConfigError(f"The device {name!r} is not usable here. Try the CPU.", see=("device",)) from error
    return device
