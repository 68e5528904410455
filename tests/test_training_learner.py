"""One step of a learner against the same step written out: rate, smoothed labels, averaged weights."""

from __future__ import annotations

import copy
from dataclasses import replace

import pytest
import torch
from torch import nn

from digit_recognizer.models.architectures import build_network
from digit_recognizer.models.cnn import Convolution
from digit_recognizer.models.mlp import mlp
from digit_recognizer.training import Recipe
from digit_recognizer.training.learner import Learner
from tiny import shifted_seed

pytestmark = pytest.mark.arithmetic


def recipe(**others: float) -> Recipe:
    return Recipe("made", epochs=1, batch_size=8, learning_rate=0.5, **others)  # type: ignore[arg-type]


def batch() -> tuple[torch.Tensor, torch.Tensor]:
    """Eight inputs (8, 1, 2, 3) of four classes."""
    generator = torch.Generator().manual_seed(shifted_seed(1))
    return torch.randn(8, 1, 2, 3, generator=generator), torch.randint(0, 4, (8,), generator=generator)


@pytest.mark.parametrize("done", [0.05, 0.2, 0.9])
def test_a_step_follows_the_schedule_and_the_smoothed_labels(done: float) -> None:
    (x, y), network = batch(), mlp([6, 5, 4])
    learner = Learner(recipe(warmup=0.2, label_smoothing=0.3), copy.deepcopy(network))
    wanted = nn.functional.one_hot(y, 4) * 0.7 + 0.3 / 4
    loss = -(wanted * network(x).log_softmax(1)).sum(1).mean()
    loss.backward()
    torch.testing.assert_close(learner.step(x, y, done), loss.detach())
    rate = 0.5 * (done / 0.2 if done < 0.2 else (1 - done) / 0.8)
    for ours, before in zip(learner.network.parameters(), network.parameters(), strict=True):
        assert before.grad is not None
        torch.testing.assert_close(ours, before - rate * before.grad)


def test_the_average_is_the_running_one_of_all_weights_and_statistics() -> None:
    x, y = batch()
    network = nn.Sequential(nn.Flatten(), nn.Linear(6, 4), nn.BatchNorm1d(4))
    learner = Learner(recipe(ema_decay=0.6), network)
    assert learner.model is not network
    learner.step(x, y, 0.1)
    expected = {name: value.clone() for name, value in network.state_dict().items()}  # it begins with the first step
    for _ in range(3):
        learner.step(x, y, 0.1)
        for name, value in network.state_dict().items():
            expected[name] = 0.6 * expected[name] + 0.4 * value
    found = learner.model.state_dict()
    for name in expected.keys() - {"2.num_batches_tracked"}:
        torch.testing.assert_close(found[name], expected[name])
    assert not torch.allclose(found["2.running_mean"], network.state_dict()["2.running_mean"])


def test_without_averaging_the_network_itself_is_the_model() -> None:
    network = mlp([6, 4])
    assert Learner(recipe(), network).model is network


def test_fused_steps_fit_the_filters_as_they_lie_in_memory() -> None:
    """Channels last or not, AdamW's fused steps are its plain ones.

    In float64: AdamW divides each gradient by its size, which makes of one near zero whatever its rounding makes of it.
    """
    torch.manual_seed(shifted_seed(1))
    made = replace(
        recipe(weight_decay=0.1), learning_rate=0.01, optimizer="adamw", convolutions=(Convolution(4, 5),) * 2
    )
    network = build_network(made.architecture(28, 4)).double()
    plain = copy.deepcopy(network).to(memory_format=torch.contiguous_format)
    learner = Learner(made, network)
    decays = [
        {"params": [p for p in plain.parameters() if (p.ndim > 1) == many], "weight_decay": 0.1 * many}
        for many in (True, False)
    ]
    reference = torch.optim.AdamW(decays, lr=0.01, betas=(0.9, 0.99), foreach=False, fused=False)
    x, y = torch.randn(8, 1, 28, 28, dtype=torch.float64), torch.randint(0, 4, (8,))
    for _ in range(3):
        learner.step(x, y, 0.5)
        reference.zero_grad()
        nn.functional.cross_entropy(plain(x), y).backward()
        reference.step()
    for ours, theirs in zip(network.parameters(), plain.parameters(), strict=True):
        torch.testing.assert_close(ours, theirs, atol=1e-6, rtol=0)
