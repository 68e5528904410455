"""The training loop: forward, cross-entropy, backpropagation by autograd, a step; saved between steps."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import torch
from torch import Tensor, nn

from digit_recognizer.training.batches import Batches, mixed
from digit_recognizer.training.checkpoint import TrainState, save_checkpoint
from digit_recognizer.training.interrupt import Interrupt
from digit_recognizer.training.learner import Learner
from digit_recognizer.training.progress import EpochRecord, OnBatch, OnEpoch, ignore_batch, ignore_epoch

_REPORT_SECONDS = 0.1  # between two calls of on_batch


def accuracy(network: nn.Module, batches: Batches) -> float:
    """The share of images whose most probable class is right; of several labels a case, whose labels are all right."""
    network.eval()
    correct = 0
    with torch.inference_mode():
        for inputs, labels in batches.epoch(0, 0):
            logits = network(inputs)
            right = logits.argmax(1) == labels if labels.ndim == 1 else ((logits > 0) == labels.bool()).all(1)
            correct += int(right.sum())
    return correct / len(batches)


@dataclass
class Loop:
    """Everything one run needs, and where it stands."""

    learner: Learner
    train: Batches
    validation: Batches | None
    seed: int
    position: TrainState
    interrupt: Interrupt
    checkpoints: Path | None = None  # no checkpoints where None
    checkpoint_seconds: float = 60.0  # between two checkpoints inside an epoch
    score: Callable[[nn.Module, Batches], float] = field(default=accuracy)  # of the validation batches
    on_epoch: OnEpoch = field(default=ignore_epoch)
    on_batch: OnBatch = field(default=ignore_batch)

    def run(self) -> None:
        """Train until the last epoch. On an interrupt the state is saved and KeyboardInterrupt raised."""
        while self.position.epoch < self.learner.recipe.epochs:
            began = time.perf_counter()
            images_before = self.position.step * self.learner.recipe.batch_size
            self.one_epoch()
            self.finish_epoch(time.perf_counter() - began, max(0, len(self.train) - images_before))
            self.stop_if_asked()

    def one_epoch(self) -> None:
        """The rest of the epoch that `position` stands in."""
        learner, position = self.learner, self.position
        learner.network.train()
        loss_sum = torch.tensor(position.loss_sum, dtype=torch.float64, device=learner.device)
        saved = reported = time.monotonic()
        for inputs, labels in self.train.epoch(self.seed, position.epoch, position.step):
            loss = learner.step(self.augmented(inputs), labels, self.done())
            loss_sum.add_(loss, alpha=len(labels))
            position.step += 1
            now = time.monotonic()
            if now - reported > _REPORT_SECONDS:
                self.on_batch(position.epoch + 1, position.step * learner.recipe.batch_size, len(self.train))
                reported = now
            if self.interrupt.asked or now - saved > self.checkpoint_seconds:
                position.loss_sum = float(loss_sum)
                if self.train.resumes_inside_epochs:
                    self.save()
                self.stop_if_asked()
                saved = time.monotonic()
        position.loss_sum = float(loss_sum)

    def augmented(self, inputs: Tensor) -> Tensor:
        """The inputs of the next step, bent and degraded by the recipe; the draws depend on seed, epoch, step alone."""
        recipe = self.learner.recipe
        drawn_from = mixed(self.seed, self.position.epoch, self.position.step + 1)  # 0 would be the shuffling's seed
        generator = torch.Generator().manual_seed(drawn_from)
        for change in (recipe.augmentation, recipe.exposure, recipe.degradation):
            inputs = change(inputs, generator) if change else inputs
        return inputs

    def done(self) -> float:
        """The share of the run that lies behind in the middle of the next step, 0 to 1."""
        steps = math.ceil(len(self.train) / self.learner.recipe.batch_size)
        return (self.position.epoch * steps + self.position.step + 0.5) / (self.learner.recipe.epochs * steps)

    def finish_epoch(self, seconds: float, images: int) -> None:
        """Measure, note, save and report the epoch that has just ended."""
        position = self.position
        record = EpochRecord(
            epoch=position.epoch + 1,
            loss=position.loss_sum / len(self.train),
            validation_accuracy=self.score(self.learner.model, self.validation) if self.validation else None,
            seconds=seconds,
            images_per_second=images / seconds,
        )
        position.epoch, position.step, position.loss_sum = position.epoch + 1, 0, 0.0
        position.history.append(record.to_dict())
        self.save()
        self.on_epoch(record)

    def save(self) -> None:
        """A checkpoint of this moment, where somebody asked for checkpoints."""
        if self.checkpoints:
            save_checkpoint(self.checkpoints, self.position, self.learner)

    def stop_if_asked(self) -> None:
        """Raise KeyboardInterrupt once the interrupted state is saved."""
        if self.interrupt.asked:
            raise KeyboardInterrupt
