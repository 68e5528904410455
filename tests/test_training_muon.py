"""Muon against torch's own, against the singular value decomposition, and against its own matrices."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn

from digit_recognizer.training.machine import denormals_flushed
from digit_recognizer.training.muon import Muon, orthogonal
from tiny import shifted_seed

pytestmark = pytest.mark.arithmetic

LOW, HIGH = 0.65, 1.25  # between which the iteration leaves singular values


def made(rows: int, columns: int, scale: float, seed: int) -> tuple[Tensor, Tensor, Tensor]:
    """A matrix of which no singular value is under a twentieth of the largest, with its singular vectors."""
    generator = torch.Generator().manual_seed(seed)
    u, _, vt = torch.linalg.svd(torch.randn(rows, columns, generator=generator), full_matrices=False)
    values = 0.05 + 0.95 * torch.rand(min(rows, columns), generator=generator)
    return (u * (values * scale)) @ vt, u, vt


@given(
    st.integers(1, 64), st.integers(1, 64), st.sampled_from([1e-4, 1.0, 1e4]), st.integers(0, 2**32)
)  # tall, wide and square
def test_the_result_is_nearly_orthogonal_with_the_same_singular_vectors(
    rows: int, columns: int, scale: float, seed: int
) -> None:
    matrix, u, vt = made(rows, columns, scale, seed)
    between = u.T @ orthogonal(matrix) @ vt.T  # diagonal where the vectors are the same
    values = between.diagonal()
    assert values.min() > LOW
    assert values.max() < HIGH
    torch.testing.assert_close(between, values.diag(), atol=2e-3, rtol=0)


@pytest.mark.parametrize("shape", [(16, 128), (128, 16), (10, 400), (64, 200)])
def test_random_matrices_become_nearly_orthogonal(shape: tuple[int, int]) -> None:
    values = torch.linalg.svdvals(
        orthogonal(torch.randn(shape, generator=torch.Generator().manual_seed(shifted_seed(1))))
    )
    assert values.min() > LOW
    assert values.max() < HIGH


def test_nothing_stays_nothing() -> None:
    assert torch.equal(orthogonal(torch.zeros(3, 5)), torch.zeros(3, 5))


def gradients(shape: tuple[int, ...], steps: int = 6) -> list[Tensor]:
    generator = torch.Generator().manual_seed(shifted_seed(7))
    return [torch.randn(shape, generator=generator) for _ in range(steps)]


def moved(optimizer: torch.optim.Optimizer, parameter: nn.Parameter, pushes: list[Tensor]) -> Tensor:
    """Where a parameter stands after steps with these gradients."""
    for push in pushes:
        parameter.grad = push.clone()
        optimizer.step()
    return parameter.detach()


@pytest.mark.skipif(not hasattr(torch.optim, "Muon"), reason="torch has a Muon of its own from 2.9 on")
@pytest.mark.parametrize("shape", [(8, 24), (24, 8), (12, 40)])
@pytest.mark.parametrize(("momentum", "weight_decay"), [(0.9, 0.0), (0.9, 0.5), (0.6, 0.1)])
def test_it_steps_as_torchs_muon_does(shape: tuple[int, int], momentum: float, weight_decay: float) -> None:
    start = torch.randn(shape, generator=torch.Generator().manual_seed(shifted_seed(2)))
    ours, theirs = nn.Parameter(start.clone()), nn.Parameter(start.clone())
    reference = torch.optim.Muon(
        [theirs], lr=0.1, momentum=momentum, nesterov=True, weight_decay=weight_decay, adjust_lr_fn="original"
    )
    found = moved(Muon([ours], 0.1, momentum, weight_decay), ours, gradients(shape)) - start
    expected = moved(reference, theirs, gradients(shape)) - start
    assert float((found - expected).norm() / expected.norm()) < 0.03  # theirs is computed in bfloat16


@pytest.mark.parametrize("memory", [torch.contiguous_format, torch.channels_last])
def test_a_filter_moves_as_its_matrix_does(memory: torch.memory_format) -> None:
    start = torch.randn(6, 3, 5, 5, generator=torch.Generator().manual_seed(shifted_seed(2)))
    filters, matrix = nn.Parameter(start.clone().to(memory_format=memory)), nn.Parameter(start.clone().flatten(1))
    pushes = gradients((6, 3, 5, 5))
    found = moved(Muon([filters], 0.1, 0.9, 0.1), filters, pushes)
    expected = moved(Muon([matrix], 0.1, 0.9, 0.1), matrix, [push.flatten(1) for push in pushes])
    torch.testing.assert_close(found.flatten(1), expected)
    assert not torch.allclose(found, start, atol=0.05)


def test_parameters_without_gradient_stay() -> None:
    still, moving = nn.Parameter(torch.ones(3, 4)), nn.Parameter(torch.ones(3, 4))
    optimizer = Muon([still, moving], 0.1, weight_decay=0.5)
    moving.grad = gradients((3, 4))[0]
    optimizer.step()
    assert torch.equal(still, torch.ones(3, 4))
    assert not torch.equal(moving, torch.ones(3, 4))
    assert still not in optimizer.state


def test_the_gradient_is_left_as_it_was() -> None:
    parameter = nn.Parameter(torch.ones(3, 4))
    moved(Muon([parameter], 0.1), parameter, pushes := gradients((3, 4), 2))
    assert parameter.grad is not None
    assert torch.equal(parameter.grad, pushes[-1])


def test_the_momentum_of_a_sleeping_unit_ends_at_zero() -> None:
    """Numbers below the normal ones, which it would pass through for ever, are computed with far more slowly."""
    weights = nn.Parameter(torch.zeros(3, 4))
    muon = Muon([weights], 0.1, momentum=0.5)
    weights.grad = torch.eye(3, 4)
    muon.step()
    weights.grad = torch.zeros(3, 4)
    with denormals_flushed():  # as in a run
        for _ in range(130):  # 2 ** -130 is no normal number of float32, but still one
            muon.step()
    assert torch.equal(muon.state[weights]["momentum"], torch.zeros(3, 4))
