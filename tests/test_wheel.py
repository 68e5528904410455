"""The built wheel in a new environment: it carries MNIST and the weights; the base install reads, without torch."""

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

from digit_recognizer.models.model import shipped_models
from server_process import commanded

ROOT = Path(__file__).parent.parent


def outside() -> dict[str, str]:
    """The environment without what leads to the packages of this one."""
    return {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "VIRTUAL_ENV")}


def run(*command: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(part) for part in command], capture_output=True, text=True, timeout=600, cwd=cwd, env=outside()
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
        "models/pretrained/best.onnx",
        "models/pretrained/best.json",
        "models/pretrained/classic.onnx",
        "exporting/web/index.html",
        "exporting/web/package-lock.json",
        "exporting/web/preparation/preprocess.js",
        "py.typed",
    ):
        assert f"digit_recognizer/{inside}" in names
    assert not [name for name in names if name.startswith(("tests", "benchmarks")) or name.endswith(".safetensors")]


@pytest.fixture(scope="module")
def scripts(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of commands of a new environment that holds the base install."""
    place = tmp_path_factory.mktemp("base")
    venv.create(place / "venv", with_pip=True)
    found = place / "venv" / ("Scripts" if sys.platform == "win32" else "bin")
    installed = run(found / "python", "-m", "pip", "install", "--quiet", wheel, cwd=place)
    assert installed.returncode == 0, installed.stderr
    return found


@pytest.fixture
def one(tmp_path: Path) -> Path:
    """A drawn 1, dark on light."""
    stroke = np.full((200, 120), 255, np.uint8)
    stroke[20:180, 55:70] = 0
    Image.fromarray(stroke).save(tmp_path / "one.png")
    return tmp_path / "one.png"


@pytest.mark.slow
def test_the_base_install_predicts_without_torch(
    scripts: Path, one: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    answer = run(scripts / "digits", "predict", "--json", one, cwd=tmp_path)
    assert list(home.iterdir()) == []  # no cache, no identity, no report to anyone
    assert answer.returncode == 0, answer.stderr
    assert json.loads(answer.stdout)["label"] == 1
    listed = run(scripts / "python", "-m", "pip", "list", "--format", "json", cwd=tmp_path)
    packages = {entry["name"].lower() for entry in json.loads(listed.stdout)}
    assert not packages & {"torch", "torchvision", "scikit-learn", "scipy", "matplotlib", "safetensors"}
    for arguments in (["train"], ["export", "best"]):
        refused = run(scripts / "digits", *arguments, cwd=tmp_path)
        assert refused.returncode == 2
        assert 'pip install "handwritten-digit-recognizer[train]"' in refused.stderr
        assert "Traceback" not in refused.stderr


def size(folder: Path) -> int:
    """Bytes of all files below a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file() and not path.is_symlink())


@pytest.mark.slow
def test_the_base_install_brings_less_than_400_mb(scripts: Path, tmp_path: Path) -> None:
    venv.create(tmp_path / "empty", with_pip=True)
    assert size(scripts.parent) - size(tmp_path / "empty") < 400e6


@pytest.mark.slow
@pytest.mark.parametrize("model", shipped_models())
def test_the_base_install_predicts_reads_and_serves_with_every_shipped_model(
    scripts: Path, one: Path, tmp_path: Path, model: str
) -> None:
    found = run(scripts / "digits", "predict", "--json", "--model", model, one, cwd=tmp_path)
    assert found.returncode == 0, found.stderr
    assert json.loads(found.stdout)["label"] == 1
    page = Image.new("L", (500, 300), 250)
    page.paste(Image.open(one).resize((60, 100)), (80, 100))
    page.paste(Image.open(one).resize((60, 100)), (300, 100))
    page.save(tmp_path / "page.png")
    read = run(scripts / "digits", "read", "--json", "--model", model, "page.png", cwd=tmp_path)
    assert read.returncode == 0, read.stderr
    assert [each["text"] for each in json.loads(read.stdout)["numbers"]] == ["1", "1"]
    with commanded([scripts / "digits"], tmp_path, model, **outside()) as server:
        (served,) = server.post("/v1/predict", one.read_bytes()).json["predictions"]
    assert (served["label"], served["model"]) == (1, model)
