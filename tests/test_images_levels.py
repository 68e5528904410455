"""Pictures of 16 bits whose values end early: other pictures than digits keep their levels; all are told of."""

from __future__ import annotations

import io
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from digit_recognizer.errors import DigitRecognizerWarning
from digit_recognizer.images import read_picture

RAMP = np.linspace(0, 1, 64 * 64).reshape(64, 64)
KINDS = ("png", "tiff", "image", "array", "signed array", "tensor")


def ramp(bits: int) -> NDArray[np.uint16]:
    """Every shade from 0 to the greatest value of a number of bits."""
    return np.rint(RAMP * (2**bits - 1)).astype(np.uint16)


def given(values: NDArray[np.uint16], kind: str, folder: Path) -> object:
    if kind == "image":
        return Image.fromarray(values)
    if kind == "array":
        return values
    if kind == "signed array":
        return values.astype(np.int16)
    if kind == "tensor":
        torch = pytest.importorskip("torch")
        return torch.from_numpy(values.astype(np.int32))
    path = folder / f"ramp.{kind}"
    Image.fromarray(values).save(path)
    return path


@pytest.mark.parametrize("bits", [10, 12, 14])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("channels", [1, 3])
def test_pictures_keep_their_levels_and_the_range_is_told(tmp_path: Path, bits: int, kind: str, channels: int) -> None:
    values = ramp(bits)
    with pytest.warns(DigitRecognizerWarning, match=f"end at {2**bits - 1:,} of 65,535.*read as {bits} bits"):
        read = read_picture(given(values, kind, tmp_path), channels=channels, form="picture")  # type: ignore[arg-type]
    assert np.abs(read.reshape(64, 64, channels) - 255 * RAMP[..., None]).max() <= 0.7
    assert len(np.unique(read)) == 256


@pytest.mark.parametrize("kind", KINDS)
def test_digits_stay_as_they_were_and_are_told_of(tmp_path: Path, kind: str) -> None:
    with pytest.warns(DigitRecognizerWarning, match="end at 4,095 of 65,535, so that it is nearly black"):
        read = read_picture(given(ramp(12), kind, tmp_path))  # type: ignore[arg-type]
    assert read.max() == 16


@pytest.mark.parametrize("kind", ["png", "tiff", "image", "array", "tensor"])
@pytest.mark.parametrize("form", ["digit", "picture"])
def test_all_sixteen_bits_are_as_before(tmp_path: Path, kind: str, form: str) -> None:
    read = read_picture(given(ramp(16), kind, tmp_path), form=form)  # type: ignore[arg-type]
    assert np.abs(read - 255 * RAMP).max() <= 0.6


def test_signed_numbers_have_fifteen_bits() -> None:
    values = ramp(15).astype(np.int16)
    assert read_picture(values, form="picture").max() == 255


@pytest.mark.parametrize("kind", ["png", "tiff"])
@pytest.mark.parametrize("form", ["digit", "picture"])
def test_colours_of_sixteen_bits_that_end_early_are_told_of(tmp_path: Path, kind: str, form: str) -> None:
    path = tmp_path / f"colours.{kind}"
    for bits in (12, 16):
        assert cv2.imwrite(str(path), np.repeat(ramp(bits)[..., None], 3, axis=2))
        if bits == 16:
            assert read_picture(path, channels=3, form=form).max() == 255
            continue
        with pytest.warns(DigitRecognizerWarning, match="16 bits a colour, and its values end below 4,096.*16 levels"):
            read_picture(path, channels=3, form=form)


def test_a_black_picture_is_not_told_of() -> None:
    black = np.zeros((8, 8), np.uint16)
    content = io.BytesIO()
    Image.fromarray(black).save(content, "PNG")
    for form in ("digit", "picture"):
        assert not read_picture(Image.open(content), form=form).any()
        assert not read_picture(black, form=form).any()
