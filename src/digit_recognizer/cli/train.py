"""`digits train`: a recipe and a data set in, a run folder out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from digit_recognizer.cli.options import DataDir, Json, OnRay, Quiet, Unverified
from digit_recognizer.cli.seeds import print_seeds, train_many
from digit_recognizer.cli.training_run import watched_training

if TYPE_CHECKING:
    from digit_recognizer.images import Preprocess
    from digit_recognizer.training import Trained


def train(
    data: Annotated[
        str | None,
        typer.Option("--data", metavar="NAME|FOLDER", help="A data set's name, a folder or a table. Default: mnist."),
    ] = None,
    recipe: Annotated[
        str | None, typer.Option(help="How to train. Default: classic. auto suits any set of small pictures.")
    ] = None,
    train_on: Annotated[
        str | None, typer.Option("--train-on", help="train (default), train+validation, or all.")
    ] = None,
    seed: Annotated[
        int | None,
        typer.Option(
            min=0,
            max=2**63 - 1,
            help="Random seed. The same seed repeats a run, bit for bit on the same kind of processor. Default: 0.",
        ),
    ] = None,
    seeds: Annotated[
        int | None,
        typer.Option(min=1, help="Train N seeds, beginning with --seed. Run the same command again to continue."),
    ] = None,
    ray: OnRay = None,
    backbone: Annotated[
        str | None, typer.Option(metavar="NAME", help="Train this network of timm instead of the recipe's own.")
    ] = None,
    weights: Annotated[
        Path | None, typer.Option(metavar="FILE", help="With --backbone: initial weights (.safetensors).")
    ] = None,
    epochs: Annotated[int | None, typer.Option(min=1, help="Override the recipe's number of epochs.")] = None,
    out: Annotated[Path | None, typer.Option(metavar="RUN", help="Run folder. Default: a new one in runs/.")] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Continue the run in --out, with its own settings.")] = False,
    data_dir: DataDir = None,
    unverified: Unverified = None,
    size: Annotated[
        int | None, typer.Option(min=8, max=1024, help="Resize whole pictures of a folder to N x N pixels.")
    ] = None,
    positive: Annotated[str | None, typer.Option(metavar="CLASS", help="The positive class, of two.")] = None,
    colour: Annotated[bool, typer.Option("--colour", help="With --size: keep the colours.")] = False,
    device: Annotated[str | None, typer.Option(help="cpu or cuda. Default: the GPU, if there is one.")] = None,
    checkpoint_seconds: Annotated[
        float, typer.Option(min=0, help="Also save within an epoch, at this interval in seconds.")
    ] = 60.0,
    tensorboard: Annotated[bool, typer.Option("--tensorboard", help="Also write TensorBoard events.")] = False,
    json: Json = None,
    quiet: Quiet = False,
) -> None:
    """Train a network (or, with --seeds, several), watched, saved at each epoch, resumable after Ctrl-C or a crash."""
    from digit_recognizer.errors import ConfigError, require_extra

    require_extra("train", "digits train")
    from digit_recognizer.cli.output import answers, write_json
    from digit_recognizer.cli.summary import print_caveats
    from digit_recognizer.data import load_dataset
    from digit_recognizer.training.any_recipe import LineRecipe, with_backbone, with_epochs
    from digit_recognizer.training.distributed import rank
    from digit_recognizer.training.recipes import recipe_for

    if rank() > 0:  # of the processes that torchrun started, the first writes and tells
        json, tensorboard, quiet = None, False, True
    place: dict[str, Any] = {"name": "mnist", "preprocess": whole(size, colour=colour)}
    settings: dict[str, Any] = {"recipe": "classic", "train_on": "train", "seed": 0}
    if resume:
        settings |= _resumed_settings(out)
        place |= settings.pop("place")
    named = {"name": data, "data_dir": data_dir, "unverified": unverified, "positive": positive}
    place |= {key: value for key, value in named.items() if value is not None}
    given = {"recipe": recipe, "train_on": train_on, "seed": seed}
    settings |= {key: value for key, value in given.items() if value is not None}
    dataset = load_dataset(**place)
    chosen = recipe_for(settings["recipe"], dataset.spec, len(dataset.training(settings["train_on"])[0]))
    if backbone:
        chosen = with_backbone(chosen, backbone, str(weights.resolve()) if weights else "")
    elif weights:
        raise ConfigError("--weights are those of a backbone: name it with --backbone.")
    settings |= {"recipe": chosen if epochs is None else with_epochs(chosen, epochs), "data": dataset}
    out = out or _default_folder(chosen.name, dataset.spec.name, settings["seed"], many=seeds is not None)
    settings |= {"device": device, "checkpoint_seconds": checkpoint_seconds}
    if ray is not None and seeds is None:
        raise ConfigError("--ray deals out many seeds: say how many with --seeds.")
    if seeds is not None:
        first = settings.pop("seed")
        result = train_many(
            range(first, first + seeds),
            settings,
            out,
            ray=ray,
            form=place["preprocess"],
            tensorboard=tensorboard,
            quiet=quiet,
        )
        if json:
            write_json(json, result)
    else:
        trained = watched_training(settings | {"resume": resume}, out, tensorboard=tensorboard, quiet=quiet)
        if json:
            write_json(json, _run_object(trained))
    if quiet or json == "-":
        return
    answers().print(in_words(trained), markup=False) if seeds is None else print_seeds(result)
    measure = f"\nMeasure it: digits evaluate {out}"
    answers().print(f"The run is in {out}{'' if isinstance(chosen, LineRecipe) else measure}", markup=False)
    print_caveats(dataset.spec.caveats)


def whole(size: int | None, *, colour: bool) -> Preprocess | None:
    """How a folder's pictures are taken, where they are no digits. Raises ConfigError for a colour without a size."""
    from digit_recognizer.errors import ConfigError
    from digit_recognizer.images import Preprocess

    if size is None:
        if colour:
            raise ConfigError("--colour is of pictures that are taken whole: name their --size too.")
        return None
    return Preprocess(size=size, box=min(Preprocess().box, size), form="picture", channels=3 if colour else 1)


