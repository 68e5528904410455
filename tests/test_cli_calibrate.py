"""`digits calibrate` changes what a model says of its own answers, and nothing else; `digits predict` keeps to it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from digit_recognizer.data import Dataset
from digit_recognizer.errors import ConfigError
from digit_recognizer.evaluation.calibration import read_calibration
from digit_recognizer.models import load_model
from digit_recognizer.models.softmax import softmax
from digit_recognizer.recognizer import Recognizer
from helpers_cli import digits, draw_blank, is_complaint

pytestmark = pytest.mark.arithmetic


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `classic`, calibrated on MNIST's calibration images."""
    place = tmp_path_factory.mktemp("calibrate")
    out = place / "classic.safetensors"
    answer = digits("calibrate", "classic", "--out", out, "--json", place / "calibrate.json")
    assert answer.code == 0, answer.err
    assert "5,000 images of mnist (calibration)" in answer.out
    return place


@pytest.fixture(scope="module")
def result(place: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((place / "calibrate.json").read_text())
    return found


def test_the_weights_and_the_ranks_stay(place: Path, mnist: Dataset) -> None:
    before, after = load_model("classic"), load_model(place / "classic.safetensors")
    assert after.header.weights_sha256 == before.header.weights_sha256
    images = mnist.split("validation").take(np.arange(200))
    np.testing.assert_allclose(after.logits(images), before.logits(images), atol=1e-4)
    expected = softmax(after.logits(images) / after.header.temperature)
    np.testing.assert_allclose(after.probabilities(images), expected)


def test_probabilities_mean_more_than_before(result: dict[str, Any], mnist: Dataset, place: Path) -> None:
    """Fitted on calibration images, it also costs less on validation images."""
    assert result["negative_log_likelihood"] < result["negative_log_likelihood_before"]
    part = mnist.split("validation")
    costs = []
    for model in (load_model("classic").logits(part.images), load_model(place / "classic.safetensors")):
        shares = model.probabilities(part.images) if hasattr(model, "probabilities") else softmax(model)
        costs.append(-np.log(shares[np.arange(len(part)), part.labels]).mean())
    assert costs[1] < costs[0]


def test_the_header_carries_what_was_written(result: dict[str, Any], place: Path) -> None:
    for runtime in ("onnx", "torch"):
        calibration = read_calibration(load_model(place / "classic.safetensors", runtime).header)
        assert calibration is not None
        assert calibration.to_dict() == {key: result[key] for key in calibration.to_dict()}
    assert result["source"]["n"] == 5_000
    assert {(each["level"], each["per_class"]) for each in result["sets"]} >= {(0.999, False), (0.99, True)}


def test_fewer_are_answered_and_more_rightly_as_less_error_is_wished(place: Path, mnist: Dataset) -> None:
    part = mnist.split("validation")
    kept, errors, strange = [], [], set()
    for wish in (1.0, 0.02, 0.005):
        found = Recognizer.load(place / "classic.safetensors", max_error=wish).predict(part.images[:, None])
        answered = np.array([each.status == "ok" for each in found])
        assert {each.status for each in found} <= {"ok", "unsure", "not a digit"}
        strange.add(sum(each.status == "not a digit" for each in found))
        labels = np.array([each.label for each in found])
        kept.append(answered.sum())
        errors.append((labels != part.labels)[answered].mean())
    (strangers,) = strange  # whatever is wished
    assert strangers < 25  # of the calibration digits 10 lie beyond the limit
    assert kept[0] == 5_000 - strangers
    assert kept[0] > kept[1] > kept[2] > 2_500
    assert errors[0] > errors[1] > errors[2]


def test_prediction_sets_grow_with_the_level(place: Path, mnist: Dataset) -> None:
    part = mnist.split("validation")
    before = np.zeros((len(part), 10), bool)
    for level in (0.9, 0.99, 0.999):
        found = Recognizer.load(place / "classic.safetensors", level=level).predict(part.images[:, None])
        inside = np.array([np.isin(np.arange(10), each.prediction_set) for each in found])
        assert (inside | ~before).all()
        assert inside[np.arange(len(part)), part.labels].mean() > level - 0.02
        before = inside


def test_predict_says_unsure_with_its_best_guess_and_the_reason(place: Path, mnist: Dataset, tmp_path: Path) -> None:
    part, model = mnist.split("validation"), place / "classic.safetensors"
    doubtful = int(np.argmin(load_model(model).probabilities(part.images).max(axis=1)))
    Image.fromarray(255 - part.images[doubtful]).save(tmp_path / "doubtful.png")
    answer = digits(
        "predict", tmp_path / "doubtful.png", draw_blank(tmp_path / "blank.png"), "--model", model, "--json"
    )
    assert answer.code == 1, answer  # some gave no answer
    unsure, blank = map(json.loads, answer.out.splitlines())
    assert (unsure["status"], blank["status"]) == ("unsure", "not a digit")
    assert unsure["label"] in unsure["prediction_set"]
    assert len(unsure["prediction_set"]) > 1
    assert "most probable" in unsure["reason"]
    assert blank["reason"] == "it holds no ink"
    words = digits("predict", tmp_path / "doubtful.png", "--model", model).out
    assert words.startswith(f"{tmp_path / 'doubtful.png'}: unsure, perhaps {unsure['name']}  (")
    sure = digits("predict", tmp_path / "doubtful.png", "--model", model, "--max-error", "100%")
    assert (sure.code, ": unsure" in sure.out) == (0, False)


def test_wishes_that_cannot_be_granted_are_refused(place: Path, tmp_path: Path) -> None:
    picture, model = draw_blank(tmp_path / "blank.png"), place / "classic.safetensors"
    too_small = digits("predict", picture, "--model", model, "--max-error", "0.01%")
    is_complaint(too_small, "5,000 calibration images", "29,956 answers without an error")
    is_complaint(digits("predict", picture, "--model", model, "--max-error", "much"), "'much'", "0.1%")
    is_complaint(digits("predict", picture, "--model", model, "--level", "98%"), "98 %", "99.9 %")


def test_a_model_without_calibration_grants_no_wish() -> None:
    golden = Path(__file__).parent / "golden" / "plain.onnx"
    assert Recognizer.load(golden).answers is None
    with pytest.raises(ConfigError, match="Calibrate it on labelled pictures"):
        Recognizer.load(golden, max_error=0.01)


def test_test_images_are_not_for_calibrating_and_names_must_be_models(tmp_path: Path) -> None:
    is_complaint(digits("calibrate", "classic", "--split", "test", "--out", tmp_path / "x.safetensors"), "--split")
    is_complaint(digits("calibrate", "classic", "--out", tmp_path / "x.onnx"), "x.onnx", ".safetensors")
    assert not list(tmp_path.iterdir())
