"""Pictures of every kind go in, one prediction each comes out, in order."""

from __future__ import annotations

import io
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image

from digit_recognizer.data import Dataset
from digit_recognizer.errors import ConfigError, ImageError, ModelFileError
from digit_recognizer.evaluation.calibration import read_calibration
from digit_recognizer.models import load_model
from digit_recognizer.recognizer import BATCH, Recognizer, get_predicted_label
from digit_recognizer.statistics.selective import ANSWERED, TARGET_ERROR_RATES

pytestmark = pytest.mark.arithmetic

Digit = NDArray[np.uint8]

# What a caller may hold of one digit, (28, 28) uint8 -> the same digit in another form.
FORMS: dict[str, Callable[[Digit], Any]] = {
    "28x28": lambda d: d,
    "1x28x28": lambda d: d[None],
    "784": lambda d: d.reshape(784),
    "colour": lambda d: np.stack([d, d, d], axis=2),
    "int64": lambda d: d.astype(np.int64),
    "float 0..1": lambda d: d / 255,
    "float32 0..255": lambda d: d.astype(np.float32),
    "normalised": lambda d: ((d / 255 - 0.5) / 0.5).astype(np.float32),
    "PIL L": Image.fromarray,
    "PIL RGB": lambda d: Image.fromarray(d).convert("RGB"),
    "tensor": lambda d: torch.from_numpy(d.copy()),
    "tensor 1x28x28 normalised": lambda d: (torch.from_numpy(d.copy())[None] / 255 - 0.5) / 0.5,
    "tensor 784 with gradient": lambda d: (torch.from_numpy(d.copy()).reshape(784) / 255).requires_grad_(),
    "dark on light": lambda d: 255 - d,
}


@pytest.fixture(scope="module")
def classic() -> Recognizer:
    return Recognizer.load("classic")


@pytest.fixture(scope="module")
def digits(mnist: Dataset) -> Digit:
    """The first 600 validation images."""
    return mnist.split("validation").take(np.arange(600))


@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_a_digit_gets_the_same_probabilities(form: str, classic: Recognizer, digits: Digit) -> None:
    for digit in digits[:20]:
        (expected,) = classic.predict(digit)
        (found,) = classic.predict(FORMS[form](digit))
        assert found == expected
        assert (found.status in ("ok", "unsure"), found.source) == (True, "picture 0")


def test_a_file_gets_the_probabilities_of_its_array(tmp_path: Path, classic: Recognizer, digits: Digit) -> None:
    (expected,) = classic.predict(digits[0])
    path = tmp_path / "digit.png"
    Image.fromarray(digits[0]).save(path)
    for name in (path, str(path)):
        (found,) = classic.predict(name)
        assert (found.source, found.probabilities) == (str(path), expected.probabilities)


def test_a_prediction_is_of_one_piece(classic: Recognizer, digits: Digit) -> None:
    for found in classic.predict(list(digits[:50])):
        assert len(found.probabilities) == 10
        assert sum(found.probabilities) == pytest.approx(1)
        assert found.label == int(np.argmax(found.probabilities))
        assert found.name == str(found.label)
        assert found.probability == max(found.probabilities)
        assert found.error is None


@pytest.mark.parametrize("kind", ["array", "normalised", "tensor"])
def test_four_axes_are_many_pictures(kind: str, classic: Recognizer, digits: Digit) -> None:
    expected = classic.predict(list(digits[:9]))
    batch: Any = digits[:9, None]
    if kind != "array":
        batch = (batch / 255 - 0.5) / 0.5
    if kind == "tensor":
        batch = torch.from_numpy(batch)
    assert classic.predict(batch) == expected


def test_the_labels_are_mostly_right_and_in_order(classic: Recognizer, mnist: Dataset, digits: Digit) -> None:
    found = np.array([each.label for each in classic.predict(list(digits))])
    assert (found == mnist.split("validation").labels[: len(digits)]).mean() > 0.9


