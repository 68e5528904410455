"""What training reports of itself while it runs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class EpochRecord:
    """One line of the history."""

    epoch: int  # 1 for the first
    loss: float  # cross-entropy on the training images, mean per image, nats
    validation_accuracy: float | None  # None where no validation images are held out
    seconds: float  # that this epoch took in this process
    images_per_second: float

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


OnEpoch = Callable[[EpochRecord], None]
OnBatch = Callable[[int, int, int], None]  # epoch, images done in it, images in it


def ignore_epoch(_record: EpochRecord) -> None:
    """Nobody asked for the epochs."""


def ignore_batch(_epoch: int, _done: int, _total: int) -> None:
    """Nobody asked for the batches."""
