"""The public `train`: a recipe and a data set in, a trained network out; resumable where a run folder is named."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from torch import nn

from digit_recognizer.data import Dataset, Split
from digit_recognizer.data.readable import left_out, write_errors
from digit_recognizer.data.spec import check_taught
from digit_recognizer.errors import DataError
from digit_recognizer.images.lines import LINE_FORM
from digit_recognizer.models import ModelHeader
from digit_recognizer.models.architectures import OWN
from digit_recognizer.models.ensemble import Ensemble
from digit_recognizer.models.line import Line
from digit_recognizer.models.locations import MODEL_NAME
from digit_recognizer.models.model_file import write_model
from digit_recognizer.training.any_recipe import AnyRecipe, EnsembleRecipe, LineRecipe
from digit_recognizer.training.arithmetic import begun_on
from digit_recognizer.training.batches import make_batches, mixed
from digit_recognizer.training.distributed import arithmetic_of_all, joined, own_device, rank
from digit_recognizer.training.line_sources import held_out_sources
from digit_recognizer.training.lines import VALIDATION_LINES, sample_lines
from digit_recognizer.training.loop import accuracy
from digit_recognizer.training.machine import choose_device
from digit_recognizer.training.network import alone, form_of
from digit_recognizer.training.progress import EpochRecord, OnBatch, OnEpoch, ignore_batch, ignore_epoch
from digit_recognizer.training.provenance import calibrated, make_header, measured, source_of, with_ood_detector
from digit_recognizer.training.recipes import recipe_for
from digit_recognizer.training.run_folder import MEMBERS, SETTINGS, opened_run, write_history
from digit_recognizer.training.settings import TrainSettings
from digit_recognizer.training.single import VALIDATION_BATCH, Task, train_network

_SAMPLE = 256  # images on which the two forms of the model file must agree


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
    settings = TrainSettings(recipe, data, train_on, seed, out, resume, data_dir, device, checkpoint_seconds)
    return train_by(settings, model, on_epoch, on_batch)


def train_by(
    settings: TrainSettings,
    model: nn.Module | None = None,
    on_epoch: OnEpoch = ignore_epoch,
    on_batch: OnBatch = ignore_batch,
) -> Trained:
    """`train`, its settings in one object. Raises what `train` raises."""
    settings.check()
    place = own_device(choose_device(settings.device))
    dataset = settings.load()
    bad = left_out(dataset, ("train", "validation", "calibration"))  # all that is read until the run ends
    learn, held_out = _taught(dataset, settings.train_on)
    recipe = alone(recipe_for(settings.recipe, dataset.spec, len(learn)), model)
    source = source_of(dataset, learn, settings.train_on, len(bad))
    form = LINE_FORM if isinstance(recipe, LineRecipe) else form_of(dataset.spec)
    first = rank() == 0
    folder = Path(settings.out) if settings.out is not None and first else None
    told = (on_epoch, on_batch) if first else (ignore_epoch, ignore_batch)
    seed, seconds = settings.seed, settings.checkpoint_seconds
    task = Task(dataset, learn, held_out, form, model, seed, place, folder, seconds, *told)
    outcome = _decides(recipe, task, source)
    with opened_run(folder, outcome, settings.resume) if folder else nullcontext(outcome) as begun, joined(place):
        write_errors(folder, bad)
        if isinstance(recipe, EnsembleRecipe):
            network, history = _train_members(recipe, task, settings)
        else:
            own = begun["arithmetic"]
            network, history = train_network(recipe, replace(task, arithmetic=arithmetic_of_all(own, place)))
        header = _header(recipe, task, source, network, history[-1].validation_accuracy)
        if folder:
            write_history(folder, [record.to_dict() for record in history])
            _write_run_model(folder / MODEL_NAME, header, network, task)
    return Trained(network, header, history, folder)


def _taught(dataset: Dataset, train_on: str) -> tuple[Split, Split | None]:
    """What to learn from, and what is held out of it. Raises DataError where a class has no image to learn from."""
    learn, held_out = dataset.training(train_on)
    if len(np.unique(learn.labels)) < 2:
        raise DataError(f"{dataset.spec.name}: its training images are all of one class. Add another class.")
    check_taught(dataset.spec, learn)
    return learn, held_out


def _decides(recipe: AnyRecipe, task: Task, source: dict[str, Any]) -> dict[str, Any]:
    """What decides a run's outcome, as run.json keeps it (`opened_run`)."""
    what = {"recipe": recipe.to_dict(), "data": source, "seed": task.seed}
    where = {"place": dict(task.dataset.place), "form": task.preprocess.to_dict()}
    if isinstance(recipe, EnsembleRecipe):  # each member notes its own arithmetic
        return what | where
    return what | where | begun_on(task.device, on_cpu=recipe.learning.bfloat16)


def _header(
    recipe: AnyRecipe, task: Task, source: dict[str, Any], network: nn.Module, share: float | None
) -> ModelHeader:
    """The header of a trained network; share: of the validation images (or lines) that are read rightly."""
    n = VALIDATION_LINES if isinstance(recipe, LineRecipe) else len(task.held_out or ())
    header = make_header(recipe, task.dataset, source, task.seed, network, measured(share, n), task.preprocess)
    if task.model is None:
        return header
    return replace(header, architecture={"name": OWN, "kind": type(task.model).__qualname__})


def _write_run_model(path: Path, header: ModelHeader, network: nn.Module, task: Task) -> None:
    """The model file of a finished run, of single digits with ood and calibration."""
    if isinstance(network, Line):
        write_model(path, header, network.cpu(), sample_lines(held_out_sources(task.dataset, task.learn)))
        return
    whole = with_ood_detector(network, task.learn, header.preprocess)
    header = calibrated(header, task.dataset, whole)
    sample = header.preprocess.normalise(next(iter(task.learn.batches(_SAMPLE))))
    write_model(path, header, whole, sample)


def _train_members(recipe: EnsembleRecipe, task: Task, settings: TrainSettings) -> tuple[nn.Module, list[EpochRecord]]:
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
        own = replace(
            settings,
            recipe=member,
            data=task.dataset,
            seed=mixed(task.seed, member.variant) if member.variant else task.seed,
            out=folder,
            resume=bool(folder and (folder / SETTINGS).exists()),
            device=str(task.device),
        )
        trained = train_by(own, None, on_epoch, on_batch)
        networks.append(trained.network)
        history += [replace(record, epoch=before + record.epoch) for record in trained.history]
    several = task.dataset.spec.task == "multi-label"
    network = Ensemble(networks, multi_label=several, mirrored=recipe.mirrored).eval()
    if task.held_out:
        held_out = make_batches(task.held_out, task.preprocess, VALIDATION_BATCH, task.device)
        history[-1] = replace(history[-1], validation_accuracy=accuracy(network.to(task.device), held_out))
    return network, history
