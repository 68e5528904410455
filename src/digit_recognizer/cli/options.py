"""Options that several verbs share, so that one grammar serves them all."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Data = Annotated[str, typer.Option("--data", metavar="NAME|FOLDER", help="A set's name or a folder of class folders.")]
DataDir = Annotated[
    Path | None,
    typer.Option("--data-dir", help="Where named sets are kept; the user's cache folder by default."),
]
Split = Annotated[
    str,
    typer.Option("--split", help="train, validation, calibration or test; all: the whole of an unsplit folder."),
]
Json = Annotated[
    str | None,
    typer.Option("--json", metavar="FILE|-", help="Write one JSON object to a file, or to standard output."),
]
Quiet = Annotated[bool, typer.Option("--quiet", help="No progress and no words, only answers and errors.")]
Save = Annotated[
    Path | None,
    typer.Option("--save", metavar="FILE", help="Write the figure to this file (.png, .pdf, .svg)."),
]