def _default_folder(recipe: str, data: str, seed: int, *, many: bool) -> Path:
    """Where a run goes that was given no folder; many seeds always to the same, so that the same command goes on."""
    from digit_recognizer.training.run_folder import free_folder

    if many:
        return Path("runs") / f"{recipe}-{data}-seeds"
    return free_folder(Path("runs") / f"{recipe}-{data}-seed{seed}")


def _run_object(trained: Trained) -> dict[str, Any]:
    """The object that `digits train --json` writes of one run."""
    header = trained.header
    return {
        "schema": "digit-recognizer/run/1",
        "run": str(trained.folder),
        "recipe": header.recipe,
        "seed": header.seed,
        "data": header.data,
        "caveats": list(header.caveats),
        "accuracy": header.accuracy,
        "weights_sha256": header.weights_sha256,
        "history": [record.to_dict() for record in trained.history],
    }


def in_words(trained: Trained) -> str:
    """What was learned from, and how well validation images are read after the last epoch."""
    learned = f"Learned from {trained.header.data['n']:,} images."
    measured = trained.header.accuracy
    if measured is None:
        return f"{learned} No validation images were held out."
    low, high = (f"{100 * measured['interval'][end]:.2f}" for end in ("low", "high"))
    what = "strings of five validation digits" if "learning" in trained.header.recipe else "validation images"
    share = f"{100 * measured['accuracy']:.2f} % of {measured['n']:,} {what} are read rightly"
    return f"{learned} After the last epoch {share} (95% interval {low} to {high} %)."


def _resumed_settings(out: Path | None) -> dict[str, Any]:
    """The settings that the run in `out` was begun with."""
    from digit_recognizer.errors import ConfigError, RunError
    from digit_recognizer.training.any_recipe import recipe_from_dict
    from digit_recognizer.training.recipes import get_recipe
    from digit_recognizer.training.run_folder import data_of_run, read_settings

    if out is None:
        raise ConfigError("--resume needs the run folder to go on with: name it with --out.")
    before = read_settings(out)
    try:
        return {
            "recipe": get_recipe(recipe_from_dict(before["recipe"])),
            "place": data_of_run(out),
            "train_on": str(before["data"]["train_on"]),
            "seed": int(before["seed"]),
        }
    except (LookupError, TypeError, ValueError) as error:
        raise RunError(f"{out}: holds no run that can be resumed (run.json is damaged: {error}).") from error
