"""The built wheel in a new environment: it carries MNIST and the weights, and the base install brings no torch."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

ROOT = Path(__file__).parent.parent


def run(*command: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "VIRTUAL_ENV")}
    return subprocess.run(
        [str(part) for part in command], capture_output=True, text=True, timeout=600, cwd=cwd, env=environment
    )


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("wheel")
    built = run(sys.executable, "-m", "build", "--wheel", "--outdir", place, ROOT, cwd=place)
    assert built.returncode == 0, built.stdout + built.stderr
    (made,) = place.glob("*.whl")
    return made


@pytest.mark.slow
def test_the_wheel_carries_data_weights_and_licences(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    for inside in (
        "data/mnist/train-images-idx3-ubyte.gz",
        "data/mnist/t10k-labels-idx1-ubyte.gz",
        "data/mnist/validation.txt",
        "data/mnist/LICENCE.md",
        "models/pretrained/classic.safetensors",
        "models/pretrained/best.onnx",
        "models/pretrained/best.json",
        "models/pretrained/classic.onnx",
        "py.typed",
    ):
        assert f"digit_recognizer/{inside}" in names
    assert not [name for name in names if name.startswith(("tests", "benchmarks"))]


@pytest.mark.slow
def test_the_base_install_predicts_without_torch(wheel: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    venv.create(tmp_path / "venv", with_pip=True)
    scripts = tmp_path / "venv" / ("Scripts" if sys.platform == "win32" else "bin")
    python = scripts / "python"
    installed = run(python, "-m", "pip", "install", "--quiet", wheel, cwd=tmp_path)
    assert installed.returncode == 0, installed.stderr
    stroke = np.full((200, 120), 255, np.uint8)
    stroke[20:180, 55:70] = 0
    Image.fromarray(stroke).save(tmp_path / "one.png")
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    answer = run(scripts / "digits", "predict", "--json", "one.png", cwd=tmp_path)
    assert list(home.iterdir()) == []  # no cache, no identity, no report to anyone
    assert answer.returncode == 0, answer.stderr
    assert json.loads(answer.stdout)["label"] == 1
    listed = run(python, "-m", "pip", "list", "--format", "json", cwd=tmp_path)
    packages = {entry["name"].lower() for entry in json.loads(listed.stdout)}
    assert not packages & {"torch", "torchvision", "scikit-learn", "scipy", "matplotlib", "safetensors"}
    refused = run(scripts / "digits", "train", cwd=tmp_path)
    assert refused.returncode == 2
    assert 'pip install "handwritten-digit-recognizer[train]"' in refused.stderr
    assert "Traceback" not in refused.stderr
