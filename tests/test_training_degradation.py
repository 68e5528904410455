"""Degradation against scipy and plain geometry: what each step does to an image, to how many, and what it leaves."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.ndimage import gaussian_filter, grey_dilation, grey_erosion
from torch import Tensor

from digit_recognizer.training import degradation as steps
from digit_recognizer.training.degradation import BLUR, ERASED, NOISE, Degradation
from tiny import shifted_seed

pytestmark = pytest.mark.arithmetic

SHARES = [each.name for each in fields(Degradation)]
SIZES = [(28, 28), (20, 32)]


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(shifted_seed(seed))


def images(n: int, channels: int = 1, height: int = 28, width: int = 28) -> Tensor:
    """Rough images (n, channels, height, width) of 0..1, black and white among them."""
    made = torch.rand(n, channels, height, width, generator=seeded(9))
    made[:, :, 0, 0], made[:, :, -1, -1] = 0, 1
    return made


@given(st.sampled_from(SIZES), st.integers(1, 3), st.integers(0, 2**32))
def test_without_shares_nothing_changes(size: tuple[int, int], channels: int, seed: int) -> None:
    some = images(4, channels, *size)
    assert torch.equal(Degradation()(some, seeded(seed)), some)


@pytest.mark.parametrize("name", SHARES)
@pytest.mark.parametrize("share", [0.3, 1.0])
def test_each_befalls_the_stated_share(name: str, share: float) -> None:
    some = images(2000)
    changed = Degradation(**{name: share})(some, seeded())
    befallen = (changed != some).flatten(1).any(1).float().mean()
    assert befallen == pytest.approx(share, abs=0.04)


@pytest.mark.parametrize("size", SIZES)
def test_the_range_of_the_batch_stays(size: tuple[int, int]) -> None:
    some = images(50, 3, *size) * 3 - 2
    changed = Degradation(*[0.7] * len(SHARES))(some, seeded())
    assert changed.shape == some.shape
    assert changed.min() >= -2
    assert changed.max() <= 1


def test_a_seed_draws_the_same_again() -> None:
    whole = Degradation(*[0.5] * len(SHARES))
    first, again, other = (whole(images(20), seeded(seed)) for seed in (5, 5, 6))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_the_pen_stays_between_erosion_and_dilation() -> None:
    some = images(40)
    changed = steps.pen(some, seeded())
    amounts = torch.rand(40, generator=seeded()) * 2 - 1
    for image, result, amount in zip(some[:, 0].numpy(), changed[:, 0].numpy(), amounts.tolist(), strict=True):
        end = (grey_dilation if amount > 0 else grey_erosion)(image, (3, 3), mode="nearest")
        np.testing.assert_allclose(result, image + abs(amount) * (end - image), atol=1e-5)


def test_the_blur_is_scipys() -> None:
    some = images(10)
    spreads = BLUR[0] + (BLUR[1] - BLUR[0]) * torch.rand(10, generator=seeded())
    for image, result, spread in zip(some[:, 0], steps.blur(some, seeded())[:, 0], spreads.tolist(), strict=True):
        expected = gaussian_filter(image.double().numpy(), spread, mode="constant", radius=4)
        np.testing.assert_allclose(result.numpy(), expected, atol=1e-5)


def test_a_coarse_grid_keeps_flat_parts_and_loses_fine_ones() -> None:
    flat, fine = torch.full((1, 1, 28, 28), 0.4), (torch.arange(28)[:, None] + torch.arange(28)) % 2 * 1.0
    torch.testing.assert_close(steps.coarse(flat, seeded()), flat)
    for seed in range(10):
        assert steps.coarse(fine[None, None], seeded(seed)).std() < 0.6 * fine.std()


def test_what_is_erased_is_one_rectangle_of_one_grey() -> None:
    some = images(200)
    for image, result in zip(some[:, 0], steps.erase(some, seeded())[:, 0], strict=True):
        rows, columns = (image != result).nonzero(as_tuple=True)
        if not len(rows):
            continue  # beyond the corner
        inside = result[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
        assert torch.unique(inside).numel() == 1
        assert max(inside.shape) <= ERASED[1] + 1


def test_noise_has_the_stated_spread() -> None:
    grey = torch.full((300, 1, 28, 28), 0.5)
    spreads = NOISE * torch.rand(300, generator=seeded())
    found = (steps.noise(grey, seeded()) - grey).flatten(1).std(1)
    torch.testing.assert_close(found, spreads, rtol=0.15, atol=1e-3)


@pytest.mark.parametrize("name", SHARES)
@pytest.mark.parametrize("value", [-0.01, 1.01, float("nan")])
def test_impossible_shares_are_told(name: str, value: float) -> None:
    assert not Degradation(**{name: value}).sound()
    assert Degradation(**{name: 1.0}).sound()
