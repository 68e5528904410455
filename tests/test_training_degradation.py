"""Degradation against scipy: what stroke, blur and noise do to an image, and how far they go."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.ndimage import gaussian_filter, grey_dilation, grey_erosion

from digit_recognizer.training.degradation import REACH, Degradation, blurred, restroked

SIZES = [(28, 28), (20, 32)]
ALL = Degradation(stroke=0.5, blur=1.0, noise=0.1)
AMOUNTS = [each.name for each in fields(Degradation)]


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def noise(n: int, channels: int, height: int, width: int) -> torch.Tensor:
    return torch.from_numpy(np.random.default_rng(3).uniform(-1, 1, (n, channels, height, width))).float()


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("channels", [1, 3])
def test_strokes_are_scipys_dilation_and_erosion(size: tuple[int, int], channels: int) -> None:
    images = noise(4, channels, *size)
    amounts = torch.tensor([-1, -0.3, 0.4, 1]).view(-1, 1, 1, 1)
    plain = images.numpy()
    near = (1, 1, 3, 3)
    thin, thick = grey_erosion(plain, near, mode="nearest"), grey_dilation(plain, near, mode="nearest")
    share = amounts.numpy()
    expected = np.where(share > 0, plain + share * (thick - plain), plain - share * (thin - plain))
    np.testing.assert_allclose(restroked(images, amounts).numpy(), expected, atol=1e-6)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("channels", [1, 3])
def test_the_blur_is_scipys(size: tuple[int, int], channels: int) -> None:
    images, sigmas = noise(4, channels, *size), torch.tensor([0.0, 0.4, 0.8, 1.0])
    for image, sigma, found in zip(images.numpy(), sigmas.tolist(), blurred(images, sigmas).numpy(), strict=True):
        radius = {"radius": (0, REACH, REACH)} if sigma else {}
        expected = gaussian_filter(image, (0, sigma, sigma), mode="nearest", **radius)
        np.testing.assert_allclose(found, expected, atol=1e-5)


def test_noise_has_at_most_the_stated_spread() -> None:
    images = torch.zeros(400, 1, 28, 28)
    spreads = Degradation(noise=0.2)(images, seeded()).std((1, 2, 3))
    assert 0.19 < spreads.max() < 0.22
    assert spreads.min() < 0.01
    assert spreads.mean() == pytest.approx(0.1, abs=0.01)


def test_strokes_grow_and_shrink_by_at_most_the_stated_share() -> None:
    images = noise(1, 1, 28, 28).repeat(500, 1, 1, 1)
    gains = (Degradation(stroke=0.5)(images, seeded()) - images).mean((1, 2, 3))
    most = (restroked(images[:2], torch.tensor([-0.5, 0.5]).view(-1, 1, 1, 1)) - images[:2]).mean((1, 2, 3))
    assert most[0] <= gains.min() < 0.95 * most[0]
    assert 0.95 * most[1] < gains.max() <= most[1]


@given(st.sampled_from(SIZES), st.integers(1, 3), st.integers(1, 4))
def test_without_amounts_nothing_changes(size: tuple[int, int], channels: int, n: int) -> None:
    images = noise(n, channels, *size)
    assert torch.equal(Degradation()(images, seeded()), images)


def test_a_seed_draws_the_same_again_and_each_image_its_own() -> None:
    images = noise(1, 1, 28, 28).repeat(3, 1, 1, 1)
    first, again, other = (ALL(images, seeded(seed)) for seed in (5, 5, 6))
    assert torch.equal(first, again)
    assert not torch.allclose(first, other, atol=1e-2)
    assert not torch.allclose(first[0], first[1], atol=1e-2)


@given(st.sampled_from(SIZES), st.integers(0, 2**32), st.floats(-3, 3, width=32))
def test_blank_paper_stays_blank_but_for_the_noise(size: tuple[int, int], seed: int, value: float) -> None:
    blank = torch.full((3, 1, *size), value)
    found = Degradation(stroke=0.5, blur=1.0)(blank, seeded(seed))
    torch.testing.assert_close(found, blank, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("amount", AMOUNTS)
@pytest.mark.parametrize("value", [-0.01, -1e9, float("nan"), float("inf")])
def test_impossible_amounts_are_told(amount: str, value: float) -> None:
    assert not Degradation(**{amount: value}).sound()


def test_amounts_beyond_the_image_are_told() -> None:
    assert not Degradation(stroke=1.1).sound()
    assert not Degradation(blur=REACH + 0.1).sound()
    assert Degradation(stroke=1, blur=REACH, noise=10).sound()
    assert Degradation().sound()


def test_the_fields_come_back() -> None:
    assert Degradation(**ALL.to_dict()) == ALL
