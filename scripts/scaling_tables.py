"""The figures of docs/scale.md, as Markdown: measurements, and an estimate for 10⁹ pictures."""

from __future__ import annotations

import statistics
from collections.abc import Callable
from typing import Any

from accuracy_tables import table
from results import missing, read
from serving_tables import taken_with

MANY = 10**9  # pictures, on paper
MACHINES, CORES = 4, 64
IN_ARCHIVE = 10_000
PIXELS = 28 * 28
WORKS = {"score": "`digits score`", "train": "an epoch of `classic`"}


def scoring() -> str:
    """The rate of `digits score` against the bound."""
    return missing("scoring", "scoring.py") or measured_scoring(read("scoring"))


def measured_scoring(whole: dict[str, Any]) -> str:
    found = whole["scoring"]
    rows = []
    for size in found["sizes"]:
        rates = [f"{statistics.median(size[name]):,.0f}" for name in ("decoding", "inference")]
        reached = f"{statistics.median(size['score']):,.0f}"
        memory = f"{max(size['peak_memory_mb']):,.0f}"
        rows.append([f"{size['n']:,}", *rates, f"{size['bound']:,.0f}", reached, f"{size['share']:.0%}", memory])
    head = [
        "pictures",
        "decoding alone",
        "inference alone",
        "bound",
        "`digits score`",
        "of the bound",
        "peak memory, MB",
    ]
    rounds = len(found["sizes"][0]["score"])
    taken = f"medians of {rounds} rounds" if rounds > 1 else "one round"
    return (
        f"{table(head, rows)}\n\nPictures per second with `{found['model']}` on {found['workers']} cores, {taken};"
        " the bound is 1/(1/decoding + 1/inference). The start of the command is included. " + taken_with(whole)
    )


def growth() -> str:
    """Seconds and memory at each size, and how they grow."""
    return missing("scaling", "scaling.py") or measured_growth(read("scaling"))


def measured_growth(whole: dict[str, Any]) -> str:
    found = whole["scaling"]
    sizes = sorted({row["n"] for row in found["rows"]})
    rows, grown = [], []
    for each in found["growth"]:
        ours = {row["n"]: row for row in found["rows"] if same_work(row, each)}
        cells = [f"{ours[n]['seconds']:.1f} s, {ours[n]['peak_memory_mb']:,.0f} MB" if n in ours else "" for n in sizes]
        rows.append([WORKS[each["work"]], str(each["workers"]), *cells])
        exponents = [two(each[key]) for key in ("exponent", "memory_exponent")]
        cost = [f"{each['start_s']:.1f}", f"{1e6 * each['cost_s']:,.0f}"]
        grown.append([WORKS[each["work"]], str(each["workers"]), *exponents, *cost])
    first = table(["", "processes", *(f"{n:,}" for n in sizes)], rows)
    head = ["", "processes", "exponent of the time", "exponent of the memory", "start, s", "per picture, µs"]
    return (
        f"{first}\n\n{table(head, grown)}\n\nScoring with `{found['model']}`. One run of each."
        f" {taken_with(whole)}\n\n![Time and memory against the number of pictures.](pictures/scaling.png)"
    )


def same_work(row: dict[str, Any], other: dict[str, Any]) -> bool:
    return (row["work"], row["workers"]) == (other["work"], other["workers"])


def two(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}"


def on_paper() -> str:
    """What 10⁹ pictures take."""
    return (
        missing("scoring", "scoring.py")
        or missing("scaling", "scaling.py")
        or by_what_was_measured(read("scoring"), read("scaling"))
    )


def by_what_was_measured(scored: dict[str, Any], grown: dict[str, Any]) -> str:
    """Machines, hours, network and storage; r is the measured rate of a core."""
    found = scored["scoring"]
    largest = max(found["sizes"], key=lambda size: int(size["n"]))
    rate = statistics.median(largest["score"]) / found["workers"]
    stored, row = largest["stored_bytes"], largest["row_bytes"]
    hours = MANY / (3600 * rate)
    cores = MACHINES * CORES
    epoch = [each for each in grown["scaling"]["growth"] if each["work"] == "train"]
    quickest = min(each["cost_s"] for each in epoch) if epoch else None
    rows = [
        [f"core hours, at r = {rate:,.0f} pictures per second and core", "n / (3,600 r)", f"{hours:,.0f}"],
        [f"hours on {MACHINES} machines of {CORES} cores", f"core hours / {cores}", f"{hours / cores:.1f}"],
        [
            f"network input of a machine, at {stored:,.0f} bytes per picture",
            f"{CORES} r x bytes",
            mega(CORES * rate * stored),
        ],
        ["storage of the archives", "n x bytes", tera(MANY * stored)],
        [f"storage of the rows, at {row:.0f} bytes each", "n x bytes", giga(MANY * row)],
        ["archives, and therefore parts", f"n / {IN_ARCHIVE:,}", f"{MANY // IN_ARCHIVE:,}"],
        ["memory to train on them, in each process", f"n x {PIXELS} x 5 bytes", tera(5 * MANY * PIXELS)],
    ]
    if quickest is not None:
        taken = f"{MANY * quickest / 3600:,.1f}"
        rows.append(["hours of an epoch of `classic`, as measured here", "n x the cost of each picture", taken])
    return table(["", "formula", "n = 10⁹"], rows)


def mega(size: float) -> str:
    return f"{size / 1e6:,.0f} MB/s"


def giga(size: float) -> str:
    return f"{size / 1e9:,.0f} GB"


def tera(size: float) -> str:
    return f"{size / 1e12:,.1f} TB"


BLOCKS: dict[str, Callable[[], str]] = {"scoring-rate": scoring, "scaling": growth, "on-paper": on_paper}
