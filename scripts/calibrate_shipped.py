"""Give shipped models an OOD detector and a calibration anew; their weights stay as they are.

python scripts/calibrate_shipped.py [NAME ...]

The OOD detector knows the first training images, the calibration comes from its data set's calibration images, as in
training.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np

from digit_recognizer import load_dataset
from digit_recognizer.models import shipped_models
from digit_recognizer.models.cards import card_path, read_card
from digit_recognizer.models.locations import pretrained
from digit_recognizer.models.model_file import load_network, write_model
from digit_recognizer.models.ood import OodNetwork
from digit_recognizer.training.provenance import calibrated, with_ood_detector

SAMPLE = 256  # images on which the two forms of the model file must agree


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help="all shipped models unless given")
    names = parser.parse_args().names or shipped_models()
    for name in names:
        path = pretrained() / f"{name}.onnx"
        reissue(path)
        card, size = read_card(name), path.stat().st_size
        card_path(name).write_text(replace(card, bytes=size).to_text(), "utf-8")
        print(f"{name}: {size:,} bytes")


def reissue(path: Path) -> None:
    """Write one model again, watched and calibrated on the set that it learned from."""
    header, network, _ = load_network(path)
    dataset = load_dataset(header.data["name"], preprocess=header.preprocess)
    plain = network.network if isinstance(network, OodNetwork) else network
    learn, _ = dataset.training(header.data["train_on"])
    whole = with_ood_detector(plain, learn, header.preprocess)
    header = calibrated(header, dataset, whole)
    write_model(path, header, whole, header.preprocess.normalise(learn.take(np.arange(SAMPLE))))


if __name__ == "__main__":
    main()
