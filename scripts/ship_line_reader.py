"""Put a run of the recipe `lines` into the package, calibrated, with a card of what was measured.

digits train --recipe lines --data-dir DATA --out runs/lines
python scripts/ship_line_reader.py runs/lines DATA

Signs other than a point and a comma are rarer on real lines than in the texts that were learned from: their logits are
lowered by RARER, which was chosen of 0 to 6 on the cells that calibrate.

It is calibrated on the cells of DATA/logbook-cells whose file number is 5 mod 25, and on as many rendered lines of
UNIPEN's contributors that are held back. Strings of validation and of test digits are scored once by these weights; a
second call takes the figures that are there. They go into benchmarks/results/strings.json.
"""

from __future__ import annotations

import argparse
import csv
import shutil
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from digit_recognizer import load_dataset
from digit_recognizer.evaluation.lines import LabelledLines, calibrate_lines
from digit_recognizer.images import read_picture
from digit_recognizer.models.cards import Card, card_path
from digit_recognizer.models.halves import FEW
from digit_recognizer.models.line_reader import CHARACTERS, LineReader, load_line_reader
from digit_recognizer.models.locations import LINE_READERS, pretrained
from digit_recognizer.models.model_file import copy_model, load_network, parameters, weights_sha256, write_model
from digit_recognizer.synthetic.lines import line_picture
from digit_recognizer.training import RECIPES
from digit_recognizer.training.any_recipe import recipe_from_dict
from digit_recognizer.training.line_sources import held_out_sources
from results import RESULTS, ROOT, commit, read, write
from ship_model import seconds

sys.path.append(str(ROOT / "benchmarks"))
from trials.string_figures import score_strings

(NAME,) = LINE_READERS
PURPOSE = "A line reader: numbers with their signs, a whole line at once."
STATED = (5, 0.1)  # length and overlap of the strings that the card tells of
CHOOSING, PARTS = 5, 25  # the cells whose file number is 5 mod 25 choose and calibrate
RARE, RARER = "-/:+%()", 2.0  # nats
SEED = 20  # of the rendered lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run", type=Path, help="a run folder of the recipe lines")
    parser.add_argument("data", type=Path, help="the folder that holds logbook-cells and unipen")
    parser.add_argument("--commit", default=commit(), help="the commit whose recipe trained it")
    options = parser.parse_args()
    if recipe_from_dict(load_line_reader(options.run).model.header.recipe) != RECIPES[NAME]:
        raise SystemExit(f"{options.run}: was trained by another recipe than the committed {NAME!r}.")
    cells = real_lines(options.data / "logbook-cells")
    with tempfile.TemporaryDirectory() as folder:
        lowered = with_rarer_signs(options.run / "model.safetensors", Path(folder) / "lowered.safetensors")
        lines = [cells, rendered_lines(options.data, len(cells.texts))]
        calibration = calibrate_lines(load_line_reader(lowered), lines)
        copy_model(lowered, Path(folder) / f"{NAME}.safetensors", calibration)
        shutil.copyfile(Path(folder) / f"{NAME}.onnx", pretrained() / f"{NAME}.onnx")
    reader = load_line_reader(NAME)
    card = make_card(reader, measure(reader), seconds(options.run), options.commit)
    card_path(NAME).write_text(card.to_text(), "utf-8")
    print(f"{card.name}: {card.test['correct']} of {card.test['n']} test strings, weights {card.weights_sha256}")


def with_rarer_signs(trained: Path, out: Path) -> Path:
    """The trained reader, written to `out`, its logits of the signs of RARE lowered, its filters rounded to 16 bits."""
    header, network, _ = load_network(trained)
    layer = network.get_submodule("logits")
    assert isinstance(layer, nn.Linear)
    with torch.no_grad():
        layer.bias[[CHARACTERS.index(sign) for sign in RARE]] -= RARER
        for weights in network.parameters():
            if weights.numel() > FEW:
                weights.copy_(weights.half().float())
    sample = np.random.default_rng(0).integers(0, 256, (64, *header.preprocess.shape), np.uint8)
    changed = replace(header, weights_sha256=weights_sha256(network))
    write_model(out, changed, network.eval(), header.preprocess.normalise(sample))
    return out


def real_lines(folder: Path) -> LabelledLines:
    """The cells that calibrate."""
    with (folder / "labels.csv").open(encoding="utf-8") as lines:
        rows = [row for row in csv.DictReader(lines) if int(Path(row["file"]).stem) % PARTS == CHOOSING]
    crops = tuple(read_picture(folder / row["file"]) for row in rows)
    return LabelledLines("logbook-cells, 5 mod 25", crops, tuple(row["label"] for row in rows))


def rendered_lines(data: Path, count: int) -> LabelledLines:
    """So many lines of people that nothing was learned from; without words and what is struck out."""
    dataset = load_dataset("mnist", data)
    sources = held_out_sources(dataset, dataset.split("calibration"))
    pictures = (line_picture(sources, (SEED, place)) for place in range(2 * count))
    kept = [each for each in pictures if set(each.text) <= set(CHARACTERS)][:count]
    return LabelledLines("rendered lines", tuple(each.image for each in kept), tuple(each.text for each in kept))


def measure(reader: LineReader) -> dict[str, Any]:
    """The figures of all lengths and overlaps; read, where these weights were scored before."""
    weights = reader.model.header.weights_sha256
    if (RESULTS / "strings.json").exists():
        before: dict[str, Any] = read("strings")
        if before["weights_sha256"] == weights:
            return before
    found: dict[str, Any] = {"weights_sha256": weights}
    for split in ("validation", "test"):
        figures, test_evaluations = score_strings(reader, load_dataset("mnist"), split)
        found[split] = {"test_evaluations": test_evaluations, "strings": [each.to_dict() for each in figures]}
    write("strings", found)
    return found


def make_card(reader: LineReader, figures: dict[str, Any], training_seconds: float, trained_at: str) -> Card:
    """The card; its accuracies are shares of strings that were read wholly right."""
    header, weights = reader.model.header, reader.model.path
    validation, test = (stated(figures[split]["strings"]) for split in ("validation", "test"))
    return Card(
        name=header.name,
        purpose=PURPOSE,
        parameters=parameters(weights),
        bytes=weights.stat().st_size,
        commit=trained_at,
        recipe=header.recipe,
        seed=header.seed,
        training_seconds=training_seconds,
        validation=validation,
        test=test,
        seeds=None,
        weights_sha256=header.weights_sha256,
    )


def stated(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """The figures of the strings that the card tells of, named as in other cards."""
    (row,) = (each for each in rows if (each["length"], each["overlap"]) == STATED)
    told = {"length": row["length"], "overlap": row["overlap"], "n": row["n"], "correct": row["right"]}
    return told | {"accuracy": row["share_right"], "interval": row["interval"]}


if __name__ == "__main__":
    main()
