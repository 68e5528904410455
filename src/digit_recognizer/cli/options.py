"""Options that several verbs share, so that one grammar serves them all."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Annotated

import typer

from digit_recognizer.errors import ConfigError
from digit_recognizer.files import check_can_be_written


def to_be_written(target: str | None) -> str | None:
    """The file that an option names, which is refused at once where it can't be written: not after the work is done."""
    if target is not None and target != "-":
        check_can_be_written(Path(target))
    return target


def file_to_be_written(target: Path | None) -> Path | None:
    """The same of a path."""
    if target is not None:
        check_can_be_written(target)
    return target


Data = Annotated[str, typer.Option("--data", metavar="NAME|FOLDER", help="A set's name or a folder of class folders.")]
DataDir = Annotated[
    Path | None,
    typer.Option("--data-dir", help="Where named sets are kept; the user's cache folder by default."),
]
RunData = Annotated[
    str | None,
    typer.Option("--data", metavar="NAME|FOLDER", help="A set's name or a folder; by default the run's own."),
]
Unverified = Annotated[
    Path | None,
    typer.Option("--unverified", metavar="FILE", help="In place of a MedMNIST set's published file; reports say so."),
]
Split = Annotated[
    str,
    typer.Option("--split", help="train, validation, calibration or test; all: the whole of an unsplit folder."),
]
Json = Annotated[
    str | None,
    typer.Option(
        "--json",
        metavar="FILE|-",
        callback=to_be_written,
        help="Write one JSON object to a file, or to standard output.",
    ),
]
Quiet = Annotated[bool, typer.Option("--quiet", help="No progress and no words, only answers and errors.")]
KeepIds = Annotated[
    bool, typer.Option("--keep-ids", help="Call DICOM files by their own names, which may be those of patients.")
]
OnRay = Annotated[
    str | None,
    typer.Option(
        "--ray", metavar="[ADDRESS]", help="Work on a Ray cluster: its address, auto (as if none is named), or local."
    ),
]
Save = Annotated[
    Path | None,
    typer.Option(
        "--save",
        metavar="FILE",
        callback=file_to_be_written,
        help="Write the figure to this file (.png, .pdf, .svg).",
    ),
]


def with_address(words: list[str]) -> list[str]:
    """A command's words, with "auto" after a --ray that no address follows: Typer knows no optional values."""
    made: list[str] = []
    for word, after in zip(words, [*words[1:], "-"], strict=False):
        made += [word, "auto"] if word == "--ray" and after.startswith("-") else [word]
    return made


def share(text: str) -> float:
    """A share of the whole, 0..1, from "0.1%" or "0.001". Raises ConfigError for anything else."""
    number = text.strip().removesuffix("%")
    try:
        value = float(number) / (100 if text.strip().endswith("%") else 1)
    except ValueError:
        value = math.nan
    if not 0 < value <= 1:
        raise ConfigError(f"{text!r} is no share of the answers. Write it like 0.1% or 0.001.")
    return value
