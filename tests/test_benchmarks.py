"""The benchmarks run and give the figures that the documents quote; the work of a network is counted rightly."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from torch import nn

from digit_recognizer.models import shipped_models
from digit_recognizer.models.cnn import cnn
from digit_recognizer.models.ensemble import Ensemble
from digit_recognizer.models.mlp import mlp

BENCHMARKS = Path(__file__).resolve().parent.parent / "benchmarks"
CLASSIC = 2 * (784 * 64 + 64 * 32 + 32 * 10)
# 8 filters of 5 x 5 give maps of 24 x 24, pooled to 12 x 12; 4 filters of 3 x 3 x 8, padded, stride 2, give 6 x 6.
SMALL_CNN = 2 * (24 * 24 * 8 * 25 + 6 * 6 * 4 * 72 + 144 * 10)


@pytest.fixture
def flops(monkeypatch: pytest.MonkeyPatch) -> Callable[[nn.Module, int], int]:
    """The function under test; benchmarks are scripts, not a package."""
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    for name in ("common", "limit"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    return import_module("limit").flops


def small_cnn() -> nn.Sequential:
    layers = [{"channels": 8, "kernel": 5, "pool": 2}, {"channels": 4, "kernel": 3, "stride": 2, "padding": 1}]
    return cnn(28, 10, layers)


def test_flops_of_known_networks(flops: Callable[[nn.Module, int], int]) -> None:
    assert flops(mlp([784, 64, 32, 10]), 28) == CLASSIC
    assert flops(small_cnn(), 28) == SMALL_CNN
    assert flops(Ensemble([mlp([784, 64, 32, 10]), small_cnn()]), 28) == CLASSIC + SMALL_CNN


def test_flops_of_grouped_convolutions(flops: Callable[[nn.Module, int], int]) -> None:
    network = nn.Sequential(nn.Conv2d(1, 4, 1), nn.Conv2d(4, 4, 3, groups=2))
    assert flops(network, 6) == 2 * (6 * 6 * 4 * 1 + 4 * 4 * 4 * (2 * 9))


def test_counting_leaves_the_network_as_it_was(flops: Callable[[nn.Module, int], int]) -> None:
    network = small_cnn()
    before = {name: each.clone() for name, each in network.state_dict().items()}
    assert flops(network, 28) == flops(network, 28)
    assert network.training
    assert all(each.equal(before[name]) for name, each in network.state_dict().items())
    assert not any(each._forward_hooks for each in network.modules())


def numbers(value: Any) -> Iterator[float]:
    """All numbers anywhere inside a JSON value."""
    if isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            yield from numbers(each)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield value


@pytest.mark.slow
def test_a_quick_run_gives_the_figures(tmp_path: Path) -> None:
    file = tmp_path / "figures.json"
    arguments = ("--quick", "--only", "evaluation", "latency", "limit", "--json", str(file))
    command = [sys.executable, str(BENCHMARKS / "run.py"), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads(file.read_text())
    assert set(found) == {"quick", "torch_threads", "load_average", "limit", "evaluation", "latency", "versions"}
    assert found["quick"] is True
    assert all(number > 0 for key in ("limit", "evaluation", "latency") for number in numbers(found[key]))
    assert found["evaluation"]["ours_correct"] == found["evaluation"]["peer_correct"]
    assert set(found["latency"]["models"]) == set(shipped_models())
    for name, model in found["latency"]["models"].items():
        assert set(model["batches"]) == {"1", "64"}
        assert {"torch", "onnx", "ratio"} == set(model["batches"]["1"])
        assert f"digits predict --model {name}" in found["latency"]["cold_start"]


@pytest.mark.slow
def test_robustness_gives_every_corruption(tmp_path: Path) -> None:
    file, figure = tmp_path / "robustness.json", tmp_path / "robustness.png"
    arguments = ("--models", "classic", "fast", "--images", "20")
    command = [
        sys.executable,
        str(BENCHMARKS / "robustness.py"),
        *arguments,
        "--figure",
        str(figure),
        "--json",
        str(file),
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads(file.read_text())["robustness"]
    assert set(found["corruptions"]) == {"classic", "fast"}
    assert all(len(model["corruptions"]) == 75 for model in found["corruptions"].values())
    assert found["unseen_error_to_classic"]["fast"]["ratio"] > 0
    assert figure.stat().st_size > 10_000


def run(script: str, target: Path, *arguments: str) -> Any:
    """What a benchmark writes as JSON."""
    command = [sys.executable, str(BENCHMARKS / script), *arguments, "--json", str(target)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(target.read_text())


@pytest.mark.slow
def test_other_digits_are_scored_as_test_splits(tmp_path: Path, shared_file: Callable[[str], Path]) -> None:
    arguments = ("--models", "classic", "--usps", str(shared_file("usps")))
    (sets,) = run("other_digits.py", tmp_path / "other-digits.json", *arguments)["other_digits"].values()
    assert {name: each["n"] for name, each in sets.items()} == {"load_digits": 1797, "usps": 2007}
    assert {each["test_evaluations"] for each in sets.values()} == {1}


@pytest.mark.slow
def test_digits_are_scored_as_others_record_them(tmp_path: Path) -> None:
    arguments = ("--models", "classic", "--kinds", "coarse 8", "lined paper", "--images", "30")
    found = run("rerendered.py", tmp_path / "rerendered.json", *arguments)["rerendered"]
    assert {kind: each["n"] for kind, each in found["classic"].items()} == {"coarse 8": 30, "lined paper": 30}


@pytest.mark.slow
def test_scoring_is_measured_against_its_bound(tmp_path: Path) -> None:
    arguments = ("--images", "100", "5300", "--rounds", "1", "--seconds", "0.2", "--model", "classic", "--workers", "2")
    found = run("scoring.py", tmp_path / "scoring.json", *arguments)["scoring"]
    assert [row["n"] for row in found["sizes"]] == [100, 5300]
    for row in found["sizes"]:
        assert all(number > 0 for number in numbers(row))
        assert row["bound"] == pytest.approx(1 / (1 / row["decoding"][0] + 1 / row["inference"][0]))
        assert row["share"] == pytest.approx(row["score"][0] / row["bound"])


@pytest.mark.arithmetic
def test_a_growth_is_found_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    growth = import_module("scaling").growth
    sizes = (1_000, 10_000, 100_000, 1_000_000)
    rows = [
        {"work": "score", "workers": 2, "n": n, "seconds": 3 + 2e-4 * n, "peak_memory_mb": 5 * n**0.5} for n in sizes
    ]
    found = growth(rows, "score", 2)
    assert found["start_s"] == pytest.approx(3)
    assert found["cost_s"] == pytest.approx(2e-4)
    assert found["exponent"] == pytest.approx(1, abs=0.03)
    assert found["memory_exponent"] == pytest.approx(0.5)
    assert growth(rows, "score", 1) is None
    assert growth(rows[:2], "score", 2) is None
