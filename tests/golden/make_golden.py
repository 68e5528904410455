"""Write the golden model file of schema 1, in both forms, and the probabilities it must give for ever.

    python tests/golden/make_golden.py

Run once, when schema 1 was new. Running it again would defeat its purpose: the files stand for those that users have.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from digit_recognizer.images import Preprocess
from digit_recognizer.models import ModelHeader, load_model
from digit_recognizer.models.mlp import mlp
from digit_recognizer.models.model_file import weights_sha256, write_model

HERE = Path(__file__).parent
SIZES = [784, 4, 10]


def golden_network() -> torch.nn.Sequential:
    """A 784-4-10 network whose weights are waves, so that no random generator decides them."""
    network = mlp(SIZES)
    with torch.no_grad():
        for number, parameter in enumerate(network.parameters(), 1):
            steps = np.arange(parameter.numel(), dtype=np.float64)
            wave = np.sin(steps * (0.37 + 0.11 * number)) * 0.2
            parameter.copy_(torch.from_numpy(wave.astype(np.float32)).reshape(parameter.shape))
    return network


def golden_images() -> NDArray[np.uint8]:
    """Four fixed images (4, 28, 28): black, a ramp, a chequered board and white."""
    row, column = np.mgrid[0:28, 0:28]
    images = [0 * row, row * 9 + column // 4, 255 * ((row // 4 + column // 4) % 2), 0 * row + 255]
    return np.stack(images).astype(np.uint8)


def main() -> None:
    network = golden_network()
    header = ModelHeader(
        name="golden",
        architecture={"name": "mlp", "sizes": SIZES},
        preprocess=Preprocess(),
        class_names=tuple("0123456789"),
        recipe={"name": "golden"},
        seed=0,
        data={"name": "none", "train_on": "train", "n": 0, "sha256": "0" * 64},
        versions={"handwritten-digit-recognizer": "0.1.0"},
        accuracy=None,
        weights_sha256=weights_sha256(network),
    )
    path = HERE / "schema1.safetensors"
    images = golden_images()
    write_model(path, header, network, header.preprocess.normalise(images))
    made = {"weights_sha256": header.weights_sha256}
    made["probabilities"] = load_model(path, "torch").probabilities(images).tolist()
    (HERE / "schema1.json").write_text(json.dumps(made, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
