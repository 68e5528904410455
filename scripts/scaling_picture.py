"""Draw what benchmarks/scaling.py measured: seconds and memory against pictures.

python scripts/scaling_picture.py [--result FILE] [--out FILE]
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.ticker import NullFormatter, StrMethodFormatter

from results import RESULTS, ROOT

TEST_EVALUATIONS = {
    "score": ("#0969da", "scoring"),
    "train": ("#bc4c00", "training, an epoch"),
}  # colour, what it is called
STYLES = {1: "o-", 2: "s--"}  # processes
SCALES = (("seconds", "seconds"), ("peak_memory_mb", "peak memory, MB"))


def draw(rows: list[dict[str, Any]], out: Path) -> None:
    """Time above, memory below; a line for each work and number of processes."""
    figure, axes = plt.subplots(2, 1, figsize=(5.2, 6.6), sharex=True)
    for axis, (key, name) in zip(axes, SCALES, strict=True):
        lines(axis, rows, key)
        axis.set(xscale="log", yscale="log", ylabel=name)
        for numbers in (axis.xaxis, axis.yaxis):
            numbers.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
            numbers.set_minor_formatter(NullFormatter())
        axis.grid(which="major", color="#d0d7de", linewidth=0.6)
        axis.spines[["top", "right"]].set_visible(False)
    axes[0].legend(frameon=False, fontsize=9)
    axes[1].set_xlabel("pictures")
    figure.tight_layout()
    figure.savefig(out, dpi=160)
    plt.close(figure)


def lines(axis: Axes, rows: list[dict[str, Any]], key: str) -> None:
    """What was measured, as points that lines join."""
    for work, (colour, called) in TEST_EVALUATIONS.items():
        for workers in sorted({row["workers"] for row in rows}):
            ours = [row for row in rows if (row["work"], row["workers"]) == (work, workers)]
            words = f"{called}, {workers} {'process' if workers == 1 else 'processes'}"
            values = [row[key] for row in ours]
            axis.plot([row["n"] for row in ours], values, STYLES.get(workers, "^:"), color=colour, label=words)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--result", type=Path, default=RESULTS / "scaling.json")
    parser.add_argument("--out", type=Path, default=ROOT / "docs/pictures/scaling.png")
    options = parser.parse_args()
    draw(json.loads(options.result.read_text("utf-8"))["scaling"]["rows"], options.out)


if __name__ == "__main__":
    main()
