"""Two processes of torchrun train what one trains: the same weights, one writer, and a run that goes on."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from digit_recognizer.errors import ConfigError
from digit_recognizer.training.arithmetic import BFLOAT16, FLOAT32
from digit_recognizer.training.distributed import arithmetic_of_all, first_here, own_device, rank
from platforms import posix
from trained_together import RUNS, run

pytestmark = pytest.mark.arithmetic

TORCHRUN = (sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2")
HERE = Path(__file__).parent
TOLERANCE = 1e-5  # of a weight: sums of float32 in another order


def assert_same_weights(one: Path, other: Path) -> None:
    """Two files with the same weights, within the tolerance; OOD detectors are fitted afterwards, on axes of any
    sign."""
    ours, theirs = load_file(one), load_file(other)
    assert ours.keys() == theirs.keys()
    for name in (each for each in ours if not each.startswith("ood.")):
        torch.testing.assert_close(ours[name], theirs[name], rtol=0, atol=TOLERANCE, msg=name)


def history(folder: Path) -> list[dict[str, float]]:
    return [json.loads(line) for line in (folder / "history.jsonl").read_text().splitlines()]


@posix("what torchrun needs to start processes")
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


@posix("what torchrun needs to start processes")
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
    assert words.count("Continue with: digits train --resume --out run") == 1
    stopped = history(tmp_path / "run")
    assert len(stopped) < 3
    told = subprocess.run([*train, "--resume", "--out", "run"], cwd=tmp_path, capture_output=True, text=True)
    assert told.returncode == 0, told.stderr
    assert told.stdout.count("Trained on") == 1
    assert history(tmp_path / "run")[: len(stopped)] == stopped
    subprocess.run([*train, "--epochs", "3", "--out", "whole", "--quiet"], cwd=tmp_path, check=True)
    assert {path.name for path in tmp_path.iterdir()} == {"run", "whole"}
    ours, theirs = ((tmp_path / name / "model.safetensors").read_bytes() for name in ("run", "whole"))
    assert ours == theirs


@posix("what torchrun needs to start processes")
@pytest.mark.slow
def test_all_compute_as_the_first(tmp_path: Path) -> None:
    """Whatever each process's own machine would choose."""
    command = [*TORCHRUN, str(HERE / "computed_together.py"), str(tmp_path)]
    subprocess.run(command, check=True)
    for number in (0, 1):
        found = json.loads((tmp_path / f"{number}.json").read_text())
        assert found["agreed"] == [BFLOAT16, FLOAT32]  # the second proposed the other of each
        assert found["off"][FLOAT32] < 1e-6
        assert 1e-5 < found["off"][BFLOAT16] < 0.05


@pytest.fixture
def second_of_two(monkeypatch: pytest.MonkeyPatch) -> None:
    """This process, as torchrun would start the second of two."""
    values = {"TORCHELASTIC_RUN_ID": "x", "RANK": "1", "LOCAL_RANK": "1", "WORLD_SIZE": "2", "LOCAL_WORLD_SIZE": "2"}
    for name, value in values.items():
        monkeypatch.setenv(name, value)


@pytest.mark.usefixtures("second_of_two")
def test_each_process_has_a_gpu_of_its_own() -> None:
    assert rank() == 1
    assert not first_here()
    assert own_device(torch.device("cpu"), gpus=0) == torch.device("cpu")
    assert own_device(torch.device("cuda"), gpus=2) == torch.device("cuda", 1)
    chosen = torch.device("cuda", 0)  # a member's, which its ensemble chose
    assert own_device(chosen, gpus=2) == chosen
    with pytest.raises(ConfigError, match=r"there are 1 GPUs\. .*--nproc-per-node"):
        own_device(torch.device("cuda"), gpus=1)
    if torch.cuda.device_count() < 2:
        with pytest.raises(ConfigError, match=f"there are {torch.cuda.device_count()} GPUs"):
            own_device(torch.device("cuda"))


def test_alone_a_process_is_the_first() -> None:
    assert "TORCHELASTIC_RUN_ID" not in os.environ
    assert rank() == 0
    assert first_here()
    assert arithmetic_of_all(BFLOAT16, torch.device("cpu")) == BFLOAT16
    assert own_device(torch.device("cuda")) == torch.device("cuda")