def test_bad_pictures_in_the_middle_stop_no_other(tmp_path: Path, classic: Recognizer, digits: Digit) -> None:
    text = tmp_path / "text.png"
    text.write_text("no picture")
    nan = np.full((28, 28), np.nan)
    blank = np.zeros((28, 28), np.uint8)
    mixed = [digits[0], text, blank, digits[1], nan, tmp_path / "absent.png", 3, np.zeros((2, 3, 5)), digits[2]]
    found = classic.predict(mixed)
    statuses = ["ok" if each.label is not None else each.status for each in found]
    assert statuses == ["ok", "error", "not a digit", "ok", *["error"] * 4, "ok"]
    alone = classic.predict(list(digits[:3]))
    assert [found[i].probabilities for i in (0, 3, 8)] == [each.probabilities for each in alone]
    assert found[1].source == str(text)
    assert [each.source for each in (found[0], found[3], found[8])] == ["picture 0", "picture 3", "picture 8"]
    for each in found:
        if each.status not in ("ok", "unsure"):
            assert (each.label, each.name, each.probability, each.probabilities) == (None, None, None, ())
        assert (each.error is not None) == (each.status == "error")
    assert "text.png" in (found[1].error or "")
    assert "absent.png" in (found[5].error or "")


def test_a_long_list_crosses_batches_in_order(classic: Recognizer, digits: Digit) -> None:
    blank = np.full((28, 28), 9, np.uint8)
    pictures = [blank if i in (0, BATCH - 1, BATCH) else digits[i % 600] for i in range(2 * BATCH + 5)]
    found = classic.predict(pictures)
    assert [each.source for each in found] == [f"picture {i}" for i in range(2 * BATCH + 5)]
    assert [i for i, each in enumerate(found) if each.label is None] == [0, BATCH - 1, BATCH]
    few = classic.predict(list(digits))
    for i in (1, BATCH - 2, BATCH + 1, 2 * BATCH + 4):
        assert found[i].label == few[i % 600].label
        np.testing.assert_allclose(found[i].probabilities, few[i % 600].probabilities, rtol=0, atol=1e-6)


def test_what_the_network_was_given_is_handed_out_where_asked_for(classic: Recognizer, digits: Digit) -> None:
    blank, damaged = np.full((28, 28), 9, np.uint8), np.full((28, 28), np.nan)
    pictures = [*digits[: BATCH - 2], blank, damaged, 255 - digits[0], np.pad(digits[1], 30)]
    predictions, inputs = classic.predict(pictures, return_inputs=True)
    assert predictions == classic.predict(pictures)
    assert [number for number, each in enumerate(inputs) if each is None] == [BATCH - 2, BATCH - 1]
    assert np.array_equal(inputs[BATCH], digits[0])  # type: ignore[arg-type]
    for prediction, given in zip(predictions, inputs, strict=True):
        assert given is None or classic.model.probabilities(given[None])[0] == pytest.approx(prediction.probabilities)
    assert classic.predict([], return_inputs=True) == ([], [])


def test_an_error_names_a_picture_as_its_caller_does(classic: Recognizer) -> None:
    cut = io.BytesIO()
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (60, 60), np.uint8)).save(cut, "PNG")
    damaged = Image.open(io.BytesIO(cut.getvalue()[:2000]))
    for picture, cause in ((damaged, "is damaged"), (np.full((28, 28), np.nan), "holds NaN"), (3, "int is not a")):
        (named,) = classic.predict([picture], ["left.png"])
        (numbered,) = classic.predict([picture])
        assert (named.error or "").startswith(f"left.png: {cause}"), named
        assert (numbered.error or "").startswith(f"picture 0: {cause}"), numbered


def test_nothing_in_nothing_out(classic: Recognizer) -> None:
    assert classic.predict([]) == []
    assert classic.predict(np.zeros((0, 1, 28, 28), np.uint8)) == []


@pytest.mark.parametrize("level", [0, 7, 128, 255])
@pytest.mark.parametrize("shape", [(28, 28), (300, 200)])
def test_a_blank_picture_is_not_a_digit(classic: Recognizer, level: int, shape: tuple[int, int]) -> None:
    (found,) = classic.predict(Image.fromarray(np.full(shape, level, np.uint8)))
    assert (found.status, found.label, found.error) == ("not a digit", None, None)


def test_get_predicted_label_is_an_int(digits: Digit, mnist: Dataset, classic: Recognizer, tmp_path: Path) -> None:
    actual = int(mnist.split("validation").labels[0])
    Image.fromarray(digits[0]).save(tmp_path / "digit.png")
    for picture in (digits[0], torch.from_numpy(digits[0].copy()), tmp_path / "digit.png"):
        for model in ("classic", classic, classic.model.path):
            label = get_predicted_label(picture, model)
            assert type(label) is int
            assert label == actual


