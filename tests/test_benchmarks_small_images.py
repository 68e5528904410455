"""The made colour set, the paired verdicts of small_images.py, and one short run of it."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from digit_recognizer.data import ArraySplit
from digit_recognizer.statistics.auroc import auroc
from examples import examples

pytestmark = pytest.mark.arithmetic

BENCHMARKS = Path(__file__).resolve().parent.parent / "benchmarks"
OWN = ("common", "coloured_shapes", "small_images", "small_images_peers")


@pytest.fixture(scope="module")
def small_images() -> ModuleType:
    """The script as a module; benchmarks are scripts, not a package."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(BENCHMARKS))
        for name in OWN:
            patch.delitem(sys.modules, name, raising=False)
        return import_module("small_images")


@pytest.fixture(scope="module")
def shapes(small_images: ModuleType) -> ModuleType:
    """The made set, as small_images.py imported it."""
    return sys.modules[small_images.coloured_shapes.__module__]


def test_the_made_set_is_the_same_wherever_it_is_made_and_no_split_repeats_another(shapes: ModuleType) -> None:
    one, again, other = (shapes.made_split(np.random.default_rng(seed), 40) for seed in (1, 1, 2))
    assert np.array_equal(one.images, again.images)
    assert np.array_equal(one.labels, again.labels)
    assert one.images.shape == (40, 64, 64, 3)
    assert one.images.dtype == np.uint8
    assert not np.array_equal(one.images, other.images)


def test_the_colour_of_a_made_picture_does_not_tell_its_class(shapes: ModuleType) -> None:
    split = shapes.made_split(np.random.default_rng(0), 1000)
    means = split.images.mean((1, 2))
    for label in range(5):
        for channel in range(3):
            area = auroc(split.labels == label, means[:, channel])
            assert area is not None
            assert 0.4 < area < 0.6


def runs(random: np.random.Generator, labels: NDArray[np.int64], right: float, seeds: int) -> list[NDArray[np.float64]]:
    """Probabilities (n, 3) of seeds that are right so often."""
    made = []
    for _ in range(seeds):
        shown = np.where(random.random(len(labels)) < right, labels, (labels + 1) % 3)
        made.append(np.eye(3)[shown] * 0.8 + 0.2 / 3)
    return made


def test_who_is_clearly_better_is_ahead_and_whoever_is_the_same_is_level(small_images: ModuleType) -> None:
    random = np.random.default_rng(0)
    labels = random.integers(0, 3, 300)
    good, bad = runs(random, labels, 0.95, 3), runs(random, labels, 0.7, 3)
    found = small_images.difference(labels, good, bad, small_images.accuracy)
    assert found["verdict"] == "ahead"
    means = [np.mean([small_images.accuracy(labels, each) for each in some]) for some in (good, bad)]
    assert found["difference"] == pytest.approx(means[0] - means[1])
    assert found["interval"]["low"] < found["difference"] < found["interval"]["high"]
    assert small_images.difference(labels, bad, good, small_images.accuracy)["verdict"] == "behind"
    assert small_images.difference(labels, good, good, small_images.accuracy)["verdict"] == "level"


@examples(20)
@given(st.integers(5, 60), st.integers(0, 5))
def test_a_part_of_a_split_holds_every_class_and_no_image_twice(small_images: ModuleType, n: int, seed: int) -> None:
    images = np.arange(60 * 4, dtype=np.uint8).reshape(60, 2, 2)
    split = ArraySplit(images, np.arange(60) % 5)
    part = small_images.drawn(split, n, seed)
    assert len(part) == n
    assert len(np.unique(part.images, axis=0)) == n
    assert set(part.labels) == set(range(5))


@pytest.mark.slow
def test_tools_run_side_by_side_and_an_absent_one_is_told(tmp_path: Path) -> None:
    target = tmp_path / "small-images.json"
    command = [
        sys.executable,
        str(BENCHMARKS / "small_images.py"),
        "--sets",
        "coloured-shapes",
        "--split",
        "validation",
    ]
    command += ["--tools", "auto", "timm resnet18", "Ultralytics-cls", "--seconds", "1", "--seeds", "2"]
    done = subprocess.run([*command, "--json", str(target)], capture_output=True, text=True, timeout=900, check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads(target.read_text())["small_images"]
    told = found["sets"]["coloured-shapes"]
    installed = importlib.util.find_spec("ultralytics") is not None
    assert ("Ultralytics-cls" in found["left_out"]) != installed
    assert {"auto", "timm resnet18"} <= set(told["tools"])
    assert set(told["auto_beside"]) == set(told["tools"]) - {"auto"}
    for tool in told["tools"].values():
        assert len(tool["accuracy"]["values"]) == 2
        assert all(seconds > 0 for seconds in tool["processor_seconds"])
