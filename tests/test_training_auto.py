"""The recipe "auto" and what it needs: any size, colour and task, from a file to figures; anyone's network too."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn
from torch.nn.functional import binary_cross_entropy, cross_entropy

from digit_recognizer.data import Dataset, DatasetSpec
from digit_recognizer.data.medmnist import load_medmnist
from digit_recognizer.errors import DataError, ModelFileError
from digit_recognizer.evaluation import Evaluation, evaluate
from digit_recognizer.models import load_model
from digit_recognizer.models.architectures import build_network
from digit_recognizer.models.ensemble import Ensemble
from digit_recognizer.recognizer import Recognizer
from digit_recognizer.training import EnsembleRecipe, Recipe, train
from digit_recognizer.training.any_recipe import recipe_from_dict
from digit_recognizer.training.augmentation import Augmentation
from digit_recognizer.training.auto import auto_recipe
from digit_recognizer.training.exposure import Exposure
from digit_recognizer.training.losses import class_weights, task_loss
from examples import examples
from medmnist_files import SMALL, arrays_of, small_spec, write_npz
from tiny import shifted_seed

pytestmark = [pytest.mark.arithmetic, pytest.mark.usefixtures("few_resamples")]

KINDS = st.builds(
    small_spec,
    task=st.sampled_from(["multi-class", "ordinal", "multi-label"]),
    classes=st.sampled_from([2, 3, 40, 1000]),
    channels=st.sampled_from([1, 3]),
    size=st.sampled_from([8, 12, 28, 33, 64, 100, 128, 224]),
    symmetry=st.sampled_from(["none", "mirror", "all"]),
)


@examples(8)
@given(KINDS, st.integers(2, 200_000))
def test_auto_suits_any_set(spec: DatasetSpec, images: int) -> None:
    recipe = auto_recipe(spec, images)
    recipe.check()
    assert recipe_from_dict(json.loads(json.dumps(recipe.to_dict()))) == recipe
    one = recipe.members[0] if isinstance(recipe, EnsembleRecipe) else recipe
    assert isinstance(one, Recipe)
    assert one.epochs * images <= max(700 * images**0.5 + images, 2 * images)
    network = build_network(one.architecture(spec.size, len(spec.classes), spec.channels)).eval()
    assert sum(each.numel() for each in network.parameters()) < 1_000_000
    with torch.inference_mode():
        assert network(torch.zeros(1, spec.channels, spec.size, spec.size)).shape == (1, len(spec.classes))


def test_other_sets_are_refused() -> None:
    for spec in (small_spec("multi-class", 2, size=7), small_spec("multi-class", 2, size=300)):
        with pytest.raises(DataError, match="the recipe auto needs"):
            auto_recipe(spec, 100)


def test_a_chest_is_not_mirrored_and_a_cell_is_turned() -> None:
    for symmetry in ("none", "mirror", "all"):
        recipe = auto_recipe(small_spec("multi-class", 2, symmetry=symmetry), 5000)
        assert isinstance(recipe, Recipe)
        assert recipe.augmentation
        assert recipe.augmentation.symmetry == symmetry


@pytest.mark.parametrize(("symmetry", "views"), [("none", 1), ("mirror", 2), ("all", 8)])
def test_symmetries_give_the_views_they_name_and_no_other(symmetry: str, views: int) -> None:
    image = torch.arange(9.0).view(1, 1, 3, 3)
    drawn = Augmentation(symmetry=symmetry)(
        image.expand(200, 1, 3, 3), torch.Generator().manual_seed(shifted_seed(0))
    ).round()
    allowed = {0: image, 1: image.flip(3)} if views < 8 else {}
    if views == 8:
        allowed = {k: torch.rot90(flip, k % 4, (2, 3)) for k, flip in enumerate([image] * 4 + [image.flip(3)] * 4)}
    known = {tuple(each.flatten().tolist()) for each in list(allowed.values())[:views]}
    assert {tuple(each.flatten().tolist()) for each in drawn} == known


@given(st.floats(0, 0.5), st.integers(0, 5))
def test_exposure_keeps_what_is_darker_darker(extent: float, seed: int) -> None:
    levels = torch.linspace(-1, 1, 16).view(1, 1, 4, 4).expand(3, 2, 4, 4)
    made = Exposure(extent, extent, extent)(levels, torch.Generator().manual_seed(seed))
    assert made.shape == levels.shape
    assert bool((made.flatten(2).diff(dim=2) >= 0).all())
    assert torch.equal(Exposure()(levels, torch.Generator()), levels) or torch.allclose(
        Exposure()(levels, torch.Generator()), levels, atol=1e-6
    )


@given(st.lists(st.integers(0, 2), min_size=1, max_size=40), st.floats(0, 1))
def test_classes_weigh_as_the_power_says(labels: list[int], power: float) -> None:
    counts = np.bincount(labels, minlength=4)
    weights = class_weights(np.array(labels), 4, power)
    assert weights[counts == 0].tolist() == [0.0] * int((counts == 0).sum())
    assert float(weights @ counts) == pytest.approx(len(labels), rel=1e-5)
    total = (weights * counts)[counts > 0]
    if power == 1:
        assert np.allclose(total, total[0])


def test_the_loss_is_the_tasks() -> None:
    device, logits = torch.device("cpu"), torch.randn(6, 3)
    plain = Recipe("plain", 1, 4, 0.1)
    single, several = torch.tensor([0, 0, 0, 0, 1, 2]), torch.randint(0, 2, (6, 3))
    assert task_loss(plain, single.numpy(), 3, device)(logits, single) == cross_entropy(logits, single)
    balanced = task_loss(replace(plain, class_weighting=1.0), single.numpy(), 3, device)(logits, single)
    each = cross_entropy(logits, single, reduction="none")
    assert balanced == pytest.approx(float(torch.stack([each[:4].mean(), each[4], each[5]]).mean()), rel=1e-5)
    found = task_loss(plain, several.numpy(), 3, device)(logits, several)
    assert found == pytest.approx(float(binary_cross_entropy(logits.sigmoid(), several.float())), rel=1e-5)


def test_several_labels_are_averaged_label_by_label() -> None:
    logits = torch.randn(3, 5, 4)
    members = [nn.Identity() for _ in logits]
    joint = Ensemble(members, multi_label=True).joint(list(logits))
    assert torch.allclose(joint.sigmoid(), logits.sigmoid().mean(0), atol=1e-6)


def made(tmp_path: Path, spec: DatasetSpec) -> Dataset:
    more = replace(spec, counts={"train": 90, "validation": 40, "test": 20})
    return load_medmnist(more, None, write_npz(tmp_path / "own.npz", arrays_of(more)))


def small_recipe(spec: DatasetSpec, members: int) -> Recipe | EnsembleRecipe:
    """Auto's recipe, narrow and short: of several members where these are asked for."""
    recipe = auto_recipe(spec, 90)
    assert isinstance(recipe, EnsembleRecipe)
    few = tuple(replace(each, widths=(8, 16), ema_decay=0.8, epochs=14) for each in recipe.members[:members])
    return EnsembleRecipe("auto", few) if members > 1 else few[0]


