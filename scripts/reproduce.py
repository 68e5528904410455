"""Measure again what the documents state, and fail where it has drifted.

python scripts/reproduce.py [--minutes 15] [--shared FOLDER]

What would take longer than the minutes left is named, with the command and its cost. Shipped models are scored on the
test images again (the same weights, so it is no new choice); retrained ones on validation images alone.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import study_best
from digit_recognizer import evaluate, load_dataset, train
from digit_recognizer.data.catalogue import has_fonts
from digit_recognizer.models import load_model
from digit_recognizer.models.cards import Card, read_cards
from digit_recognizer.statistics import over_seeds
from results import read
from write_docs import written_differ

SPREADS = 4.0  # standard errors of a difference of means that count as chance


@dataclass(frozen=True)
class Check:
    """One figure, or one family of figures, of the documents."""

    name: str
    minutes: float  # about what it takes on two cores
    command: str  # how to repeat it by hand
    run: Callable[[], str | None]  # what drifted, or None


def shipped(card: Card) -> Check:
    """A shipped model's figures on validation and test images, which must be the same to the image."""

    def run() -> str | None:
        dataset, model = load_dataset("mnist"), load_model(card.name)
        for split, noted in (("validation", card.validation), ("test", card.test)):
            correct = evaluate(model, dataset, split).correct
            if correct != noted["correct"]:
                return f"{split}: {correct} correct, {noted['correct']} noted"
        return None if model.header.weights_sha256 == card.weights_sha256 else "the weights are not those of the card"

    return Check(f"{card.name}, as shipped", 0.1, f"digits evaluate {card.name}", run)


def elsewhere(card: Card) -> list[Check]:
    """A shipped model's figures on the sets beside MNIST that its card names."""

    def check(name: str, figures: dict[str, dict[str, Any]]) -> Check:
        def run() -> str | None:
            dataset, model = load_dataset(name), load_model(card.name)
            found = {split: evaluate(model, dataset, split).correct for split in figures}
            noted = {split: each["correct"] for split, each in figures.items()}
            return None if found == noted else f"{found} correct, {noted} noted"

        minutes = 3 if has_fonts() else float("inf")
        return Check(f"{card.name} on {name}", minutes, f"digits evaluate {card.name} --data {name}", run)

    return [check(name, figures) for name, figures in card.elsewhere.items()]


def retrained(card: Card) -> Check:
    """Every seed of a recipe trained again: its validation accuracies, within what chance moves them."""
    noted: dict[str, Any] = read(f"accuracy/{card.name}")
    seeds = [row["seed"] for row in noted["validation"]["seeds"]]

    def run() -> str | None:
        dataset = load_dataset("mnist")
        values = [train(card.name, dataset, seed=seed, device="cpu").header.accuracy for seed in seeds]
        return drift([each["accuracy"] for each in values if each], noted["validation"]["summary"]["values"])

    minutes = sum(noted["training_seconds"]) / 60
    command = f"digits train --recipe {card.name} --seeds {len(seeds)}"
    return Check(f"{card.name}, {len(seeds)} seeds trained again", minutes, command, run)


def drift(now: list[float], before: list[float]) -> str | None:
    """Whether two means over the same number of seeds differ by more than chance."""
    one, two = over_seeds(now), over_seeds(before)
    if one.standard_deviation is None or two.standard_deviation is None:
        return None if now == before else f"{100 * one.mean:.2f} %, noted {100 * two.mean:.2f} %"
    error = ((one.standard_deviation**2 + two.standard_deviation**2) / len(now)) ** 0.5
    if abs(one.mean - two.mean) <= SPREADS * error:
        return None
    return f"mean {100 * one.mean:.3f} %, noted {100 * two.mean:.3f} %"


def studied(shared: Path | None) -> Check:
    """The mistakes of the most accurate model, per digit and per writer."""

    def run() -> str | None:
        assert shared
        found = study_best.study(evaluate(study_best.NAME, load_dataset("mnist"), "test"), shared)
        noted = read("study-best")
        return next((f"{key}: {found[key]}, noted {noted[key]}" for key in found if found[key] != noted[key]), None)

    command = "python scripts/study_best.py FOLDER"
    return Check(f"mistakes of {study_best.NAME}", 0.2 if shared else float("inf"), command, run)


def documents() -> Check:
    """The documents say what the figures say."""

    def run() -> str | None:
        differing = written_differ()
        return f"differ: {', '.join(differing)}" if differing else None

    return Check("documents and cards", 0.0, "python scripts/write_docs.py --check", run)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=15, help="time to spend; 600 is enough for everything")
    parser.add_argument("--shared", type=Path, help="the folder with qmnist-labels and mnist-label-errors")
    options = parser.parse_args()
    cards = read_cards()
    checks = [documents(), *map(shipped, cards), studied(options.shared)]
    checks += [check for card in cards for check in elsewhere(card)]
    checks += sorted((retrained(card) for card in cards if card.seeds), key=lambda check: check.minutes)
    ends, drifted = time.monotonic() + 60 * options.minutes, 0
    for check in checks:
        if time.monotonic() + 60 * check.minutes > ends:
            absent = check.minutes == float("inf")
            cost = "needs --shared, or printed digits' fonts" if absent else f"about {check.minutes:.0f} minutes"
            print(f"not run   {check.name} ({cost}): {check.command}", flush=True)
            continue
        found = check.run()
        drifted += found is not None
        print(f"{'DRIFTED ' if found else 'as stated'} {check.name}{': ' + found if found else ''}", flush=True)
    raise SystemExit(f"{drifted} figures have drifted." if drifted else 0)


if __name__ == "__main__":
    main()
