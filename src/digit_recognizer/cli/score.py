"""`digits score`: very many pictures into a table."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from digit_recognizer.cli.options import Json, OnRay, Quiet, share
from digit_recognizer.cli.typed import taking

if TYPE_CHECKING:
    from rich.progress import Progress as Bar
    from rich.progress import TaskID

    from digit_recognizer.scoring import Progress

_NO_ANSWER = ("error", "not a digit", "no digits")


@dataclass(frozen=True)
class _Options:
    """What to score, and where its table goes."""

    source: Annotated[
        str,
        typer.Argument(help="A folder of pictures, archives (zip, tar) or Parquet tables, or one; also s3://..."),
    ]
    out: Annotated[str, typer.Option(metavar="FOLDER", help="Output folder of the parts of the table.")]
    model: Annotated[str | None, typer.Option(help="A shipped name, a model file or a run folder. Default: best.")] = (
        None
    )
    max_error: Annotated[
        str | None,
        typer.Option(
            "--max-error", metavar="SHARE", help="Target error rate, such as 0.1%; less certain answers are unsure."
        ),
    ] = None
    read: Annotated[bool, typer.Option("--read", help="The pictures are pages of numbers. One row per digit.")] = False
    column: Annotated[str, typer.Option(help="Column of a Parquet table that holds the pictures.")] = "image"
    workers: Annotated[int | None, typer.Option(help="Number of processes. Default: one per core.")] = None
    ray: OnRay = None
    json: Json = None
    quiet: Quiet = False


@taking(_Options)
def score(options: _Options) -> None:
    """Write predictions for very many pictures. Repeat a killed command to continue. Exit 1: some have no answer."""
    from digit_recognizer.cli.output import write_json
    from digit_recognizer.recognizer import DEFAULT_MODEL
    from digit_recognizer.schemas.scored import scored_object
    from digit_recognizer.scoring import score as score_all

    with _progress_bar(options.quiet) as bar:
        task = bar.add_task("scoring", total=None, visible=False, figures="")
        found = score_all(
            options.source,
            options.out,
            options.model or DEFAULT_MODEL,
            max_error=None if options.max_error is None else share("--max-error", options.max_error, "0.1%"),
            read=options.read,
            column=options.column,
            workers=options.workers,
            ray=options.ray,
            on_progress=lambda progress: show(bar, task, progress),
        )
    rows = dict(found.statuses)
    if options.json:
        write_json(options.json, scored_object(found))
    if options.json != "-" and not options.quiet:
        tell(options.source, options.out, found, rows)
    if not rows or any(rows.get(status) for status in _NO_ANSWER):
        raise typer.Exit(1)


def _progress_bar(quiet: bool) -> Bar:
    """Shards done, pictures per second, time left."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    from digit_recognizer.cli.output import words

    columns = TextColumn("{task.description}"), BarColumn(bar_width=24), MofNCompleteColumn()
    return Progress(
        *columns, TextColumn("{task.fields[figures]}"), TimeRemainingColumn(), console=words(quiet=quiet), disable=quiet
    )


def show(bar: Bar, task: TaskID, progress: Progress) -> None:
    """Move the bar."""
    rate = progress.inputs / max(progress.seconds, 1e-9)
    done = progress.kept + progress.done
    bar.update(task, visible=True, total=progress.shards, completed=done, figures=f"{rate:,.0f} pictures per second")


def tell(source: str, out: str, found: Progress, rows: dict[str, int]) -> None:
    """What came of it, in words."""
    from digit_recognizer.cli.output import answers, note
    from digit_recognizer.files import printable

    left_out = ", ".join(f"{kind}: {count:,}" for kind, count in found.left_out.most_common())
    if left_out:
        note(f"{source}: {sum(found.left_out.values()):,} files left out ({left_out})")
    each = ", ".join(f"{count:,} {status}" for status, count in sorted(rows.items()))
    kept = f" ({found.kept:,} of them existed already)" if found.kept else ""
    answers().print(f"{out}: {found.shards:,} parts{kept}, {sum(rows.values()):,} rows: {each}", markup=False)
    if Path(out).is_dir():
        place = printable(repr(out))
        say = f"Read them with: pyarrow.parquet.read_table({place}), or pandas.read_parquet({place})"
        answers().print(say, markup=False)
