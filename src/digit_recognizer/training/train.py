"""The public `train`: a recipe and a data set in, a trained network out; resumable where a run folder is named."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from digit_recognizer.data import Dataset, Split, load_dataset
from digit_recognizer.data.pictures import modalities_of
from digit_recognizer.data.readable import left_out, write_errors
from digit_recognizer.data.spec import check_taught
from digit_recognizer.errors import ConfigError, DataError
from digit_recognizer.images import Preprocess
from digit_recognizer.images.lines import LINE_FORM
from digit_recognizer.models import ModelHeader
from digit_recognizer.models.architectures import OWN
from digit_recognizer.models.ensemble import Ensemble
from digit_recognizer.models.line import Line
from digit_recognizer.models.locations import MODEL_NAME
from digit_recognizer.models.model_file import write_model
from digit_recognizer.training.arithmetic import FLOAT32, begun_on, computing, warn_where_slow
from digit_recognizer.training.batches import make_batches, mixed
from digit_recognizer.training.checkpoint import TrainState, load_checkpoint
from digit_recognizer.training.distributed import arithmetic_of_all, first_here, joined, own_device, rank, share
from digit_recognizer.training.interrupt import Interrupt, deferred_interrupt
from digit_recognizer.training.learner import Learner
from digit_recognizer.training.line_sources import held_out_sources, training_sources
from digit_recognizer.training.lines import (
    VALIDATION_LINES,
    TrainingLines,
    ValidationLines,
    line_loss,
    sample_lines,
    share_right,
)
from digit_recognizer.training.loop import Loop, accuracy
from digit_recognizer.training.losses import task_loss
from digit_recognizer.training.machine import choose_device, denormals_flushed, threads
from digit_recognizer.training.network import alone, form_of, mix_with_start, started
from digit_recognizer.training.progress import EpochRecord, OnBatch, OnEpoch, ignore_batch, ignore_epoch
from digit_recognizer.training.provenance import calibrated, classes_of, make_header, measured, watched
from digit_recognizer.training.recipe import AnyRecipe, EnsembleRecipe, LineRecipe, Recipe
from digit_recognizer.training.recipes import recipe_for
from digit_recognizer.training.run_folder import CHECKPOINTS, MEMBERS, SETTINGS, opened_run, write_history

_VALIDATION_BATCH = 2048
SAMPLE = 256  # images on which the two forms of the model file must agree


@dataclass(frozen=True)
class Trained:
    """What training gives back."""

    network: nn.Module
    header: ModelHeader
    history: list[EpochRecord]
    folder: Path | None  # where the model lies, if a run folder was asked for


def train(
    recipe: str | AnyRecipe = "classic",
    data: str | Path | Dataset = "mnist",
    *,
    train_on: str = "train",
    seed: int = 0,
    out: str | Path | None = None,
    resume: bool = False,
    data_dir: str | Path | None = None,
    model: nn.Module | None = None,
    device: str | None = None,
    checkpoint_seconds: float = 60.0,
    on_epoch: OnEpoch = ignore_epoch,
    on_batch: OnBatch = ignore_batch,
) -> Trained:
    """Train a network by a recipe. Bit for bit repeatable by seed on one machine and processors alike (and, where the
    recipe names no thread count, for one count); other processors round otherwise, and may have no bfloat16.

    recipe: a name ("auto" suits any set) or a Recipe. data: a set's name, a folder of class folders, or a loaded
    Dataset. train_on: "train", "train+validation" or "all".
    model: your own network, (N, C, H, W) float32 -> logits (N, K), which is taught in place by the recipe's rules.
    out: the run folder to write (run.json, history.jsonl, checkpoints/, model.safetensors, model.onnx; errors.csv where
    pictures cannot be read), if any.
    resume: go on with the run in `out`, bit-exactly on processors alike, and everywhere in the arithmetic that it was
    begun in. device: "cpu", "cuda"; the GPU where there is one by default.
    Processes that torchrun started train one network together; the first of them writes, and is told of the progress.
    Raises ConfigError, DataError, RunError or StorageError; KeyboardInterrupt after the interrupted state is saved.
    """
    place = own_device(choose_device(device))
    dataset = data if isinstance(data, Dataset) else load_dataset(data, data_dir)
    bad = left_out(dataset, ("train", "validation", "calibration"))  # all that is read until the run ends
    learn, held_out = dataset.training(train_on)
    if len(np.unique(learn.labels)) < 2:
        raise DataError(f"{dataset.spec.name}: its training images are all of one class. Add another class.")
    check_taught(dataset.spec, learn)
    chosen = alone(recipe_for(recipe, dataset.spec, len(learn)), model)
    source = source_of(dataset, learn, train_on, len(bad))
    settings: dict[str, Any] = {"recipe": chosen.to_dict(), "data": source, "seed": seed, "place": dict(dataset.place)}
    if not isinstance(chosen, EnsembleRecipe):  # each member notes its own
        settings |= begun_on(place, on_cpu=chosen.learning.bfloat16)
    first = rank() == 0
    folder = Path(out) if out is not None and first else None
    if not 0 <= seed < 2**63:
        raise ConfigError(f"The seed {seed} is out of range. Give a whole number from 0 to 2**63 - 1.")
    if resume and out is None:
        raise ConfigError("--resume needs the run folder to go on with: name it with --out.")
    lines = isinstance(chosen, LineRecipe)
    preprocess = LINE_FORM if lines else form_of(dataset.spec)
    settings["form"] = preprocess.to_dict()
    told = (on_epoch, on_batch) if first else (ignore_epoch, ignore_batch)
    task = Task(dataset, learn, held_out, preprocess, model, seed, place, folder, checkpoint_seconds, *told)
    with opened_run(folder, settings, resume) if folder else nullcontext(settings) as begun, joined(place):
        write_errors(folder, bad)
        if isinstance(chosen, EnsembleRecipe):
            network, history = _train_members(chosen, task, train_on)
        else:
            own = begun["arithmetic"]
            network, history = _train_network(chosen, replace(task, arithmetic=arithmetic_of_all(own, place)))
        measured_on = VALIDATION_LINES if lines else len(held_out or ())
        share = measured(history[-1].validation_accuracy, measured_on)
        header = make_header(chosen, dataset, source, seed, network, share, preprocess)
        if model is not None:
            header = replace(header, architecture={"name": OWN, "kind": type(model).__qualname__})
        if folder:
            write_history(folder, [record.to_dict() for record in history])
            _write_run_model(folder / MODEL_NAME, header, network, task)
    return Trained(network, header, history, folder)


def source_of(dataset: Dataset, learn: Split, train_on: str, bad: int) -> dict[str, Any]:
    """What a network learned from, for its header; bad: pictures that cannot be read."""
    source: dict[str, Any] = {"name": dataset.spec.name, "train_on": train_on, "n": len(learn), "sha256": learn.sha256}
    if modalities := modalities_of(learn):
        source["modalities"] = modalities
    return source | ({"left_out": bad} if bad else {})


def _write_run_model(path: Path, header: ModelHeader, network: nn.Module, task: Task) -> None:
    """The model file of a finished run, of single digits with watch and calibration."""
    if isinstance(network, Line):
        write_model(path, header, network.cpu(), sample_lines(held_out_sources(task.dataset, task.learn)))
        return
    whole = watched(network, task.learn, header.preprocess)
    header = calibrated(header, task.dataset, whole)
    sample = header.preprocess.normalise(next(iter(task.learn.batches(SAMPLE))))
    write_model(path, header, whole, sample)


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


def _train_network(recipe: Recipe | LineRecipe, task: Task) -> tuple[nn.Module, list[EpochRecord]]:
    """A network and its history; goes on from the checkpoints in the task's folder where there are some."""
    with (
        torch.random.fork_rng(),
        threads(recipe.learning.threads),
        denormals_flushed(),
        deferred_interrupt() as interrupt,
    ):
        loop = make_loop(recipe, task, interrupt)
        loop.on_batch, loop.checkpoint_seconds = task.on_batch, task.checkpoint_seconds
        loop.on_epoch = noted(task.folder, loop, task.on_epoch) if task.folder else task.on_epoch
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


