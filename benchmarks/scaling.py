"""What scoring and training cost as the pictures grow: seconds and memory of whole commands, at each size.

python benchmarks/scaling.py [--images 1000 10000 100000 1000000] [--workers 1 2] [--model classic] [--minutes 8]
                             [--json FILE|-]

Scoring is `digits score` over tar archives with so many processes; training is an epoch of classic, by so many
processes of torchrun (one: by itself). Sizes are measured from the smallest on, and one that would, by the cost of
those before it, end after --minutes is left out and named. To each growth belong: the exponent, which is the slope
of the seconds beyond those of the smallest size, where these are a tenth more, against pictures, both in logarithms
(1: in proportion); and start and cost, seconds = start + cost x pictures, whose errors relative to the seconds are
least.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from common import conditions, parser, report, say
from scoring import archives, command, watched

Row = dict[str, Any]
WORKS = ("score", "train")
LARGE = 10_000  # pictures from which the memory's growth is fitted: below, it is that of the libraries
NOISE = 0.1  # by which two runs may differ: a size whose seconds are no more above the smallest one's tells no growth


def measure(sizes: list[int], workers: list[int], model: str, minutes: float) -> Row:
    """A row a size, and the growth of each work by each number of workers."""
    ends = time.monotonic() + 60 * minutes
    rows: list[Row] = []
    left_out: list[Row] = []
    with tempfile.TemporaryDirectory() as folder:
        for n in sorted(sizes):
            source = Path(folder) / f"source-{n}"
            archives(source, n)
            for work in WORKS:
                for count in workers:
                    asked = {"work": work, "workers": count, "n": n}
                    if time.monotonic() + expected(rows, asked) > ends:
                        left_out.append(asked)
                        say(f"{work}, {n:,} pictures, {count} workers: left out, it would end after {minutes} minutes")
                        continue
                    seconds, peak = one(asked, source, Path(folder) / "out", model)
                    rows.append({**asked, "seconds": seconds, "peak_memory_mb": peak})
                    say(f"{work}, {n:,} pictures, {count} workers: {seconds:.1f} s, {peak:,.0f} MB")
    each = [growth(rows, work, count) for work in WORKS for count in workers]
    return {"model": model, "rows": rows, "left_out": left_out, "growth": [found for found in each if found]}


def one(asked: Row, source: Path, out: Path, model: str) -> tuple[float, float]:
    """Seconds and peak memory (MB) of one command."""
    n, workers = asked["n"], asked["workers"]
    if asked["work"] == "score":
        rate, peak, _ = command(source, out, n, model, workers)
        return n / rate, peak
    torchrun = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", str(workers)]
    script = str(Path(__file__).with_name("scaling_train.py"))
    return watched([sys.executable, *(torchrun if workers > 1 else []), script, str(n)])


def expected(rows: list[Row], asked: Row) -> float:
    """Seconds that it would take, were they in proportion to the pictures of the size before; 0 where there is none."""
    before = [row for row in rows if (row["work"], row["workers"]) == (asked["work"], asked["workers"])]
    return float(before[-1]["seconds"] * asked["n"] / before[-1]["n"]) if before else 0.0


def growth(rows: list[Row], work: str, workers: int) -> Row | None:
    """How seconds and memory of one work grow; None below three sizes."""
    ours = [row for row in rows if (row["work"], row["workers"]) == (work, workers)]
    if len(ours) < 3:
        return None
    n, seconds, memory = (np.array([row[key] for row in ours], float) for key in ("n", "seconds", "peak_memory_mb"))
    told = seconds > (1 + NOISE) * seconds[0]
    exponent = slope(n[told], seconds[told] - seconds[0])
    start, cost = np.linalg.lstsq(np.stack([1 / seconds, n / seconds], 1), np.ones(len(n)), rcond=None)[0]
    large = n >= LARGE
    return {
        "work": work,
        "workers": workers,
        "sizes": len(n),
        "exponent": exponent,
        "start_s": float(start),
        "cost_s": float(cost),
        "memory_exponent": slope(n[large], memory[large]) if large.sum() > 1 else None,
    }


def slope(n: Any, values: Any) -> float | None:
    """The slope of values against n, both (k,), in logarithms; None for fewer than two."""
    return float(np.polyfit(np.log(n), np.log(values), 1)[0]) if len(n) > 1 else None


def main() -> None:
    arguments = parser(__doc__.splitlines()[0])
    sizes = [1_000, 10_000, 100_000, 1_000_000]
    arguments.add_argument("--images", nargs="+", type=int, default=sizes, metavar="N")
    arguments.add_argument("--workers", nargs="+", type=int, default=[1, 2], metavar="N")
    arguments.add_argument("--model", default="classic", help="that scores")
    arguments.add_argument("--minutes", type=float, default=8.0, help="after which no size would end")
    options = arguments.parse_args()
    before = conditions()
    found = measure(options.images, options.workers, options.model, options.minutes)
    report({**before, "scaling": found}, options.json)


if __name__ == "__main__":
    main()
