"""Write a golden model file, in both forms, and the answers it must give for ever.

    python tests/golden/make_golden.py NAME

NAME: plain, or watched (with an OOD detector). Run once for each schema; running it again would defeat its purpose:
the files
stand for those that users have.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from digit_recognizer.images import Preprocess
from digit_recognizer.models import ModelHeader, load_model
from digit_recognizer.models.mlp import mlp
from digit_recognizer.models.model_file import weights_sha256, write_model
from digit_recognizer.models.ood import OodNetwork, fit_ood_detector

HERE = Path(__file__).parent
SIZES = {"plain": [784, 4, 10], "watched": [64, 80, 10]}  # an OOD detector asks for many features


def golden_network(sizes: list[int]) -> torch.nn.Sequential:
    """A network of these sizes whose weights are waves, so that no random generator decides them."""
    network = mlp(sizes)
    with torch.no_grad():
        for number, parameter in enumerate(network.parameters(), 1):
            steps = np.arange(parameter.numel(), dtype=np.float64)
            wave = np.sin(steps * (0.37 + 0.11 * number)) * 0.2
            parameter.copy_(torch.from_numpy(wave.astype(np.float32)).reshape(parameter.shape))
    return network


def golden_images(side: int) -> NDArray[np.uint8]:
    """Four fixed images (4, side, side): black, a ramp, a chequered board and white."""
    row, column = np.mgrid[0:side, 0:side]
    images = [0 * row, row * 9 + column // 4, 255 * ((row // 4 + column // 4) % 2), 0 * row + 255]
    return np.stack(images).astype(np.uint8)


def ramps(side: int) -> NDArray[np.uint8]:
    """Fixed images (200, side, side) of many slopes, which an OOD detector learns from."""
    row, column = np.mgrid[0:side, 0:side]
    return np.stack([(row * n + column * (n % 7) * 5) % 256 for n in range(200)]).astype(np.uint8)


def main() -> None:
    name = sys.argv[1]
    sizes = SIZES[name]
    side = round(sizes[0] ** 0.5)
    network = golden_network(sizes)
    header = ModelHeader(
        name="golden",
        architecture={"name": "mlp", "sizes": sizes},
        preprocess=Preprocess(size=side, box=side * 20 // 28, as_is=True),
        class_names=tuple("0123456789"),
        recipe={"name": "golden"},
        seed=0,
        data={"name": "none", "train_on": "train", "n": 0, "sha256": "0" * 64},
        versions={"handwritten-digit-recognizer": "0.1.0"},
        accuracy=None,
        weights_sha256=weights_sha256(network),
    )
    path = HERE / f"{name}.safetensors"
    images = golden_images(side)
    ood = fit_ood_detector(network, [torch.from_numpy(header.preprocess.normalise(ramps(side)))])
    write_model(path, header, OodNetwork(network, ood) if ood else network, header.preprocess.normalise(images))
    model = load_model(path, "torch")
    made = {"weights_sha256": header.weights_sha256, "probabilities": model.probabilities(images).tolist()}
    if ood:
        ood_score = model.observe(images)[1]
        made["ood_score"] = ood_score.tolist()
    (HERE / f"{name}.json").write_text(json.dumps(made, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
