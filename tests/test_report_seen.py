"""The figure of what a model saw shows each picture, the image that the network was given, and the answer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from numpy.typing import NDArray
from PIL import Image

from digit_recognizer.errors import ConfigError
from digit_recognizer.images import read_picture
from digit_recognizer.models import Model, load_model
from digit_recognizer.models.runtime import Inputs, Logits, OodScore, Runtime
from digit_recognizer.recognizer import Recognizer
from digit_recognizer.report.seen import seen_figure
from helpers_cli import digits, draw_blank, draw_seven
from model_files import write_reader_of_colour


@pytest.fixture(autouse=True)
def no_figure_stays_open() -> Iterator[None]:
    yield
    plt.close("all")


@dataclass(frozen=True)
class Noting:
    """A runtime that keeps what it is given."""

    runtime: Runtime
    given: list[Inputs]
    name: str = "noting"

    def observe(self, inputs: Inputs) -> tuple[Logits, OodScore]:
        self.given.append(inputs)
        return self.runtime.observe(inputs)


def noting(model: Model) -> tuple[Recognizer, list[Inputs]]:
    """A recognizer, and the list of all that its network will be given."""
    given: list[Inputs] = []
    return Recognizer(replace(model, runtime=Noting(model.runtime, given))), given


def draw_colours(path: Path) -> Path:
    """A picture that is red on its left and blue on its right, as a PNG file."""
    picture = np.zeros((60, 80, 3), np.uint8)
    picture[:, :40, 0] = picture[:, 40:, 2] = 250
    Image.fromarray(picture).save(path)
    return path


def image_in(axis: Axes) -> NDArray[np.uint8] | None:
    """What was drawn there, if anything."""
    return np.asarray(axis.get_images()[0].get_array()) if axis.get_images() else None


def test_each_picture_stands_beside_what_the_network_was_given(tmp_path: Path) -> None:
    recognizer, given = noting(load_model("classic"))
    names = [draw_seven(tmp_path / "seven.png"), draw_blank(tmp_path / "blank.png"), draw_seven(tmp_path / "$x$.png")]
    axes = seen_figure(recognizer, *recognizer.predict(names, return_inputs=True)).axes
    for pair, name in zip((0, 2, 4), names, strict=True):
        np.testing.assert_array_equal(image_in(axes[pair]), read_picture(name))
    assert image_in(axes[3]) is None
    for drawn, inputs in zip((image_in(axes[1]), image_in(axes[5])), np.concatenate(given), strict=True):
        assert drawn is not None
        np.testing.assert_array_equal(recognizer.model.preprocess.normalise(drawn[None]), inputs[None])
    titles = [each.get_title() for each in axes]
    assert titles[3] == "no ink"
    assert "7" in titles[1]


def test_colours_are_drawn_as_the_network_was_given_them(tmp_path: Path) -> None:
    recognizer, given = noting(load_model(write_reader_of_colour(tmp_path / "colour.safetensors")))
    picture = draw_colours(tmp_path / "colours.png")
    axes = seen_figure(recognizer, *recognizer.predict([picture], return_inputs=True)).axes
    np.testing.assert_array_equal(image_in(axes[0]), np.asarray(Image.open(picture)))
    drawn = image_in(axes[1])
    assert drawn is not None
    assert drawn.shape == (28, 28, 3)
    np.testing.assert_array_equal(recognizer.model.preprocess.normalise(drawn[None]), np.concatenate(given))


def test_the_command_shows_colours(tmp_path: Path) -> None:
    model = write_reader_of_colour(tmp_path / "colour.safetensors")
    picture, figure = draw_colours(tmp_path / "colours.png"), tmp_path / "seen.png"
    answer = digits("predict", "--model", model, "--save", figure, picture)
    assert (answer.code, str(figure) in answer.err) == (0, True)
    pixels = np.asarray(Image.open(figure).convert("RGB")).astype(int)
    for channel in (0, 2):  # the picture's half of this colour, and that of what was seen
        coloured = (pixels[..., channel] > 200) & (np.delete(pixels, channel, 2).max(2) < 50)
        assert np.count_nonzero(np.diff(coloured.any(0).astype(int)) == 1) == 2


def test_nothing_read_is_told() -> None:
    with pytest.raises(ConfigError, match="nothing to draw"):
        seen_figure(Recognizer.load("classic"), [], [])
