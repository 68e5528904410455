"""`digits data`: the sets that are known by name."""

from __future__ import annotations

from dataclasses import asdict

from digit_recognizer.cli.options import DataDir, Json


def data(data_dir: DataDir = None, json: Json = None) -> None:
    """List the data sets: images, classes, licence, location, and whether they are verified."""
    from rich.table import Table
    from rich.text import Text

    from digit_recognizer.cli.output import answers, write_json
    from digit_recognizer.data import list_datasets

    found = list_datasets(data_dir)
    if json:
        rows = [asdict(each.spec) | {"place": str(each.place), "state": each.state} for each in found]
        write_json(json, {"schema": "digit-recognizer/datasets/1", "datasets": rows})
        return
    for each in found:
        table = Table(show_header=False, box=None, title=each.spec.name, title_justify="left", title_style="bold")
        table.add_column(no_wrap=True)
        table.add_column(overflow="fold")
        counts = ", ".join(f"{split} {n:,}" for split, n in each.spec.counts.items())
        for name, value in (
            ("what", each.spec.title),
            ("images", counts),
            ("classes", f"{len(each.spec.classes)}: {', '.join(each.spec.classes)}"),
            ("licence", each.spec.licence),
            ("source", each.spec.source),
            ("place", str(each.place)),
            ("state", each.state),
        ):
            table.add_row(name, Text(value))
        answers().print(table)
    answers().print(
        "Any folder of class folders works too, and any table of pictures (CSV, IDX, npz, Parquet...): --data PATH"
    )
