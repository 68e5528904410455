"""An OOD detector tells what a network never saw from what it learned, and travels with the model in both forms."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
import torch
from scipy.special import logsumexp
from sklearn.decomposition import PCA
from torch import nn

from digit_recognizer.data import Dataset
from digit_recognizer.errors import ModelFileError
from digit_recognizer.models import load_model
from digit_recognizer.models.cnn import Convolution, cnn
from digit_recognizer.models.ensemble import Ensemble
from digit_recognizer.models.mlp import mlp
from digit_recognizer.models.model_file import weights_sha256, write_model
from digit_recognizer.models.ood import AXES, FEWEST, OodNetwork, features_and_logits, fit_ood_detector
from tiny import shifted_seed

pytestmark = pytest.mark.arithmetic

GOLDEN = Path(__file__).parent / "golden"
SMALL = [dataclasses.asdict(Convolution(8, 5, stride=3)), dataclasses.asdict(Convolution(12, 3))]


def networks() -> dict[str, nn.Module]:
    torch.manual_seed(shifted_seed(0))
    return {
        "mlp": mlp([784, 80, 10]),
        "cnn": cnn(28, 10, SMALL).eval(),
        "ensemble": Ensemble([mlp([784, 80, 10]), cnn(28, 10, SMALL)]).eval(),
    }


@pytest.mark.parametrize("name", networks())
def test_the_logits_are_the_networks_own(name: str) -> None:
    network, inputs = networks()[name], torch.randn(5, 1, 28, 28)
    ood = fit_ood_detector(network, [torch.randn(90, 1, 28, 28)])
    assert ood is not None
    logits, ood_score = OodNetwork(network, ood)(inputs)
    torch.testing.assert_close(logits, network(inputs))
    assert ood_score.shape == (5,)


@pytest.mark.parametrize("name", networks())
def test_the_ood_score_is_what_scikit_learns_pca_cannot_rebuild_less_the_energy(name: str) -> None:
    network, inputs = networks()[name], torch.randn(300, 1, 28, 28)
    ood = fit_ood_detector(network, inputs.split(100))
    assert ood is not None
    assert ood.weight is not None
    new = torch.randn(20, 1, 28, 28)
    with torch.inference_mode():
        (known, logits), (unknown, new_logits) = (features_and_logits(network, each) for each in (inputs, new))
        _, ood_score = OodNetwork(network, ood)(new)
    peer = PCA(min(AXES, known.shape[1] // 2), svd_solver="full").fit(known.double().numpy())
    rest, known_rest = (
        each - peer.inverse_transform(peer.transform(each)) for each in (unknown.numpy(), known.numpy())
    )
    length = np.linalg.norm(rest, axis=1)
    np.testing.assert_allclose(ood.residual(unknown).numpy(), length, rtol=1e-3, atol=1e-4)
    largest = np.mean([each.numpy().max(1).mean() for each in logits])
    weight = largest / np.linalg.norm(known_rest, axis=1).mean()
    assert ood.weight == pytest.approx(weight, rel=1e-3)
    energy = np.mean([logsumexp(each.numpy(), axis=1) for each in new_logits], axis=0)
    np.testing.assert_allclose(ood_score.numpy(), weight * length - energy, rtol=1e-3, atol=1e-3)


def test_where_the_axes_leave_nothing_the_energy_alone_counts() -> None:
    """Features that vary in one direction: what is left of them is rounding, and must not be blown up."""
    network = mlp([784, 32, 10])
    with torch.no_grad():
        network[1].weight.copy_(network[1].weight[:1].expand(32, -1))
        network[1].bias.fill_(1)
    ood = fit_ood_detector(network, [torch.rand(100, 1, 28, 28)])
    assert ood is not None
    assert ood.weight == 0
    images = torch.rand(3, 1, 28, 28)
    logits, ood_score = OodNetwork(network, ood)(images)
    torch.testing.assert_close(ood_score, -logits.logsumexp(1))


@pytest.mark.parametrize("name", ["mlp", "ensemble"])  # the latter holds a convolutional network
def test_both_forms_of_the_file_give_the_same_ood_score(name: str, tmp_path: Path, mnist: Dataset) -> None:
    header = load_model(GOLDEN / "plain.safetensors").header
    images = mnist.split("validation").take(np.arange(300))
    inputs = torch.from_numpy(header.preprocess.normalise(images))
    network = networks()[name]
    ood = fit_ood_detector(network, inputs.split(100))
    assert ood is not None
    whole = OodNetwork(network, ood)
    one = {"name": "mlp", "sizes": [784, 80, 10]}
    seeing = {"name": "cnn", "size": 28, "classes": 10, "convolutions": SMALL}
    architecture = one if name == "mlp" else {"name": "ensemble", "members": [one, seeing]}
    header = dataclasses.replace(header, architecture=architecture, weights_sha256=weights_sha256(network))
    write_model(tmp_path / "model.safetensors", header, whole, inputs[:50].numpy())
    by_torch, by_onnx = (load_model(tmp_path, runtime).observe(images) for runtime in ("torch", "onnx"))
    np.testing.assert_allclose(by_onnx[0], by_torch[0], atol=1e-4)
    assert by_torch[1] is not None
    assert by_onnx[1] is not None
    np.testing.assert_allclose(by_onnx[1], by_torch[1], rtol=1e-4, atol=1e-4)
    altered = bytearray((tmp_path / "model.safetensors").read_bytes())
    altered[-3] ^= 1  # the tensors lie in the order of their names, an OOD detector's last
    (tmp_path / "altered.safetensors").write_bytes(altered)
    with pytest.raises(ModelFileError, match="damaged or altered"):
        load_model(tmp_path / "altered.safetensors", "torch")
    (tmp_path / "model.onnx").rename(tmp_path / "alone.onnx")
    alone = load_model(tmp_path / "alone.onnx", "torch").observe(images)
    np.testing.assert_array_equal(alone[0], by_torch[0])
    np.testing.assert_array_equal(alone[1], by_torch[1])  # type: ignore[arg-type]


def test_a_network_with_few_features_gets_no_watch() -> None:
    assert fit_ood_detector(mlp([784, FEWEST - 1, 10]), [torch.randn(100, 1, 28, 28)]) is None
    assert fit_ood_detector(mlp([784, FEWEST, 10]), [torch.randn(100, 1, 28, 28)]) is not None


def test_a_model_without_a_watch_finds_nothing_strange(mnist: Dataset) -> None:
    model = load_model(GOLDEN / "plain.onnx")
    assert model.observe(mnist.split("validation").take(np.arange(3)))[1] is None
