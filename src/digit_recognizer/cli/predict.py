"""`digits predict`: pictures in, a label and a probability for each out."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from digit_recognizer.cli.options import Csv, JsonLines, KeepIds, Save, share
from digit_recognizer.cli.remedies import with_remedy
from digit_recognizer.cli.typed import taking

if TYPE_CHECKING:
    from digit_recognizer.cli.predict_inputs import Group
    from digit_recognizer.models.header import ModelHeader
    from digit_recognizer.prediction import Prediction
    from digit_recognizer.recognizer import Input, Recognizer

_SHOWN = 12  # pictures that --show draws at most
_SEEN_NAME = "what-the-model-saw.png"
_AT_ONCE = 64  # pictures answered together, so that the first lines come soon


@dataclass(frozen=True)
class _Options:
    """What to recognise, and how it is told."""

    pictures: Annotated[
        list[str],
        typer.Argument(help="Picture files, folders or archives of them, or tables of pixels (CSV, npy, IDX...)."),
    ]
    model: Annotated[str | None, typer.Option(help="A shipped name, a model file or a run folder. Default: best.")] = (
        None
    )
    max_error: Annotated[
        str | None,
        typer.Option(
            "--max-error",
            metavar="SHARE",
            help="Target error rate, such as 0.1%; less certain answers are unsure. 100%: none.",
        ),
    ] = None
    level: Annotated[
        str,
        typer.Option(metavar="SHARE", help="Coverage of the prediction set: 90%, 95%, 99% or 99.9%."),
    ] = "99%"
    json: JsonLines = None
    csv: Csv = None
    show: Annotated[bool, typer.Option("--show", help="Show each picture beside the input of the network.")] = False
    save: Save = None
    keep_ids: KeepIds = False


@taking(_Options)
def predict(options: _Options) -> None:
    """Recognise the digit on each picture. Exit 1 if some show no digit or are unreadable, 2 if none could be read."""
    from digit_recognizer.cli.output import complain, json_lines, note
    from digit_recognizer.cli.predict_inputs import CsvAnswers, check_target, groups_in
    from digit_recognizer.errors import require_extra
    from digit_recognizer.files import printable
    from digit_recognizer.recognizer import DEFAULT_MODEL, Recognizer
    from digit_recognizer.schemas.predictions import prediction_object

    check_target(options.csv, options.json)
    show = options.show or options.save is not None
    if show:
        require_extra("stats", "digits predict --show")
    target = share("--max-error", options.max_error, "0.1%") if options.max_error is not None else None
    recognizer = Recognizer.load(
        options.model or DEFAULT_MODEL,
        max_error=target,
        level=share("--level", options.level),
        keep_ids=options.keep_ids,
    )
    header = recognizer.model.header
    groups = list(groups_in(options.pictures, picture_files))
    table = CsvAnswers(options.csv, groups)
    drawn: list[tuple[Any, Prediction, Input | None]] = []
    seen: set[str] = set()
    with json_lines(options.json) as write:
        for picture, prediction, given in answered(recognizer, groups):
            seen.add(prediction.status)
            if show and prediction.error is None and len(drawn) < _SHOWN:
                drawn.append((picture, prediction, given))
            write(prediction_object(prediction, header))
            table.add(prediction)
            if prediction.error is not None and options.json != "-":
                complain(prediction.error)
            elif options.json != "-" and options.csv is None:
                typer.echo(printable(f"{prediction.source}: {in_words(prediction, header)}"))
    table.write()
    for caveat in header.caveats:
        note(caveat)
    if drawn:
        draw(recognizer, drawn, options.save)
    if seen - {"ok", "unsure"}:
        raise typer.Exit(2 if seen == {"error"} else 1)


def answered(recognizer: Recognizer, groups: list[Group]) -> Iterator[tuple[Any, Prediction, Input | None]]:
    """Each picture, what is recognised on it, and what the model was given of it."""
    for group in groups:
        for start in range(0, len(group.pictures), _AT_ONCE):
            some = group.pictures[start : start + _AT_ONCE]
            sources = None if group.sources is None else group.sources[start : start + _AT_ONCE]
            yield from zip(some, *recognizer.predict(some, sources, return_inputs=True), strict=True)


def draw(recognizer: Recognizer, drawn: list[tuple[Any, Prediction, Input | None]], save: Path | None) -> None:
    """What the model saw of pictures, on the screen where there is one, or in a file."""
    from digit_recognizer.cli.output import note
    from digit_recognizer.report import figures
    from digit_recognizer.report.seen import seen_figure

    pictures, predictions, inputs = zip(*drawn, strict=True)
    figure = seen_figure(recognizer, predictions, inputs, pictures)
    if save is None and figures.has_display():
        figures.show_figure(figure)
    else:
        note(f"The inputs of the network are in {figures.save_figure(figure, save or Path(_SEEN_NAME))}")


def picture_files(names: list[str]) -> Iterator[str]:
    """The files named, or their pages, and the pictures in the folders and archives named.

    A folder or archive without any picture is given itself, so that an error tells of it, and so is one that can't be
    read, once that was told. Last, a note counts what was taken of
    folders and archives, and what was left out.
    """
    from digit_recognizer.cli.output import complain, note
    from digit_recognizer.errors import DataError
    from digit_recognizer.images import page_names
    from digit_recognizer.sources import Tally, files_of, is_archive
    from digit_recognizer.sources.kinds import DOCUMENT, PICTURE

    tally = Tally()
    for name in names:
        if not os.path.isdir(name) and not (is_archive(name) and os.path.isfile(name)):  # noqa: PTH112, PTH113 - never raise
            yield from page_names(name)
            continue
        try:
            inside = sorted(map(str, files_of(Path(name), tally, (PICTURE, DOCUMENT))))
        except DataError as error:
            complain(with_remedy(error))
            inside = []
        for path in inside or (name,):
            yield from page_names(path)
    if tally.taken or tally.left_out:  # without a folder's name, which may be a patient's
        note(tally.line("In folders and archives"))


def in_words(prediction: Prediction, header: ModelHeader) -> str:
    """What a person is told; header: the model's."""
    if prediction.labels:
        shares = zip(map(header.label_of, range(len(header.class_names))), prediction.probabilities, strict=True)
        found = (f"{header.shown(k)}  ({100 * share:.1f} %)" for k, share in shares if k in prediction.labels)
        return ", ".join(found)
    if prediction.status == "ok":
        return _best_guess(prediction)
    guess = f", perhaps {_best_guess(prediction)}" if prediction.label is not None else ""
    return f"{prediction.status}{guess}: {prediction.reason}"


def _best_guess(prediction: Prediction) -> str:
    """The most probable class with its probability."""
    return f"{prediction.name}  ({100 * (prediction.probability or 0):.1f} %)"
