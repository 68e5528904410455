"""Put the first seed's model of a folder of seeds into the package, with a card of what was measured.

digits train --recipe fast --seeds 20 --out runs/fast
python scripts/ship_model.py runs/fast --purpose "..."

Every seed is scored once on the validation and on the test images; a second call takes the figures that are there. A
model that learned from more than MNIST is scored on the other set by itself, too.
They go into benchmarks/results, the evaluations into the log beside them; python scripts/write_docs.py writes the
documents.
"""

from __future__ import annotations

import argparse
import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from digit_recognizer import load_dataset
from digit_recognizer.cli.seeds import evaluate_many
from digit_recognizer.data.printed import JOINED
from digit_recognizer.models import Model, load_model
from digit_recognizer.models.cards import Card, card_path
from digit_recognizer.models.locations import pretrained
from digit_recognizer.models.model_file import parameters
from digit_recognizer.statistics import wilson
from digit_recognizer.training import RECIPES
from digit_recognizer.training.any_recipe import recipe_from_dict
from digit_recognizer.training.seeds import seed_folders
from results import RESULTS, commit, log_evaluations, read, write


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("runs", type=Path, help="a folder that digits train --seeds wrote")
    parser.add_argument("--purpose", required=True, help="what the model is for, in one line")
    parser.add_argument("--commit", default=commit(), help="the commit whose recipe trained it")
    options = parser.parse_args()
    folders = seed_folders(options.runs)
    model = load_model(folders[0])
    recipe = RECIPES[model.header.name]
    if recipe_from_dict(model.header.recipe) != recipe:
        raise SystemExit(f"{folders[0]}: was trained by another recipe than the committed {recipe.name!r}.")
    others = [name for name in JOINED.get(model.header.data["name"], ()) if name != "mnist"]
    figures = measure(folders, recipe.name, others)
    shutil.copyfile(folders[0] / "model.onnx", pretrained() / f"{recipe.name}.onnx")
    card = make_card(model, figures, options.purpose, options.commit)
    card_path(card.name).write_text(card.to_text(), "utf-8")
    print(f"{card.name}: test {card.test['correct']} of {card.test['n']}, weights {card.weights_sha256}")


def measure(folders: list[Path], name: str, others: Sequence[str] = ()) -> dict[str, Any]:
    """The figures of all seeds on validation and test images; read, where these weights were scored before.

    others: sets beside MNIST to score on.
    """
    weights = [load_model(folder).header.weights_sha256 for folder in folders]
    if (RESULTS / f"accuracy/{name}.json").exists():
        before: dict[str, Any] = read(f"accuracy/{name}")
        if before["weights_sha256"] == weights:
            return before
    found = scored(folders, "mnist")
    found |= {"elsewhere": {other: scored(folders, other) for other in others}} if others else {}
    found |= {"weights_sha256": weights, "training_seconds": [seconds(folder) for folder in folders]}
    seeds = "seed 0" if len(folders) == 1 else f"seeds 0 to {len(folders) - 1}"
    log_evaluations(name, seeds, [row["correct"] for row in found["test"]["seeds"]], "yes")
    for other in others:
        correct = [row["correct"] for row in found["elsewhere"][other]["test"]["seeds"]]
        log_evaluations(f"{name} on {other}", seeds, correct, "yes")
    write(f"accuracy/{name}", found)
    return found


def scored(folders: list[Path], data: str) -> dict[str, Any]:
    """What `digits evaluate` tells of each seed on a set's validation and test images."""
    dataset = load_dataset(data)
    found: dict[str, Any] = {split: evaluate_many(folders, dataset, split) for split in ("validation", "test")}
    for split in found.values():
        for row in split["seeds"]:
            del row["run"]
    return found


def seconds(folder: Path) -> float:
    """What the epochs of a run took together, in the processes that ran them."""
    return float(sum(json.loads(line)["seconds"] for line in (folder / "history.jsonl").read_text().splitlines()))


def make_card(model: Model, figures: dict[str, Any], purpose: str, trained_at: str) -> Card:
    """The card of the first seed."""
    several = len(figures["weights_sha256"]) > 1
    return Card(
        name=model.header.name,
        purpose=purpose,
        parameters=parameters(model.path),
        bytes=model.path.stat().st_size,
        commit=trained_at,
        recipe=model.header.recipe,
        seed=model.header.seed,
        training_seconds=figures["training_seconds"][0],
        validation=first_seed(figures["validation"]),
        test=first_seed(figures["test"]),
        seeds=figures["test"]["summary"] if several else None,
        weights_sha256=model.header.weights_sha256,
        data=model.header.data["name"],
        elsewhere={
            name: {split: first_seed(rows) for split, rows in each.items()}
            for name, each in figures.get("elsewhere", {}).items()
        },
    )


def first_seed(found: dict[str, Any]) -> dict[str, Any]:
    """The figures of the first seed, with an interval."""
    row = {key: value for key, value in found["seeds"][0].items() if key != "test_evaluations"}
    return row | {"interval": wilson(row["correct"], row["n"]).to_dict()}


if __name__ == "__main__":
    main()
