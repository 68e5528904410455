"""The documents say what the figures say, and the figures are those of the shipped weights."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from digit_recognizer.data import load_dataset
from digit_recognizer.evaluation import evaluate
from digit_recognizer.models import load_model, shipped_models
from digit_recognizer.models.cards import read_cards
from digit_recognizer.models.model_file import parameters
from digit_recognizer.training import RECIPES
from digit_recognizer.training.any_recipe import recipe_from_dict
from script_modules import script

ROOT = Path(__file__).parent.parent
SLOW = ("best", "mixed")  # seconds to measure each
MAX_BYTES = 4_000_000  # of a shipped model, as was promised


def test_tables_and_cards_are_as_written() -> None:
    done = subprocess.run(
        [sys.executable, "scripts/write_docs.py", "--check"], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_shipped_model_has_a_card_and_a_recipe() -> None:
    assert sorted(card.name for card in read_cards()) == shipped_models()
    for card in read_cards():
        assert recipe_from_dict(card.recipe) == RECIPES[card.name]


@pytest.mark.arithmetic
@pytest.mark.parametrize(
    "name", [pytest.param(each, marks=pytest.mark.slow) if each in SLOW else each for each in shipped_models()]
)
def test_a_card_tells_of_the_weights_beside_it(name: str) -> None:
    (card,) = (each for each in read_cards() if each.name == name)
    model = load_model(name)
    assert card.weights_sha256 == model.header.weights_sha256
    assert (card.seed, card.seed) == (0, model.header.seed)
    assert card.bytes == model.path.stat().st_size
    assert card.parameters == parameters(model.path)
    assert model.path.stat().st_size < MAX_BYTES
    evaluation = evaluate(model, load_dataset("mnist"), "validation")
    assert (evaluation.n, evaluation.correct) == (card.validation["n"], card.validation["correct"])
    assert model.header.data["train_on"] == "train"  # neither validation nor calibration images were learned from


def test_every_look_is_in_the_log() -> None:
    """Each seed of each shipped model stands in the log of evaluations of the test images."""
    results = script("results")
    logged = [each["correct"] for each in results.test_evaluations()]
    for card in read_cards():
        correct = [row["correct"] for row in results.read(f"accuracy/{card.name}")["test"]["seeds"]]
        assert any(correct == each[: len(correct)] for each in logged)
        assert correct[0] == card.test["correct"]


def test_a_model_of_more_than_mnist_states_its_figures_elsewhere() -> None:
    results = script("results")
    for card in read_cards():
        assert bool(card.elsewhere) == (card.data != "mnist")
        assert card.data == load_model(card.name).header.data["name"]
        for name, figures in card.elsewhere.items():
            rows = results.read(f"accuracy/{card.name}")["elsewhere"][name]
            assert {split: each["correct"] for split, each in figures.items()} == {
                split: rows[split]["seeds"][0]["correct"] for split in ("validation", "test")
            }
            correct = [row["correct"] for row in rows["test"]["seeds"]]
            logged = [
                each["correct"]
                for each in results.test_evaluations()
                if each["model"].startswith(f"{card.name} on {name},")
            ]
            assert correct in logged


def test_links_in_the_documents_lead_somewhere() -> None:
    for page in (ROOT / "README.md", *ROOT.glob("docs/**/*.md")):
        for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", page.read_text("utf-8")):
            assert (page.parent / target).exists(), f"{page}: {target}"


def test_paths_that_the_architecture_names_exist() -> None:
    named = re.findall(r"`([\w./]+(?:/|\.py))`", (ROOT / "docs/architecture.md").read_text("utf-8"))
    assert len(named) > 40
    places = (ROOT, ROOT / "src/digit_recognizer")
    assert [name for name in named if not any((place / name).exists() for place in places)] == ["utils.py"]
