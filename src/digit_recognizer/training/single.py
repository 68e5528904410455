"""One network: a loop that begins by the seed or goes on from a checkpoint, and what it ends with."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch import nn

from digit_recognizer.data import Dataset, Split
from digit_recognizer.images import Preprocess
from digit_recognizer.training.any_recipe import LineRecipe
from digit_recognizer.training.arithmetic import FLOAT32, computing, warn_where_slow
from digit_recognizer.training.batches import make_batches
from digit_recognizer.training.checkpoint import TrainState, load_checkpoint
from digit_recognizer.training.distributed import first_here, share
from digit_recognizer.training.interrupt import Interrupt, deferred_interrupt
from digit_recognizer.training.learner import Learner
from digit_recognizer.training.line_sources import held_out_sources, training_sources
from digit_recognizer.training.lines import TrainingLines, ValidationLines, line_loss, share_right
from digit_recognizer.training.loop import Loop
from digit_recognizer.training.losses import task_loss
from digit_recognizer.training.machine import denormals_flushed, threads
from digit_recognizer.training.network import mix_with_start, started
from digit_recognizer.training.progress import EpochRecord, OnBatch, OnEpoch
from digit_recognizer.training.provenance import classes_of
from digit_recognizer.training.recipe import Recipe
from digit_recognizer.training.run_folder import CHECKPOINTS, write_history

VALIDATION_BATCH = 2048


@dataclass(frozen=True)
class Task:
    """What to learn from and whom to tell, whatever the recipe."""

    dataset: Dataset
    learn: Split
    held_out: Split | None
    preprocess: Preprocess
    model: nn.Module | None  # someone's own network
    seed: int
    device: torch.device
    folder: Path | None
    checkpoint_seconds: float
    on_epoch: OnEpoch
    on_batch: OnBatch
    arithmetic: str = FLOAT32  # of the steps; an ensemble's members have their own


def train_network(recipe: Recipe | LineRecipe, task: Task) -> tuple[nn.Module, list[EpochRecord]]:
    """A network and its history; goes on from the checkpoints in the task's folder where there are some."""
    with (
        torch.random.fork_rng(),
        threads(recipe.learning.threads),
        denormals_flushed(),
        deferred_interrupt() as interrupt,
    ):
        loop = make_loop(recipe, task, interrupt)
        loop.on_batch, loop.checkpoint_seconds = task.on_batch, task.checkpoint_seconds
        loop.on_epoch = _noted(task.folder, loop, task.on_epoch) if task.folder else task.on_epoch
        if task.folder:
            loop.checkpoints = task.folder / CHECKPOINTS
            loop.position = load_checkpoint(loop.checkpoints, loop.learner) or loop.position
        share(loop, task.arithmetic)
        if loop.position.epoch < recipe.epochs and first_here():
            warn_where_slow(str(task.folder or recipe.name), task.arithmetic, task.device)
        loop.run()
        history = [EpochRecord(**record) for record in loop.position.history]
        if isinstance(recipe, LineRecipe) and recipe.kept:
            mix_with_start(loop.learner.model, started(recipe, _described_by(recipe, task)), recipe.kept)
            share_of = loop.score(loop.learner.model, loop.validation) if loop.validation else None
            history[-1] = replace(history[-1], validation_accuracy=share_of)
    return loop.learner.model.eval(), history


def _described_by(recipe: Recipe | LineRecipe, task: Task) -> dict[str, Any]:
    """The network's description, as a model file names it."""
    form = task.preprocess
    return recipe.architecture(form.size, len(classes_of(recipe, task.dataset)), form.channels)


def make_loop(recipe: Recipe | LineRecipe, task: Task, interrupt: Interrupt) -> Loop:
    """The loop at its first step: weights initialised by the seed, batches ready."""
    preprocess, spec, held_out = task.preprocess, task.dataset.spec, task.held_out
    torch.manual_seed(task.seed)
    network = (task.model or started(recipe, _described_by(recipe, task))).to(task.device)
    computed = computing(network, task.device, task.arithmetic)
    if isinstance(recipe, LineRecipe):
        return Loop(
            learner=Learner(recipe.learning, network, line_loss, computed),
            train=TrainingLines(training_sources(task.dataset, task.learn, recipe.shares), recipe, task.device),
            validation=ValidationLines(held_out_sources(task.dataset, held_out), task.device) if held_out else None,
            seed=task.seed,
            position=TrainState(),
            interrupt=interrupt,
            score=share_right,
        )
    loss = task_loss(recipe, task.learn.labels, len(spec.classes), task.device)
    return Loop(
        learner=Learner(recipe, network, loss, computed),
        train=make_batches(task.learn, preprocess, recipe.batch_size, task.device, recipe.images),
        validation=make_batches(held_out, preprocess, VALIDATION_BATCH, task.device) if held_out else None,
        seed=task.seed,
        position=TrainState(),
        interrupt=interrupt,
    )


def _noted(folder: Path, loop: Loop, on_epoch: OnEpoch) -> OnEpoch:
    """`on_epoch`, with the history on disk brought up to date before it is called."""

    def note(record: EpochRecord) -> None:
        write_history(folder, loop.position.history)
        on_epoch(record)

    return note
