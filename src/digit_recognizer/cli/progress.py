"""The progress bar of a training, and TensorBoard's events beside it."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from digit_recognizer.cli.output import words
from digit_recognizer.errors import DigitRecognizerError

if TYPE_CHECKING:
    from digit_recognizer.training import EpochRecord


class Watch:
    """Shows epochs as they come: loss, validation accuracy, images a second, time left."""

    def __init__(self, epochs: int, tensorboard: Path | None, quiet: bool) -> None:
        self.progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=24),
            TextColumn("{task.fields[figures]}"),
            TimeRemainingColumn(),
            console=words(),
            disable=quiet,
        )
        self.epochs = epochs
        self.task = self.progress.add_task("starting", total=epochs, figures="")
        self.writer = _event_writer(tensorboard) if tensorboard else None

    def __enter__(self) -> Watch:
        if not self.progress.disable:
            self.progress.start()
        return self

    def __exit__(
        self, _type: type[BaseException] | None, value: BaseException | None, _trace: TracebackType | None
    ) -> None:
        if isinstance(value, DigitRecognizerError):  # the complaint stands alone, without the bar
            self.progress.live.transient = True
        self.close()

    def close(self) -> None:
        """Stop drawing and flush the events."""
        if not self.progress.disable:
            self.progress.stop()
        if self.writer:
            self.writer.close()

    def on_batch(self, epoch: int, done: int, total: int) -> None:
        """Move the bar inside an epoch."""
        self.progress.update(
            self.task,
            description=f"epoch {epoch}/{self.epochs}",
            completed=epoch - 1 + min(1.0, done / total),
        )

    def on_epoch(self, record: EpochRecord) -> None:
        """Show a finished epoch."""
        held_out = record.validation_accuracy
        validation = "" if held_out is None else f", validation {100 * held_out:.2f} %"
        figures = f"loss {record.loss:.4f}{validation}, {record.images_per_second:,.0f} images/s"
        self.progress.update(
            self.task,
            description=f"epoch {record.epoch}/{self.epochs}",
            completed=record.epoch,
            figures=figures,
        )
        if self.writer:
            self.writer.add_scalar("loss/train", record.loss, record.epoch)
            self.writer.add_scalar("speed/images_per_second", record.images_per_second, record.epoch)
            if held_out is not None:
                self.writer.add_scalar("accuracy/validation", held_out, record.epoch)


def _event_writer(folder: Path) -> Any:
    """TensorBoard's writer. Raises MissingExtraError where the extra is not installed."""
    from digit_recognizer.errors import require_extra

    require_extra("tensorboard", "--tensorboard")
    from torch.utils.tensorboard import SummaryWriter

    return SummaryWriter(str(folder))
