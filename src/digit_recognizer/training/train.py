"""The public `train`: a recipe and a data set in, a trained network out; resumable where a run folder is named."""

from __future__ import annotations

import platform
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from digit_recognizer import __version__
from digit_recognizer.data import SPECS, Dataset, Split, load_dataset
from digit_recognizer.errors import ConfigError, DataError
from digit_recognizer.images import Preprocess
from digit_recognizer.measuring import wilson
from digit_recognizer.models import ModelHeader
from digit_recognizer.models.architectures import build_network
from digit_recognizer.models.model import MODEL_NAME
from digit_recognizer.models.model_file import weights_sha256, write_model
from digit_recognizer.training.batches import make_batches
from digit_recognizer.training.checkpoint import Position, load_checkpoint
from digit_recognizer.training.interrupt import Interrupt, deferred_interrupt
from digit_recognizer.training.learner import Learner
from digit_recognizer.training.loop import Loop
from digit_recognizer.training.progress import EpochRecord, OnBatch, OnEpoch, ignore_batch, ignore_epoch
from digit_recognizer.training.recipes import Recipe, get_recipe
from digit_recognizer.training.run_folder import CHECKPOINTS, opened_run, write_history

VALIDATION_BATCH = 2048
SAMPLE = 256  # images on which the two forms of the model file must agree


@dataclass(frozen=True)
class Trained:
    """What training gives back."""

    network: nn.Module
    header: ModelHeader
    history: list[EpochRecord]
    folder: Path | None  # where the model lies, if a run folder was asked for


def train(
    recipe: str | Recipe = "classic",
    data: str | Path | Dataset = "mnist",
    *,
    train_on: str = "train",
    seed: int = 0,
    out: str | Path | None = None,
    resume: bool = False,
    data_dir: str | Path | None = None,
    device: str | None = None,
    checkpoint_seconds: float = 60.0,
    on_epoch: OnEpoch = ignore_epoch,
    on_batch: OnBatch = ignore_batch,
) -> Trained:
    """Train a network by a recipe. Bit for bit repeatable by seed on one machine (and, where the recipe names no thread
    count, for one count).

    data: a set's name, a folder of class folders, or a loaded Dataset. train_on: "train", "train+validation" or "all".
    out: the run folder to write (run.json, history.jsonl, checkpoints/, model.safetensors, model.onnx), if any.
    resume: go on with the run in `out`, bit-exactly. device: "cpu", "cuda"; the GPU where there is one by default.
    Raises ConfigError, DataError, RunError or StorageError; KeyboardInterrupt after the interrupted state is saved.
    """
    chosen = get_recipe(recipe)
    place = choose_device(device)
    dataset = data if isinstance(data, Dataset) else load_dataset(data, data_dir)
    learn, held_out = dataset.training(train_on)
    if len(np.unique(learn.labels)) < 2:
        raise DataError(f"{dataset.spec.name}: its training images are all of one class. Add another class.")
    source = {"name": dataset.spec.name, "train_on": train_on, "n": len(learn), "sha256": learn.sha256}
    known = dataset.spec is SPECS.get(dataset.spec.name)
    place_of_data = dataset.spec.name if known else dataset.spec.source
    settings = {"recipe": chosen.to_dict(), "data": source, "seed": seed, "place": place_of_data}
    folder = Path(out) if out is not None else None
    if not 0 <= seed < 2**63:
        raise ConfigError(f"The seed {seed} is out of range. Give a whole number from 0 to 2**63 - 1.")
    if resume and folder is None:
        raise ConfigError("--resume needs the run folder to go on with: name it with --out.")
    run = opened_run(folder, settings, resume) if folder else nullcontext()
    with run, torch.random.fork_rng(), threads(chosen.threads), deferred_interrupt() as interrupt:
        loop = make_loop(chosen, dataset, learn, held_out, seed, place, interrupt)
        loop.on_batch, loop.checkpoint_seconds = on_batch, checkpoint_seconds
        loop.on_epoch = on_epoch if folder is None else noted(folder, loop, on_epoch)
        if folder:
            loop.checkpoints = folder / CHECKPOINTS
            loop.position = load_checkpoint(loop.checkpoints, loop.learner) or loop.position
        loop.run()
        header = make_header(chosen, dataset, source, seed, loop, held_out)
        if folder:
            write_history(folder, loop.position.history)
            sample = Preprocess().normalise(next(iter(learn.batches(SAMPLE))))
            write_model(folder / MODEL_NAME, header, loop.learner.model, sample)
    history = [EpochRecord(**record) for record in loop.position.history]
    return Trained(loop.learner.model, header, history, folder)


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


def make_loop(
    recipe: Recipe,
    dataset: Dataset,
    learn: Split,
    held_out: Split | None,
    seed: int,
    device: torch.device,
    interrupt: Interrupt,
) -> Loop:
    """The loop at its first step: weights initialised by the seed, batches ready."""
    preprocess = Preprocess()
    torch.manual_seed(seed)
    architecture = recipe.architecture(preprocess.size, len(dataset.spec.classes))
    network = build_network(architecture).to(device)
    return Loop(
        learner=Learner(recipe, network),
        train=make_batches(learn, preprocess, recipe.batch_size, device),
        validation=make_batches(held_out, preprocess, VALIDATION_BATCH, device) if held_out else None,
        seed=seed,
        position=Position(),
        interrupt=interrupt,
    )


def noted(folder: Path, loop: Loop, on_epoch: OnEpoch) -> OnEpoch:
    """`on_epoch`, with the history on disk brought up to date before it is called."""

    def note(record: EpochRecord) -> None:
        write_history(folder, loop.position.history)
        on_epoch(record)

    return note


def make_header(
    recipe: Recipe, dataset: Dataset, source: dict[str, Any], seed: int, loop: Loop, held_out: Split | None
) -> ModelHeader:
    """The text that will travel with the weights."""
    preprocess = Preprocess()
    return ModelHeader(
        name=recipe.name,
        architecture=recipe.architecture(preprocess.size, len(dataset.spec.classes)),
        preprocess=preprocess,
        class_names=dataset.spec.classes,
        recipe=recipe.to_dict(),
        seed=seed,
        data=source,
        versions={
            "handwritten-digit-recognizer": __version__,
            "python": platform.python_version(),
            "torch": torch.__version__,
            "numpy": np.__version__,
        },
        accuracy=measured(loop.position.history, held_out),
        weights_sha256=weights_sha256(loop.learner.model),
    )


def measured(history: list[dict[str, Any]], held_out: Split | None) -> dict[str, Any] | None:
    """The accuracy on the validation images after the last epoch, with its 95 % interval."""
    if held_out is None:
        return None
    share = float(history[-1]["validation_accuracy"])
    correct = round(share * len(held_out))
    return {
        "split": "validation",
        "n": len(held_out),
        "correct": correct,
        "accuracy": share,
        "interval": wilson(correct, len(held_out)).to_dict(),
    }