@pytest.mark.parametrize(
    "spec",
    [each if each.task in ("binary", "multi-label") else pytest.param(each, marks=pytest.mark.slow) for each in SMALL],
    ids=lambda spec: f"{spec.task} {spec.size} {spec.channels}",
)
def test_every_task_is_learned_filed_and_measured(tmp_path: Path, spec: DatasetSpec) -> None:
    dataset = made(tmp_path, spec)
    several = spec.task == "multi-label"
    trained = train(small_recipe(spec, 1 + several), dataset, out=tmp_path / "run", seed=shifted_seed(0))
    if several:
        first, second = (each.state_dict() for each in trained.network.children().__next__())
        assert not torch.equal(first["0.weight"], second["0.weight"])  # alike, but for what they drew
    evaluation = evaluate(tmp_path / "run", dataset, "validation")
    result = evaluation.to_dict() | evaluation.details
    json.dumps(result, allow_nan=False)
    assert result["caveats"][0] == "Not for clinical use."
    assert any("not the published file" in each for each in result["caveats"])
    # By chance 0.5; nearly 0.9 of the hardest, in which the patterns of several labels add up.
    assert result["figures"]["macro_auroc"]["value"] > 0.75
    assert evaluation.macro_auroc == pytest.approx(result["figures"]["macro_auroc"]["value"])
    check_positive(evaluation)
    torch_too = evaluate(load_model(tmp_path / "run", "torch"), dataset, "validation")
    assert np.allclose(torch_too.probabilities, evaluation.probabilities, atol=1e-5)
    images = dataset.split("validation").take(np.arange(3))
    predictions = Recognizer.load(tmp_path / "run").predict(list(images))
    assert np.allclose([each.probabilities for each in predictions], evaluation.probabilities[:3], atol=1e-6)
    given_labels = [
        tuple(np.flatnonzero(row >= 0.5).tolist()) if several else () for row in evaluation.probabilities[:3]
    ]
    assert [each.labels for each in predictions] == given_labels
    if spec.task == "binary":
        other = made(tmp_path, small_spec("binary", 2, size=12))
        with pytest.raises(DataError, match="images of 12 pixels in grey, and the model takes 28 pixels in grey"):
            evaluate(tmp_path / "run", other, "validation")


