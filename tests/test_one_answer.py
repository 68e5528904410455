"""The same picture gets the same answer through every door: the project's most valuable test.

The field's best-known failure is a 99 % model that misreads its user's digit, because that was prepared differently.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from digit_recognizer import Recognizer, get_predicted_label
from digit_recognizer.data import Dataset
from digit_recognizer.errors import DigitRecognizerWarning
from digit_recognizer.prediction import Prediction
from digit_recognizer.recognizer import DEFAULT_MODEL
from helpers_cli import digits
from server_process import Server, form, running

pytestmark = pytest.mark.arithmetic

CHOSEN = np.arange(0, 5000, 250)  # of the validation images


def as_drawn(digit: np.ndarray) -> Image.Image:
    """As MNIST has it: 28 x 28, light on dark."""
    return Image.fromarray(digit)


def as_sent(digit: np.ndarray) -> Image.Image:
    """As a person sends it: large, dark ink on light paper, off the middle."""
    page = Image.new("L", (400, 300), 245)
    ink = Image.fromarray(255 - digit).resize((168, 168), Image.Resampling.BICUBIC)
    page.paste(ink.point(lambda level: min(level, 245)), (150, 60))
    return page


def as_photographed(digit: np.ndarray) -> Image.Image:
    """As a phone has it: the same on lined paper, the lamp to one side, a shadow across."""
    page = np.array(as_sent(digit), np.float64)
    page[30::40] *= 0.8
    rows, columns = np.mgrid[0:1:300j, 0:1:400j]
    lamp = 0.45 + 0.3 * rows + 0.25 * columns
    shadow = 1 - 0.3 / (1 + np.exp((columns - rows) / 0.03))
    return Image.fromarray(np.rint(page * lamp * shadow).astype(np.uint8))


KINDS = {"as drawn": as_drawn, "as sent": as_sent, "as photographed": as_photographed}


@pytest.fixture(scope="module", params=KINDS.values(), ids=KINDS)
def files(request: pytest.FixtureRequest, mnist: Dataset, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The chosen digits as PNG files."""
    folder = tmp_path_factory.mktemp("pictures")
    images = mnist.split("validation").take(CHOSEN)
    paths = [folder / f"{number}.png" for number in range(len(images))]
    for path, image in zip(paths, images, strict=True):
        request.param(image).save(path)
    return paths


@pytest.fixture(scope="module", params=["classic", DEFAULT_MODEL])
def model(request: pytest.FixtureRequest) -> str:
    """The simplest model and the default one, which is an ensemble of convolutional networks."""
    return str(request.param)


@cache
def loaded(model: str, runtime: str) -> Recognizer:
    return Recognizer.load(model, runtime)


@pytest.fixture(scope="module")
def expected(files: list[Path], model: str) -> list[Prediction]:
    """What Python answers for the paths, which all others must answer too."""
    found = loaded(model, "auto").predict(files)
    assert {each.status for each in found} <= {"ok", "unsure"}
    return found


def test_most_are_read_rightly(expected: list[Prediction], mnist: Dataset) -> None:
    actual = mnist.split("validation").labels[CHOSEN]
    assert sum(each.label == label for each, label in zip(expected, actual, strict=True)) >= 16


def said(prediction: Prediction) -> tuple[object, ...]:
    """What must be the same to the letter."""
    return prediction.label, prediction.status, prediction.prediction_set


@pytest.mark.parametrize(
    ("form", "runtime"),
    [
        *((form, "auto") for form in ("path", "name", "pil", "array", "tensor", "floats")),
        *((form, runtime) for form in ("path", "array") for runtime in ("onnx", "torch")),
    ],
)
def test_python(files: list[Path], expected: list[Prediction], model: str, form: str, runtime: str) -> None:
    open_as = {
        "path": lambda path: path,
        "name": str,
        "pil": Image.open,
        "array": lambda path: np.asarray(Image.open(path)),
        "tensor": lambda path: torch.from_numpy(np.array(Image.open(path))),
        "floats": lambda path: np.asarray(Image.open(path), dtype=np.float32) / 255,
    }[form]
    found = loaded(model, runtime).predict([open_as(path) for path in files])
    assert [said(each) for each in found] == [said(each) for each in expected]
    np.testing.assert_allclose(
        [each.probabilities for each in found], [each.probabilities for each in expected], rtol=0, atol=1e-5
    )


def test_get_predicted_label(files: list[Path], expected: list[Prediction], model: str) -> None:
    assert [get_predicted_label(path, model) for path in files] == [each.label for each in expected]


def test_the_command(files: list[Path], expected: list[Prediction], model: str) -> None:
    named = () if model == DEFAULT_MODEL else ("--model", model)
    answer = digits("predict", "--json", *named, *files)
    assert answer.code == 0
    found = [json.loads(line) for line in answer.out.splitlines()]
    assert [(each["source"], each["label"], each["status"], tuple(each["prediction_set"])) for each in found] == [
        (each.source, *said(each)) for each in expected
    ]
    assert [each["probability"] for each in found] == pytest.approx([each.probability for each in expected], abs=1e-5)


@pytest.fixture(scope="module")
def server_of(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Server]]:
    """A server with a model, started once."""
    with ExitStack() as started:
        yield cache(lambda model: started.enter_context(running(tmp_path_factory.mktemp(model), model)))


def test_http(files: list[Path], expected: list[Prediction], model: str, server_of: Callable[[str], Server]) -> None:
    server = server_of(model)
    body, kind = form(*((str(path), path.read_bytes()) for path in files))
    together = server.post("/v1/predict", body, kind).json["predictions"]
    assert [each["source"] for each in together] == [each.source for each in expected]
    alone = [server.post("/v1/predict", path.read_bytes()).json["predictions"][0] for path in files]
    for found in (together, alone):
        assert [(each["label"], each["status"], tuple(each["prediction_set"])) for each in found] == [
            said(each) for each in expected
        ]
        probabilities = [each.probability for each in expected]
        assert [each["probability"] for each in found] == pytest.approx(probabilities, abs=1e-5)


def test_transposed_digits_are_warned_of(mnist: Dataset) -> None:
    recognizer = Recognizer.load("classic")
    digits = mnist.split("validation").take(np.arange(60))
    with pytest.warns(DigitRecognizerWarning, match=r"look transposed.*array.swapaxes\(1, 2\)"):
        recognizer.predict(digits.transpose(0, 2, 1))
    recognizer.predict(digits)  # warnings are errors here
    recognizer.predict(255 - digits.transpose(0, 2, 1))  # dark ink: its background tells nothing
