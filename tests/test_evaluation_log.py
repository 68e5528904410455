"""Each look at a test split is noted and counted, wherever the model lies."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from digit_recognizer.data import ArraySplit, Dataset
from digit_recognizer.data.spec import DatasetSpec
from digit_recognizer.errors import DigitRecognizerWarning
from digit_recognizer.evaluation import evaluate
from digit_recognizer.evaluation.evaluate import read_samples
from digit_recognizer.evaluation.evaluation_log import count_test_evaluations, log_path, log_test_evaluation, user_log
from digit_recognizer.models import Model, load_model
from digit_recognizer.models.locations import pretrained

SPEC = DatasetSpec("made", "made", "multi-class", tuple("0123456789"), 1, 28, "none", "made")


def made(seed: int = 0) -> Dataset:
    """A set with a test split of noise: nobody's test images are looked at here."""
    rng = np.random.default_rng(seed)
    split = ArraySplit(rng.integers(0, 256, (20, 28, 28), np.uint8), rng.integers(0, 10, 20))
    return Dataset(SPEC, {"validation": split, "test": split})


@pytest.fixture
def copied(tmp_path: Path) -> Callable[[str], Model]:
    """The shipped model, copied to where `path` says."""

    def copy(path: str) -> Model:
        place = tmp_path / path
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(pretrained() / "classic.onnx", place.with_suffix(".onnx"))
        return load_model(place.with_suffix(".onnx"))

    return copy


@pytest.mark.parametrize(
    ("model", "ledger"),
    [("run/model.safetensors", "run/test_looks.jsonl"), ("mine/digits.onnx", "mine/digits.test_looks.jsonl")],
    ids=["run", "file"],
)
def test_looks_are_noted_beside_the_model(
    copied: Callable[[str], Model], tmp_path: Path, model: str, ledger: str
) -> None:
    loaded, data = copied(model), made()
    assert [evaluate(loaded, data, "test").test_evaluations for _ in range(3)] == [1, 2, 3]
    noted = [json.loads(line) for line in (tmp_path / ledger).read_text("ascii").splitlines()]
    assert [line["n"] for line in noted] == [20] * 3
    assert {line["data_sha256"] for line in noted} == {data.split("test").sha256}
    assert {line["weights_sha256"] for line in noted} == {loaded.header.weights_sha256}
    assert all(line["time"].endswith("+00:00") for line in noted)


def test_looks_at_a_shipped_model_are_noted_in_the_users_data(own_home: Path) -> None:
    before = sorted(pretrained().iterdir())
    loaded = load_model("classic")
    assert [evaluate("classic", made(), "test").test_evaluations for _ in range(2)] == [1, 2]
    assert log_path(loaded) == user_log(loaded)
    assert log_path(loaded).is_relative_to(own_home)
    assert sorted(pretrained().iterdir()) == before


def test_a_look_is_noted_before_the_answer_is_known(copied: Callable[[str], Model], tmp_path: Path) -> None:
    unreadable = replace(made().splits["test"], images=np.zeros((20, 5, 5), np.uint8))  # type: ignore[type-var]
    with pytest.raises(Exception, match=r"[Dd]imension|shape"):
        evaluate(copied("run/model.onnx"), Dataset(SPEC, {"test": unreadable}), "test")
    assert len((tmp_path / "run" / "test_looks.jsonl").read_text("ascii").splitlines()) == 1


def test_other_splits_are_no_looks(copied: Callable[[str], Model], tmp_path: Path) -> None:
    loaded = copied("run/model.onnx")
    assert evaluate(loaded, made(), "validation").test_evaluations is None
    read_samples(loaded, made(), "validation", made().split("validation").take(np.arange(5)))
    assert not (tmp_path / "run" / "test_looks.jsonl").exists()


def test_samples_of_a_test_split_are_a_look(copied: Callable[[str], Model]) -> None:
    loaded, data = copied("run/model.onnx"), made()
    read = read_samples(loaded, data, "test", data.split("test").take(np.arange(5)))
    assert np.array_equal(read, evaluate(loaded, data, "validation").predicted[:5])
    assert evaluate(loaded, data, "test").test_evaluations == 2


def test_other_data_and_other_weights_are_counted_apart(copied: Callable[[str], Model]) -> None:
    loaded = copied("run/model.onnx")
    other = replace(loaded, header=replace(loaded.header, weights_sha256="0" * 64))
    assert [evaluate(loaded, made(seed), "test").test_evaluations for seed in (0, 1, 0)] == [1, 1, 2]
    assert log_test_evaluation(other, "made", made().split("test").sha256, 20) == 1


@pytest.mark.parametrize("torn", [b'{"time": "20', b"", b"\0\0\0", b"\xff\xfe", b"7", b"null", b'["x"]'])
def test_a_torn_line_is_passed_over(copied: Callable[[str], Model], tmp_path: Path, torn: bytes) -> None:
    loaded, data = copied("run/model.onnx"), made()
    evaluate(loaded, data, "test")
    with (tmp_path / "run" / "test_looks.jsonl").open("ab") as ledger:
        ledger.write(torn)
    assert evaluate(loaded, data, "test").test_evaluations == 2
    path = log_path(loaded)
    assert count_test_evaluations(path, loaded.header.weights_sha256, data.split("test").sha256) == 2


def test_where_the_model_lies_read_only_the_users_ledger_serves(
    copied: Callable[[str], Model], tmp_path: Path, own_home: Path
) -> None:
    (tmp_path / "file").write_bytes(b"")
    loaded = replace(copied("run/model.onnx"), path=tmp_path / "file" / "model.onnx")
    assert [evaluate(loaded, made(), "test").test_evaluations for _ in range(2)] == [1, 2]
    assert user_log(loaded).is_relative_to(own_home)
    assert len(user_log(loaded).read_text("ascii").splitlines()) == 2


def test_where_nothing_can_be_noted_a_warning_says_so(
    copied: Callable[[str], Model], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_bytes(b"")
    for name in ("HOME", "XDG_DATA_HOME", "LOCALAPPDATA"):
        monkeypatch.setenv(name, str(tmp_path / "file" / "home"))
    loaded = replace(copied("run/model.onnx"), path=tmp_path / "file" / "model.onnx")
    with pytest.warns(
        DigitRecognizerWarning, match="This evaluation of the test split could not be logged: .*cannot be writ"
    ):
        assert evaluate(loaded, made(), "test").test_evaluations is None
