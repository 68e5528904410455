"""Made strangers: the same for a seed, of a network's form, and what their kind says."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import ndimage

from digit_recognizer.data import Dataset
from digit_recognizer.errors import ConfigError, DataError
from digit_recognizer.images import Preprocess
from digit_recognizer.synthetic.fonts import FONTS_FOLDER
from digit_recognizer.synthetic.printed import with_ink
from trials.drawn import SIGNS, circle, curve, dense, line
from trials.letter_fonts import LETTERS, PACKAGES, find_fonts
from trials.ood_pictures import DRAWN, KINDS, TURNED, made_ood_pictures, texture, upside_down

pytestmark = pytest.mark.arithmetic

drawn = pytest.mark.parametrize("kind", list(DRAWN))


@pytest.fixture(scope="module")
def fonts() -> list[Path]:
    try:
        return find_fonts()
    except DataError as error:
        pytest.skip(str(error))


@drawn
def test_a_picture_depends_on_kind_seed_and_number_alone(kind: str) -> None:
    some = made_ood_pictures(kind, 8, seed=3)
    assert (some.shape, some.dtype) == ((8, 28, 28), np.uint8)
    assert np.array_equal(made_ood_pictures(kind, 5, seed=3), some[:5])
    assert not np.array_equal(made_ood_pictures(kind, 8, seed=4), some)
    assert len(np.unique(some.reshape(8, -1), axis=0)) == 8


@drawn
def test_all_are_prepared(kind: str) -> None:
    for image in made_ood_pictures(kind, 20):
        fitted = Preprocess().fit(image)
        assert fitted is not None
        assert np.ptp(image) >= Preprocess().min_contrast
    other = made_ood_pictures(kind, 2, preprocess=Preprocess(size=40, box=30))
    assert other.shape == (2, 40, 40)


def test_none_are_none() -> None:
    assert made_ood_pictures("noise", 0).shape == (0, 28, 28)


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"'leters' is unknown. Did you mean 'letters'\? Known: letters, noise"):
        made_ood_pictures("leters", 1)


def test_a_preparation_that_sees_no_ink_is_told() -> None:
    with pytest.raises(DataError, match="No picture with ink"):
        with_ink(lambda _: np.full((112, 112), 200, np.uint8), np.random.default_rng(0), Preprocess())


def test_letters_are_drawn_from_all_fonts(fonts: list[Path]) -> None:
    some = made_ood_pictures("letters", 30, seed=1)
    assert np.array_equal(made_ood_pictures("letters", 10, seed=1), some[:10])
    assert len(np.unique(some.reshape(30, -1), axis=0)) == 30
    assert (some.max((1, 2)) > 200).all()
    assert len(fonts) == sum(len(files) for files in PACKAGES.values())
    assert "letters" in KINDS


def test_letters_have_no_digit_twin() -> None:
    assert len(LETTERS) == len(set(LETTERS))
    assert not set(LETTERS) & set("OoDQIilJjLZzEYySsGbTBgqhe")


def test_absent_fonts_are_named(tmp_path: Path) -> None:
    for files in list(PACKAGES.values())[1:]:
        for name in files:
            (tmp_path / name).write_bytes(b"")
    absent = next(iter(PACKAGES))
    with pytest.raises(DataError, match=rf"lacks fonts.*\nOn Debian: apt-get install {absent}$"):
        find_fonts(tmp_path)
    with pytest.raises(DataError, match="apt-get install"):
        made_ood_pictures("letters", 1, fonts=tmp_path)
    assert FONTS_FOLDER.is_absolute()


def pen_width(images: NDArray[np.uint8]) -> float:
    """The median width of strokes in pixels: four times the mean distance of ink to its edge."""
    widths = []
    for image in images:
        ink = ndimage.zoom(image.astype(float), 4, order=1) > 127
        widths.append(ndimage.distance_transform_edt(ink)[ink].mean())
    return float(np.median(widths))


def test_the_pen_is_as_wide_as_mnists(mnist: Dataset) -> None:
    digits = pen_width(mnist.split("validation").take(np.arange(100)))
    assert pen_width(made_ood_pictures("signs", 60)) == pytest.approx(digits, rel=0.2)
    assert pen_width(made_ood_pictures("scribbles", 60)) == pytest.approx(digits, rel=0.6)  # crossings are wide


def test_a_texture_has_the_spectrum_of_photos() -> None:
    slopes = []
    for seed in range(10):
        field = texture(np.random.default_rng(seed)).astype(float)
        power = np.abs(np.fft.rfft2(field - field.mean())) ** 2
        frequency = np.hypot(np.fft.fftfreq(112)[:, None], np.fft.rfftfreq(112))
        inside = (frequency > 0.02) & (frequency < 0.3)
        slopes.append(np.polyfit(np.log(frequency[inside]), np.log(power[inside]), 1)[0])
    assert -3 < np.mean(slopes) < -1.5  # amplitude as 1 / f, power as 1 / f^2


def test_a_curve_goes_through_its_points() -> None:
    points = np.random.default_rng(0).uniform(0, 1, (6, 2))
    assert np.allclose(curve(points)[::12], points)
    straight = np.stack([np.arange(5.0), np.arange(5.0)], axis=1)
    assert np.allclose(curve(straight)[12:-12, 0], curve(straight)[12:-12, 1])


def test_signs_stay_in_their_square_and_dense_strokes_on_their_lines() -> None:
    for strokes in SIGNS.values():
        points = np.concatenate(strokes)
        assert points.min() >= -0.01
        assert points.max() <= 1.01
    corner = dense(line((0, 0), (1, 0), (1, 1)))
    assert len(corner) > 150
    assert ((corner[:, 1] == 0) | (corner[:, 0] == 1)).all()
    assert np.allclose(np.hypot(*(circle(2, 3, 0.5) - (2, 3)).T), 0.5)


def test_upside_down_are_the_digits_that_are_none_so(mnist: Dataset) -> None:
    split = mnist.split("validation")
    images, labels = split.take(np.arange(50)), split.labels[:50]
    turned = upside_down(images, labels)
    assert set(TURNED) == {2, 3, 4, 5, 7}
    chosen = [image for image, label in zip(images, labels, strict=True) if label in TURNED]
    assert len(turned) == len(chosen) > 0
    assert all(np.array_equal(np.rot90(image, 2), each) for image, each in zip(chosen, turned, strict=True))
