"""Every figure of docs/performance.md's comparisons in one run, one benchmark after another in one process.

python benchmarks/run.py [--json FILE|-] [--only NAME ...] [--quick]
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import classic_epoch
import evaluation
import latency
import limit
import time_to_99
from common import conditions, parser, report, say

# The limit comes first, whatever is asked for: it is what the others' speeds are shares of.
BENCHMARKS: dict[str, Callable[..., dict[str, Any]]] = {
    "classic_epoch": classic_epoch.measure,
    "time_to_99": time_to_99.measure,
    "evaluation": evaluation.measure,
    "latency": latency.measure,
}
# What makes each of them a trial of seconds, whose figures mean nothing.
QUICK: dict[str, dict[str, Any]] = {
    "classic_epoch": {"rounds": 1, "images": 1_000},
    "time_to_99": {"seeds": 1, "peer_seeds": 1, "max_peer_epochs": 1, "target": 1, "images": 1_000},
    "evaluation": {"rounds": 1, "images": 500},
    "latency": {"rounds": 1, "sizes": (1, 64), "cold_starts": 1},
}


def measure(names: list[str], quick: bool) -> dict[str, Any]:
    """The results by name, with the limit and what the machine was like before."""
    found: dict[str, Any] = {"quick": quick, **conditions(), "limit": limit.measure()}
    for name, benchmark in BENCHMARKS.items():
        if name in names:
            say(f"{name} ...")
            found[name] = benchmark(found["limit"]["gflop_s"], **(QUICK[name] if quick else {}))
    return found


def main() -> None:
    arguments = parser(__doc__.splitlines()[0])
    names = ["limit", *BENCHMARKS]
    arguments.add_argument("--only", nargs="+", metavar="NAME", choices=names, default=names, help=", ".join(names))
    arguments.add_argument("--quick", action="store_true", help="a trial of seconds; its figures mean nothing")
    options = arguments.parse_args()
    report(measure(options.only, options.quick), options.json)


if __name__ == "__main__":
    main()
