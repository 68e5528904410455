"""Networks of timm's: taught like any other, filed so that they can be built again, started from local files alone."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from digit_recognizer.data.medmnist import load_medmnist
from digit_recognizer.errors import ConfigError, ModelFileError
from digit_recognizer.evaluation import evaluate
from digit_recognizer.models import load_model
from digit_recognizer.models.backbone import backbone
from digit_recognizer.training import train
from digit_recognizer.training.any_recipe import with_backbone, with_epochs
from digit_recognizer.training.auto import auto_recipe
from medmnist_files import SMALL, arrays_of, write_npz

pytest.importorskip("timm", reason="timm, of the extra [train], is not installed")

pytestmark = pytest.mark.arithmetic

NAME = "test_resnet"  # timm's smallest


def test_a_backbone_starts_from_a_local_file(tmp_path: Path) -> None:
    made = backbone(NAME, 5, 3)
    path = tmp_path / "weights.safetensors"
    save_file({name: each.contiguous() for name, each in made.state_dict().items()}, path)
    taught = backbone(NAME, 2, 3, path).state_dict()
    same = [name for name, each in made.state_dict().items() if each.shape == taught[name].shape]
    assert all(torch.equal(made.state_dict()[name], taught[name]) for name in same)
    assert len(same) == len(taught) - 2  # but for the last layer
    assert backbone(NAME, 2, 1, path).eval()(torch.zeros(1, 1, 28, 28)).shape == (1, 2)


def test_nothing_is_fetched_or_unpickled(tmp_path: Path) -> None:
    for name in ("hf-hub:timm/resnet18.a1_in1k", "no_such_net"):
        with pytest.raises(ModelFileError, match="timm has no model"):
            backbone(name, 2)
    pickled = tmp_path / "weights.pth"
    pickled.write_bytes(b"x")
    for path in (pickled, tmp_path / "absent.safetensors"):
        with pytest.raises(ConfigError, match=r"not a \.safetensors file"):
            backbone(NAME, 2, weights=path)
    torn = tmp_path / "torn.safetensors"
    torn.write_bytes(b"x")
    with pytest.raises(ConfigError, match="does not fit"):
        backbone(NAME, 2, weights=torn)


def test_a_backbone_is_taught_filed_and_built_again(tmp_path: Path) -> None:
    spec = replace(SMALL[1], size=28)
    dataset = load_medmnist(spec, None, write_npz(tmp_path / "own.npz", arrays_of(spec)))
    recipe = with_epochs(with_backbone(auto_recipe(spec, 40), NAME), 2)
    train(recipe, dataset, out=tmp_path / "run")
    fast, slow = (load_model(tmp_path / "run", runtime) for runtime in ("onnx", "torch"))
    probabilities = [evaluate(each, dataset, "validation").probabilities for each in (fast, slow)]
    assert np.allclose(*probabilities, atol=1e-5)
    assert fast.header.architecture["model"] == NAME
