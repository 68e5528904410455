"""Every figure is drawn from what it is given, and saved whole or not at all."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib import pyplot as plt
from matplotlib.figure import Figure
from PIL import Image

from digit_recognizer.data import ArraySplit, Dataset
from digit_recognizer.data.spec import DatasetSpec
from digit_recognizer.errors import ConfigError, StorageError
from digit_recognizer.evaluation import Evaluation
from digit_recognizer.images import Preprocess, read_picture
from digit_recognizer.models import Model, load_model
from digit_recognizer.report import figures
from digit_recognizer.report.gather import sample_figure, save_curves, save_evaluation, sketch_picture

NAMES = tuple("0123456789")
SPEC = DatasetSpec("made", "made", "multi-class", NAMES, 1, 28, "none", "made")
HISTORY = [{"epoch": e, "loss": 1 / e, "validation_accuracy": 0.9 + e / 100} for e in (1, 2, 3)]


@pytest.fixture(autouse=True)
def no_figure_stays_open() -> Iterator[None]:
    yield
    plt.close("all")


@pytest.fixture(scope="module")
def classic() -> Model:
    return load_model("classic")


@pytest.fixture
def data() -> Dataset:
    """Fifty images whose middle says their number."""
    images = np.zeros((50, 28, 28), np.uint8)
    images[:, 8:20, 8:20] = (np.arange(50) * 5 + 5)[:, None, None]
    split = ArraySplit(images, np.arange(50) % 10)
    return Dataset(SPEC, {"train": split, "validation": split, "calibration": split, "test": split})


def evaluation(model: Model, labels: list[int], predicted: list[int]) -> Evaluation:
    probabilities = np.full((len(labels), 10), 0.02)
    probabilities[np.arange(len(labels)), predicted] = 0.82
    return Evaluation(model, "made", "validation", np.array(labels), probabilities, 0.0, None)


def captions(figure: Figure) -> list[str]:
    return [axis.get_title() for axis in figure.axes if axis.get_title()]


def shown(figure: Figure) -> list[np.ndarray[Any, Any]]:
    return [np.asarray(axis.images[0].get_array()) for axis in figure.axes if axis.images]


def test_samples_bear_their_labels(data: Dataset) -> None:
    figure = sample_figure(data, "train", None, seed=0)
    drawn = shown(figure)
    assert len(drawn) == len(figure.axes) == 30
    numbers = [int(image[10, 10]) // 5 - 1 for image in drawn]
    assert len(set(numbers)) == 30
    assert captions(figure) == [str(number % 10) for number in numbers]
    assert captions(sample_figure(data, "train", None, seed=0)) == captions(figure)
    assert captions(sample_figure(data, "train", None, seed=1)) != captions(figure)


def test_samples_with_a_model_bear_both_labels(data: Dataset, classic: Model) -> None:
    figure = sample_figure(data, "validation", classic, seed=0)
    read = classic.probabilities(np.stack(shown(figure))).argmax(1)
    actual = [int(image[10, 10]) // 5 % 10 - 1 for image in shown(figure)]
    assert captions(figure) == [
        f"{'' if r == a % 10 else '✗ '}predicted {r}\nactual {a % 10}" for r, a in zip(read, actual, strict=True)
    ]
    colours = [axis.title.get_color() for axis in figure.axes]
    wanted = [figures.RIGHT if r == a % 10 else figures.WRONG for r, a in zip(read, actual, strict=True)]
    assert colours == wanted


@pytest.mark.parametrize("n", [1, 3, 11])
def test_a_few_samples_are_drawn_too(data: Dataset, n: int) -> None:
    images, labels = data.split("train").take(np.arange(n)), data.split("train").labels[:n]
    assert len(shown(figures.samples(images, labels, None, NAMES, "few"))) == n


def test_curves_show_the_history() -> None:
    loss, accuracy = figures.learning_curves(HISTORY).axes
    assert np.asarray(loss.lines[0].get_ydata()).tolist() == [1, 1 / 2, 1 / 3]
    assert np.asarray(accuracy.lines[0].get_ydata()).tolist() == pytest.approx([91, 92, 93])


def test_curves_without_validation_show_the_loss_alone() -> None:
    (loss,) = figures.learning_curves([record | {"validation_accuracy": None} for record in HISTORY]).axes
    assert np.asarray(loss.lines[0].get_xdata()).tolist() == [1, 2, 3]


def test_the_confusion_figure_bears_every_count(classic: Model) -> None:
    found = evaluation(classic, [3, 3, 3, 5, 9], [3, 3, 5, 5, 3])
    (axis,) = figures.confusion_figure(found).axes
    texts = {(int(t.get_position()[1]), int(t.get_position()[0])): t.get_text() for t in axis.texts}
    assert texts == {(3, 3): "2", (3, 5): "1", (5, 5): "1", (9, 3): "1"}
    assert "3 of 5 correct (60.00 %)" in axis.get_title()
    assert (axis.get_xlabel(), axis.get_ylabel()) == ("predicted", "actual")


def test_the_gallery_shows_the_worst_mistakes(data: Dataset, classic: Model) -> None:
    found = evaluation(classic, [0, 1, 2, 3], [0, 7, 2, 8])
    worst = found.worst_mistakes(30)
    figure = figures.mistakes_gallery(found, data.split("validation").take(worst), worst)
    assert captions(figure) == ["predicted 7\n(82.0 %)\nactual 1", "predicted 8\n(82.0 %)\nactual 3"]
    assert figure.get_suptitle() == "classic on made, validation images: the 2 most confident of 2 errors"


def test_a_model_without_mistakes_gets_its_figures_too(data: Dataset, classic: Model, tmp_path: Path) -> None:
    labels = data.split("validation").labels.tolist()
    saved = save_evaluation(evaluation(classic, labels, labels), data.split("validation"), tmp_path)
    assert [path.name for path in saved] == ["confusion.png", "mistakes.png"]
    for path in saved:
        assert read_picture(path).shape[0] > 100
    gallery = figures.mistakes_gallery(
        evaluation(classic, [1], [1]), np.zeros((0, 28, 28), np.uint8), np.array([], int)
    )
    assert gallery.get_suptitle().endswith(": no errors")


@pytest.mark.parametrize(("name", "kind"), [("a.png", "PNG"), ("b.JPG", "JPEG"), ("c", "PNG")])
def test_a_saved_figure_opens_and_is_let_go(tmp_path: Path, name: str, kind: str) -> None:
    path = figures.save_figure(figures.learning_curves(HISTORY), tmp_path / "new" / name)
    with Image.open(path) as image:
        assert image.format == kind
        assert image.size > (500, 300)
    assert plt.get_fignums() == []


def test_saved_curves_are_a_picture(tmp_path: Path) -> None:
    assert len(np.unique(read_picture(save_curves(HISTORY, tmp_path)))) > 10


@pytest.mark.parametrize(
    ("place", "wrong", "cause"),
    [("x.docx", ConfigError, "x.docx: .*docx.*png"), ("file/x.png", StorageError, "x.png: cannot be written")],
)
def test_what_cannot_be_saved_is_told(tmp_path: Path, place: str, wrong: type[Exception], cause: str) -> None:
    (tmp_path / "file").write_bytes(b"kept")
    with pytest.raises(wrong, match=cause):
        figures.save_figure(figures.learning_curves(HISTORY), tmp_path / place)
    assert plt.get_fignums() == []
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_names_of_classes_are_drawn_as_they_are(data: Dataset, classic: Model, tmp_path: Path) -> None:
    odd = ["$\\bad{$", "a_b^c", *NAMES[2:]]
    images = data.split("train").take(np.arange(2))
    figures.save_figure(figures.samples(images, np.array([0, 1]), None, odd, "$\\bad{$ set"), tmp_path / "odd.png")
    assert read_picture(tmp_path / "odd.png").size > 0
    header = replace(classic.header, class_names=tuple(odd))
    found = replace(evaluation(replace(classic, header=header), [0, 1], [1, 0]), dataset="$\\bad{$")
    figures.save_figure(figures.confusion_figure(found), tmp_path / "confusion.png")
    assert read_picture(tmp_path / "confusion.png").size > 0


def test_the_sketch_is_a_large_dark_digit_on_light_paper(mnist: Dataset, tmp_path: Path) -> None:
    page = read_picture(sketch_picture(mnist, tmp_path / "sketch.png"))
    assert page.shape == (300, 400)
    assert np.median(page) == 245
    assert Preprocess().fit(page) is not None


def test_a_display_is_found_only_where_there_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    draws: Callable[[], bool] = figures.has_display
    assert not draws()  # the tests draw with Agg
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    assert not draws()