def test_get_predicted_label_raises_where_there_is_no_digit(tmp_path: Path) -> None:
    with pytest.raises(ImageError, match="holds no ink"):
        get_predicted_label(np.zeros((28, 28), np.uint8))
    with pytest.raises(ImageError, match=r"absent\.png: cannot be read"):
        get_predicted_label(tmp_path / "absent.png")
    with pytest.raises(ModelFileError, match="Did you mean 'classic'"):
        get_predicted_label(np.zeros((28, 28), np.uint8), "clasic")


def test_both_runtimes_agree_on_500_validation_images(digits: Digit) -> None:
    by_onnx, by_torch = (Recognizer.load("classic", runtime) for runtime in ("onnx", "torch"))
    assert (by_onnx.model.runtime.name, by_torch.model.runtime.name) == ("onnxruntime", "torch")
    ours, theirs = (each.model.probabilities(digits[:500]) for each in (by_onnx, by_torch))
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-5)
    assert Recognizer.load().model.runtime.name == "onnxruntime"


@pytest.mark.parametrize("name", ["classic", "mlp", "best"])
def test_by_default_nineteen_of_twenty_calibration_images_are_answered(name: str) -> None:
    """The least error that is shown; the next lesser wish would refuse more of them, or cannot be shown."""
    model = load_model(name)
    calibration = read_calibration(model.header)
    chosen = Recognizer(model).answers
    assert calibration is not None
    assert chosen is not None
    assert chosen.answered >= ANSWERED * chosen.n
    assert chosen.bound <= chosen.max_error
    lesser = [wish for wish in TARGET_ERROR_RATES if wish < chosen.max_error]
    if lesser:
        with suppress(ConfigError):
            assert calibration.answers.threshold(lesser[-1]).answered < ANSWERED * chosen.n


def test_digits_that_a_person_drew_large(classic: Recognizer, shared_data: Path) -> None:
    folder = shared_data / "own-handwriting" / "7eraflops"
    found = classic.predict([folder / f"{digit}.png" for digit in range(10)])
    assert sum(each.label == digit for digit, each in enumerate(found)) >= 7


@pytest.mark.parametrize("name", ["A2_best", "A2_mixed"])
@pytest.mark.parametrize("model", ["best", "classic"])
def test_two_digits_are_not_one_sure_digit(name: str, model: str) -> None:
    (found,) = Recognizer.load(model).predict(Path(__file__).parent / "singles" / f"{name}.png")
    assert found.status == "not a digit"
    assert "digits read" in (found.reason or "")


@pytest.mark.parametrize("model", ["best", "classic"])
def test_a_leaning_1_with_a_flag_is_no_sure_7(model: str) -> None:
    (found,) = Recognizer.load(model).predict(Path(__file__).parent / "singles" / "A1.png")
    assert found.label == 1 or found.status != "ok"


def test_an_orientation_that_reads_badly_is_left_aside(tmp_path: Path, classic: Recognizer, mnist: Dataset) -> None:
    exif = Image.Exif()
    exif[274] = 6  # to be turned by a quarter, which these are not
    images, paths = mnist.split("validation").take(np.arange(40)), []
    for number, image in enumerate(images):
        paths.append(tmp_path / f"{number}.png")
        Image.fromarray(image).save(paths[-1], exif=exif)
    upright, turned = classic.predict(list(images)), classic.predict([np.rot90(image, -1) for image in images])
    found, inputs = classic.predict(paths, return_inputs=True)
    for answer, as_it_is, as_stated in zip(found, upright, turned, strict=True):
        left_aside = as_stated.status != "ok" and as_it_is.status == "ok"
        assert answer.as_stored == left_aside
        assert answer.probabilities == pytest.approx((as_it_is if left_aside else as_stated).probabilities, abs=1e-6)
    assert any(each.as_stored for each in found)
    for answer, image, given in zip(found, images, inputs, strict=True):
        assert np.array_equal(given, image if answer.as_stored else np.rot90(image, -1))  # type: ignore[arg-type]


def test_a_page_is_a_picture_by_its_name(tmp_path: Path, classic: Recognizer, digits: Digit) -> None:
    first, *others = [Image.fromarray(digit) for digit in digits[:3]]
    first.save(tmp_path / "scan.tif", save_all=True, append_images=others)
    names = [f"{tmp_path / 'scan.tif'}[{page}]" for page in (3, 1)]
    found = classic.predict(names)
    assert [each.source for each in found] == names
    assert [each.label for each in found] == [each.label for each in classic.predict(list(digits[[2, 0]]))]
