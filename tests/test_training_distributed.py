"""Two processes of torchrun train what one trains: the same weights, one writer, and a run that goes on."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from torch import nn

from digit_recognizer.errors import ConfigError
from digit_recognizer.training.distributed import own_device, rank
from digit_recognizer.training.machine import computing
from trained_together import RUNS, run

pytestmark = pytest.mark.arithmetic

TORCHRUN = (sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2")
HERE = Path(__file__).parent
TOLERANCE = 1e-5  # of a weight: sums of float32 in another order
posix = pytest.mark.skipif(sys.platform == "win32", reason="torchrun's processes talk by gloo, as POSIX systems do")


def assert_same_weights(one: Path, other: Path) -> None:
    """Two files with the same weights, within the tolerance; a watch is fitted afterwards, on axes of any sign."""
    ours, theirs = load_file(one), load_file(other)
    assert ours.keys() == theirs.keys()
    for name in (each for each in ours if not each.startswith("watch.")):
        torch.testing.assert_close(ours[name], theirs[name], rtol=0, atol=TOLERANCE, msg=name)


def history(folder: Path) -> list[dict[str, float]]:
    return [json.loads(line) for line in (folder / "history.jsonl").read_text().splitlines()]


@posix
@pytest.mark.slow
def test_two_processes_give_the_weights_of_one(tmp_path: Path) -> None:
    """A hundred steps of classic; a batch that does not halve, with weighted classes; the members of an ensemble."""
    command = [*TORCHRUN, str(HERE / "trained_together.py"), str(tmp_path / "two")]
    subprocess.run(command, check=True)
    for name in RUNS:
        one, two = tmp_path / "one" / name, tmp_path / "two" / name
        run(name, one)
        assert_same_weights(one / "model.safetensors", two / "model.safetensors")
        for ours, theirs in zip(history(one), history(two), strict=True):
            assert ours["validation_accuracy"] == theirs["validation_accuracy"]
            assert ours["loss"] == pytest.approx(theirs["loss"], abs=TOLERANCE)


@posix
@pytest.mark.slow
def test_together_they_stop_and_go_on_and_one_of_them_speaks(tmp_path: Path) -> None:
    train = [*TORCHRUN, "-m", "digit_recognizer", "train", "--device", "cpu"]
    asked = [*train, "--epochs", "3", "--out", "run"]
    begun = subprocess.Popen(asked, cwd=tmp_path, stderr=subprocess.PIPE, text=True, start_new_session=True)
    while not (tmp_path / "run/history.jsonl").exists():
        assert begun.poll() is None
        time.sleep(0.05)
    begun.send_signal(signal.SIGTERM)
    _, words = begun.communicate()
    assert words.count("Go on with: digits train --resume --out run") == 1
    stopped = history(tmp_path / "run")
    assert len(stopped) < 3
    told = subprocess.run([*train, "--resume", "--out", "run"], cwd=tmp_path, capture_output=True, text=True)
    assert told.returncode == 0, told.stderr
    assert told.stdout.count("Learned from") == 1
    assert history(tmp_path / "run")[: len(stopped)] == stopped
    subprocess.run([*train, "--epochs", "3", "--out", "whole", "--quiet"], cwd=tmp_path, check=True)
    assert {path.name for path in tmp_path.iterdir()} == {"run", "whole"}
    ours, theirs = ((tmp_path / name / "model.safetensors").read_bytes() for name in ("run", "whole"))
    assert ours == theirs


@pytest.fixture
def second_of_two(monkeypatch: pytest.MonkeyPatch) -> None:
    """This process, as torchrun would start the second of two."""
    values = {"TORCHELASTIC_RUN_ID": "x", "RANK": "1", "LOCAL_RANK": "1", "WORLD_SIZE": "2", "LOCAL_WORLD_SIZE": "2"}
    for name, value in values.items():
        monkeypatch.setenv(name, value)


@pytest.mark.usefixtures("second_of_two")
def test_each_process_has_a_gpu_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    assert rank() == 1
    assert own_device(torch.device("cpu")) == torch.device("cpu")
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    assert own_device(torch.device("cuda")) == torch.device("cuda", 1)
    assert own_device(torch.device("cuda", 0)) == torch.device("cuda", 0)  # a member's, which its ensemble chose
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    with pytest.raises(ConfigError, match="--nproc-per-node"):
        own_device(torch.device("cuda"))


def test_alone_a_process_is_the_first() -> None:
    assert "TORCHELASTIC_RUN_ID" not in os.environ
    assert rank() == 0
    assert own_device(torch.device("cuda")) == torch.device("cuda")


def test_a_gpu_learns_in_bfloat16_where_it_has_it(monkeypatch: pytest.MonkeyPatch) -> None:
    used: list[tuple[str, torch.dtype]] = []

    @contextmanager
    def autocast(device: str, kind: torch.dtype) -> Iterator[None]:
        used.append((device, kind))
        yield

    monkeypatch.setattr(torch, "autocast", autocast)
    network, inputs = nn.Linear(3, 2).to(torch.bfloat16), torch.ones(4, 3, dtype=torch.bfloat16)
    for there in (True, False):
        monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda there=there, **_: there)
        assert computing(network, torch.device("cpu")) is network
        assert (computing(network, torch.device("cuda")) is network) is not there
        assert computing(network, torch.device("cuda"))(inputs).dtype == (torch.float32 if there else torch.bfloat16)
    assert used == [("cuda", torch.bfloat16)]


def test_a_cpu_learns_in_bfloat16_where_the_recipe_says_so() -> None:
    network, inputs = nn.Linear(300, 200), torch.randn(4, 300)
    rough = computing(network, torch.device("cpu"), on_cpu=True)(inputs)
    assert rough.dtype == torch.float32
    assert 0 < float((rough - network(inputs)).detach().abs().max()) < 0.05
    rough.sum().backward()
    assert network.weight.grad is not None
    assert network.weight.grad.dtype == torch.float32
