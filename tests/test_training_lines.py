"""A line reader's lessons: the loss, the places taught, and a run that stops, goes on and is read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from digit_recognizer import train
from digit_recognizer.data import Dataset
from digit_recognizer.errors import ConfigError, ModelFileError
from digit_recognizer.images import Preprocess
from digit_recognizer.images.strings import Style
from digit_recognizer.models import load_model
from digit_recognizer.models.architectures import build_network
from digit_recognizer.models.ctc import log_likelihoods
from digit_recognizer.models.line import Line
from digit_recognizer.models.line_reader import load_line_reader
from digit_recognizer.models.model_file import read_network
from digit_recognizer.training import RECIPES
from digit_recognizer.training.batches import Batch, Batches
from digit_recognizer.training.checkpoint import load_checkpoint
from digit_recognizer.training.interrupt import Interrupt
from digit_recognizer.training.lines import (
    ANY,
    TrainingStrings,
    ValidationStrings,
    column_targets,
    share_right,
    string_loss,
)
from digit_recognizer.training.loop import Loop
from digit_recognizer.training.machine import choose_device, threads
from digit_recognizer.training.progress import ignore_batch, ignore_epoch
from digit_recognizer.training.recipe import LineRecipe
from digit_recognizer.training.recipes import get_recipe
from digit_recognizer.training.train import Task, make_loop
from tiny import shifted_seed, tiny_dataset

pytestmark = pytest.mark.arithmetic

LINES = RECIPES["lines"]
assert isinstance(LINES, LineRecipe)
SMALL = replace(
    LINES,
    learning=replace(LINES.learning, epochs=2, images=10, batch_size=4, averaging=0.7),
    channels=(2, 3, 4, 5, 6, 7),
    longest=3,
)
STEPS = 6  # two epochs of ten strings in batches of four


@given(seed=st.integers(0, 1000), n=st.integers(1, 3), length=st.integers(1, 4))
def test_the_loss_is_of_alignments_and_of_places(seed: int, n: int, length: int) -> None:
    draw = np.random.default_rng(seed)
    logits = torch.from_numpy(draw.standard_normal((n, 20, 4)))
    digits = draw.integers(0, 3, (n, length))
    middles = np.sort(draw.choice(6, (n, length), replace=True), axis=1) * 3 + np.arange(length) % 2
    labels = torch.from_numpy(np.stack([digits, middles], axis=1))
    logs = logits.log_softmax(2)
    strings = [log_likelihoods(each.numpy(), row[None])[0] for each, row in zip(logs, digits, strict=True)]
    targets = column_targets(labels[:, 0], labels[:, 1], 20, 3)
    places = sum(
        -float(logs[row, column, target])
        for row, each in enumerate(targets.tolist())
        for column, target in enumerate(each)
        if target != ANY
    )
    expected = -np.mean(strings) / length + places / (n * length)
    assert float(string_loss(logits, labels)) == pytest.approx(expected)


def test_a_digit_is_told_in_the_middle_of_its_box() -> None:
    digits, middles = torch.tensor([[3, 1, 1], [0, 5, 2]]), torch.tensor([[4, 8, 10], [0, 5, 6]])
    b, a = 10, ANY
    assert column_targets(digits, middles, 12, b).tolist() == [
        [b, b, b, a, 3, a, b, a, 1, a, 1, a],
        [0, a, b, b, a, a, a, a, b, b, b, b],
    ]


@pytest.mark.parametrize("width", [16, 17, 18, 19, 20, 96])
def test_two_columns_of_logits_for_four_of_pixels(width: int) -> None:
    network = build_network({"name": "line", "classes": 10, "channels": [2, 3, 4, 5, 6, 7]}).eval()
    assert isinstance(network, Line)
    assert network(torch.zeros(2, 1, 32, width)).shape == (2, 2 * ((width + 1) // 4), 11)


def test_another_number_of_layers_cannot_be_built() -> None:
    with pytest.raises(ModelFileError, match="cannot be built"):
        build_network({"name": "line", "classes": 10, "channels": [2, 3]})


def test_a_steps_strings_depend_on_its_number_alone() -> None:
    strings = TrainingStrings(tiny_dataset().split("train"), SMALL, torch.device("cpu"))
    whole, rest = list(strings.epoch(3, 1)), list(strings.epoch(3, 1, first_step=1))
    assert [len(inputs) for inputs, _ in whole] == [4, 4, 2]
    for (inputs, labels), (again, labels_again) in zip(whole[1:], rest, strict=True):
        assert torch.equal(inputs, again)
        assert torch.equal(labels, labels_again)
    other = next(strings.epoch(3, 2))
    assert other[0].shape != whole[0][0].shape or not torch.equal(other[0], whole[0][0])


def test_validation_strings_are_the_same_at_each_call() -> None:
    strings = ValidationStrings(tiny_dataset().split("validation"), torch.device("cpu"))
    first, again = next(strings.epoch(0, 0)), next(strings.epoch(0, 0))
    assert torch.equal(first[0], again[0])
    assert first[1].shape == (100, 5)


def test_the_share_counts_strings_that_are_wholly_right() -> None:
    class Echo(torch.nn.Module):
        """Says the label that each line shows."""

        def __init__(self) -> None:
            super().__init__()
            self.logits = torch.nn.Linear(1, 6)

        def forward(self, lines: torch.Tensor) -> torch.Tensor:
            return torch.nn.functional.one_hot(lines[:, 0, 0].long(), 3).float()

    class Three:
        resumes_inside_epochs = False

        def __len__(self) -> int:
            return 3

        def epoch(self, _seed: int, _epoch: int, _first_step: int = 0) -> Iterator[Batch]:
            said = torch.tensor([[0, 0, 2, 1], [0, 2, 0, 1], [2, 2, 0, 1]]).view(3, 1, 1, 4)
            yield said, torch.tensor([[0, 1], [0, 1], [0, 1]])

    assert share_right(Echo(), Three()) == pytest.approx(2 / 3)


class Stopping:
    """Batches that ask for an interrupt after so many steps."""

    resumes_inside_epochs = True

    def __init__(self, batches: Batches, interrupt: Interrupt, after: int) -> None:
        self.batches, self.interrupt, self.left = batches, interrupt, after

    def __len__(self) -> int:
        return len(self.batches)

    def epoch(self, seed: int, epoch: int, first_step: int = 0) -> Iterator[Batch]:
        for batch in self.batches.epoch(seed, epoch, first_step):
            self.left -= 1
            self.interrupt.asked = self.interrupt.asked or self.left == 0
            yield batch


def small_loop(folder: Path, after: int) -> Loop:
    """A loop whose user presses Ctrl-C in step `after`."""
    dataset, interrupt = tiny_dataset(), Interrupt()
    learn, _ = dataset.training("train")
    task = Task(
        dataset, learn, None, Preprocess(), None, 0, choose_device("cpu"), None, 60.0, ignore_epoch, ignore_batch
    )
    loop = make_loop(SMALL, task, interrupt)
    loop.checkpoints = folder
    loop.train = Stopping(loop.train, interrupt, after)
    return loop


@pytest.mark.parametrize("after", [1, 3, 4])
def test_stopped_it_goes_on_bit_exactly(after: int, tmp_path: Path) -> None:
    whole, stopped, resumed = (small_loop(tmp_path / name, at) for name, at in (("a", -1), ("b", after), ("b", -1)))
    with threads(1):
        whole.run()
        with pytest.raises(KeyboardInterrupt):
            stopped.run()
        position = load_checkpoint(tmp_path / "b", resumed.learner)
        assert position is not None
        assert position.epoch * 3 + position.step == after
        resumed.position = position
        resumed.run()
    for name, tensor in whole.learner.model.state_dict().items():
        assert torch.equal(tensor, resumed.learner.model.state_dict()[name]), name


def test_a_run_is_a_line_reader_in_two_equal_forms(tmp_path: Path) -> None:
    dataset = tiny_dataset()
    trained = train(SMALL, Dataset(dataset.spec, {"train": dataset.split("train")}), out=tmp_path / "run")
    assert trained.header.architecture["name"] == "line"
    assert trained.header.accuracy is None  # no validation digits, no validation strings
    lines = np.random.default_rng(shifted_seed(0)).integers(0, 256, (3, 32, 71), np.uint8)
    theirs, ours = (load_line_reader(tmp_path / "run", runtime).observe(lines) for runtime in ("onnx", "torch"))
    assert [logs.shape for logs in ours] == [(36, 11)] * 3
    np.testing.assert_allclose(ours, theirs, atol=1e-4)
    np.testing.assert_allclose(np.exp(ours).sum(2), 1)
    header, network = read_network((tmp_path / "run/model.safetensors").read_bytes())
    assert isinstance(network, Line)
    assert header.preprocess.size == 32
    with pytest.raises(ModelFileError, match="reads lines of digits"):
        load_model(tmp_path / "run")
    with pytest.raises(ModelFileError, match="pictures of one digit"):
        load_line_reader("classic")


@pytest.mark.parametrize(
    "changes", [{"longest": 0}, {"style": Style(rules=2)}, {"learning": replace(LINES.learning, images=None)}], ids=str
)
def test_impossible_recipes_are_refused(changes: dict[str, Any]) -> None:
    get_recipe(SMALL)
    with pytest.raises(ConfigError, match="strings"):
        get_recipe(replace(SMALL, **changes))
