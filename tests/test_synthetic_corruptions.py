"""Corruptions: each image's own draws, worse with severity, and each of them what its amount says."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import ndimage

from digit_recognizer.data import Dataset
from digit_recognizer.errors import ConfigError, DataError
from digit_recognizer.synthetic import corruptions, distortions, overlays
from digit_recognizer.synthetic.corruptions import (
    CORRUPTIONS,
    SEEN,
    SEVERITIES,
    TABLE,
    Images,
    corrupt,
    generator,
)
from examples import examples

pytestmark = pytest.mark.arithmetic

some = st.tuples(st.integers(1, 4), st.integers(7, 40), st.integers(7, 40)).flatmap(lambda n: hnp.arrays(np.uint8, n))
FIXED = ("scale", "brightness", "stripe", "canny_edges")  # nothing is drawn by chance
names = pytest.mark.parametrize("name", CORRUPTIONS)


@pytest.fixture(scope="module")
def digits(mnist: Dataset) -> Images:
    return mnist.split("validation").take(np.arange(300))


def test_there_are_fifteen_and_four_of_them_are_seen() -> None:
    assert len(CORRUPTIONS) == 15
    assert set(SEEN) == {"rotate", "scale", "shear", "translate"}
    assert set(SEEN) < set(CORRUPTIONS)
    assert all(len(corruption.amounts) == len(SEVERITIES) for corruption in TABLE.values())


@names
@examples(8)
@given(images=some, severity=st.sampled_from(SEVERITIES), seed=st.integers(0, 9), data=st.data())
def test_any_subset_gets_the_same(name: str, images: Images, severity: int, seed: int, data: st.DataObject) -> None:
    before = images.copy()
    whole = corrupt(images, name, severity, seed)
    assert (whole.shape, whole.dtype) == (images.shape, np.uint8)
    assert np.array_equal(images, before)
    chosen = data.draw(st.lists(st.integers(0, len(images) - 1), unique=True))
    part = corrupt(images[chosen], name, severity, seed, indices=chosen)
    assert np.array_equal(part, whole[chosen])


def test_chunks_are_not_seen(digits: Images, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = corrupt(digits, "fog", 3)
    monkeypatch.setattr(corruptions, "CHUNK", 7)
    assert np.array_equal(corrupt(digits, "fog", 3), whole)


@names
def test_it_is_worse_with_severity(name: str, digits: Images) -> None:
    found = [np.abs(corrupt(digits, name, severity) - digits.astype(float)).mean() for severity in SEVERITIES]
    assert all(before < after for before, after in zip([1.0, *found[:-1]], found, strict=True))


@pytest.mark.parametrize("name", [name for name in CORRUPTIONS if TABLE[name].is_length])
def test_a_larger_image_is_changed_in_proportion(name: str, digits: Images) -> None:
    larger = np.kron(digits, np.ones((1, 2, 2), np.uint8))
    small, large = (np.abs(corrupt(each, name, 4) - each.astype(float)).mean() for each in (digits, larger))
    assert large == pytest.approx(small, rel=0.15)


@pytest.mark.parametrize("name", [name for name in CORRUPTIONS if name not in FIXED])
def test_seeds_and_images_draw_apart(name: str, digits: Images) -> None:
    twice = np.repeat(digits[:1], 20, axis=0)
    found = corrupt(twice, name, 3, seed=1)
    assert len(np.unique(found.reshape(20, -1), axis=0)) > 1
    assert not np.array_equal(corrupt(twice, name, 3, seed=2), found)


def test_what_cannot_be_corrupted_is_refused(digits: Images) -> None:
    with pytest.raises(ConfigError, match=r"'zig_zag' is unknown. Did you mean 'zigzag'\? Known: shot_noise,"):
        corrupt(digits, "zig_zag", 1)
    for severity in (0, 6, -1):
        with pytest.raises(ConfigError, match=f"Severity {severity} of fog is unknown"):
            corrupt(digits, "fog", severity)
    for wrong in (digits[0], digits / 255, digits[:, :0]):
        with pytest.raises(DataError, match=r"\(N, H, W\) uint8"):
            corrupt(wrong, "fog", 1)  # type: ignore[arg-type]
    with pytest.raises(DataError, match="300 images came with 2 indices"):
        corrupt(digits, "fog", 1, indices=[1, 2])


def test_no_images_give_none(digits: Images) -> None:
    for name in CORRUPTIONS:
        assert corrupt(digits[:0], name, 1).shape == (0, 28, 28)


def draws(n: int) -> list[np.random.Generator]:
    return [generator(0, "test", 1, index) for index in range(n)]


def test_shot_noise_has_the_mean_and_variance_of_poisson() -> None:
    grey = np.full((50, 28, 28), 0.5, np.float32)
    found = distortions.shot_noise(grey, 10, draws(50))
    assert found.mean() == pytest.approx(0.5, abs=0.005)
    assert found.var() == pytest.approx(0.5 / 10, rel=0.03)


def test_impulse_noise_hits_its_share() -> None:
    grey = np.full((100, 28, 28), 0.5, np.float32)
    found = distortions.impulse_noise(grey, 0.2, draws(100))
    assert (found == 1).mean() == pytest.approx(0.1, abs=0.004)
    assert (found == 0).mean() == pytest.approx(0.1, abs=0.004)
    assert (found == 0.5).mean() == pytest.approx(0.8, abs=0.006)


@given(angle=st.floats(-0.78, 0.78), length=st.floats(1, 12))
def test_a_kernel_of_motion_is_a_line(angle: float, length: float) -> None:
    (kernel,) = distortions.line_kernels(np.array([angle]), length)
    middle = len(kernel) // 2
    rows, columns = np.mgrid[: len(kernel), : len(kernel)] - middle
    assert kernel.sum() == pytest.approx(1, abs=1e-5)
    assert (kernel * rows).sum() == pytest.approx(0, abs=1e-5)
    spread = (kernel * (rows * np.sin(angle) + columns * np.cos(angle)) ** 2).sum()
    assert 0.99 * length**2 / 12 <= spread <= length**2 / 12 + 0.26  # of a line, and what interpolation adds


def test_moves_are_scipys(digits: Images) -> None:
    image = digits[:1].astype(np.float32) / 255
    shifted = corrupt(digits[:1], "translate", 3)[0]
    wanted = [ndimage.shift(digits[0], (3 * down, 3 * right), order=1) for down in (-1, 1) for right in (-1, 1)]
    assert any(np.array_equal(shifted, each) for each in wanted)
    turned = distortions.rotate(image, 30, draws(1))[0]
    both = [ndimage.rotate(image[0], angle, reshape=False, order=1) for angle in (-30, 30)]
    assert min(np.abs(turned - each).max() for each in both) < 1e-5


def test_shrinking_and_shearing_keep_the_middle_and_their_share_of_the_ink() -> None:
    disk = (np.hypot(*(np.mgrid[:41, :41] - 20)) < 10).astype(np.float32)[None]
    half = distortions.scale(disk, 0.5, draws(1))
    assert half.sum() / disk.sum() == pytest.approx(0.25, abs=0.03)
    slanted = distortions.shear(disk, 40, draws(1))
    assert slanted.sum() == pytest.approx(disk.sum(), rel=0.02)
    assert np.flatnonzero(slanted[0].any(1)).tolist() == np.flatnonzero(disk[0].any(1)).tolist()
    assert ndimage.center_of_mass(slanted[0]) == pytest.approx((20, 20), abs=0.1)


def test_brightness_and_stripes_are_their_closed_forms(digits: Images) -> None:
    lighter = np.minimum(255, digits.astype(float) + 0.3 * 255)
    assert np.abs(corrupt(digits, "brightness", 3) - lighter).max() <= 0.5
    striped = digits.copy()
    striped[:, :, :7] = 255 - striped[:, :, :7]
    striped[:, :, 21:] = 255 - striped[:, :, 21:]
    assert np.array_equal(corrupt(digits, "stripe", 4), striped)  # the paper's


def test_fog_fills_its_range_and_is_smooth() -> None:
    found = overlays.clouds(28, 28, draws(50))
    assert found.min() >= 0
    assert found.max() <= 1
    assert 0.4 < found.mean() < 0.6
    assert np.abs(np.diff(found, axis=2)).mean() < 0.15 * np.abs(found - found[:, ::-1, ::-1]).mean() * 2
    white = np.ones((1, 28, 28), np.float32)
    assert overlays.fog(white, 2, draws(1)).max() <= 1


def test_mud_hides_its_share() -> None:
    white = np.ones((50, 28, 28), np.float32)
    hidden = 1 - overlays.spatter(white, 0.2, draws(50))
    assert hidden.sum() / (white.size * (1 - overlays.MUD)) == pytest.approx(0.2, abs=0.01)


def test_lines_are_counted_and_dotted() -> None:
    black = np.zeros((40, 28, 28), np.float32)
    one, three = (np.clip(overlays.dotted_line(black, lines, draws(40)), 0, 1).sum((1, 2)) for lines in (1, 3))
    assert three.mean() > 2 * one.mean()
    empty = ~overlays.dotted_line(black, 5, draws(40)).any(1)
    assert (empty == (np.arange(28) // 2 % 2 == 0)).all()


def test_a_zigzag_rises_and_falls_and_leaves_the_ends() -> None:
    found = overlays.zigzag(np.zeros((40, 56, 28), np.float32), 2.3, draws(40))
    assert not found[:, :, [0, 1, 26, 27]].any()
    inside = found[found.any((1, 2))][:, :, 2:26]
    peaks = inside.argmax(1)
    assert np.median(np.abs(np.diff(peaks, axis=1))) == 1  # 45 degrees
    assert np.median(np.ptp(peaks, axis=1)) >= 4


def test_edges_of_a_disk_are_its_rim() -> None:
    distance = np.hypot(*(np.mgrid[:41, :41] - 20))
    disk = (distance < 10).astype(np.float32)
    blank = np.zeros_like(disk)
    found = distortions.edges(np.stack([blank, disk, blank]))
    assert not found[0].any()  # an image's edges stay in it
    assert not found[2].any()
    assert (np.abs(distance[found[1] > 0] - 9.5) < 1.5).all()
    assert 50 <= found[1].sum() <= 80  # 2 pi 9.5 is 60
    assert ndimage.label(found[1], np.ones((3, 3)))[1] == 1
    faint = distortions.edges(disk[None] * 0.02)
    assert not faint.any()


def test_a_weak_edge_counts_where_it_joins_a_strong_one() -> None:
    step = np.zeros((2, 28, 28), np.float32)
    step[0, :, 14:] = 0.06
    step[1, :, 14:] = np.linspace(0.06, 0.3, 28)[:, None]  # the gradient is 2.5 times the step
    alone, joined = distortions.edges(step)[:, 1:4, 12:16]
    assert joined.any(1).all()
    assert not alone.any()
