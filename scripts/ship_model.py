"""Train a shipped model anew by its recipe (seed 0, the 50,000 training images) and put it into the package.

python scripts/ship_model.py classic
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
from pathlib import Path

from digit_recognizer import train
from digit_recognizer.models.model import pretrained
from digit_recognizer.training import RECIPES


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("name", choices=sorted(RECIPES))
    name = parser.parse_args().name
    with tempfile.TemporaryDirectory() as place:
        trained = train(name, out=Path(place) / name, device="cpu", on_epoch=print)
        for suffix in (".safetensors", ".onnx"):
            shutil.copyfile(Path(place) / name / f"model{suffix}", pretrained() / f"{name}{suffix}")
    print(f"{name}: weights {trained.header.weights_sha256}, validation {trained.header.accuracy}")


if __name__ == "__main__":
    main()