def _train_members(recipe: EnsembleRecipe, task: Task, train_on: str) -> tuple[nn.Module, list[EpochRecord]]:
    """An ensemble of networks, each trained in its own run folder, and the members' histories as one.

    The last record tells the ensemble's own validation accuracy.
    """
    networks: list[nn.Module] = []
    history: list[EpochRecord] = []
    for member in recipe.members:
        before = len(history)

        def on_epoch(record: EpochRecord, before: int = before) -> None:
            task.on_epoch(replace(record, epoch=before + record.epoch))

        def on_batch(epoch: int, done: int, total: int, before: int = before) -> None:
            task.on_batch(before + epoch, done, total)

        folder = task.folder / MEMBERS / member.name if task.folder else None
        trained = train(
            member,
            task.dataset,
            train_on=train_on,
            seed=mixed(task.seed, member.variant) if member.variant else task.seed,
            out=folder,
            resume=bool(folder and (folder / SETTINGS).exists()),
            device=str(task.device),
            checkpoint_seconds=task.checkpoint_seconds,
            on_epoch=on_epoch,
            on_batch=on_batch,
        )
        networks.append(trained.network)
        history += [replace(record, epoch=before + record.epoch) for record in trained.history]
    several = task.dataset.spec.task == "multi-label"
    network = Ensemble(networks, multi_label=several, mirrored=recipe.mirrored).eval()
    if task.held_out:
        held_out = make_batches(task.held_out, task.preprocess, _VALIDATION_BATCH, task.device)
        history[-1] = replace(history[-1], validation_accuracy=accuracy(network.to(task.device), held_out))
    return network, history


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
        validation=make_batches(held_out, preprocess, _VALIDATION_BATCH, task.device) if held_out else None,
        seed=task.seed,
        position=TrainState(),
        interrupt=interrupt,
    )


def noted(folder: Path, loop: Loop, on_epoch: OnEpoch) -> OnEpoch:
    """`on_epoch`, with the history on disk brought up to date before it is called."""

    def note(record: EpochRecord) -> None:
        write_history(folder, loop.position.history)
        on_epoch(record)

    return note
