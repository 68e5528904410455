"""The figure of what a model saw shows each picture, the image that the network was given, and the answer."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from matplotlib import pyplot as plt

from digit_recognizer.errors import ConfigError
from digit_recognizer.images import read_picture
from digit_recognizer.recognizer import Recognizer
from digit_recognizer.report.seen import seen_figure
from helpers_cli import draw_blank, draw_seven


@pytest.fixture(autouse=True)
def no_figure_stays_open() -> Iterator[None]:
    yield
    plt.close("all")


@pytest.mark.arithmetic
def test_each_picture_stands_beside_what_was_seen(tmp_path: Path) -> None:
    recognizer = Recognizer.load("classic")
    names = [draw_seven(tmp_path / "seven.png"), draw_blank(tmp_path / "blank.png"), draw_seven(tmp_path / "$x$.png")]
    predictions = recognizer.predict(names)
    axes = seen_figure(recognizer, predictions).axes
    drawn = [np.asarray(each.get_images()[0].get_array()) if each.get_images() else None for each in axes]
    for number, name in enumerate(names):
        picture = read_picture(name)
        assert np.array_equal(drawn[2 * number], picture)
        fitted = recognizer.model.preprocess.fit(picture)
        assert (drawn[2 * number + 1] is None) == (fitted is None)
        assert fitted is None or np.array_equal(drawn[2 * number + 1], fitted)
    titles = [each.get_title() for each in axes]
    assert titles[3] == "no ink"
    assert "7" in titles[1]


def test_nothing_read_is_told() -> None:
    with pytest.raises(ConfigError, match="nothing to draw"):
        seen_figure(Recognizer.load("classic"), [])
