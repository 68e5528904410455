"""Runs that stop and go on: bit-exact, one at a time, never into another run's folder."""

from __future__ import annotations

import json
import multiprocessing
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from digit_recognizer import train
from digit_recognizer.errors import RunError
from digit_recognizer.images import Preprocess
from digit_recognizer.models.architectures import build_network
from digit_recognizer.models.cnn import Convolution
from digit_recognizer.models.mlp import mlp
from digit_recognizer.training import RECIPES, EpochRecord, Recipe, Trained
from digit_recognizer.training.augmentation import Augmentation
from digit_recognizer.training.batches import Batch, Batches, make_batches
from digit_recognizer.training.checkpoint import TrainState, checkpoints, load_checkpoint, save_checkpoint
from digit_recognizer.training.degradation import Degradation
from digit_recognizer.training.interrupt import Interrupt
from digit_recognizer.training.learner import Learner
from digit_recognizer.training.loop import Loop
from digit_recognizer.training.machine import choose_device, threads
from digit_recognizer.training.progress import ignore_batch, ignore_epoch
from digit_recognizer.training.recipe import OPTIMIZERS
from digit_recognizer.training.run_folder import free_folder, opened_run
from digit_recognizer.training.single import Task, make_loop
from tiny import tiny_dataset

pytestmark = pytest.mark.arithmetic

RECIPE = replace(RECIPES["classic"], epochs=2)
STEPS = 8  # 2 epochs of 200 images in batches of 64
EVERYTHING = Recipe(
    "everything",
    epochs=2,
    batch_size=64,
    learning_rate=0.01,
    convolutions=(Convolution(4, 5, stride=3), Convolution(6, 3, padding=1, pool=2)),
    optimizer="muon",
    muon_lr=0.05,
    weight_decay=0.01,
    warmup=0.3,
    label_smoothing=0.1,
    ema_decay=0.7,
    augmentation=Augmentation(rotation=10, scale=0.1, shear=5, shift=1, elastic=0.5),
    degradation=Degradation(pen=0.2, coarse=0.3, blur=0.4, erase=0.5, noise=0.6),
    threads=1,
)
KINDS = {
    "classic": RECIPE,
    "everything": EVERYTHING,
    "filters by adamw": replace(EVERYTHING, optimizer="adamw", ema_decay=0.0),
}
by_kind = pytest.mark.parametrize("recipe", KINDS.values(), ids=KINDS)


class Stopping:
    """Batches that ask for an interrupt after so many steps."""

    def __init__(self, batches: Batches, interrupt: Interrupt, after: int) -> None:
        self.batches, self.interrupt, self.left = batches, interrupt, after
        self.resumes_inside_epochs = batches.resumes_inside_epochs

    def __len__(self) -> int:
        return len(self.batches)

    def epoch(self, seed: int, epoch: int, first_step: int = 0) -> Iterator[Batch]:
        for batch in self.batches.epoch(seed, epoch, first_step):
            self.left -= 1
            if self.left == 0:
                self.interrupt.asked = True
            yield batch


def interrupted_loop(recipe: Recipe, folder: Path, after: int) -> Loop:
    """A loop whose user presses Ctrl-C in step `after`."""
    dataset, interrupt = tiny_dataset(), Interrupt()
    learn, held_out = dataset.training("train")
    task = Task(
        dataset, learn, held_out, Preprocess(), None, 0, choose_device("cpu"), None, 60.0, ignore_epoch, ignore_batch
    )
    loop = make_loop(recipe, task, interrupt)
    loop.checkpoints = folder
    loop.train = Stopping(loop.train, interrupt, after)
    return loop


@cache
def trained_whole(recipe: Recipe) -> Trained:
    """The run that nobody stopped."""
    return train(recipe, tiny_dataset())


def assert_same_state(ours: torch.nn.Module, theirs: torch.nn.Module) -> None:
    """Every parameter and every running statistic is equal, bit for bit."""
    assert ours.state_dict().keys() == theirs.state_dict().keys()
    for name, tensor in ours.state_dict().items():
        assert torch.equal(tensor, theirs.state_dict()[name]), name


@pytest.mark.parametrize("after", range(1, STEPS + 1))
@by_kind
def test_stopped_at_any_step_it_goes_on_bit_exactly(recipe: Recipe, after: int, tmp_path: Path) -> None:
    whole = trained_whole(recipe)
    loop = interrupted_loop(recipe, tmp_path, after)
    with pytest.raises(KeyboardInterrupt), threads(recipe.threads):
        loop.run()
    resumed = interrupted_loop(recipe, tmp_path, after=-1)
    torch.manual_seed(12345)  # what a new process draws must not matter
    position = load_checkpoint(tmp_path, resumed.learner)
    assert position is not None
    assert (position.epoch, position.step) == divmod(after, 4) if after % 4 else position.step in (0, 4)
    resumed.position = position
    with threads(recipe.threads):
        resumed.run()
    assert_same_state(resumed.learner.model, whole.network)
    assert [entry["loss"] for entry in resumed.position.history] == [record.loss for record in whole.history]


