"""Many seeds by a Ray cluster: the table and the models of the local run, though the command is killed in mid-run."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from digit_recognizer.cli.options import with_address
from helpers_cli import digits, is_complaint
from ray_nodes import Nodes, free_port

COMMAND = (sys.executable, "-m", "digit_recognizer")
TRAIN = ("train", "--epochs", "1", "--seeds", "4", "--seed", "3", "--out", "seeds", "--quiet", "--json", "told.json")


@pytest.fixture(scope="module")
def nodes() -> Iterator[Nodes]:
    """Two nodes of one core each."""
    pytest.importorskip("ray", reason="ray is not installed: pip install handwritten-digit-recognizer[scale]")
    if shutil.which("ps") is None:
        pytest.skip("ps, which tells the processes of a node, is absent")
    made = Nodes(2)
    yield made
    assert not made.stop()


@pytest.mark.slow
def test_a_cluster_trains_what_this_machine_does(nodes: Nodes, tmp_path: Path) -> None:
    local, far = tmp_path / "local", tmp_path / "far"
    local.mkdir()
    far.mkdir()
    on_ray = [*COMMAND, *TRAIN, "--ray", nodes.address]
    killed = subprocess.Popen(on_ray, cwd=far, env=nodes.environment)
    while not list(far.glob("seeds/seed-*/model.onnx")) and killed.poll() is None:
        time.sleep(0.02)
    assert killed.poll() is None
    killed.kill()
    killed.wait()
    kept = {path: path.stat().st_mtime_ns for path in far.glob("seeds/seed-*/checkpoints/*")}
    done = subprocess.run(on_ray, cwd=far, env=nodes.environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert any(path.exists() and path.stat().st_mtime_ns == when for path, when in kept.items())
    subprocess.run([*COMMAND, *TRAIN], cwd=local, env=nodes.environment, check=True)
    told = json.loads((far / "told.json").read_text())
    assert told == json.loads((local / "told.json").read_text())
    assert [row["seed"] for row in told["seeds"]] == [3, 4, 5, 6]
    for row in told["seeds"]:
        names = [{path.name for path in (place / row["run"]).iterdir()} for place in (far, local)]
        assert names[0] == names[1]
        ours, theirs = ((place / row["run"] / "model.safetensors").read_bytes() for place in (far, local))
        assert ours == theirs


def test_an_address_may_be_left_out() -> None:
    assert with_address(["train", "--ray", "--seeds", "2"]) == ["train", "--ray", "auto", "--seeds", "2"]
    assert with_address(["score", "a", "--ray"]) == ["score", "a", "--ray", "auto"]
    assert with_address(["score", "--ray", "h:1", "a"]) == ["score", "--ray", "h:1", "a"]
    assert with_address([]) == []


def test_one_seed_is_not_dealt_out_and_no_cluster_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    is_complaint(digits("train", "--ray", "auto", "--out", "run"), "--seeds")
    pytest.importorskip("ray", reason="ray is not installed")
    address = f"127.0.0.1:{free_port()}"
    is_complaint(digits("train", "--ray", address, "--seeds", "2", "--out", "run"), "no Ray cluster answers")
    assert list(tmp_path.iterdir()) == []
