"""Many seeds of one recipe: trained, scored, and told as a mean with its spread."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from socket import gethostname
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from digit_recognizer.data import Dataset
    from digit_recognizer.data.settings import DataSettings
    from digit_recognizer.images import Preprocess
    from digit_recognizer.statistics import SeedSummary
    from digit_recognizer.training import TrainSettings

SCHEMA = "digit-recognizer/seeds/1"
PATIENCE = 120  # seconds for a folder that another process still holds
_Scored = tuple[int, dict[str, Any] | None]  # a seed, and its accuracy where it was measured
_GO_ON = "Interrupted and saved. Repeat the same command to continue."


def train_many(
    seeds: range,
    settings: TrainSettings,
    out: Path,
    *,
    ray: str | None,
    form: Preprocess | None,
    tensorboard: bool,
    quiet: bool,
) -> dict[str, Any]:
    """Train each seed into `out`/seed-N, going on where a former call was stopped; the object of `--json`.

    ray: the address of a cluster that does it; this machine, one seed after another, where None. form: how the data
    were loaded, if not as they usually are.
    """
    from digit_recognizer.cli.output import words
    from digit_recognizer.training.recipes import get_recipe
    from digit_recognizer.training.seeds import seed_folder

    rows: list[dict[str, Any]] = []
    trained: Iterator[_Scored]
    if ray is None:
        trained = ((seed, _train_seed(seed, settings, out, tensorboard, quiet)) for seed in seeds)
    else:
        trained = _on_cluster(seeds, settings, out, ray, form, tensorboard)
    for seed, accuracy in trained:
        rows.append({"seed": seed, "run": str(seed_folder(out, seed))} | (accuracy or {}))
        if not quiet:
            words().print(f"seed {seed}: {_score_in_words(accuracy)}")
    rows.sort(key=lambda row: row["seed"])
    return _seeds_object(get_recipe(settings.recipe).name, settings.load().spec.name, "validation", rows)


def _train_seed(seed: int, settings: TrainSettings, out: Path, tensorboard: bool, quiet: bool) -> dict[str, Any] | None:
    """Train a seed into its folder, or go on with it; what `header.accuracy` says."""
    from digit_recognizer.cli.training_run import watched_training
    from digit_recognizer.training.run_folder import SETTINGS
    from digit_recognizer.training.seeds import seed_folder

    folder = seed_folder(out, seed)
    own = replace(settings, seed=seed, resume=(folder / SETTINGS).exists())
    return watched_training(own, folder, tensorboard=tensorboard, quiet=quiet, go_on=_GO_ON).header.accuracy


def _on_cluster(
    seeds: range, settings: TrainSettings, out: Path, ray: str, form: Preprocess | None, tensorboard: bool
) -> Iterator[_Scored]:
    """Each seed and what `header.accuracy` says of it, as they are done by a Ray cluster."""
    from digit_recognizer.cli.output import words
    from digit_recognizer.data.settings import DataSettings
    from digit_recognizer.engines.on_ray import on_ray
    from digit_recognizer.engines.ray_address import check_answers
    from digit_recognizer.errors import require_extra

    require_extra("ray", "digits train --ray")
    check_answers(ray)
    dataset = settings.load()
    where = DataSettings(**dataset.place, preprocess=form)
    work = partial(
        _seed_apart,
        settings=replace(settings, data=where.name),
        where=where,
        learned=dataset.training(settings.train_on)[0].sha256,
        out=out.absolute(),
        tensorboard=tensorboard,
    )
    try:
        yield from on_ray(iter(seeds), work, ray, gpus=int(str(settings.device).startswith("cuda")))
    except KeyboardInterrupt:
        words().print(_GO_ON, markup=False)
        raise typer.Exit(130) from None


def _seed_apart(
    seed: int, *, settings: TrainSettings, where: DataSettings, learned: str, out: Path, tensorboard: bool
) -> _Scored:
    """One seed, in a process of a cluster, which loads the data itself.

    The process that a lost machine or a killed command leaves behind may hold the folder for a while.
    """
    from digit_recognizer.errors import BusyError, DataError

    dataset = where.load()
    if dataset.training(settings.train_on)[0].sha256 != learned:
        raise DataError(
            f"{where.name}: {gethostname()} has other images under this name. Copy the same images to each machine."
        )
    ends = time.monotonic() + PATIENCE
    while True:
        try:
            return seed, _train_seed(seed, replace(settings, data=dataset), out, tensorboard, quiet=True)
        except BusyError:
            if time.monotonic() > ends:
                raise
            time.sleep(1)


def evaluate_many(
    folders: list[Path],
    dataset: Dataset,
    split: str,
    sensitivity: float | None = None,
    prevalences: Sequence[float] = (),
) -> dict[str, Any]:
    """Score each seed's run once, and their mean probabilities; the object of `--json`.

    sensitivity, prevalences: as of `evaluate`.
    """
    from digit_recognizer.evaluation import evaluate
    from digit_recognizer.evaluation.evaluation import together
    from digit_recognizer.models import load_model
    from digit_recognizer.statistics import over_seeds

    evaluations = [
        evaluate(load_model(folder), dataset, split, sensitivity=sensitivity, prevalences=prevalences)
        for folder in folders
    ]
    rows = []
    for folder, each in zip(folders, evaluations, strict=True):
        found = each.to_dict()
        figures = {key: found[key] for key in ("n", "correct", "accuracy", "interval", "test_evaluations")}
        rows.append({"seed": each.model.header.seed, "run": str(folder), **figures, "macro_auroc": each.macro_auroc})
    result = _seeds_object(evaluations[0].model.header.name, dataset.spec.name, split, rows)
    areas = [row["macro_auroc"] for row in rows if row["macro_auroc"] is not None]
    result["macro_auroc"] = over_seeds(areas).to_dict() if areas else None
    result["together"] = together(evaluations) if len(evaluations) > 1 else None
    return result | {"caveats": list(evaluations[0].caveats)}


def _seeds_object(recipe: str, data: str, split: str, rows: list[dict[str, Any]]) -> dict[str, Any]:
    """What is written of several seeds: a row each, and their summary where they were measured."""
    from digit_recognizer.statistics import over_seeds

    values = [row["accuracy"] for row in rows if "accuracy" in row]
    summary = over_seeds(values).to_dict() if values else None
    return {"schema": SCHEMA, "recipe": recipe, "data": data, "split": split, "seeds": rows, "summary": summary}


def print_seeds(result: dict[str, Any]) -> None:
    """A line a seed, then mean, standard deviation and interval."""
    from digit_recognizer.cli.output import answers
    from digit_recognizer.cli.summary import print_caveats, print_positive
    from digit_recognizer.statistics import over_seeds

    say = answers().print
    say(f"{result['recipe']} on {result['data']}, {result['split']} images", style="bold", markup=False)
    for row in result["seeds"]:
        say(f"seed {row['seed']}: {_score_in_words(row if 'accuracy' in row else None)}")
    if result["summary"]:
        say(in_words(over_seeds(result["summary"]["values"])))
    if result.get("macro_auroc"):
        say(_area_in_words(over_seeds(result["macro_auroc"]["values"])))
    if result.get("together"):
        joint = result["together"]
        area = f", AUROC {joint['macro_auroc']:.4f}" if joint["macro_auroc"] is not None else ""
        say(f"All seeds together: {_score_in_words(joint)}{area}")
        print_positive(joint["positive"])
    print_caveats(result.get("caveats", ()))


def _score_in_words(figures: dict[str, Any] | None) -> str:
    """How many images one run read rightly."""
    if figures is None:
        return "no validation images were held out"
    return f"{figures['correct']:,} of {figures['n']:,}, {100 * figures['accuracy']:.2f} %"


def in_words(summary: SeedSummary) -> str:
    """Mean, standard deviation and interval over seeds."""
    if summary.interval is None or summary.standard_deviation is None:
        return f"One seed: {100 * summary.mean:.2f} %. A standard deviation needs two or more."
    low, high = 100 * summary.interval.low, 100 * summary.interval.high
    return (
        f"Mean of {len(summary.values)} seeds: {100 * summary.mean:.3f} %,"
        f" standard deviation {100 * summary.standard_deviation:.3f} points,"
        f" {summary.interval.level:.0%} interval of the mean {low:.3f} to {high:.3f} % (Student t)"
    )


def _area_in_words(summary: SeedSummary) -> str:
    """Mean AUROC and its interval over seeds."""
    if summary.interval is None:
        return f"AUROC, mean of classes: {summary.mean:.4f}"
    low, high = summary.interval.low, summary.interval.high
    return (
        f"AUROC, mean of classes and of seeds: {summary.mean:.4f} (95 % interval of the mean {low:.4f} to {high:.4f})"
    )
