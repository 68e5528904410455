"""The table of docs/medical.md that sets `auto` beside other tools, as Markdown."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from accuracy_tables import between, percent, table
from results import RESULTS, read

TITLES = {"auroc": "AUROC", "accuracy": "accuracy"}


def small_images() -> str:
    """A table for each set that was measured, and what was left out."""
    if not (RESULTS / "small-images.json").exists():
        return "Not run yet: `python benchmarks/small_images.py --json benchmarks/results/small-images.json`."
    found = read("small-images")["small_images"]
    tables = [of_set(name, each, found) for name, each in found["sets"].items()]
    left_out = [f"Left out: {tool} ({reason})." for tool, reason in found["left_out"].items()]
    return "\n\n".join([*tables, *left_out])


def of_set(name: str, told: dict[str, Any], found: dict[str, Any]) -> str:
    """Every tool on one set; the first of the figures is the one that decides."""
    figures = [figure for figure in TITLES if figure in told["tools"]["auto"]]
    rows = [
        [tool, *(over_seeds(each[figure]) for figure in figures), beside(told["auto_beside"].get(tool), figures[0])]
        for tool, each in told["tools"].items()
    ]
    seconds = [value for each in told["tools"].values() for value in each["processor_seconds"]]
    head = (
        f"**{name}**, {found['split']} images (n = {told['n']:,}), trained on {told['learned_from']:,};"
        f" {found['seeds']} seeds; allowed {found['seconds']:g} s of CPU time per training, used"
        f" {min(seconds):.0f} to {max(seconds):.0f} s:\n\n"
    )
    titles = [f"{TITLES[figure]}, %" for figure in figures]
    return head + table(["tool", *titles, f"`auto` minus this tool, {TITLES[figures[0]]}"], rows)


def over_seeds(found: dict[str, Any]) -> str:
    """Mean and standard deviation over seeds, in per cent."""
    deviation = found["standard_deviation"]
    return percent(found["mean"], 1) + ("" if deviation is None else f" ± {percent(deviation, 1)}")


def beside(found: dict[str, Any] | None, figure: str) -> str:
    """The difference of `auto` and another tool, with its interval and the verdict."""
    if found is None:
        return ""
    told = found[figure]
    interval = f" ({between(told['interval'], 1)})" if told["interval"] else ""
    return f"{percent(told['difference'], 1)}{interval}: {found['verdict']}"


BLOCKS: dict[str, Callable[[], str]] = {"small-images": small_images}
