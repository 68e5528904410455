"""Augmentation against independent geometry: what each extent does to an image, how far it goes, what it leaves."""

from __future__ import annotations

import math
from dataclasses import fields

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.ndimage import affine_transform, gaussian_filter
from torch import Tensor
from torch.nn.functional import affine_grid
from torchvision.transforms.functional import InterpolationMode, affine

from digit_recognizer.training.augmentation import Augmentation, coordinates, smooth_steps
from tiny import shifted_seed

pytestmark = pytest.mark.arithmetic

SIZES = [(28, 28), (20, 32), (33, 12)]
ALL = Augmentation(rotation=20, scale=0.2, shear=15, shift=2, elastic=1.0)
EXTENTS = [each.name for each in fields(Augmentation)]


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(shifted_seed(seed))


def smooth(n: int, channels: int, height: int, width: int) -> Tensor:
    """Images (n, channels, height, width) float32 without sharp edges, so that rounding moves no pixel far."""
    noise = np.random.default_rng(shifted_seed(3)).normal(size=(n, channels, height, width))
    return torch.from_numpy(gaussian_filter(noise, (0, 0, 2, 2)) * 5).float()


def drawn(augmentation: Augmentation, height: int, width: int, n: int, seed: int = 0) -> NDArray[np.float64]:
    """The affine maps (n, 2, 3) that a seed draws, between pixels counted from the middle, x before y."""
    half = np.array([width / 2, height / 2])
    maps = augmentation.matrices(n, height, width, seeded(seed)).double().numpy()
    return maps * half[:, None] / np.append(half, 1)


def by_scipy(image: Tensor, linear: NDArray[np.float64], shift: NDArray[np.float64]) -> NDArray[np.float64]:
    """One image (C, H, W) through the map x -> linear @ x + shift, computed by scipy, its edge going on outside."""
    rows_first = linear[::-1, ::-1]
    middle = (np.array(image.shape[1:]) - 1) / 2
    offset = middle + shift[::-1] - rows_first @ middle
    planes = image.double().numpy()
    return np.stack([affine_transform(plane, rows_first, offset, order=1, mode="nearest") for plane in planes])


@given(st.sampled_from(SIZES), st.integers(1, 3), st.integers(1, 4))
def test_without_extents_nothing_changes(size: tuple[int, int], channels: int, n: int) -> None:
    images = smooth(n, channels, *size)
    torch.testing.assert_close(Augmentation()(images, seeded()), images, atol=1e-5, rtol=0)


@pytest.mark.parametrize("size", SIZES)
def test_the_grids_are_those_of_affine_grid(size: tuple[int, int]) -> None:
    maps = ALL.matrices(5, *size, seeded())
    grids = (maps @ coordinates(*size)).view(5, 2, *size).permute(0, 2, 3, 1)
    torch.testing.assert_close(grids, affine_grid(maps, [5, 1, *size], align_corners=False), atol=1e-5, rtol=0)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("extent", ["rotation", "shear", "scale", "shift"])
def test_each_extent_does_what_it_is_named_for(extent: str, size: tuple[int, int], channels: int) -> None:
    """The map that was drawn has the one form that its name says, of pixels, and the image went through it."""
    most = {"rotation": 30.0, "shear": 25.0, "scale": 0.3, "shift": 4.0}[extent]
    augmentation = Augmentation(**{extent: most})
    images = smooth(6, channels, *size)
    results = augmentation(images, seeded(2))
    for image, result, found in zip(images, results, drawn(augmentation, *size, 6, seed=2), strict=True):
        angle, slant = math.atan2(found[1, 0], found[0, 0]), found[0, 1]
        linear = {
            "rotation": np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]]),
            "shear": np.array([[1, slant], [0, 1]]),
            "scale": np.diag([found[0, 0], found[1, 1]]),
            "shift": np.eye(2),
        }[extent]
        shift = found[:, 2] if extent == "shift" else np.zeros(2)
        np.testing.assert_allclose(found, np.column_stack([linear, shift]), atol=1e-5)
        np.testing.assert_allclose(result.numpy(), by_scipy(image, linear, shift), atol=1e-3)


def test_rotation_agrees_with_torchvision_away_from_the_edge() -> None:
    augmentation, images = Augmentation(rotation=25), smooth(4, 1, 28, 28)
    for image, result, found in zip(
        images, augmentation(images, seeded()), drawn(augmentation, 28, 28, 4), strict=True
    ):
        angle = -math.degrees(math.atan2(found[1, 0], found[0, 0]))  # of the picture: where it comes from turns back
        turned = affine(image, angle, [0, 0], 1.0, [0.0], InterpolationMode.BILINEAR)
        inside = np.s_[:, 8:-8, 8:-8]
        torch.testing.assert_close(result[inside], turned[inside], atol=1e-4, rtol=0)


