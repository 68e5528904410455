"""Options that several verbs share, and the grammar of all.

- What a verb works on is its argument: pictures, a model, a data set (of which `--data` is the other spelling).
- A share (`--level`, `--max-error`, `--sensitivity`, `--prevalence`, ...) is written 95% or 0.95.
- `--json` alone, or `--json -`, writes JSON to standard output, and `--json=FILE` to a file. `--json FILE` does too,
  but where the words after it may be pictures (LISTING).
- `--csv` is the same of a table. The word after it is its file only where that ends on .csv or .tsv: others may be
  pictures.
- `--ray` alone is `--ray auto`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Literal

import typer

from digit_recognizer.errors import ConfigError, DataError
from digit_recognizer.files import check_can_be_written

Printed = Literal["words", "csv", "json"]  # what goes to standard output


def file_to_be_written(target: Path | None) -> Path | None:
    """The file that an option names, which is refused at once where it can't be written: not after the work is done."""
    if target is not None:
        check_can_be_written(target)
    return target


def _json_to_be_written(target: str | None) -> str | None:
    """The same of `--json`; refused too where the word after it seems meant as the argument of the verb."""
    if target is not None and target != "-":
        _check_is_meant(target)
        check_can_be_written(Path(target))
    return target


def _csv_to_be_written(target: str | None) -> str | None:
    """The same of `--csv`; refused too where the file is there and holds pictures, which nobody wants to lose."""
    if target is not None and target != "-":
        from digit_recognizer.tables.reading import holds_pictures

        path = Path(target)
        check_can_be_written(path)
        try:
            known = holds_pictures(path)
        except DataError:
            known = False
        if known:
            raise ConfigError(
                f"--csv {target}: this file is there and holds pictures, so it is not overwritten. Name another file:"
                " --csv=FILE"
            )
    return target


def _check_is_meant(target: str) -> None:
    """Raise ConfigError for a shipped model's name, and for a file that is there and holds no JSON."""
    path = Path(target)
    if not path.suffix:
        from digit_recognizer.models import shipped_models

        if target in shipped_models():
            raise ConfigError(
                f"--json {target}: is the name of a shipped model, and would be the name of a file here."
                f" For JSON on standard output write: --json - {target}\n"
                "For a file, write another name: --json=FILE"
            )
    if path.is_file() and _holds_other(path):
        raise ConfigError(
            f"--json {target}: this file is there and does not hold JSON, so it is not overwritten."
            f" For JSON on standard output write: --json - {target}\n"
            "For a file, write another name: --json=FILE"
        )


def _holds_other(path: Path) -> bool:
    """Whether a file holds anything but JSON: it is not empty, and does not begin as an object or an array does."""
    with path.open("rb") as file:
        start = file.read(START).lstrip()
    return bool(start) and start[:1] not in (b"{", b"[")


def options_given(context: typer.Context, parameters: Sequence[str]) -> list[str]:
    """Of the options of these parameters those that were written, even with the value that they have anyway."""
    sources = {name: context.get_parameter_source(name) for name in parameters}
    return [
        f"--{name.replace('_', '-')}"
        for name, source in sources.items()
        if source is not None and source.name in ("COMMANDLINE", "ENVIRONMENT")
    ]


def listed(names: Sequence[str]) -> str:
    """Names as a sentence has them, with its verb: "--split is", "--data and --split are"."""
    *others, last = names
    return f"{', '.join(others)} and {last} are" if others else f"{last} is"


_ALONE = {"--ray": "auto", "--json": "-", "--csv": "-"}  # what an option means that no value follows
START = 2**16  # bytes of a file that tell whether it holds JSON
_TABLES = (".csv", ".tsv")  # how a file ends that --csv may write without =
LISTING = ("predict", "read")  # verbs that take any number of pictures, and write a JSON object a line

