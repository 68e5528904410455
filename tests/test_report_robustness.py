"""The figure of robustness shows every corruption and every model, on light and on dark."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from matplotlib import pyplot as plt

from digit_recognizer.errors import ConfigError
from digit_recognizer.evaluation.robustness import Robustness
from digit_recognizer.images import read_picture
from digit_recognizer.models import Model, load_model
from digit_recognizer.report.figures import save_figure
from digit_recognizer.synthetic.corruptions import CORRUPTIONS, SEVERITIES
from trials.robustness_figure import STYLES, robustness_figure

pytestmark = pytest.mark.arithmetic


@pytest.fixture(autouse=True)
def no_figure_stays_open() -> Iterator[None]:
    yield
    plt.close("all")


@pytest.fixture(scope="module")
def classic() -> Model:
    return load_model("classic")


def made(model: Model, seed: int, names: tuple[str, ...] = CORRUPTIONS) -> Robustness:
    rng = np.random.default_rng(seed)
    wrong = rng.random((len(names), len(SEVERITIES), 40)) < 0.3
    return Robustness(model, "made", "validation", names, SEVERITIES, 0, rng.random(40) < 0.1, wrong, None)


def test_every_model_has_a_line_in_every_plot(classic: Model) -> None:
    found = [made(classic, 0), made(classic, 1)]
    figure = robustness_figure(found)
    plots = [axis for axis in figure.axes if axis.get_title()]
    assert [axis.get_title().removesuffix(" (seen)").replace(" ", "_") for axis in plots] == list(CORRUPTIONS)
    assert sum("(seen)" in axis.get_title() for axis in plots) == 4
    for axis, name in zip(plots, CORRUPTIONS, strict=True):
        for line, each in zip(axis.lines, found, strict=True):
            errors = np.asarray(line.get_ydata()) / 100
            assert errors.tolist() == pytest.approx(
                [each.clean_error, *(one.error for one in each.figures if one.name == name)]
            )
            assert np.asarray(line.get_xdata()).tolist() == [0, *SEVERITIES]
    assert "made, 40 validation images" in figure.get_suptitle()
    assert len(figure.legends[0].get_texts()) == 2


def test_a_few_corruptions_are_drawn_too(classic: Model) -> None:
    for names in (("fog",), ("fog", "stripe", "scale")):
        figure = robustness_figure([made(classic, 0, names)])
        assert len([axis for axis in figure.axes if axis.get_title()]) == len(names)


def test_it_is_narrow_and_dark_where_asked(classic: Model, tmp_path: Path) -> None:
    light = read_picture(save_figure(robustness_figure([made(classic, 0)]), tmp_path / "light.png"))
    dark = read_picture(save_figure(robustness_figure([made(classic, 0)], dark=True), tmp_path / "dark.png"))
    assert light.shape == dark.shape
    assert light.shape[1] <= 600  # a phone shows it at more than half its size
    assert np.median(light) > 240
    assert np.median(dark) < 15
    assert plt.rcParams["axes.facecolor"] != "black"


def test_what_cannot_be_compared_is_refused(classic: Model) -> None:
    one = made(classic, 0)
    with pytest.raises(ConfigError, match="0 models cannot be drawn"):
        robustness_figure([])
    with pytest.raises(ConfigError, match="5 models cannot be drawn"):
        robustness_figure([one] * (len(STYLES) + 1))
    with pytest.raises(ConfigError, match="different images or corruptions"):
        robustness_figure([one, made(classic, 0, ("fog",))])