@by_kind
def test_a_seed_repeats_bit_for_bit_by_every_recipe(recipe: Recipe) -> None:
    first, again, other = trained_whole(recipe), train(recipe, tiny_dataset()), train(recipe, tiny_dataset(), seed=1)
    assert again.header.weights_sha256 == first.header.weights_sha256 != other.header.weights_sha256
    assert [record.loss for record in again.history] == [record.loss for record in first.history]


def test_the_averaged_network_is_what_is_written(tmp_path: Path) -> None:
    loop = interrupted_loop(EVERYTHING, tmp_path, after=-1)
    with threads(EVERYTHING.threads):
        loop.run()
    average = loop.learner.average
    assert average is not None
    train(EVERYTHING, tiny_dataset(), out=tmp_path / "run")
    written = load_file(tmp_path / "run/model.safetensors")
    for name, tensor in average.module.state_dict().items():
        assert torch.equal(written[name], tensor)
    assert not torch.equal(written["0.weight"], loop.learner.network.state_dict()["0.weight"])


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run that came to its end."""
    folder = tmp_path_factory.mktemp("finished") / "run"
    train(RECIPE, tiny_dataset(), out=folder)
    return folder


@pytest.fixture
def run(finished: Path, tmp_path: Path) -> Path:
    """A copy of that folder, to be changed."""
    return shutil.copytree(finished, tmp_path / "run")


def records(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "history.jsonl").read_text().splitlines()]


def test_a_finished_run_resumes_to_itself(run: Path) -> None:
    model, history = (run / "model.safetensors").read_bytes(), records(run)
    again = train(RECIPE, tiny_dataset(), out=run, resume=True)
    assert (run / "model.safetensors").read_bytes() == model
    assert history == records(run) == [record.to_dict() for record in again.history]
    assert [record.loss for record in again.history] == [record.loss for record in trained_whole(RECIPE).history]


def after(epochs: int) -> TrainState:
    """Where a run stands after so many epochs."""
    return TrainState(epoch=epochs, history=[EpochRecord(i + 1, 0.5, 0.9, 1.0, 9.0).to_dict() for i in range(epochs)])


def small_learner(**changes: Any) -> Learner:
    """A learner of a perceptron 6-4."""
    return Learner(replace(RECIPE, **changes), mlp([6, 4]))


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_every_optimizer_state_survives(optimizer: str, tmp_path: Path) -> None:
    """AdamW keeps tensors and a step count for each parameter, Muon a buffer."""
    recipe = replace(EVERYTHING, optimizer=optimizer)
    x, y = torch.randn(8, 1, 28, 28), torch.randint(0, 4, (8,))
    learners = [Learner(recipe, build_network(recipe.architecture(28, 4))) for _ in range(2)]
    for done in (0.2, 0.3):
        learners[0].step(x, y, done)
    save_checkpoint(tmp_path, after(1), learners[0])
    load_checkpoint(tmp_path, learners[1])
    losses = [float(learner.step(x, y, 0.4)) for learner in learners]
    assert losses[0] == losses[1]
    for name, part in learners[0].parts.items():
        assert_same_state(part, learners[1].parts[name])


def test_the_previous_checkpoint_serves_where_the_newest_is_damaged(tmp_path: Path) -> None:
    learner = small_learner()
    assert load_checkpoint(tmp_path, learner) is None
    for epoch in range(4):
        save_checkpoint(tmp_path, after(epoch), learner)
    older, newest = checkpoints(tmp_path)
    newest.write_bytes(newest.read_bytes()[:-7])
    position = load_checkpoint(tmp_path, learner)
    assert position is not None
    assert position.epoch == 2
    older.write_bytes(b"")
    with pytest.raises(RunError, match="no checkpoint can be read"):
        load_checkpoint(tmp_path, learner)


def altered(path: Path, change: Callable[[dict[str, Any]], object], flip: bool = False) -> None:
    """Rewrite a checkpoint as another program might: its JSON changed, or a bit of its tensors."""
    content = path.read_bytes()
    length = int.from_bytes(content[:8], "little")
    header = json.loads(content[8 : 8 + length])
    state = json.loads(header["__metadata__"]["checkpoint"])
    change(state)
    header["__metadata__"]["checkpoint"] = json.dumps(state)
    text = json.dumps(header).encode()
    tensors = bytearray(content[8 + length :])
    tensors[5] ^= flip
    path.write_bytes(len(text).to_bytes(8, "little") + text + tensors)


@pytest.mark.parametrize(
    "change",
    [
        lambda state: state.pop("position"),
        lambda state: state.pop("optimizers"),
        lambda state: state["optimizers"][0].pop("groups"),
        lambda state: state["optimizers"][0].update(numbers=[]),
        lambda state: state["position"].update(more=1),
        lambda state: state["position"].update(epoch="one"),
        lambda state: state["position"].update(history=[{}]),
        lambda state: state["position"].update(epoch=7),
        lambda state: state["optimizers"][0].update(groups=[]),
        lambda state: state.update(optimizers=[]),
    ],
)
def test_a_checkpoint_with_wrong_content_is_passed_over(
    change: Callable[[dict[str, Any]], object], tmp_path: Path
) -> None:
    newest_is_passed_over(tmp_path, change, flip=False)


def test_a_flipped_bit_in_a_checkpoint_is_noticed(tmp_path: Path) -> None:
    newest_is_passed_over(tmp_path, lambda _: None, flip=True)


def newest_is_passed_over(folder: Path, change: Callable[[dict[str, Any]], object], *, flip: bool) -> None:
    learner = small_learner()
    for epoch in (1, 2):
        save_checkpoint(folder, after(epoch), learner)
    altered(checkpoints(folder)[-1], change, flip)
    position = load_checkpoint(folder, learner)
    assert position is not None
    assert position.epoch == 1


def hold(folder: Path, held: Event, done: Event) -> None:
    with opened_run(folder, {}, resume=False):
        held.set()
        done.wait(600)


def test_a_folder_in_use_by_another_process_is_refused_until_it_ends(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    held, done = context.Event(), context.Event()
    process = context.Process(target=hold, args=(tmp_path / "run", held, done))
    process.start()
    assert held.wait(600)
    with pytest.raises(RunError, match="in use"), opened_run(tmp_path / "run", {}, resume=True):
        pass
    process.kill()  # the lock must die with its holder
    process.join()
    with opened_run(tmp_path / "run", {}, resume=True):
        pass


def test_only_the_run_that_was_begun_can_go_on(finished: Path, tmp_path: Path) -> None:
    with pytest.raises(RunError, match="no run to resume"):
        train(RECIPE, tiny_dataset(), out=tmp_path / "run", resume=True)
    with pytest.raises(RunError, match="Resume it"):
        train(RECIPE, tiny_dataset(), out=finished)
    for other in ({"seed": 1}, {"train_on": "all"}):
        with pytest.raises(RunError, match="was begun with"):
            train(RECIPE, tiny_dataset(), out=finished, resume=True, **other)
    with pytest.raises(RunError, match="was begun with"):
        train(RECIPE, tiny_dataset(100), out=finished, resume=True)
    (tmp_path / "file").write_text("")
    with pytest.raises(RunError, match="is a file"):
        train(RECIPE, tiny_dataset(), out=tmp_path / "file")


def test_a_run_folder_holds_what_the_readme_says(finished: Path) -> None:
    names = {path.name for path in finished.iterdir()} - {".lock"}
    assert names == {"run.json", "history.jsonl", "checkpoints", "model.safetensors", "model.onnx"}
    settings = json.loads((finished / "run.json").read_text())
    assert settings["recipe"]["name"] == "classic"
    assert free_folder(finished) == finished.with_name("run-2")


def test_training_without_a_folder_writes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    train(replace(RECIPE, epochs=1), tiny_dataset())
    assert list(tmp_path.iterdir()) == []


def test_worker_batches_equal_memory_batches(tmp_path: Path) -> None:
    """Pictures on disk give the same run as the same pictures in memory."""
    from PIL import Image

    from digit_recognizer.data import Dataset, load_dataset
    from digit_recognizer.data.spec import ArraySplit

    split = tiny_dataset(40).split("train")
    assert isinstance(split, ArraySplit)
    for index, (image, label) in enumerate(zip(split.images, split.labels % 2, strict=True)):
        image = image.copy()
        image[0], image[-1], image[:, 0], image[:, -1] = 0, 0, 0, 0  # black paper all around
        (tmp_path / f"set/train/{label}").mkdir(parents=True, exist_ok=True)
        Image.fromarray(image).save(tmp_path / f"set/train/{label}/{index:03}.png")
    folder = load_dataset(tmp_path / "set")
    files = folder.split("train")
    memory = ArraySplit(next(iter(files.batches(40))), files.labels)
    on_disk = train(RECIPE, folder)
    in_memory = train(RECIPE, Dataset(folder.spec, {"train": memory}))
    assert on_disk.header.weights_sha256 == in_memory.header.weights_sha256
    batches = make_batches(files, on_disk.header.preprocess, 16, torch.device("cpu"))
    assert sum(len(labels) for _, labels in batches.epoch(0, 0)) == 40
