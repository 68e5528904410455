"""`digits audit`: doubtful labels, copies, leaks, uneven classes and drift of a data set."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from digit_recognizer.cli.options import DataDir, Json, KeepIds, Quiet, Unverified
from digit_recognizer.cli.typed import taking

if TYPE_CHECKING:
    from rich.text import Text

    from digit_recognizer.auditing import Audit
    from digit_recognizer.data import Dataset

FIRST = 10  # of each list that the summary shows; --json has them all


@dataclass(frozen=True)
class _Options:
    """What to audit, and where the findings go."""

    dataset: Annotated[
        str | None, typer.Argument(metavar="NAME|FOLDER", help="A data set's name or a folder of class folders.")
    ] = None
    data: Annotated[str | None, typer.Option("--data", metavar="NAME|FOLDER", help="The same, as an option.")] = None
    data_dir: DataDir = None
    unverified: Unverified = None
    seed: Annotated[int, typer.Option(min=0, max=2**32 - 6, help="Random seed.")] = 0
    device: Annotated[str | None, typer.Option(help="cpu or cuda. Default: the GPU, if there is one.")] = None
    json: Json = None
    figures: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="Write a figure of the most doubtful images, with both labels."),
    ] = None
    quiet: Quiet = False
    keep_ids: KeepIds = False


@taking(_Options)
def audit(options: _Options) -> None:
    """Find doubtful labels, duplicates, leaks between splits, class imbalance and drift in a data set."""
    from digit_recognizer.cli.output import answers, write_json
    from digit_recognizer.cli.summary import print_caveats
    from digit_recognizer.data import load_dataset
    from digit_recognizer.errors import ConfigError, require_extra

    named = [each for each in (options.dataset, options.data) if each is not None]
    if len(named) != 1:
        raise ConfigError("Name one data set to audit: digits audit NAME|FOLDER, or --data NAME|FOLDER.")
    require_extra("audit", "digits audit")
    loaded = load_dataset(named[0], options.data_dir, unverified=options.unverified, keep_ids=options.keep_ids)
    found = _watched_audit(loaded, options.seed, options.device, quiet=options.quiet)
    if options.json:
        write_json(options.json, found.to_dict() | {"caveats": list(loaded.spec.caveats)})
    aloud = options.json != "-" and not options.quiet
    if aloud:
        print_labels(found)
        print_copies(found)
        print_splits(found)
        print_caveats(loaded.spec.caveats)
    if options.figures:
        from digit_recognizer.report.doubtful import save_suspects

        saved = save_suspects(found, options.figures)
        if aloud:
            answers().print(f"Figure: {saved}", markup=False)


def _watched_audit(dataset: Dataset, seed: int, device: str | None, *, quiet: bool) -> Audit:
    """Audit with a progress bar."""
    from rich.progress import Progress

    from digit_recognizer.auditing import audit_dataset
    from digit_recognizer.cli.output import words

    with Progress(console=words(quiet=quiet), disable=quiet, transient=True) as progress:
        task = progress.add_task("starting")

        def on_step(what: str, done: int, steps: int) -> None:
            progress.update(task, description=what, completed=done, total=steps)

        return audit_dataset(dataset, seed=seed, device=device, on_step=on_step)


def print_labels(found: Audit) -> None:
    """How many labels are doubtful in each split, and the most doubtful ones."""
    from rich.table import Table

    from digit_recognizer.cli.output import answers, note
    from digit_recognizer.files import printable

    say, pool = answers().print, found.pool
    counts = ", ".join(f"{split} {n:,}" for split, n in pool.counts.items())
    say(f"{printable(found.name)}: {len(pool):,} images ({counts})", style="bold", markup=False)
    for reason in found.notes:
        note(reason)
    if found.suspects is None:
        return
    sure = sum(each.confident for each in found.suspects)
    say(f"Doubtful labels: {len(found.suspects):,}; confident learning considers {sure:,} of them errors")
    table = Table("split", "index", "given", "suggested", "score", box=None)
    table.add_column("file", overflow="fold")
    for each in found.suspects[:FIRST]:
        row = each.to_dict(pool)
        words = (row["split"], str(row["index"]), row["given_name"], row["suggested_name"], f"{each.score:.4f}")
        table.add_row(*map(plain, (*words, row.get("file", ""))))
    say(table)


def print_copies(found: Audit) -> None:
    """How many images stand more than once, within and across splits, and the first of those that leak."""
    from digit_recognizer.cli.output import answers

    say, groups = answers().print, found.duplicates
    conflicts = sum(each.label_conflict for each in groups)
    exact = sum(each.kind == "exact" for each in groups)
    say(
        f"Duplicates: {len(groups):,} groups of images ({exact:,} exact, {len(groups) - exact:,} with near duplicates),"
    )
    say(f"  {conflicts:,} of them with labels that contradict each other")
    say(f"Leaks: {len(found.leaks):,} images of other splits are in train too")
    for leak in found.leaks[:FIRST]:
        row = leak.to_dict(found.pool)
        there = ", ".join(in_words(each) for each in row["in_train"])
        conflict = "; the labels contradict each other" if leak.label_conflict else ""
        say(f"  {in_words(row)}: {leak.kind} copy of {there}{conflict}", markup=False)


def in_words(row: dict[str, object]) -> str:
    """An image's place and label."""
    from digit_recognizer.files import printable

    file = f" ({row['file']})" if "file" in row else ""
    return printable(f"{row['split']} {row['index']}{file} labelled {row['name']}")


def print_splits(found: Audit) -> None:
    """Each split's classes, and how far it departs from train."""
    from rich.table import Table

    from digit_recognizer.cli.output import answers

    names = found.pool.classes
    table = Table("split", "smallest class", "largest class", "largest / smallest", box=None)
    for each in found.classes:
        least, most = (pick(range(len(names)), key=each.counts.__getitem__) for pick in (min, max))
        extremes = [f"{names[k]} ({each.counts[k]:,})" for k in (least, most)]
        table.add_row(*map(plain, (each.split, *extremes, figure(each.ratio))))
    answers().print(table)
    if not found.drift:
        return
    answers().print("Drift from train: of the classes (Cramér's V), and of the pixels in standard deviations")
    table = Table("split", "classes", "brightness", "contrast", "sharpness", "", box=None)
    for away in found.drift:
        figures = (away.cramers_v, away.brightness, away.contrast, away.sharpness)
        table.add_row(plain(away.split), *map(figure, figures), "notable" if away.notable else "")
    answers().print(table)


def figure(value: float | None) -> str:
    """A figure, or what an undefined one is called."""
    return "undefined" if value is None else f"{value:.3f}"


def plain(text: str) -> Text:
    """A cell of a table in which a name's brackets are no markup."""
    from rich.text import Text

    from digit_recognizer.files import printable

    return Text(printable(text))
