"""Many seeds of one recipe: trained, scored, and told as a mean with its spread."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from digit_recognizer.data import Dataset
    from digit_recognizer.measuring import SeedSummary
    from digit_recognizer.training import Trained

SCHEMA = "digit-recognizer/seeds/1"
GO_ON = "Interrupted and saved. The same command goes on with all seeds."


def train_many(seeds: range, settings: dict[str, Any], out: Path, *, tensorboard: bool, quiet: bool) -> dict[str, Any]:
    """Train each seed into `out`/seed-N, going on where a former call was stopped; the object of `--json`."""
    from digit_recognizer.cli.output import words
    from digit_recognizer.cli.train import watched_training
    from digit_recognizer.training.seeds import train_seeds

    def run(*, seed: int, out: Path, resume: bool, **others: Any) -> Trained:
        return watched_training(
            others | {"seed": seed, "resume": resume}, out, tensorboard=tensorboard, quiet=quiet, go_on=GO_ON
        )

    def on_seed(trained: Trained) -> None:
        if not quiet:
            words().print(f"seed {trained.header.seed}: {score_in_words(trained.header.accuracy)}")

    trained = train_seeds(seeds, settings.pop("recipe"), out, run, on_seed, **settings)
    rows = [{"seed": each.header.seed, "run": str(each.folder)} | (each.header.accuracy or {}) for each in trained]
    return seeds_object(trained[0].header.name, settings["data"].spec.name, "validation", rows)


def evaluate_many(folders: list[Path], dataset: Dataset, split: str, wishes: dict[str, Any]) -> dict[str, Any]:
    """Score each seed's run once, and their mean probabilities; the object of `--json`. wishes: as of `evaluate`."""
    from digit_recognizer.measuring import evaluate, over_seeds
    from digit_recognizer.measuring.evaluation import together
    from digit_recognizer.models import load_model

    evaluations = [evaluate(load_model(folder), dataset, split, **wishes) for folder in folders]
    rows = []
    for folder, each in zip(folders, evaluations, strict=True):
        found = each.to_dict()
        figures = {key: found[key] for key in ("n", "correct", "accuracy", "interval", "looks")}
        rows.append({"seed": each.model.header.seed, "run": str(folder), **figures, "macro_auroc": each.macro_auroc})
    result = seeds_object(evaluations[0].model.header.name, dataset.spec.name, split, rows)
    areas = [row["macro_auroc"] for row in rows if row["macro_auroc"] is not None]
    result["macro_auroc"] = over_seeds(areas).to_dict() if areas else None
    result["together"] = together(evaluations) if len(evaluations) > 1 else None
    return result | {"caveats": list(evaluations[0].caveats)}


def seeds_object(recipe: str, data: str, split: str, rows: list[dict[str, Any]]) -> dict[str, Any]:
    """What is written of several seeds: a row each, and their summary where they were measured."""
    from digit_recognizer.measuring import over_seeds

    values = [row["accuracy"] for row in rows if "accuracy" in row]
    summary = over_seeds(values).to_dict() if values else None
    return {"schema": SCHEMA, "recipe": recipe, "data": data, "split": split, "seeds": rows, "summary": summary}


def print_seeds(result: dict[str, Any]) -> None:
    """A line a seed, then mean, standard deviation and interval."""
    from digit_recognizer.cli.output import answers
    from digit_recognizer.cli.summary import print_caveats, print_positive
    from digit_recognizer.measuring import over_seeds

    say = answers().print
    say(f"{result['recipe']} on {result['data']}, {result['split']} images", style="bold", markup=False)
    for row in result["seeds"]:
        say(f"seed {row['seed']}: {score_in_words(row if 'accuracy' in row else None)}")
    if result["summary"]:
        say(in_words(over_seeds(result["summary"]["values"])))
    if result.get("macro_auroc"):
        say(area_in_words(over_seeds(result["macro_auroc"]["values"])))
    if result.get("together"):
        joint = result["together"]
        area = f", AUROC {joint['macro_auroc']:.4f}" if joint["macro_auroc"] is not None else ""
        say(f"All seeds together: {score_in_words(joint)}{area}")
        print_positive(joint["positive"])
    print_caveats(result.get("caveats", ()))


def score_in_words(figures: dict[str, Any] | None) -> str:
    """How many images one run read rightly."""
    if figures is None:
        return "no validation images were held out"
    return f"{figures['correct']:,} of {figures['n']:,}, {100 * figures['accuracy']:.2f} %"


def in_words(summary: SeedSummary) -> str:
    """Mean, standard deviation and interval over seeds."""
    if summary.interval is None or summary.standard_deviation is None:
        return f"One seed: {100 * summary.mean:.2f} %. A spread needs two or more."
    low, high = 100 * summary.interval.low, 100 * summary.interval.high
    return (
        f"Mean of {len(summary.values)} seeds: {100 * summary.mean:.3f} %,"
        f" standard deviation {100 * summary.standard_deviation:.3f} points,"
        f" {summary.interval.level:.0%} interval of the mean {low:.3f} to {high:.3f} % (Student t)"
    )


def area_in_words(summary: SeedSummary) -> str:
    """Mean AUROC and its interval over seeds."""
    if summary.interval is None:
        return f"AUROC, mean of classes: {summary.mean:.4f}"
    low, high = summary.interval.low, summary.interval.high
    return (
        f"AUROC, mean of classes and of seeds: {summary.mean:.4f} (95 % interval of the mean {low:.4f} to {high:.4f})"
    )
