"""`digits demo`: the whole story in one command."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import Annotated

import typer

from digit_recognizer.cli.options import DataDir


def demo(
    out: Annotated[Path, typer.Option(metavar="RUN", help="Output folder. A number is added if it exists.")] = Path(
        "runs/demo"
    ),
    picture: Annotated[Path | None, typer.Option(help="A picture of your own to recognise at the end.")] = None,
    data_dir: DataDir = None,
) -> None:
    """Train the classic network on MNIST, evaluate it, draw figures, and recognise a picture."""
    from digit_recognizer.cli.output import answers
    from digit_recognizer.errors import require_extra

    require_extra("train", "digits demo")
    from digit_recognizer.cli.predict import in_words
    from digit_recognizer.cli.summary import print_test_evaluations, print_totals
    from digit_recognizer.cli.training_run import watched_training
    from digit_recognizer.data import load_dataset
    from digit_recognizer.evaluation import evaluate
    from digit_recognizer.recognizer import Recognizer
    from digit_recognizer.report.figures import save_figure
    from digit_recognizer.report.gather import sample_figure, save_evaluation, sketch_picture
    from digit_recognizer.training import TrainSettings
    from digit_recognizer.training.run_folder import free_folder

    say = answers().print
    folder = free_folder(out)
    dataset = load_dataset("mnist", data_dir)
    train, test = dataset.split("train"), dataset.split("test")
    say(
        f"1. Training the classic network on {len(train):,} MNIST images"
        f" (5,000 others show its progress, {len(test):,} are the test)",
        style="bold",
    )
    watched_training(TrainSettings("classic", dataset), folder)
    say("2. Evaluating it on unseen images by unseen writers", style="bold")
    recognizer = Recognizer.load(folder)
    evaluation = evaluate(recognizer.model, dataset)
    print_totals(evaluation.title, evaluation.to_dict())
    print_test_evaluations(evaluation.test_evaluations)
    save_evaluation(evaluation, test, folder)
    save_figure(sample_figure(dataset, "validation", recognizer.model, seed=0), folder / "samples.png")
    made = "" if picture else " (an MNIST digit, enlarged, dark on light)"
    say(f"3. Recognising a picture from a file{made}", style="bold")
    shown = picture or sketch_picture(dataset, folder / "a-digit.png")
    (prediction,) = recognizer.predict(str(shown))
    say(f"{shown}: {prediction.error or in_words(prediction, evaluation.model.header)}", markup=False)
    say(f"The figures are in {folder}: samples, learning-curves, confusion, mistakes (.png)", markup=False)
    command = "digits" if shutil.which("digits") else sys.argv[0]
    say(
        "Now write a digit on white paper with a thick pen, photograph it, and try:\n"
        f"  {command} predict your-digit.jpg",
        markup=False,
    )
