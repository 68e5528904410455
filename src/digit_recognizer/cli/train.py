"""`digits train`: a recipe and a data set in, a run folder out."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from digit_recognizer.cli.seeds import print_seeds, train_many
from digit_recognizer.cli.train_options import TrainOptions
from digit_recognizer.cli.training_run import watched_training
from digit_recognizer.cli.typed import taking

if TYPE_CHECKING:
    from digit_recognizer.data import Dataset
    from digit_recognizer.data.settings import DataSettings
    from digit_recognizer.images import Preprocess
    from digit_recognizer.training import Trained, TrainSettings
    from digit_recognizer.training.any_recipe import AnyRecipe


@taking(TrainOptions)
def train(options: TrainOptions) -> None:
    """Train a model, or several with --seeds. Saved at each epoch; resumable after Ctrl-C or a crash."""
    from digit_recognizer.errors import require_extra

    require_extra("train", "digits train")
    from digit_recognizer.training.any_recipe import LineRecipe
    from digit_recognizer.training.distributed import rank

    _check(options)
    if rank() > 0:  # of the processes that torchrun started, the first writes and tells
        options = replace(options, json=None, tensorboard=False, quiet=True)
    settings, where = _settings(options)
    dataset = where.load()
    recipe = _recipe(options, settings, dataset)
    out = options.out or _default_folder(recipe.name, dataset.spec.name, settings.seed, many=options.seeds is not None)
    settings = replace(settings, recipe=recipe, data=dataset)
    if options.seeds is None:
        _train_one(settings, out, options)
    else:
        _train_seeds(settings, out, options, where.preprocess)
    if options.aloud:
        measure = "" if isinstance(recipe, LineRecipe) else f"\nEvaluate it: digits evaluate {out}"
        _print_end(f"The run is in {out}{measure}", dataset.spec.caveats)


def _check(options: TrainOptions) -> None:
    """Raise ConfigError for an option without the one that it belongs to."""
    from digit_recognizer.errors import ConfigError

    if options.resume and options.out is None:
        raise ConfigError("--resume needs the run folder to continue: name it with --out.")
    if options.weights and not options.backbone:
        raise ConfigError("--weights needs a backbone: name it with --backbone.")
    if options.ray is not None and options.seeds is None:
        raise ConfigError("--ray distributes several seeds: give their number with --seeds.")


def _settings(options: TrainOptions) -> tuple[TrainSettings, DataSettings]:
    """What was written, in place of the settings of the run that is resumed, or of the usual ones."""
    from digit_recognizer.data.settings import DataSettings
    from digit_recognizer.training import TrainSettings

    settings, where = TrainSettings(), DataSettings(preprocess=whole(options.size, colour=options.colour))
    if options.resume and options.out:
        settings, where = _resumed(options.out)
    settings = replace(
        settings,
        recipe=settings.recipe if options.recipe is None else options.recipe,
        train_on=settings.train_on if options.train_on is None else options.train_on,
        seed=settings.seed if options.seed is None else options.seed,
        device=options.device,
        checkpoint_seconds=options.checkpoint_seconds,
    )
    return settings, where.changed(options.data, options.data_dir, options.unverified, options.positive)


def _resumed(out: Path) -> tuple[TrainSettings, DataSettings]:
    """The settings that the run in `out` was begun with."""
    from digit_recognizer.errors import RunError
    from digit_recognizer.training import TrainSettings
    from digit_recognizer.training.any_recipe import recipe_from_dict
    from digit_recognizer.training.recipes import get_recipe
    from digit_recognizer.training.run_folder import data_of_run, read_settings

    before = read_settings(out)
    try:
        recipe = get_recipe(recipe_from_dict(before["recipe"]))
        train_on, seed = str(before["data"]["train_on"]), int(before["seed"])
    except (LookupError, TypeError, ValueError) as error:
        raise RunError(f"{out}: holds no run that can be resumed (run.json is damaged: {error}).") from error
    return TrainSettings(recipe, train_on=train_on, seed=seed, resume=True), data_of_run(out)


def _recipe(options: TrainOptions, settings: TrainSettings, dataset: Dataset) -> AnyRecipe:
    """The recipe for a set, with another network or number of epochs where these were written."""
    from digit_recognizer.training.any_recipe import with_backbone, with_epochs
    from digit_recognizer.training.recipes import recipe_for

    chosen = recipe_for(settings.recipe, dataset.spec, len(dataset.training(settings.train_on)[0]))
    if options.backbone:
        chosen = with_backbone(chosen, options.backbone, str(options.weights.resolve()) if options.weights else "")
    return chosen if options.epochs is None else with_epochs(chosen, options.epochs)


def _train_one(settings: TrainSettings, out: Path, options: TrainOptions) -> None:
    """Train one network, and tell what came of it."""
    from digit_recognizer.cli.output import answers, write_json

    trained = watched_training(settings, out, tensorboard=options.tensorboard, quiet=options.quiet)
    if options.json:
        write_json(options.json, _run_object(trained))
    if options.aloud:
        answers().print(in_words(trained), markup=False)


def _train_seeds(settings: TrainSettings, out: Path, options: TrainOptions, form: Preprocess | None) -> None:
    """Train a network a seed, and tell what came of them; form: how the data were loaded."""
    from digit_recognizer.cli.output import write_json

    seeds = range(settings.seed, settings.seed + (options.seeds or 0))
    result = train_many(
        seeds,
        settings,
        out,
        ray=options.ray,
        form=form,
        tensorboard=options.tensorboard,
        quiet=options.quiet,
    )
    if options.json:
        write_json(options.json, result)
    if options.aloud:
        print_seeds(result)


def _print_end(where: str, caveats: tuple[str, ...]) -> None:
    """Where the run is, and what its figures must be read with."""
    from digit_recognizer.cli.output import answers
    from digit_recognizer.cli.summary import print_caveats

    answers().print(where, markup=False)
    print_caveats(caveats)


def whole(size: int | None, *, colour: bool) -> Preprocess | None:
    """How a folder's pictures are taken, where they are no digits. Raises ConfigError for a colour without a size."""
    from digit_recognizer.errors import ConfigError
    from digit_recognizer.images import Preprocess

    if size is None:
        if colour:
            raise ConfigError("--colour needs --size.")
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
    learned = f"Trained on {trained.header.data['n']:,} images."
    measured = trained.header.accuracy
    if measured is None:
        return f"{learned} No validation images were held out."
    low, high = (f"{100 * measured['interval'][end]:.2f}" for end in ("low", "high"))
    what = "strings of five validation digits" if "learning" in trained.header.recipe else "validation images"
    share = f"{100 * measured['accuracy']:.2f} % of {measured['n']:,} {what} are correct"
    return f"{learned} After the last epoch {share} (95% interval {low} to {high} %)."
