"""What a run computes on: the device, and how many threads of the CPU."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from digit_recognizer.errors import ConfigError


@contextmanager
def threads(count: int | None) -> Iterator[None]:
    """Let torch use this many threads within the block."""
    before = torch.get_num_threads()
    torch.set_num_threads(count or before)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def choose_device(wish: str | None) -> torch.device:
    """The device that was asked for, or the GPU where there is one. Raises ConfigError for one that is absent."""
    if wish is None:
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(wish)
        float(torch.zeros(1, device=device))  # a device that computes
    except (RuntimeError, AssertionError) as error:
        raise ConfigError(f"The device {wish!r} is not usable here. Try --device cpu.") from error
    return device
