"""The loop against a plain torch loop, against hand-written backpropagation, and against itself."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from digit_recognizer import train
from digit_recognizer.data import ArraySplit, Dataset
from digit_recognizer.errors import ConfigError, DataError
from digit_recognizer.images import Preprocess
from digit_recognizer.models.mlp import mlp
from digit_recognizer.training import RECIPES, EpochRecord
from digit_recognizer.training.augmentation import Augmentation
from digit_recognizer.training.batches import MemoryBatches, make_batches, mixed, shuffled
from digit_recognizer.training.checkpoint import TrainState
from digit_recognizer.training.degradation import Degradation
from digit_recognizer.training.interrupt import Interrupt
from digit_recognizer.training.learner import Learner
from digit_recognizer.training.loop import Loop
from digit_recognizer.training.machine import choose_device
from digit_recognizer.training.recipe import Recipe
from digit_recognizer.training.recipes import FAST_LONG, get_recipe
from tiny import shifted_seed, tiny_dataset, tiny_split

pytestmark = pytest.mark.arithmetic

SHORT = replace(RECIPES["classic"], epochs=2)


def test_classic_is_the_published_recipe() -> None:
    recipe = RECIPES["classic"]
    assert (recipe.epochs, recipe.batch_size, recipe.learning_rate) == (20, 64, 0.1)
    assert isinstance(recipe, Recipe)
    network = mlp(recipe.architecture(28, 10)["sizes"])
    kinds = [type(layer) for layer in network]
    assert kinds == [nn.Flatten, nn.Linear, nn.ReLU, nn.Linear, nn.ReLU, nn.Linear]
    assert sum(parameter.numel() for parameter in network.parameters()) == 52_650
    (optimizer,) = recipe.make_optimizers(network)
    assert isinstance(optimizer, torch.optim.SGD)
    group = optimizer.param_groups[0]
    assert (group["lr"], group["momentum"], group["weight_decay"]) == (0.1, 0, 0)


def test_same_weights_as_a_plain_torch_loop() -> None:
    dataset = tiny_dataset()
    trained = train(SHORT, dataset, seed=shifted_seed(3))
    torch.manual_seed(shifted_seed(3))
    network = mlp([784, 64, 32, 10])
    optimizer = torch.optim.SGD(network.parameters(), lr=0.1)
    split = dataset.split("train")
    images = torch.from_numpy(Preprocess().normalise(split.take(np.arange(len(split)))))
    labels = torch.from_numpy(split.labels)
    for epoch in range(2):
        for indices in shuffled(len(split), shifted_seed(3), epoch).split(64):
            loss = nn.CrossEntropyLoss()(network(images[indices]), labels[indices])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    for ours, theirs in zip(trained.network.parameters(), network.parameters(), strict=True):
        torch.testing.assert_close(ours, theirs)


def test_autograd_agrees_with_backpropagation_by_hand() -> None:
    """One step of SGD, its gradients derived by hand in float64."""
    dataset = tiny_dataset(64)
    trained = train(replace(RECIPES["classic"], epochs=1), dataset, seed=shifted_seed(5))
    torch.manual_seed(shifted_seed(5))
    start = [p.detach().double().numpy() for p in mlp([784, 64, 32, 10]).parameters()]
    w1, b1, w2, b2, w3, b3 = start
    split = dataset.split("train")
    x = Preprocess().normalise(split.take(np.arange(64))).reshape(64, 784).astype(np.float64)
    h1 = np.maximum(x @ w1.T + b1, 0)
    h2 = np.maximum(h1 @ w2.T + b2, 0)
    logits = h2 @ w3.T + b3
    powers = np.exp(logits - logits.max(1, keepdims=True))
    d3 = (powers / powers.sum(1, keepdims=True) - np.eye(10)[split.labels]) / 64
    d2 = (d3 @ w3) * (h2 > 0)
    d1 = (d2 @ w2) * (h1 > 0)
    gradients = [d1.T @ x, d1.sum(0), d2.T @ h1, d2.sum(0), d3.T @ h2, d3.sum(0)]
    for before, gradient, after in zip(start, gradients, trained.network.parameters(), strict=True):
        np.testing.assert_allclose(after.detach().numpy(), before - 0.1 * gradient, atol=1e-6)


def test_the_loss_shown_is_the_mean_per_image() -> None:
    """With a vanishing learning rate the network stands still, so that its loss can be computed in one go."""
    dataset = tiny_dataset(150)  # two full batches and a part of one
    trained = train(replace(RECIPES["classic"], epochs=1, learning_rate=1e-12), dataset, seed=shifted_seed(1))
    split = dataset.split("train")
    images = torch.from_numpy(Preprocess().normalise(split.take(np.arange(150))))
    with torch.no_grad():
        expected = nn.functional.cross_entropy(trained.network(images), torch.from_numpy(split.labels))
    assert trained.history[0].loss == pytest.approx(float(expected), rel=1e-5)


def test_a_seed_repeats_bit_for_bit_and_leaves_the_callers_generator_alone() -> None:
    torch.manual_seed(shifted_seed(99))
    expected = torch.rand(3)
    torch.manual_seed(shifted_seed(99))
    first, second, other = (train(SHORT, tiny_dataset(), seed=shifted_seed(seed)) for seed in (7, 7, 8))
    assert torch.equal(torch.rand(3), expected)
    assert first.header.weights_sha256 == second.header.weights_sha256
    assert [(r.loss, r.validation_accuracy) for r in first.history] == [
        (r.loss, r.validation_accuracy) for r in second.history
    ]
    assert other.header.weights_sha256 != first.header.weights_sha256


def test_it_learns_and_reports_each_epoch() -> None:
    seen: list[EpochRecord] = []
    trained = train(replace(SHORT, epochs=8), tiny_dataset(640), on_epoch=seen.append)
    assert [record.epoch for record in seen] == list(range(1, 9))
    assert seen == trained.history
    assert seen[-1].loss < seen[0].loss
    accuracy = trained.header.accuracy
    assert accuracy is not None
    assert accuracy["accuracy"] == seen[-1].validation_accuracy
    assert accuracy["accuracy"] > 0.9
    assert accuracy["interval"]["low"] < accuracy["accuracy"] <= accuracy["interval"]["high"]


def test_a_finished_network_is_ready_to_answer() -> None:
    for train_on in ("train", "all"):
        assert not train(replace(SHORT, epochs=1), tiny_dataset(), train_on=train_on).network.training


@pytest.mark.parametrize(("train_on", "n"), [("train", 200), ("train+validation", 250), ("all", 300)])
def test_what_is_learned_from_is_never_measured_on(train_on: str, n: int) -> None:
    trained = train(replace(SHORT, epochs=1), tiny_dataset(), train_on=train_on)
    assert trained.header.data["n"] == n
    assert (trained.header.accuracy is None) == (train_on != "train")


def test_batches_hold_each_image_once_and_can_start_in_the_middle() -> None:
    split = tiny_dataset(130).split("train")
    assert isinstance(split, ArraySplit)
    batches = MemoryBatches(split, Preprocess(), 64, torch.device("cpu"))
    whole = list(batches.epoch(0, 4))
    assert [len(labels) for _, labels in whole] == [64, 64, 2]
    order = shuffled(130, 0, 4).numpy()
    np.testing.assert_array_equal(torch.cat([labels for _, labels in whole]), split.labels[order])
    rest = list(batches.epoch(0, 4, first_step=1))
    for (inputs, labels), (again, labels_again) in zip(whole[1:], rest, strict=True):
        assert torch.equal(inputs, again)
        assert torch.equal(labels, labels_again)
    assert not np.array_equal(order, shuffled(130, 0, 5).numpy())


def test_an_epoch_of_fewer_images_is_the_beginning_of_a_whole_one() -> None:
    split = tiny_dataset(130).split("train")
    whole, part = (make_batches(split, Preprocess(), 64, torch.device("cpu"), images) for images in (None, 100))
    assert (len(whole), len(part)) == (130, 100)
    for epoch in range(3):
        labels = [torch.cat([labels for _, labels in each.epoch(0, epoch)]) for each in (whole, part)]
        assert torch.equal(labels[0][:100], labels[1])
    assert len(make_batches(split, Preprocess(), 64, torch.device("cpu"), 10_000)) == 130
    dataset = tiny_dataset(130)
    trained = train(replace(RECIPES["classic"], epochs=1, images=64, learning_rate=1e-12), dataset)
    first = shuffled(130, 0, 0)[:64].numpy()
    images = torch.from_numpy(Preprocess().normalise(split.take(first)))
    with torch.no_grad():
        expected = nn.functional.cross_entropy(trained.network(images), torch.from_numpy(split.labels[first]))
    assert trained.history[0].loss == pytest.approx(float(expected), rel=1e-5)


def test_what_is_drawn_for_a_step_is_drawn_for_no_other() -> None:
    """Neither the orders of the epochs nor the draws of the steps share a seed, those of the first step included."""
    split = tiny_dataset().split("train")
    seeds = [mixed(0, epoch) for epoch in range(5)]
    interrupted = [TrainState(epoch, step) for epoch in range(5) for step in range(4)]
    batches = MemoryBatches(split, Preprocess(), 64, torch.device("cpu"))  # type: ignore[arg-type]
    drawn: list[int] = []

    class Noting(Augmentation):
        def __call__(self, images: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
            drawn.append(generator.initial_seed())
            return images

    learner = Learner(replace(SHORT, augmentation=Noting()), mlp([784, 10]))
    for position in interrupted:
        Loop(learner, batches, None, 0, position, Interrupt()).augmented(torch.zeros(1, 1, 28, 28))
    assert len({*seeds, *drawn}) == 25


def test_a_step_sees_what_augmentation_and_then_degradation_make_of_the_images() -> None:
    bending, spoiling = Augmentation(rotation=20, shift=2), Degradation(noise=1, pen=1)
    learner = Learner(replace(SHORT, augmentation=bending, degradation=spoiling), mlp([784, 10]))
    batches = MemoryBatches(tiny_dataset().split("train"), Preprocess(), 64, torch.device("cpu"))  # type: ignore[arg-type]
    images = torch.rand(5, 1, 28, 28)
    found = Loop(learner, batches, None, 3, TrainState(2, 7), Interrupt()).augmented(images)
    generator = torch.Generator().manual_seed(mixed(3, 2, 8))
    assert torch.equal(found, spoiling(bending(images, generator), generator))


def test_unknown_or_impossible_settings_are_refused() -> None:
    with pytest.raises(ConfigError, match="Did you mean 'classic'"):
        get_recipe("clasic")
    for bad in (replace(SHORT, epochs=0), replace(SHORT, learning_rate=float("nan")), replace(SHORT, batch_size=0)):
        with pytest.raises(ConfigError):
            train(bad, tiny_dataset())
    with pytest.raises(ConfigError, match="train on"):
        train(SHORT, tiny_dataset(), train_on="everything")
    with pytest.raises(ConfigError, match="Name that folder as out"):
        train(SHORT, tiny_dataset(), resume=True)


def test_one_class_only_is_refused() -> None:
    dataset = tiny_dataset()
    split = dataset.split("train")
    single = ArraySplit(split.take(np.arange(20)), np.zeros(20, np.int64))
    with pytest.raises(DataError, match="one class"):
        train(SHORT, Dataset(dataset.spec, {**dataset.splits, "train": single}))


def test_the_device_is_chosen_at_run_time() -> None:
    assert choose_device(None).type == ("cuda" if torch.cuda.is_available() else "cpu")
    assert choose_device("cpu") == torch.device("cpu")
    for absent in ("cuda:99", "meta", "abacus"):
        with pytest.raises(ConfigError, match="Try the CPU"):
            choose_device(absent)


@given(st.integers(1, 40), st.integers(1, 12))
def test_no_last_batch_is_of_one_image(n: int, size: int) -> None:
    batches = make_batches(tiny_split(n, 0), Preprocess(), size, torch.device("cpu"))
    sizes = [len(labels) for _, labels in batches.epoch(0, 0)]
    assert sum(sizes) == len(batches)
    assert n - len(batches) in (0, 1)
    assert all(each == size for each in sizes[:-1])
    assert sizes[-1] > 1 or 1 in (n, size)


def test_one_image_beyond_the_last_batch_is_no_error() -> None:
    """Of one image batch normalisation has no spread: an audit of 33 images once ended here."""
    train(replace(FAST_LONG, epochs=1, batch_size=16, images=None, threads=1), tiny_dataset(33))
