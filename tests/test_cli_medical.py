"""The command on medical sets: trained, measured and asked by name, and saying each time what it is not for."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from helpers_cli import digits, is_complaint
from medmnist_files import write_npz
from test_data_table import cases, write_table

pytestmark = [pytest.mark.arithmetic, pytest.mark.usefixtures("few_resamples")]

CLINICAL = "Not for clinical use."
STAND_IN = "pneumoniamnist_reordered.npz, which is not the published file"

FEW = 2000  # of 4,708


@pytest.fixture(scope="module")
def seeds(tmp_path_factory: pytest.TempPathFactory, shared_file: Callable[[str], Path]) -> Path:
    """Two seeds of auto, an epoch each, of the chest X-rays, few of which are learned from."""
    place = tmp_path_factory.mktemp("medical")
    with np.load(shared_file("medmnist/pneumoniamnist_reordered.npz")) as published:
        arrays = {name: published[name] for name in published.files}
    few = {name: arrays[name][:FEW] for name in ("train_images", "train_labels")}
    file = write_npz(place / "pneumoniamnist_reordered.npz", arrays | few)
    out = place / "seeds"
    named = ("--data", "pneumoniamnist", "--unverified", file, "--recipe", "auto", "--epochs", "1")
    answer = digits("train", *named, "--seeds", "2", "--out", out)
    assert answer.code == 0, answer.err
    assert CLINICAL in answer.out
    assert STAND_IN in " ".join(answer.out.split())
    return out


def test_a_run_knows_what_it_learned_from(seeds: Path) -> None:
    answer = digits("evaluate", seeds / "seed-1", "--split", "validation", "--json", "-")
    assert answer.code == 0, answer.err
    result = json.loads(answer.out)
    assert (result["dataset"], result["n"], result["task"]) == ("pneumoniamnist", 262, "binary")
    assert result["caveats"][0] == CLINICAL
    assert STAND_IN in result["caveats"][1]
    assert result["positive"]["class"] == "pneumonia"
    assert 0.5 < result["positive"]["auroc"]["interval"]["low"] < result["positive"]["auroc"]["value"] < 1


def test_a_threshold_is_fixed_on_validation_before_anything_is_scored(seeds: Path) -> None:
    run = seeds / "seed-1"
    wish = ("--sensitivity", "95%", "--prevalence", "0.01", "--prevalence", "27%")
    answer = digits("evaluate", run, "--split", "calibration", *wish, "--json", "-")
    assert answer.code == 0, answer.err
    found = json.loads(answer.out)["positive"]
    at = found["operating_point"]
    assert (at["split"], at["n"], at["sensitivity"], at["threshold"]) == ("validation", 195, 0.95, found["threshold"])
    assert 0 < at["missed"] < 0.05 * 195  # the lower bound meets the wish, not the share itself
    assert [each["prevalence"] for each in found["predictive"]] == [0.01, 0.27]
    other = json.loads(digits("evaluate", run, "--split", "validation", *wish, "--json", "-").out)["positive"]
    assert other["operating_point"] == at
    assert other["sensitivity"]["value"] == pytest.approx(1 - at["missed"] / 195)
    refused = digits("evaluate", run, "--split", "test", "--sensitivity", "0.99")
    assert refused.code == 2
    assert "it needs 299" in refused.err
    assert not (run / "test_looks.jsonl").exists()
    both = json.loads(digits("evaluate", seeds, "--split", "calibration", *wish, "--json", "-").out)["together"]
    assert both["positive"]["operating_point"]["threshold"] != at["threshold"]


def test_wishes_need_a_class_that_is_looked_for() -> None:
    is_complaint(digits("evaluate", "mlp", "--split", "validation", "--sensitivity", "0.9"), "digits train --positive")
    is_complaint(digits("evaluate", "mlp", "--split", "validation", "--prevalence", "0.9"), "digits train --positive")


def test_seeds_are_told_together(seeds: Path) -> None:
    answer = digits("evaluate", seeds, "--split", "validation", "--json", "-")
    assert answer.code == 0, answer.err
    result = json.loads(answer.out)
    assert result["macro_auroc"]["mean"] == np.mean([row["macro_auroc"] for row in result["seeds"]])
    assert result["together"]["n"] == 262
    assert CLINICAL in result["caveats"]


def test_a_picture_is_answered_with_what_it_is_not_for(seeds: Path, tmp_path: Path) -> None:
    picture = tmp_path / "chest.png"
    Image.fromarray(np.random.default_rng(0).integers(0, 200, (90, 70), np.uint8)).save(picture)
    answer = digits("predict", picture, "--model", seeds / "seed-0", "--json")
    told = json.loads(answer.out)
    assert told["caveats"][0] == CLINICAL
    assert told["name"] in ("normal", "pneumonia")
    assert told["status"] in ("ok", "unsure", "unfamiliar")
    assert CLINICAL in answer.err


def test_a_table_is_trained_and_measured_by_site(tmp_path: Path) -> None:
    path = write_table(tmp_path, cases(40))
    out = tmp_path / "run"
    named = ("--data", path, "--recipe", "cnn", "--epochs", "1", "--size", "28", "--positive", "sick")
    answer = digits("train", *named, "--out", out, "--quiet")
    assert answer.code == 0, answer.err
    measured = digits("evaluate", out, "--split", "train", "--json", "-")
    result = json.loads(measured.out)
    assert {each["name"] for each in result["by"]["site"]} == {"N", "S"}
    assert result["positive"]["class"] == "sick"
    assert sum(each["n"] for each in result["by"]["site"]) == result["n"]
    assert [each["n"] for each in result["positive"]["by"]["site"]] == [each["n"] for each in result["by"]["site"]]
    assert 1 < result["positive"]["per_patient"]["n"] < result["n"]
    assert result["interval"]["method"] == "wilson, clustered"
    assert "Jane" not in measured.out + measured.err + answer.err + (out / "run.json").read_text()


def test_an_absent_set_and_a_colour_without_a_size_are_refused(tmp_path: Path) -> None:
    is_complaint(digits("train", "--colour", "--out", tmp_path / "run"), "--size")
    is_complaint(digits("train", "--data", "mnist", "--unverified", tmp_path / "x.npz"), "MedMNIST")
    is_complaint(digits("train", "--data", "pneumoniamnst"), "pneumoniamnist")
    is_complaint(digits("train", "--positive", "7"), "The positive class is one of two")
