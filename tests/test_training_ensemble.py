"""Ensembles: members trained one by one in run folders of their own, kept when the run is stopped."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from digit_recognizer import train
from digit_recognizer.errors import ConfigError, RunError
from digit_recognizer.models import load_model
from digit_recognizer.models.cnn import Convolution
from digit_recognizer.models.softmax import softmax
from digit_recognizer.training import RECIPES, EnsembleRecipe, EpochRecord, Recipe, Trained
from digit_recognizer.training.any_recipe import recipe_from_dict, with_epochs
from digit_recognizer.training.recipes import get_recipe
from tiny import shifted_seed, tiny_dataset

pytestmark = pytest.mark.arithmetic

SMALL = Recipe("small", hidden=(8,), epochs=2, batch_size=64, learning_rate=0.1, threads=1)
SEEING = Recipe(
    "seeing",
    convolutions=(Convolution(4, 5, stride=4),),
    epochs=3,
    batch_size=64,
    learning_rate=0.01,
    optimizer="muon",
    muon_lr=0.05,
    warmup=0.2,
    ema_decay=0.5,
    threads=1,
)
BOTH = EnsembleRecipe("both", (SMALL, SEEING))
NAMES = [member.name for member in BOTH.members]


class StoppedError(Exception):
    """What a user's callback raises."""


@dataclass(frozen=True)
class Run:
    """BOTH, trained from seed 5 into `folder`, and the epochs that were told of."""

    folder: Path
    trained: Trained
    seen: list[EpochRecord]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder, seen = tmp_path_factory.mktemp("ensemble") / "run", list[EpochRecord]()
    return Run(folder, train(BOTH, tiny_dataset(), seed=shifted_seed(5), out=folder, on_epoch=seen.append), seen)


def test_its_probabilities_are_the_means_of_its_members(run: Run) -> None:
    images = tiny_dataset().split("test").take(np.arange(50))
    whole, *members = (
        softmax(load_model(run.folder / place).logits(images)) for place in ("", "members/small", "members/seeing")
    )
    np.testing.assert_allclose(whole, (members[0] + members[1]) / 2, atol=1e-5)
    alone = train(SEEING, tiny_dataset(), seed=shifted_seed(5)).header.weights_sha256
    assert load_model(run.folder / "members/seeing").header.weights_sha256 == alone
    assert run.trained.header.weights_sha256 == train(BOTH, tiny_dataset(), seed=shifted_seed(5)).header.weights_sha256


def test_its_history_is_its_members_one_after_another(run: Run) -> None:
    trained = run.trained
    assert [record.epoch for record in trained.history] == [record.epoch for record in run.seen] == [1, 2, 3, 4, 5]
    split = tiny_dataset().split("validation")
    read = load_model(run.folder).probabilities(split.take(np.arange(50))).argmax(1)
    accuracy = trained.header.accuracy
    assert accuracy is not None
    assert accuracy["accuracy"] == trained.history[-1].validation_accuracy
    # By ONNX Runtime, which rounds otherwise than torch: one image of fifty may stand between two classes.
    assert (read == split.labels).mean() == pytest.approx(accuracy["accuracy"], abs=0.021)


@pytest.mark.slow
def test_stopped_it_goes_on_and_keeps_finished_members(tmp_path: Path) -> None:
    def stop(record: EpochRecord) -> None:
        if record.epoch == 4:
            raise StoppedError

    with pytest.raises(StoppedError):
        train(BOTH, tiny_dataset(), out=tmp_path / "run", on_epoch=stop)
    finished = {path: path.stat().st_mtime_ns for path in tmp_path.glob("run/members/*/checkpoints/*")}
    told: list[int] = []
    trained = train(
        BOTH, tiny_dataset(), out=tmp_path / "run", resume=True, on_epoch=lambda record: told.append(record.epoch)
    )
    assert told == [5]
    assert trained.header.weights_sha256 == train(BOTH, tiny_dataset()).header.weights_sha256
    small = [path for path in finished if "small" in path.parts]
    assert small
    assert all(path.stat().st_mtime_ns == finished[path] for path in small)


def test_with_nothing_held_out_it_has_no_accuracy() -> None:
    trained = train(BOTH, tiny_dataset(), train_on="all")
    assert trained.header.accuracy is None
    assert not any(network.training for network in trained.network.modules())


def test_another_ensemble_does_not_go_on_with_it(run: Run) -> None:
    with pytest.raises(RunError, match="was begun with members"):
        train(replace(BOTH, members=(SMALL,)), tiny_dataset(), seed=shifted_seed(5), out=run.folder, resume=True)


def test_a_recipe_of_recipes_survives_json() -> None:
    assert recipe_from_dict(json.loads(json.dumps(BOTH.to_dict()))) == BOTH
    best = RECIPES["best"]
    assert recipe_from_dict(json.loads(json.dumps(best.to_dict()))) == best
    longer = with_epochs(BOTH, 7)
    assert (longer.epochs, BOTH.epochs) == (14, 5)
    assert isinstance(longer, EnsembleRecipe)
    assert [member.epochs for member in longer.members] == [7, 7]


@pytest.mark.parametrize("members", [(), (SMALL, SMALL), (SMALL, replace(SEEING, epochs=0))])
def test_impossible_ensembles_are_refused(members: tuple[Recipe, ...]) -> None:
    with pytest.raises(ConfigError):
        get_recipe(EnsembleRecipe("odd", members))


@pytest.mark.parametrize("runtime", ["torch", "onnx"])
def test_a_mirrored_one_answers_alike_for_an_image_and_its_mirror_image(mirrored: Path, runtime: str) -> None:
    model = load_model(mirrored, runtime=runtime)
    images = tiny_dataset().split("test").take(np.arange(20))
    answers = model.logits(images)
    np.testing.assert_allclose(answers, model.logits(images[:, :, ::-1]), atol=1e-4)
    each = [softmax(load_model(mirrored / "members" / name).logits(view)) for name in NAMES for view in both(images)]
    np.testing.assert_allclose(softmax(answers), np.mean(each, axis=0), atol=1e-4)


@pytest.fixture(scope="module")
def mirrored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("mirrored") / "run"
    recipe = replace(BOTH, mirrored=True)
    assert recipe_from_dict(json.loads(json.dumps(recipe.to_dict()))) == recipe
    train(recipe, tiny_dataset(), seed=shifted_seed(5), out=folder)
    return folder


def both(images: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    return images, images[:, :, ::-1]