def test_draws_fill_the_stated_extents_and_stay_within() -> None:
    for extent, most in {"rotation": 12.0, "shear": 30.0, "scale": 0.25, "shift": 3.0}.items():
        maps = drawn(Augmentation(**{extent: most}), 28, 20, 5000)
        values = {
            "rotation": [np.degrees(np.arctan2(maps[:, 1, 0], maps[:, 0, 0]))],
            "shear": [np.degrees(np.arctan(maps[:, 0, 1]))],
            "scale": [1 / maps[:, 0, 0] - 1, 1 / maps[:, 1, 1] - 1],
            "shift": [maps[:, 0, 2], maps[:, 1, 2]],
        }[extent]
        for each in values:
            assert np.abs(each).max() <= most * (1 + 1e-4)
            assert each.min() < -0.99 * most
            assert each.max() > 0.99 * most
            assert abs(each.mean()) < 0.05 * most
        if len(values) == 2:  # across and down are drawn apart
            assert abs(np.corrcoef(*values)[0, 1]) < 0.1


def test_a_seed_draws_the_same_again_and_each_image_its_own() -> None:
    images = smooth(1, 1, 28, 28).repeat(3, 1, 1, 1)
    first, again, other = (ALL(images, seeded(seed)) for seed in (5, 5, 6))
    assert torch.equal(first, again)
    assert not torch.allclose(first, other, atol=1e-2)
    assert not torch.allclose(first[0], first[1], atol=1e-2)


def field(augmentation: Augmentation, n: int, height: int, width: int, generator: torch.Generator) -> torch.Tensor:
    """The smooth shifts of every pixel, (n, 2, height, width)."""
    return (augmentation.points(n, height, width, generator) @ smooth_steps(height, width)).view(n, 2, height, width)


@pytest.mark.parametrize(("height", "width"), [(5, 5), (9, 13)])
def test_the_elastic_field_has_the_stated_spread_at_its_points(height: int, width: int) -> None:
    found = field(Augmentation(elastic=1.5), 4000, height, width, seeded())
    points = found[:, :, :: (height - 1) // 4, :: (width - 1) // 4] * torch.tensor([width, height]).view(1, 2, 1, 1) / 2
    assert points.shape[2:] == (5, 5)
    torch.testing.assert_close(points.std(0), torch.full((2, 5, 5), 1.5), atol=0.1, rtol=0)
    torch.testing.assert_close(points.mean(0), torch.zeros(2, 5, 5), atol=0.1, rtol=0)


def test_the_elastic_field_is_smooth() -> None:
    found = field(Augmentation(elastic=1.0), 200, 28, 28, seeded()) * 14  # pixels
    for dim in (2, 3):
        slope = found.diff(dim=dim)
        assert slope.std() < 0.3
        assert slope.diff(dim=dim).std() < 0.1


def test_the_elastic_field_moves_the_image_by_its_pixels() -> None:
    """An image whose value is its column shows how far each pixel was fetched from."""
    ramp = torch.arange(40.0).repeat(1, 1, 24, 1)
    moved = Augmentation(elastic=1.0)(ramp, seeded(4)) - ramp
    generator = seeded(4)
    Augmentation().matrices(1, 24, 40, generator)  # these draws come first
    expected = field(Augmentation(elastic=1.0), 1, 24, 40, generator)[:, :1] * 20
    torch.testing.assert_close(moved[..., 6:-6], expected[..., 6:-6], atol=1e-3, rtol=0)


@pytest.mark.parametrize("size", SIZES)
def test_beyond_the_edge_its_pixels_go_on(size: tuple[int, int]) -> None:
    height, width = size
    augmentation = Augmentation(shift=2.0 * max(size))
    ramps = torch.stack([torch.arange(float(width)).repeat(height, 1), torch.arange(float(height)).repeat(width, 1).T])
    results = augmentation(ramps.repeat(20, 1, 1, 1), seeded())
    for result, (right, below) in zip(results, drawn(augmentation, *size, 20)[:, :, 2], strict=True):
        columns = np.clip(np.arange(width) + right, 0, width - 1)
        rows = np.clip(np.arange(height) + below, 0, height - 1)
        np.testing.assert_allclose(result[0].numpy(), np.tile(columns, (height, 1)), atol=1e-3)
        np.testing.assert_allclose(result[1].numpy(), np.tile(rows, (width, 1)).T, atol=1e-3)


@given(st.sampled_from(SIZES), st.integers(0, 2**32), st.floats(-3, 3, width=32))
def test_blank_paper_stays_blank(size: tuple[int, int], seed: int, value: float) -> None:
    blank = torch.full((3, 1, *size), value)
    torch.testing.assert_close(ALL(blank, seeded(seed)), blank, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("extent", EXTENTS)
@pytest.mark.parametrize("value", [-0.01, -1e9, float("nan"), float("inf")])
def test_impossible_extents_are_told(extent: str, value: float) -> None:
    assert not Augmentation(**{extent: value}).sound()


def test_extents_that_would_leave_no_image_are_told() -> None:
    assert not Augmentation(scale=1.0).sound()
    assert not Augmentation(shear=90.0).sound()
    assert Augmentation().sound()
    assert Augmentation(rotation=180, scale=0.99, shear=89, shift=100, elastic=10).sound()


def test_the_fields_come_back() -> None:
    assert Augmentation(**ALL.to_dict()) == ALL