Data = Annotated[
    str, typer.Option("--data", metavar="NAME|FOLDER", help="A data set's name, a folder of class folders or a table.")
]
DataDir = Annotated[
    Path | None,
    typer.Option("--data-dir", help="Folder of the named data sets. Default: the user's cache folder."),
]
RunData = Annotated[
    str | None,
    typer.Option(
        "--data", metavar="NAME|FOLDER", help="A data set's name, a folder or a table. Default: that of the run."
    ),
]
Unverified = Annotated[
    Path | None,
    typer.Option(
        "--unverified", metavar="FILE", help="Use this file instead of a MedMNIST set's published one. Reports say so."
    ),
]
Split = Annotated[
    str,
    typer.Option("--split", help="train, validation, calibration or test. all: the whole of an unsplit folder."),
]
Json = Annotated[
    str | None,
    typer.Option(
        "--json",
        metavar="FILE|-",
        callback=_json_to_be_written,
        help="Write one JSON object to a file, or to standard output.",
    ),
]
JsonLines = Annotated[
    str | None,
    typer.Option(
        "--json",
        metavar="[=FILE]",
        callback=_json_to_be_written,
        help="Write JSON, one object a line: to standard output, or to a file.",
    ),
]
Csv = Annotated[
    str | None,
    typer.Option(
        "--csv",
        metavar="[FILE.csv]",
        callback=_csv_to_be_written,
        help="Write a table: to standard output, or to a file.",
    ),
]
Quiet = Annotated[bool, typer.Option("--quiet", help="Print results and errors only.")]
KeepIds = Annotated[bool, typer.Option("--keep-ids", help="Keep the names of DICOM files. They may identify patients.")]
OnRay = Annotated[
    str | None,
    typer.Option(
        "--ray",
        metavar="[ADDRESS]",
        help="Work on a Ray cluster: its address, local, or auto (if no address is given).",
    ),
]
Save = Annotated[
    Path | None,
    typer.Option(
        "--save",
        metavar="FILE",
        callback=file_to_be_written,
        help="Output file of the figure (.png, .pdf, .svg).",
    ),
]


def with_values(words: list[str]) -> list[str]:
    """A command's words, with the value of each option that stands ALONE: Typer knows no optional values."""
    end = words.index("--") if "--" in words else len(words)  # what comes after it is never an option
    listing = any(word in LISTING for word in words[:1])
    made: list[str] = []
    for place, word in enumerate(words[:end]):
        after = words[place + 1] if place + 1 < end else "--"
        made += [word] if word not in _ALONE or _is_value(word, after, listing=listing) else [word, _ALONE[word]]
    return made + words[end:]


def _is_value(option: str, word: str, *, listing: bool) -> bool:
    """Whether the word after an option that may stand alone is its value. listing: the verb takes pictures."""
    if word == "-":
        return True
    if option == "--csv":
        return word.lower().endswith(_TABLES) and not word.startswith("-")
    return not (word.startswith("-") or (listing and option == "--json"))


def share(option: str, text: str, example: str = "95%") -> float:
    """A share of the whole, above 0 and up to 1, from "95%" or "0.95". Raises ConfigError for anything else.

    option: whose value it is. example: of what may be written there.
    """
    value, in_percent = _fraction(text), text.strip().endswith("%")
    if 0 < value < 1 or (value == 1 and in_percent):
        return value
    if value == 1:
        raise ConfigError(f"{option}: {text!r} could mean 1% or 100%. Write the one that is meant, with its %.")
    if 1 < value <= 100 and not in_percent:
        remedy = f"{value:.10g}% or {_fraction(f'{text}%'):.10g}"
    else:
        remedy = f"it like {example} or {_fraction(example):g}"
    raise ConfigError(f"{option}: {text!r} is not a valid fraction. Write {remedy}.")


def _fraction(text: str) -> float:
    """The number in a text, a hundredth of it before a per cent sign; NaN where there is none.

    By Decimal, so that 99.9% is the same float as 0.999.
    """
    bare = text.strip()
    try:
        return float(Decimal(bare.removesuffix("%")) / (100 if bare.endswith("%") else 1))
    except ArithmeticError:
        return math.nan
