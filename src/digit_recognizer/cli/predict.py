"""`digits predict`: pictures in, a label and a probability for each out."""

from __future__ import annotations

import json as json_format
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from digit_recognizer.recognizer import Prediction

SCHEMA = "digit-recognizer/prediction/1"
AT_ONCE = 64  # pictures answered together, so that the first lines come soon


def predict(
    pictures: Annotated[list[str], typer.Argument(help="Picture files, or folders of them.")],
    model: Annotated[
        str | None, typer.Option(help="A shipped name, a model file or a run folder; the most accurate by default.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """Recognise the digit on each picture. Exit 1 where some pictures gave no digit, 2 where none could be read."""
    from digit_recognizer.cli.output import complain, printable
    from digit_recognizer.recognizer import DEFAULT_MODEL, Recognizer

    recognizer = Recognizer.load(model or DEFAULT_MODEL)
    name = recognizer.model.header.name
    files = list(picture_files(pictures))
    seen: set[str] = set()
    for start in range(0, len(files), AT_ONCE):
        for prediction in recognizer.predict(files[start : start + AT_ONCE]):
            seen.add(prediction.status)
            if json:
                typer.echo(json_format.dumps(as_object(prediction, name)))
            elif prediction.error is None:
                typer.echo(printable(f"{prediction.source}: {in_words(prediction)}"))
            else:
                complain(prediction.error)
    if seen != {"ok"}:
        raise typer.Exit(2 if seen == {"error"} else 1)


def picture_files(names: list[str]) -> Iterator[str]:
    """The files named, and the pictures in the folders named; a folder without any is answered as an error."""
    from digit_recognizer.images.decode import SUFFIXES

    for name in names:
        if not os.path.isdir(name):  # noqa: PTH112 - never raises, whatever the name
            yield name
            continue
        inside = sorted(path for path in Path(name).rglob("*") if path.suffix.lower() in SUFFIXES and path.is_file())
        yield from map(str, inside) if inside else (name,)


def in_words(prediction: Prediction) -> str:
    """What a person is told."""
    if prediction.status == "ok":
        return f"{prediction.name}  ({100 * (prediction.probability or 0):.1f} %)"
    return "not a digit (no ink)"


def as_object(prediction: Prediction, model: str) -> dict[str, Any]:
    """The object of one line of --json."""
    made = {
        "schema": SCHEMA,
        "source": prediction.source,
        "label": prediction.label,
        "name": prediction.name,
        "probability": prediction.probability,
        "status": prediction.status,
        "model": model,
    }
    return made if prediction.error is None else made | {"error": prediction.error}