def check_positive(evaluation: Evaluation) -> None:
    """The class that is looked for is the declared one, not class 1 by habit."""
    found = evaluation.positive
    if evaluation.model.header.task != "binary":
        assert found is None
        return
    assert found is not None
    sick = evaluation.labels == 0
    assert found["class"] == "class 0"
    assert found["sensitivity"]["n"] == sick.sum()
    assert found["sensitivity"]["value"] == (evaluation.probabilities[sick, 0] >= 0.5).mean()
    assert found["specificity"]["value"] == (evaluation.probabilities[~sick, 0] < 0.5).mean()


class Own(nn.Module):
    """A network that this project knows nothing of."""

    def __init__(self, classes: int) -> None:
        super().__init__()
        self.layer = nn.Linear(3 * 12 * 12, classes)

    def forward(self, pictures: torch.Tensor) -> torch.Tensor:
        logits: torch.Tensor = self.layer(pictures.flatten(1))
        return logits


def test_anyones_network_is_taught_and_runs_by_its_twin(tmp_path: Path) -> None:
    dataset = made(tmp_path, SMALL[1])
    network = Own(4)
    trained = train(small_recipe(SMALL[1], 2), dataset, model=network, out=tmp_path / "run", seed=shifted_seed(0))
    assert trained.network.state_dict().keys() == network.state_dict().keys()
    assert trained.header.architecture == {"name": "own", "kind": "Own"}
    assert evaluate(tmp_path / "run", dataset, "validation").accuracy > 0.5
    with pytest.raises(ModelFileError, match="Use its ONNX form"):
        load_model(tmp_path / "run", "torch")


def test_auto_with_other_epochs_averages_over_as_large_a_share_of_them() -> None:
    spec = small_spec("binary", 2)
    by_itself, shorter = (auto_recipe(spec, 5000, epochs=epochs) for epochs in (None, 2))
    assert isinstance(by_itself, Recipe)
    assert isinstance(shorter, Recipe)
    assert by_itself.epochs > shorter.epochs == 2
    remembered = [1 / (1 - each.ema_decay) / each.epochs for each in (by_itself, shorter)]
    assert remembered[0] == pytest.approx(remembered[1])
